"""Verdicts on descents whose end is known from theory, by formula, start and rate."""

from typing import Any

import pytest

import steepest


@pytest.mark.parametrize(
    ("formula", "start", "options", "kind"),
    [
        # Plain descent on λx²/2 multiplies x by 1 − lr·λ an epoch.
        ("x^2", 1, {"lr": 0.5}, "converged"),
        ("x^2", 1, {"lr": 0.6}, "converged"),
        ("x^2", 1, {"lr": 1}, "cycle"),
        ("x^2", 1, {"lr": 0.9999}, "max steps"),
        ("x^2", 1, {"lr": 1.0001}, "diverged"),
        ("x^2", 1, {"lr": 1e-9}, "max steps"),
        ("x^2 + 1e9", 1, {"lr": 0.1}, "converged"),
        ("(x - 1e9)^2", 0, {"lr": 0.1}, "converged"),
        ("1e12 x^2", 1, {"lr": 1e-13}, "converged"),
        ("-x^2", 1, {"lr": 0.1}, "diverged"),
        ("-x^2", 0, {"lr": 0.1}, "maximum"),
        ("0 x", 1, {"lr": 0.1}, "flat"),
        ("(x - y)^2", (1, 0), {"lr": 0.1}, "converged"),
        ("x^2 - y^2", (1, 0), {"lr": 0.1}, "saddle"),
        ("x^2 - y^2", (1, 1e-12), {"lr": 0.1}, "diverged"),
        ("x^2 + y^4 - y^2", (1, 0), {"lr": 0.1}, "saddle"),
        # The minimum of x⁴ − 2x² has curvature 8: above rate 0.25 it is left for a cycle of 2.
        ("x^4 - 2x^2", 0.1, {"lr": 0.1}, "converged"),
        ("x^4 - 2x^2", 0.1, {"lr": 0.26}, "cycle"),
        ("x^4 - 2x^2", 0.1, {"lr": 0.4}, "oscillating"),
        ("sin(x)", 1, {"lr": 0.5}, "converged"),
        ("sin(x)", 1, {"lr": 2.5}, "cycle"),
        ("sin(x)", 1, {"lr": 7.9}, "oscillating"),
        ("cos(x)", 0, {"lr": 0.5}, "maximum"),
        ("log(x)", 1, {"lr": 0.1}, "left domain"),
        ("sqrt(x)", 1, {"lr": 0.3}, "left domain"),
        ("x - log(x)", 10, {"lr": 12}, "left domain"),
        ("x log(x)", 1, {"lr": 0.1}, "converged"),
        ("exp(x^2)", 3, {"lr": 1}, "diverged"),
        ("exp(x) - x", 5, {"lr": 0.1}, "converged"),
        ("x^3", -1, {"lr": 0.1}, "diverged"),
        ("x^3", 1, {"lr": 0.1}, "max steps"),
        ("x^4", 1, {"lr": 0.1}, "max steps"),
        ("1/x", 1, {"lr": 0.1}, "max steps"),
        ("tanh(x)", 3, {"lr": 0.1}, "max steps"),
        ("sigmoid(x)", 40, {"lr": 0.1}, "flat"),
        # Kinks: the steps keep their length lr·|slope|.
        ("abs(x)", 1, {"lr": 0.25}, "converged"),
        ("abs(x)", 1, {"lr": 0.3}, "cycle"),
        ("abs(x) + abs(y)", (1, 0.35), {"lr": 0.3}, "cycle"),
        ("relu(x)", 1, {"lr": 0.3}, "flat"),
        ("max(x, y)", (1, 0), {"lr": 0.3}, "max steps"),
        ("(1-x)^2 + 100(y-x^2)^2", (-1.5, 2), {"lr": 0.001}, "max steps"),
        ("(1-x)^2 + 100(y-x^2)^2", (-1.5, 2), {"lr": 0.01}, "diverged"),
        ("x^2", 1, {"lr": 0.1, "bounds": {"x": (0.5, 2)}}, "at bounds"),
        ("x^2", 1, {"lr": 0.1, "bounds": {"x": (1, 1)}}, "at bounds"),
        ("-x^2", 0.5, {"lr": 0.1, "bounds": {"x": (-1, 1)}}, "at bounds"),
        ("x^2", 1, {"lr": 1.5, "bounds": {"x": (-1, 1)}}, "cycle"),
        ("x^2", 5, {"lr": 0.1, "momentum": 1.0}, "oscillating"),
        ("x^2", 5, {"lr": 0.1, "momentum": 0.9}, "converged"),
        ("x^2", 5, {"lr": 0.1, "optimizer": "adam"}, "converged"),
    ],
)
def test_an_end_known_from_theory(
    formula: str, start: Any, options: dict[str, Any], kind: str
) -> None:
    assert steepest.minimize(formula, start, **options).verdict.kind == kind


