"""Cycles, swings, divergence and broken ends."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.curvature.rates import MomentumRule
from steepest.descent.optimizers import SGD, Adam, RMSprop
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Point
from steepest.diagnosis.cycles import find_cycle
from steepest.diagnosis.judge import judge
from steepest.diagnosis.motion import Motion, exact_manner, swings
from steepest.diagnosis.path_evidence import evidence_of_trajectory
from steepest.wording.fact import fact

WELLS = "x^4/4 - x^2/2"


def period_of(lr: float, start: float = 0.5) -> int | None:
    """The period of x ← x − lr·(x³ − x), by iterating it for long; None where there is none."""
    x = start
    for _ in range(20_000):
        x -= lr * (x**3 - x)
    first = x
    for period in range(1, 33):
        x -= lr * (x**3 - x)
        if abs(x - first) < 1e-10:
            return period
    return None


@pytest.mark.parametrize(("lr", "period"), [(1.2, 2), (1.26, 4), (1.29, 8), (1.46, 3), (1.7, 6)])
def test_cycles_on_two_wells(judged: Callable[..., Any], lr: float, period: int) -> None:
    assert period_of(lr) == period
    verdict = judged(WELLS, 0.5, lr, 1000)
    assert (verdict.kind, verdict.manner) == ("cycle", "cycle")
    assert verdict.reason.startswith(f"The steps repeat every {period} epochs: x = ")
    assert "The objective goes between -0." in verdict.reason


def test_a_cycle_is_told_with_its_values(judged: Callable[..., Any]) -> None:
    # 1.13954 = a and 0.73129 = b solve b = a − 1.2(a³ − a), a = b − 1.2(b³ − b); 2/(3a² − 1) = 0.69
    assert judged(WELLS, 0.5, 1.2, 1000).reason == (
        "The steps repeat every 2 epochs: x = 1.13954; x = 0.73129. The objective goes between "
        "-0.2277 and -0.1959."
    )
    assert judged(WELLS, 0.5, 1.2, 1000).advice == (
        "Use a learning rate below 0.690693: that is what the curvature at x = 1.13954, 2.896, "
        "allows."
    )


@pytest.mark.parametrize("lr", [1.4, 1.5, 1.6, 1.9])
def test_wandering_without_a_period_is_no_cycle(judged: Callable[..., Any], lr: float) -> None:
    assert period_of(lr) is None
    verdict = judged(WELLS, 0.5, lr, 1000)
    assert (verdict.kind, verdict.manner) == ("oscillating", "oscillates")
    assert verdict.reason.startswith("The steps swing without settling or repeating: the objective")


def test_a_kink_is_swung_across(judged: Callable[..., Any]) -> None:
    verdict = judged("|x|", 1.0, 0.3)
    assert verdict.kind == "cycle"
    assert verdict.reason.startswith("The steps repeat every 2 epochs: x = -0.2; x = 0.1.")
    assert verdict.advice == "Use a smaller learning rate, such as 0.03."


def test_a_cycle_is_found_in_a_thinned_path(descent: Callable[..., Any]) -> None:
    """Kept steps that are 64 apart look all alike."""
    trajectory = descent("x^2 - 4x + 5", 7.0, 1.0, 5000, keep=64)
    assert int(np.diff(trajectory.indices).min()) > 1
    assert judge(evidence_of_trajectory(trajectory, quadratic=False)).kind == "cycle"
    settled = descent("x^2 - 4x + 5", 7.0, 0.7, 5000, keep=64)
    assert judge(evidence_of_trajectory(settled, quadratic=False)).manner == "oscillates"


def points(places: list[float]) -> list[Point]:
    return [Point(k, np.array([x]), x, np.array([x]), 0.1, {}) for k, x in enumerate(places)]


@pytest.mark.parametrize("ratio", [0.999999, 0.99, 0.5, -0.5, -0.9, -0.999, -0.9999999])
def test_what_dies_out_is_no_cycle(ratio: float) -> None:
    assert find_cycle(points([1.0 + ratio**k for k in range(65)])) is None


@pytest.mark.parametrize("period", [2, 3, 5, 16, 21])
def test_a_cycle_that_is_approached(period: int) -> None:
    places = [np.cos(2 * np.pi * k / period) + 0.5**k for k in range(65)]
    cycle = find_cycle(points(places))
    assert cycle is not None
    assert (cycle.period, cycle.points[0].index % period) == (period, 0)


def test_swings_below_rounding_are_none() -> None:
    places = [1.0 + 1e-15 * (-1.0) ** k for k in range(65)]
    assert find_cycle(points(places), least=1e-9) is None


def test_rosenbrock_by_plain_descent(judged: Callable[..., Any]) -> None:
    """Slow along the valley, unstable where the walls are steep."""
    start = (-1.5, 2.0)
    on_the_way = judged("rosenbrock", start, 0.001, 1000)
    assert (on_the_way.kind, on_the_way.manner) == ("max steps", "slow")
    arrived = judged("rosenbrock", start, 0.001, 8000, optimizer=SGD(momentum=0.9))
    assert (arrived.kind, arrived.manner) == ("converged", "slow")
    assert "up in every direction: a minimum." in arrived.reason
    assert arrived.reason.endswith("It is the known one.")
    blown = judged("rosenbrock", start, 0.05, 1000)
    assert (blown.kind, blown.manner) == ("diverged", "diverges")
    assert blown.reason.endswith("The objective is no longer a finite number at epoch 5.")
    largest = float(np.linalg.eigvalsh(np.array([[2 - 400 * (2 - 3 * 2.25), 600], [600, 200]]))[-1])
    assert blown.advice == (
        f"Use a learning rate below {2 / largest:.6g}: that is what the curvature at the start, "
        f"{largest:.4g}, allows."
    )


def test_adaptive_optimizers(judged: Callable[..., Any]) -> None:
    start = (-1.5, 2.0)
    assert judged("rosenbrock", start, 0.05, 3000, optimizer=Adam()).kind == "converged"
    assert judged("x^2 - 4x + 5", 7.0, 0.1, 1000, optimizer=Adam()).kind == "converged"
    # RMSprop's steps keep the size of the rate, whatever the gradient.
    swinging = judged("x^2 - 4x + 5", 7.0, 0.3, 3000, optimizer=RMSprop(alpha=0.5))
    assert swinging.kind in ("cycle", "oscillating")
    assert swinging.advice == "Use a smaller learning rate, such as 0.03."


def test_out_of_the_domain(judged: Callable[..., Any]) -> None:
    # from 0.5 at rate 1 the step is −1·(1 − 1/0.5) = +1; from 4 it is −(1 − 1/4)·6 = −4.5
    verdict = judged("x - log x", 4.0, 6.0)
    assert str(verdict) == (
        "Left domain at epoch 1: At step 1 (x = -0.5) the objective is undefined: log of -0.5. Use "
        "a smaller learning rate (that step needs one below 5.33), or a bound such as x >= 2."
    )
    assert np.isfinite(judged("x - log x", 4.0, 5.33, 1).epoch)
    assert judged("x - log x", 4.0, 5.33, 1).kind != "left domain"
    assert judged("x - log x", 4.0, 6.0, bounds={"x": (2.0, None)}).kind == "at bounds"


def test_a_start_out_of_the_domain(judged: Callable[..., Any]) -> None:
    verdict = judged("x - log x", -1.0, 0.1)
    assert verdict.reason == "At the start (x = -1) the objective is undefined: log of -1."
    assert verdict.advice == "Start where the objective and its gradient are defined."


def test_overflow_is_divergence(judged: Callable[..., Any]) -> None:
    verdict = judged("exp x^2", 3.0, 1.0)
    assert verdict.kind == "diverged"
    assert verdict.reason == (
        "The objective is no longer a finite number at epoch 1 (x = -48615.5): exp of 2.36347e+09 "
        "(overflow)."
    )


def test_an_interrupted_descent(descent: Callable[..., Any]) -> None:
    from dataclasses import replace

    trajectory = descent("x^2 - 4x + 5", 7.0, 0.1, 12)
    stopped = replace(trajectory, stop=Stop("interrupted", fact("ctrl c pressed")))
    assert str(judge(evidence_of_trajectory(stopped, quadratic=True))) == (
        "Interrupted at epoch 12: Ctrl-C was pressed. The path up to epoch 12 is kept."
    )


def test_a_stiff_bowl_is_advised_momentum(judged: Callable[..., Any]) -> None:
    verdict = judged("x^2 + 100 y^2", (1.0, 1.0), 0.001)
    assert (verdict.kind, verdict.manner) == ("max steps", "slow")
    # κ = 100: ((10 − 1)/(10 + 1))² = 0.6694, (2/(√2 + √200))² = 0.016529
    assert verdict.advice == (
        "Momentum 0.6694 at learning rate 0.0165289 would need about 35 epochs for each factor of "
        "1000."
    )
    helped = judged("x^2 + 100 y^2", (1.0, 1.0), 0.0165289, 200, optimizer=SGD(momentum=0.6694))
    assert helped.kind == "converged"


def test_a_slope_without_end(judged: Callable[..., Any], foretold: Callable[..., Any]) -> None:
    assert judged("-x", 0.5, 0.1).advice == ("The objective falls along x for ever: set bounds.")
    assert str(foretold("-x", 0.5, 0.1)) == (
        "The function has a slope but no curvature. The objective falls along x at the same pace "
        "for ever."
    )


@pytest.mark.parametrize(
    ("rule", "lr", "turns"),
    [
        (MomentumRule(), 0.49, False),
        (MomentumRule(), 0.51, True),
        (MomentumRule(0.9), 0.01, True),
        (MomentumRule(0.1), 0.01, False),
        (MomentumRule(0.9, nesterov=True), 0.05, True),
    ],
)
def test_swings_are_those_of_the_recursion(rule: MomentumRule, lr: float, turns: bool) -> None:
    """An error of 1 under torch's update, until it is a thousandth: does it change its sign?"""
    error, buffer, signs = 1.0, 0.0, {True}
    for _ in range(2000):
        gradient = 2.0 * error
        buffer = rule.momentum * buffer + gradient
        error -= lr * (gradient + rule.momentum * buffer if rule.nesterov else buffer)
        if abs(error) > 1e-3:
            signs.add(error > 0.0)
    assert swings(rule, lr, 2.0) is turns
    assert (len(signs) == 2) is turns


