"""Lesson 2: a formula. f(x) = x² − 4x + 5 from x = 7, at seven learning rates."""

from typing import Any

import numpy as np
import pytest
import torch

import steepest
from steepest.formula.critical_points.stationary import Search
from steepest.formula.parse import parse

FORMULA = "x**2 - 4*x + 5"
# rate: the first x, the first step within 1e-3 of 2, the manner
TOLD: dict[float, tuple[Any, Any, str]] = {
    0.1: ([7, 6, 5.2, 4.56, 4.048, 3.6384], 39, "monotone"),
    0.01: ([7, 6.9, 6.802, 6.70596], 422, "slow"),
    0.3: ([7, 4, 2.8, 2.32, 2.128], 10, "fast"),
    0.7: ([7, 0, 2.8, 1.68, 2.128], 10, "oscillates"),
    1.0: ([7, -3, 7, -3], None, "cycle"),
    1.1: ([7, -4, 9.2, -6.64], None, "diverges"),
    0.5: ([7, 2], 1, "one step"),
}


def test_calculus_first() -> None:
    for text, x, value in ((FORMULA, 2.0, 1.0), ("x**2 - 5*x + 5", 2.5, -1.25)):
        points = Search.begin(parse(text), seconds=5.0).result()
        assert points.complete
        (point,) = points.points
        assert (point.coordinates, point.value, point.kind) == ({"x": x}, value, "minimum")


@pytest.mark.parametrize("epochs", [30, 100, 1000])
def test_a_study_of_seven_rates(epochs: int) -> None:
    study = steepest.study(FORMULA, start=7, lr=list(TOLD), epochs=epochs)
    for (first, _, manner), path in zip(TOLD.values(), study, strict=True):
        steps = [path.at(k)["x"] for k in range(len(first))]
        assert steps == pytest.approx(first, rel=1e-12, abs=1e-12)
        assert path.verdict.manner == manner


@pytest.mark.parametrize("lr", TOLD)
def test_the_first_step_within_a_thousandth(lr: float) -> None:
    path = steepest.minimize(FORMULA, start=7, lr=lr, epochs=1000)
    near = [step.index for step in path if abs(step["x"] - 2) < 1e-3]
    assert (near[0] if near else None) == TOLD[lr][1]


@pytest.mark.parametrize("lr", TOLD)
def test_every_step_of_the_closed_form(lr: float) -> None:
    factor = 1 - 2 * lr
    path = steepest.minimize(FORMULA, start=7, lr=lr, epochs=60)
    for step in path:
        x = 2 + 5 * factor**step.index
        assert step["x"] == pytest.approx(x, rel=1e-11, abs=1e-14)
        assert step.objective == pytest.approx((x - 2) ** 2 + 1, rel=1e-11)
        assert step.gradient[0] == pytest.approx(2 * step["x"] - 4, rel=1e-11, abs=1e-14)


def test_the_verdicts_say_why() -> None:
    study = steepest.study(FORMULA, start=7, lr=[1.0, 1.1], epochs=100)
    cycle, away = (path.verdict for path in study)
    assert cycle.kind == "cycle"
    assert "every 2 epochs: x = 7; x = -3. The objective is 26 for ever." in cycle.reason
    assert away.kind == "diverged"
    assert "grows 1.2 times an epoch" in away.reason
    assert away.advice == "Any rate below 1 settles; 0.5 needs the fewest epochs."


def test_the_forecast_is_exact() -> None:
    forecast = steepest.minimize(FORMULA, start=7, lr=0.1, epochs=3).forecast
    assert (forecast.eigenvalues, forecast.stable_rate, forecast.best_rate) == ((2.0,), 1.0, 0.5)
    assert forecast.growth == pytest.approx(0.8, rel=1e-12)


def test_a_line_by_hand_gradient_and_by_automatic_differentiation() -> None:
    x = np.random.default_rng(4).normal(2.0, 3.0, 40)
    y = 1.5 * x - 4.0 + np.random.default_rng(5).normal(0.0, 2.0, 40)
    xt, yt = torch.tensor(x), torch.tensor(y)
    run = steepest.minimize(
        lambda m, c: ((yt - (m * xt + c)) ** 2).mean(), start=(0, 0), lr=1e-4, epochs=20
    )
    m: float = 0.0
    c: float = 0.0
    for step in run:
        residual = y - (m * x + c)
        by_hand = (float(-2 * np.mean(x * residual)), float(-2 * np.mean(residual)))
        assert step.parameters == pytest.approx([m, c], rel=1e-12, abs=1e-15)
        assert step.gradient == pytest.approx(by_hand, rel=1e-12)
        m, c = m - 1e-4 * by_hand[0], c - 1e-4 * by_hand[1]


def test_the_first_step_of_the_lesson_s_table() -> None:
    # All that the first step needs of the table: mean xy = −216.82425 and mean y = −9.1297.
    run = steepest.minimize(
        "-2*(-216.82425)*m - 2*(-9.1297)*c", start={"m": 0, "c": 0}, lr=1e-4, epochs=1
    )
    assert run.at(0).gradient == pytest.approx([433.6485, 18.2594], rel=1e-12)
    assert run.at(1).parameters == pytest.approx([-0.04336485, -0.00182594], rel=1e-12)
