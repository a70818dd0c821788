"""Schedules against torch.optim.lr_scheduler, and the text they are read from."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from steepest.descent.schedules import (
    SCHEDULES,
    Backtracking,
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    StepDecay,
    _Formula,
    make_schedule,
    parse_schedule,
)
from steepest.errors import InputError

CASES = [
    (Constant(0.3), lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
    (StepDecay(0.3, 30, 0.5), lambda o: lr_scheduler.StepLR(o, step_size=30, gamma=0.5)),
    (StepDecay(0.3, 7), lambda o: lr_scheduler.StepLR(o, step_size=7)),
    (Exponential(0.3, 0.997), lambda o: lr_scheduler.ExponentialLR(o, gamma=0.997)),
    (Exponential(0.3, 1.001), lambda o: lr_scheduler.ExponentialLR(o, gamma=1.001)),
    (Cosine(0.3, 1000), lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=1000)),
    (
        Cosine(0.3, 150, 0.01),
        lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=150, eta_min=0.01),
    ),
    (
        InverseTime(0.3, 0.01),
        lambda o: lr_scheduler.LambdaLR(o, lambda k: 1 / (1 + 0.01 * k)),
    ),
]


@pytest.mark.parametrize(
    ("schedule", "make"), CASES, ids=lambda case: "torch" if callable(case) else str(case)
)
def test_agrees_with_torch_over_1000_steps(schedule: _Formula, make: Callable[..., Any]) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    scheduler = make(optimizer)
    for k in range(1000):
        scheduler.last_epoch = k
        closed = getattr(scheduler, "_get_closed_form_lr", scheduler.get_lr)
        with warnings.catch_warnings(action="ignore"):
            (theirs,) = closed()
        assert abs(schedule.rate(k) - theirs) <= 1e-15 * theirs


@pytest.mark.parametrize(
    ("schedule", "make"), CASES, ids=lambda case: "torch" if callable(case) else str(case)
)
def test_agrees_with_torch_stepped_one_by_one(schedule: _Formula, make: Callable[..., Any]) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    scheduler = make(optimizer)
    for k in range(1000):
        assert schedule.rate(k) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-12, abs=1e-13)
        optimizer.step()
        scheduler.step()


def test_far_steps_neither_overflow_nor_fail() -> None:
    far = 10**18
    assert Exponential(0.1, 0.5).rate(far) == 0.0
    assert Exponential(0.1, 1.5).rate(far) == math.inf
    assert StepDecay(0.1, 10, 0.1).rate(far) == 0.0
    assert InverseTime(1.0, 1.0).rate(far) == pytest.approx(1e-18)
    assert 0.0 <= Cosine(0.1, 100).rate(far) <= 0.1


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("0.1", Constant(0.1)),
        (" 1e-3 ", Constant(1e-3)),
        ("constant:0.1", Constant(0.1)),
        ("step:0.1,step_size=30,gamma=0.5", StepDecay(0.1, 30, 0.5)),
        ("step:lr=0.1, step_size=1e3", StepDecay(0.1, 1000, 0.1)),
        ("STEP: 0.1 , step_size = 30", StepDecay(0.1, 30, 0.1)),
        ("exponential:0.1,gamma=0.99", Exponential(0.1, 0.99)),
        ("cosine:0.1,epochs=1000", Cosine(0.1, 1000)),
        ("cosine:0.1,epochs=1000000000000000001,eta_min=1e-3", Cosine(0.1, 10**18 + 1, 1e-3)),
        ("inverse:0.1,decay=0.01", InverseTime(0.1, 0.01)),
        ("backtracking:1,shrink=0.25", Backtracking(1.0, 0.25)),
    ],
)
def test_text_is_read(text: str, schedule: _Formula) -> None:
    assert parse_schedule(text) == schedule
    assert make_schedule(text) == schedule
    assert parse_schedule(str(schedule)) == schedule


def test_examples_in_messages_can_be_read() -> None:
    for kind in SCHEDULES.values():
        assert type(parse_schedule(kind.example)) is kind


def test_numbers_and_schedules_are_taken() -> None:
    assert make_schedule(0.1) == Constant(0.1)
    schedule = Cosine(0.1, 10)
    assert make_schedule(schedule) is schedule


NAMES = "constant, step, exponential, cosine, inverse, backtracking"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"learning rate '': '' is neither a number nor a schedule ({NAMES})."),
        ("fast", f"learning rate 'fast': 'fast' is neither a number nor a schedule ({NAMES})."),
        (
            "cosin:0.1",
            f"learning rate 'cosin:0.1': 'cosin' is neither a number nor a schedule ({NAMES})."
            " Did you mean 'cosine'?",
        ),
        ("-0.1", "constant schedule: lr must be above 0, not -0.1."),
        ("nan", "constant schedule: lr must be a number, not nan."),
        ("0", "constant schedule: lr must be above 0, not 0.0."),
        (
            "step:0.1",
            "learning rate 'step:0.1': step_size is missing; "
            "an example is step:0.1,step_size=30,gamma=0.5.",
        ),
        (
            "step:step_size=3",
            "learning rate 'step:step_size=3': lr is missing; "
            "an example is step:0.1,step_size=30,gamma=0.5.",
        ),
        (
            "step:0.1,30",
            "learning rate 'step:0.1,30': '30' is not of the form option=value; "
            "an example is step:0.1,step_size=30,gamma=0.5.",
        ),
        (
            "step:0.1,stepsize=30",
            "learning rate 'step:0.1,stepsize=30': the schedule step has no option 'stepsize'; "
            "it has lr, step_size, gamma. Did you mean 'step_size'?",
        ),
        (
            "step:0.1,step_size=many",
            "learning rate 'step:0.1,step_size=many': step_size='many' is not a number.",
        ),
        (
            "step:0.1,step_size=2.5",
            "learning rate 'step:0.1,step_size=2.5': step_size=2.5 is not a whole number.",
        ),
        (
            "step:0.1,step_size=0",
            "learning rate 'step:0.1,step_size=0': step schedule: step_size must be "
            "a whole number, 1 or more, not 0.",
        ),
        (
            "cosine:0.1,epochs=inf",
            "learning rate 'cosine:0.1,epochs=inf': epochs=inf is not a whole number.",
        ),
        (
            "cosine:0.1,epochs=9,eta_min=-1",
            "learning rate 'cosine:0.1,epochs=9,eta_min=-1': cosine schedule: "
            "eta_min must be 0 or more, not -1.0.",
        ),
        (
            "exponential:0.1,gamma=0",
            "learning rate 'exponential:0.1,gamma=0': exponential schedule: "
            "gamma must be above 0, not 0.0.",
        ),
        (
            "inverse:0.1,decay=1,decay=2",
            "learning rate 'inverse:0.1,decay=1,decay=2': decay is given twice.",
        ),
        (
            "inverse:0.1,lr=0.2,decay=2",
            "learning rate 'inverse:0.1,lr=0.2,decay=2': lr is given twice.",
        ),
        ("exponential:,gamma=1", "learning rate 'exponential:,gamma=1': lr='' is not a number."),
    ],
)
def test_refusals(text: str, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_schedule(text)
    assert str(refusal.value) == message


def test_values_of_the_wrong_type_are_refused() -> None:
    with pytest.raises(InputError, match="lr must be a number, not 'a'"):
        Constant("a")  # type: ignore[arg-type]  # refused
    with pytest.raises(InputError, match=r"step_size must be a whole number, 1 or more, not 3\.0"):
        StepDecay(0.1, 3.0)  # type: ignore[arg-type]  # refused
    with pytest.raises(InputError, match="lr must be a number, not None"):
        make_schedule(None)  # type: ignore[arg-type]  # refused


@given(st.text(alphabet="stepcoinvr:=,.0123456789e- \n_gamdlyi", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        schedule = parse_schedule(text)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert schedule.rate(0) >= 0