def test_momentum_at_its_limit_cycles() -> None:
    rule = MomentumRule(0.5)
    assert exact_manner(rule, rule.stable_rate(2.0), 2.0) == "cycle"
    assert exact_manner(rule, 1.01 * rule.stable_rate(2.0), 2.0) == "diverges"


def test_the_factor_is_measured_before_rounding_ends_it(descent: Callable[..., Any]) -> None:
    motion = Motion.of(descent("x^2 - 4x + 5", 7.0, 0.3, 1000))
    assert motion.factor == pytest.approx(0.4, rel=1e-4)
    assert (motion.steady, motion.reversals) == (True, 0)


def test_where_nothing_curves_up_there_may_be_no_minimum() -> None:
    run = steepest.minimize("3 - x^2", start=1, epochs=20)
    assert run.verdict.advice == (
        "Nothing curves up here: give it more epochs, or set bounds if there is no minimum."
    )


def test_momentum_above_1_is_not_blamed_on_the_rate() -> None:
    # [[1 − lr λ, −lr μ], [λ, μ]] with λ = 2, lr = 0.05, μ = 1.9 has the eigenvalue 1.645
    verdict = steepest.minimize("x^2", start=3, lr=0.05, momentum=1.9).verdict
    assert verdict.reason.startswith(
        "The error along x grows 1.645 times an epoch, because momentum 1.9 enlarges every step."
    )
    assert verdict.advice == "Use a momentum below 1: then a rate settles."


def test_a_descent_that_ends_in_infinity_is_told_without_a_warning() -> None:
    run = steepest.minimize("a*x + x^2", start=(2, 1))
    assert str(run.verdict).endswith(
        "No learning rate helps, for there is no minimum that way: set bounds."
    )