def test_factors_next_to_1_are_told_from_1() -> None:
    grows = steepest.minimize("x^2", 1, lr=1.0001, epochs=20)
    assert "grows 1.0002 times an epoch" in grows.verdict.reason
    assert "grows 1.0002 times an epoch" in str(grows.forecast)
    slow = steepest.minimize("x^2", 1, lr=1e-9, epochs=20)
    assert "an epoch leaves 0.999999998 of the error along x" in str(slow.forecast)


def test_a_direction_at_its_limit_while_another_goes_on() -> None:
    verdict = steepest.minimize("x^2 + 1e6 y^2", (1, 1), lr=1e-6, epochs=50).verdict
    assert (verdict.kind, verdict.manner) == ("cycle", "cycle")
    assert verdict.reason == (
        "Learning rate 1e-06 is exactly the stable limit: the error along y changes sign every "
        "epoch and keeps its size."
    )


def test_a_slope_that_no_curvature_ends() -> None:
    verdict = steepest.minimize("x^2 + y", (1, 1), lr=0.1, epochs=50).verdict
    assert verdict.advice == "The objective falls along y for ever: set bounds."


def test_what_is_left_by_curvature_is_called_that() -> None:
    """tanh falls for ever: the curvature speaks of a minimum, and there is none."""
    reason = steepest.minimize("tanh(x)", 3, lr=0.1, epochs=1000).verdict.reason
    assert "and by the curvature there 0.084 of the way to a minimum is left" in reason


def test_a_descent_that_leapt_over_a_pole_ends_higher() -> None:
    verdict = steepest.minimize("1/x", -1, lr=0.1, epochs=1000).verdict
    assert "above the -1 of the start." in verdict.reason
    # Beyond the pole 1/x falls for ever towards 0: no rate leads to a minimum.
    assert "The minimum that the curvature promises recedes" in verdict.reason
    assert verdict.advice == "Set bounds, or start elsewhere."


def test_a_start_too_far_out() -> None:
    verdict = steepest.minimize("x^2", 1e300, lr=0.1).verdict
    assert str(verdict) == (
        "Left domain at epoch 0: At the start (x = 1e+300) the objective is too large for a "
        "number. Start nearer to where the objective is least."
    )


def test_a_saddle_that_is_being_left() -> None:
    verdict = steepest.minimize("x^2 - y^2", (1, 1e-12), lr=0.1, epochs=50).verdict
    assert verdict.kind == "saddle"
    assert verdict.advice == "It is leaving the saddle along y: give it more epochs."


def test_a_flat_bottom_may_be_the_least() -> None:
    verdict = steepest.minimize("max(x, -x, 1)", 3, lr=0.3).verdict
    assert (verdict.kind, verdict.epoch) == ("flat", 7)
    assert verdict.advice.startswith("No lower point is near: this may be the least there is")


def test_rates_beyond_all_sense() -> None:
    tiny = steepest.minimize("x^2", 7, lr=1e-320, epochs=5).verdict
    assert (tiny.kind, tiny.advice) == (
        "plateau",
        "Use a larger learning rate: rounding takes the whole of such a step.",
    )
    far = steepest.minimize("x^2", 7, lr="backtracking:1e308", epochs=5).verdict
    assert far.advice == "Begin the line search at a rate far below 1e+308."
    huge = steepest.minimize("x^2", 7, lr=1e308, epochs=5).verdict
    assert huge.kind == "diverged"
