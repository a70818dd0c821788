"""When each rule fires, to the step, and what it then says."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from steepest.descent.stopping import (
    TINY,
    Epochs,
    GradientNorm,
    Patience,
    RelativeTolerance,
    StoppingRule,
    StoppingRun,
    TimeLimit,
)
from steepest.errors import InputError


def first_stop(
    rules: Sequence[StoppingRule],
    objectives: Sequence[float],
    norms: Sequence[float] | None = None,
    clock: Callable[..., Any] = lambda: 0.0,
) -> tuple[int, str, str] | None:
    run = StoppingRun(rules, clock)
    for k, objective in enumerate(objectives):
        stop = run.check(k, objective, norms[k] if norms else math.nan)
        if stop is not None:
            return k, stop.rule, stop.reason
    return None


def stop_epoch(rules: Sequence[StoppingRule], objectives: Sequence[float]) -> int:
    stop = first_stop(rules, objectives)
    assert stop is not None
    return stop[0]


def stop_rule(rules: Sequence[StoppingRule], objectives: Sequence[float]) -> str:
    stop = first_stop(rules, objectives)
    assert stop is not None
    return stop[1]


def test_epochs_counts_updates() -> None:
    assert first_stop([Epochs(3)], [4.0, 3.0, 2.0, 1.0, 0.5]) == (
        3,
        "epochs",
        "all 3 epochs asked for were made",
    )
    assert first_stop([Epochs(0)], [4.0]) is not None


def test_relative_tolerance_compares_neighbours() -> None:
    found = first_stop([RelativeTolerance(0.25)], [8.0, 4.0, 3.0, 2.5, 2.5])
    reason = "from epoch 2 to 3 the objective changed by 0.5, at most 0.25 of its value 2.5"
    assert found == (3, "relative tolerance", reason)


def test_relative_tolerance_at_its_edges() -> None:
    assert stop_epoch([RelativeTolerance(0.25)], [5.0, 4.0]) == 1
    assert first_stop([RelativeTolerance(0.25)], [5.0 + 1e-12, 4.0]) is None
    assert stop_epoch([RelativeTolerance(1e-6)], [0.0, 0.0]) == 1
    assert stop_epoch([RelativeTolerance(0.0)], [1.0, 1.0]) == 1
    assert stop_epoch([RelativeTolerance(1e-3)], [-4.0, -4.001]) == 1
    assert first_stop([RelativeTolerance(1.0)], [2 * TINY, 0.0]) is None
    assert first_stop([RelativeTolerance(1.0)], [math.nan, math.nan, math.inf]) is None


def test_gradient_norm() -> None:
    rules = [GradientNorm(0.5)]
    assert StoppingRun(rules).needs_gradient_norm
    assert not StoppingRun([Epochs(3)]).needs_gradient_norm
    found = first_stop(rules, [3.0, 2.0, 1.0], norms=[2.0, 0.6, 0.5])
    assert found == (2, "gradient norm", "at epoch 2 the gradient norm was 0.5, at most 0.5")


def test_patience_counts_from_the_first_lowest() -> None:
    found = first_stop([Patience(3)], [5.0, 2.0, 3.0, 2.0, 2.5, 1.0])
    reason = "the objective has not fallen below 2, reached at epoch 1, for 3 epochs"
    assert found == (4, "patience", reason)
    assert first_stop([Patience(3)], [5.0, 2.0, 3.0, 2.0, 1.9, 1.8, 1.7]) is None
    assert stop_epoch([Patience(2)], [math.nan] * 4) == 2


def test_time_limit() -> None:
    ticks = iter([100.0, 100.5, 101.0, 102.5])
    found = first_stop([TimeLimit(2.0)], [4.0, 3.0, 2.0], clock=lambda: next(ticks))
    reason = "the time limit of 2 s was reached at epoch 2, after 2.5 s"
    assert found == (2, "time limit", reason)


def test_the_first_of_several_is_named_and_all_see_every_step() -> None:
    assert stop_rule([Epochs(1), RelativeTolerance(0.9)], [1.0, 1.0]) == "epochs"
    assert stop_rule([RelativeTolerance(0.9), Epochs(1)], [1.0, 1.0]) == ("relative tolerance")


def test_rules_can_be_used_again() -> None:
    rules = [Patience(2), RelativeTolerance(0.0)]
    first = first_stop(rules, [3.0, 4.0, 5.0])
    assert first == first_stop(rules, [3.0, 4.0, 5.0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Epochs(-1), "epochs must be a whole number, 0 or more, not -1."),
        (lambda: Epochs(2.0), "epochs must be a whole number, 0 or more, not 2.0."),  # type: ignore[arg-type]  # refused
        (lambda: Epochs(True), "epochs must be a whole number, 0 or more, not True."),
        (lambda: Patience(0), "patience must be a whole number, 1 or more, not 0."),
        (
            lambda: RelativeTolerance(-1e-9),
            "the relative tolerance must be 0 or more, not -1e-09.",
        ),
        (
            lambda: RelativeTolerance("x"),  # type: ignore[arg-type]  # refused
            "the relative tolerance must be a number, not 'x'.",
        ),
        (
            lambda: GradientNorm(math.nan),
            "the gradient norm to stop at must be a number, not nan.",
        ),
        (lambda: TimeLimit(0), "the time limit must be above 0, not 0."),
    ],
)
def test_refusals(make: Callable[..., Any], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        make()
    assert str(refusal.value) == message
