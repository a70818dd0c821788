"""The update rules against torch.optim, and what they refuse."""

import math
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import numba
import numpy as np
import pytest
import torch

from steepest.descent.optimizers import (
    OPTIMIZERS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Optimizer,
    RMSprop,
    make_optimizer,
)
from steepest.descent.update_rules import adam_rule
from steepest.errors import InputError

RANDOM = np.random.default_rng(7)
FACTOR = RANDOM.standard_normal((30, 6)) * np.array([1.0, 0.5, 0.2, 1.5, 0.8, 0.1])
HESSIAN = FACTOR.T @ FACTOR / 15


def quadratic(w: np.ndarray) -> np.ndarray:
    return HESSIAN @ (w - 1.0)


def rosenbrock(w: np.ndarray) -> np.ndarray:
    x, y = w[::2], w[1::2]
    slope = np.empty_like(w)
    slope[::2] = -400 * x * (y - x * x) - 2 * (1 - x)
    slope[1::2] = 200 * (y - x * x)
    return slope


def logistic(w: np.ndarray) -> np.ndarray:
    return FACTOR.T @ (1 / (1 + np.exp(-(FACTOR @ w))) - (FACTOR[:, 0] > 0)) / 30


# Gradient, a rate for SGD and one for the others. Rules that divide by the gradient's size take
# steps of about the rate itself: near the minimum a larger one swings chaotically, and there the
# last bit of the start decides the end, in torch as here.
PROBLEMS = {
    "quadratic": (quadratic, 1e-2, 3e-4),
    "rosenbrock": (rosenbrock, 1e-4, 3e-5),
    "logistic": (logistic, 0.1, 1e-3),
}
START = np.array([-0.5, 0.7, 1.3, 1.1, 0.2, -0.9])

CASES = [
    SGD(),
    SGD(weight_decay=0.3),
    SGD(momentum=0.9),
    SGD(momentum=0.9, dampening=0.4),
    SGD(momentum=0.9, dampening=-0.2, weight_decay=0.1),
    SGD(momentum=0.8, nesterov=True),
    SGD(momentum=0.8, nesterov=True, weight_decay=0.1),
    SGD(momentum=1.0, dampening=1.0),
    Adagrad(),
    Adagrad(lr_decay=0.01),
    Adagrad(weight_decay=0.2),
    Adagrad(initial_accumulator_value=0.5),
    Adagrad(lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.1, eps=1e-3),
    RMSprop(),
    RMSprop(alpha=0.5, eps=1e-3),
    RMSprop(weight_decay=0.2),
    RMSprop(momentum=0.7),
    RMSprop(centered=True, eps=1e-3),
    RMSprop(alpha=0.98, eps=1e-2, weight_decay=0.1, momentum=0.5, centered=True),
    Adam(),
    Adam(betas=(0.3, 0.9), eps=1e-3),
    Adam(betas=(0.0, 0.0), eps=1.0),
    Adam(eps=1e-3, weight_decay=0.2),
    Adam(amsgrad=True),
    Adam(betas=(0.95, 0.99), weight_decay=0.1, amsgrad=True),
    AdamW(),
    AdamW(weight_decay=0.0),
    AdamW(betas=(0.8, 0.9), eps=1e-3, weight_decay=0.5, amsgrad=True),
]


def options_of(optimizer: Optimizer) -> dict[str, Any]:
    return {field.name: getattr(optimizer, field.name) for field in fields(optimizer)}


def walk(
    optimizer: Optimizer,
    gradient: Callable[..., Any],
    lr: float,
    steps: int,
    start: np.ndarray = START,
) -> Iterator[np.ndarray]:
    w, state = start, optimizer.init(start)
    for _ in range(steps):
        w, state = optimizer.step(w, gradient(w), state, lr)
        yield w


def torch_walk(
    optimizer: Optimizer, gradient: Callable[..., Any], lr: float, steps: int
) -> Iterator[np.ndarray]:
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    theirs = getattr(torch.optim, optimizer.name)([w], lr=lr, **options_of(optimizer))
    for _ in range(steps):
        w.grad = torch.from_numpy(gradient(w.detach().numpy()))
        theirs.step()
        yield w.detach().numpy()


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("optimizer", CASES, ids=str)
def test_agrees_with_torch_over_500_steps(optimizer: Optimizer, problem: str) -> None:
    gradient, *rates = PROBLEMS[problem]
    lr = rates[not isinstance(optimizer, SGD)]
    theirs = torch_walk(optimizer, gradient, lr, 500)
    for ours, expected in zip(walk(optimizer, gradient, lr, 500), theirs, strict=True):
        assert np.abs(ours - expected).max() <= 1e-12 * np.abs(expected).max()
    assert np.abs(ours - START).max() > 2 * lr


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("optimizer", CASES, ids=str)
def test_agrees_with_torch_on_the_same_gradients(optimizer: Optimizer, problem: str) -> None:
    """At thirty times the rate, where paths may part: both take the gradients of torch's path."""
    gradient, *rates = PROBLEMS[problem]
    lr = rates[0] if isinstance(optimizer, SGD) else 30 * rates[1]
    ours, state, theirs = START, optimizer.init(START), START
    for expected in torch_walk(optimizer, gradient, lr, 150):
        ours, state = optimizer.step(ours, gradient(theirs), state, lr)
        assert np.abs(ours - expected).max() <= 1e-12 * np.abs(expected).max()
        theirs = expected.copy()


@pytest.mark.parametrize("optimizer", CASES, ids=str)
def test_tensors_take_the_same_formula(optimizer: Optimizer) -> None:
    start = torch.tensor(START)
    state = optimizer.init(start)
    for step, ours in enumerate(walk(optimizer, quadratic, 1e-2, 20)):
        gradient = torch.from_numpy(quadratic(start.numpy()))
        start, state = optimizer.step(start, gradient, state, 1e-2)
        assert isinstance(start, torch.Tensor), step
        np.testing.assert_allclose(start.numpy(), ours, rtol=1e-14, atol=1e-15)


def test_compiled_code_takes_the_same_formula() -> None:
    rule = numba.njit(adam_rule)

    @numba.njit
    def compiled(gradient: Any, state: Any) -> None:
        return rule(gradient, state, (0.9, 0.999), 1e-8, True, np)

    state = Adam(amsgrad=True).init(START)
    for _ in range(3):
        direction, expected = adam_rule(START, state, (0.9, 0.999), 1e-8, True, np)
        ours, state = compiled(START, state)
        np.testing.assert_allclose(ours, direction, rtol=1e-15)
        np.testing.assert_allclose(state[3], expected[3], rtol=1e-15)


def test_every_option_of_every_optimizer_is_tried() -> None:
    for kind in OPTIMIZERS.values():
        for option in options_of(kind()):
            default = getattr(kind(), option)
            tried = [case for case in CASES if type(case) is kind]
            assert any(getattr(case, option) != default for case in tried), (kind, option)


def test_defaults_are_torchs() -> None:
    w = torch.zeros(1, requires_grad=True)
    for name, kind in OPTIMIZERS.items():
        theirs = getattr(torch.optim, name)([w]).defaults
        assert options_of(kind()) == {key: theirs[key] for key in options_of(kind())}


def test_nothing_passed_in_is_changed() -> None:
    gradient = quadratic(START)
    for optimizer in CASES:
        start, slope = START.copy(), gradient.copy()
        state = optimizer.init(start)
        for _ in range(2):
            before = [np.copy(part) for part in state]
            _, following = optimizer.step(start, slope, state, 0.1)
            assert np.array_equal(start, START) and np.array_equal(slope, gradient)
            assert all(np.array_equal(a, b) for a, b in zip(before, state, strict=True))
            assert not any(part is slope for part in following)
            state = following


def test_a_column_of_rates_makes_many_runs_at_once() -> None:
    rates = np.array([[0.1], [0.01]])
    optimizer = Adam(weight_decay=0.1)
    together, state = np.tile(START, (2, 1)), optimizer.init(np.tile(START, (2, 1)))
    for _ in range(10):
        slope = (together - 1.0) * np.diag(HESSIAN)
        together, state = optimizer.step(together, slope, state, rates)
    for row, rate in zip(together, (0.1, 0.01), strict=True):
        *_, alone = walk(optimizer, lambda w: (w - 1.0) * np.diag(HESSIAN), rate, 10)
        np.testing.assert_array_equal(row, alone)


def test_optimizers_are_made_by_name() -> None:
    assert make_optimizer("adamw", weight_decay=0.5) == AdamW(weight_decay=0.5)
    assert make_optimizer("SGD") == SGD()
    assert make_optimizer("Adam", betas=[0.5, 0.9]) == Adam(betas=(0.5, 0.9))
    rule = RMSprop(alpha=0.5)
    assert make_optimizer(rule) is rule
    assert list(OPTIMIZERS) == ["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"]
    with pytest.raises(TypeError):
        OPTIMIZERS["Lion"] = SGD  # type: ignore[index]  # refused


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: make_optimizer("adm"),
            "no optimizer 'adm'; there are SGD, Adagrad, RMSprop, Adam, AdamW, Newton, "
            "interior-point. Did you mean 'adam'?",
        ),
        (
            lambda: make_optimizer(3),  # type: ignore[arg-type]  # refused
            "no optimizer 3; there are SGD, Adagrad, RMSprop, Adam, AdamW, Newton, interior-point.",
        ),
        (
            lambda: make_optimizer("sgd", momentun=0.9),
            "SGD has no option 'momentun'; it has momentum, dampening, weight_decay, nesterov."
            " Did you mean 'momentum'?",
        ),
        (
            lambda: make_optimizer("adam", lr=0.1),
            "Adam: lr is not one of its options; give the learning rate on its own.",
        ),
        (
            lambda: make_optimizer(SGD(), momentum=0.9),
            "options (momentum) go with an optimizer's name; this one is made already: "
            "SGD(momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False).",
        ),
        (
            lambda: SGD(nesterov=True),
            "SGD: nesterov needs a momentum above 0 and dampening 0, "
            "not momentum 0 and dampening 0.",
        ),
        (
            lambda: SGD(momentum=0.9, dampening=0.1, nesterov=True),
            "SGD: nesterov needs a momentum above 0 and dampening 0, "
            "not momentum 0.9 and dampening 0.1.",
        ),
        (lambda: SGD(momentum=-0.1), "SGD: momentum must be 0 or more, not -0.1."),
        (lambda: SGD(momentum="high"), "SGD: momentum must be a number, not 'high'."),  # type: ignore[arg-type]  # refused
        (lambda: SGD(dampening=math.nan), "SGD: dampening must be a number, not nan."),
        (lambda: SGD(weight_decay=10**400), f"SGD: weight_decay must be a number, not {10**400}."),
        (lambda: SGD(nesterov="yes"), "SGD: nesterov must be True or False, not 'yes'."),  # type: ignore[arg-type]  # refused
        (lambda: SGD(weight_decay=-1), "SGD: weight_decay must be 0 or more, not -1."),
        (lambda: Adagrad(eps=-1e-9), "Adagrad: eps must be 0 or more, not -1e-09."),
        (lambda: Adagrad(lr_decay=-1.0), "Adagrad: lr_decay must be 0 or more, not -1.0."),
        (
            lambda: Adagrad(initial_accumulator_value=-1.0),
            "Adagrad: initial_accumulator_value must be 0 or more, not -1.0.",
        ),
        (lambda: RMSprop(alpha=-0.5), "RMSprop: alpha must be 0 or more, not -0.5."),
        (lambda: RMSprop(momentum=True), "RMSprop: momentum must be a number, not True."),
        (lambda: RMSprop(centered=1), "RMSprop: centered must be True or False, not 1."),  # type: ignore[arg-type]  # refused
        (
            lambda: Adam(betas=(0.9, 1.0)),
            "Adam: betas must be two numbers from 0 up to, not including, 1, not (0.9, 1.0).",
        ),
        (
            lambda: AdamW(betas=0.9),  # type: ignore[arg-type]  # refused
            "AdamW: betas must be two numbers from 0 up to, not including, 1, not 0.9.",
        ),
        (lambda: AdamW(eps=-1.0), "AdamW: eps must be 0 or more, not -1.0."),
        (lambda: Adam(amsgrad=None), "Adam: amsgrad must be True or False, not None."),  # type: ignore[arg-type]  # refused
    ],
)
def test_refusals(make: Callable[..., Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        make()
    assert str(refusal.value) == message


def test_an_optimizer_is_abstract() -> None:
    with pytest.raises(TypeError):
        Optimizer()  # type: ignore[abstract]  # refused
