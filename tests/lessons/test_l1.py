"""Lesson 1: a line through points. y = w·x + b; the objective is the mean of (wx + b − y)²."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import steepest
from steepest.cli.main import steepest as command
from steepest.results.fit import Fit

X, Y = [1, 2, 3], [2, 4, 6]

# The lesson's table has no stated licence, so it is not carried here: STEEPEST_POINTS names a copy.
POINTS = Path(
    os.environ.get("STEEPEST_POINTS", Path(__file__).parents[3] / "shared" / "data" / "points.csv")
)
needs_points = pytest.mark.skipif(
    not POINTS.exists(),
    reason="points.csv of the lesson is not public domain and not carried; set STEEPEST_POINTS",
)


def small(**options: Any) -> Fit:
    settings: dict[str, Any] = {"standardize": False, "lr": 0.01, "epochs": 1}
    return steepest.fit(X, Y, **(settings | options))


def points(**options: Any) -> Fit:
    settings: dict[str, Any] = {
        "target": "y",
        "standardize": False,
        "lr": 1e-4,
        "epochs": 1000,
    }
    table = steepest.read(str(POINTS), header=False, names=["x", "y"])
    return steepest.fit(table, **(settings | options))


def test_costs_and_gradient_at_two_places() -> None:
    assert small().path.at(0).objective == pytest.approx(18.666666666666667, rel=1e-12)
    assert small(start={"x": 1.0}).path.at(0).objective == pytest.approx(14 / 3, rel=1e-12)
    gradient = small().path.at(0).gradient
    assert dict(zip(("x", "intercept"), gradient, strict=True)) == pytest.approx(
        {"x": -18.666666666666667, "intercept": -8.0}, rel=1e-12
    )


def test_one_step() -> None:
    step = small().step
    assert step["intercept"] == pytest.approx(0.08, rel=1e-12)
    assert step["x"] == pytest.approx(0.18666666666666667, rel=1e-12)


def test_single_steps_equal_one_run() -> None:
    start = [0.0, 0.0]
    for _ in range(20):
        start = small(start=start).step.parameters.tolist()
    assert start == pytest.approx(small(epochs=20).step.parameters, rel=1e-12)


def test_a_sum_divides_the_stable_rate_by_the_rows() -> None:
    mean, total = small(), small(reduction="sum")
    assert total.path.at(0).gradient == pytest.approx(3.0 * mean.path.at(0).gradient, rel=1e-12)
    assert total.path.at(0).objective == pytest.approx(56.0, rel=1e-12)
    assert total.forecast.stable_rate == pytest.approx(mean.forecast.stable_rate / 3.0, rel=1e-12)


def test_load_iterate_apply() -> None:
    found = small(epochs=None, lr="auto")
    assert found.predict([4, 5]) == pytest.approx([8.0, 10.0], rel=1e-10)


def test_the_first_step_by_hand() -> None:
    """With mean(xy) = −216.82425 and mean(y) = −9.1297 the gradient at (0, 0) follows."""
    x = np.array([-1.0, 1.0])
    slope, level = -216.82425, -9.1297
    found = steepest.fit(x, level + slope * x, standardize=False, lr=1e-4, epochs=1)
    assert found.path.at(0).gradient == pytest.approx([433.6485, 18.2594], rel=1e-12)
    assert found.step.parameters == pytest.approx([-0.04336485, -0.00182594], rel=1e-9)


@needs_points
def test_the_slow_story_in_numbers() -> None:
    found = points()
    assert found.rows == 100
    assert found.path.at(0).objective == pytest.approx(5565.107834483, rel=1e-12)
    assert found.objective == pytest.approx(112.61481, abs=5e-6)
    assert found.intercept == pytest.approx(0.0889365, abs=5e-8)
    assert found.coefficients["x"] == pytest.approx(1.4777441, abs=5e-8)
    assert found.verdict.kind == "max steps"
    forecast = found.forecast
    assert forecast.eigenvalues == pytest.approx((0.0754774, 4983.847), rel=1e-6)
    assert forecast.condition_number == pytest.approx(66031, abs=0.5)
    assert forecast.stable_rate == pytest.approx(4.013e-4, rel=1e-4)
    assert forecast.epochs_per_thousandth == 915205


@needs_points
def test_the_slow_story_in_words() -> None:
    found = points()
    assert found.verdict.reason == (
        "All 1000 epochs asked for were made. The objective is 112.6, 2.357 above its least. "
        "The error along x (>99%) has settled. The error along intercept (>99%) has hardly begun "
        "to shrink: 0.992 of it is left, and each factor of 1000 takes it 915205 epochs."
    )
    assert found.verdict.advice == (
        "Standardise the features: the condition number falls from 6.603e+04 to 1."
    )
    assert found.distance == pytest.approx(
        {"x": 1.4777441 - 1.3224, "intercept": 7.9910 - 0.0889365}, abs=1e-4
    )


@needs_points
def test_the_answer_that_it_was_on_its_way_to() -> None:
    found = points(standardize=True, lr="auto", epochs=None)
    assert found.intercept == pytest.approx(7.9910, abs=5e-5)
    assert found.coefficients["x"] == pytest.approx(1.3224, abs=5e-5)
    assert found.objective == pytest.approx(110.2574, abs=5e-5)
    assert found.verdict.kind == "converged"


@needs_points
def test_the_story_of_the_rate_that_is_too_large() -> None:
    found = points(lr=1e-3)
    assert found.verdict.kind == "diverged"
    assert found.epochs == 252
    assert np.isfinite(found.path.at(251).objective)
    assert not np.isfinite(found.path.at(252).objective)
    minimizer = points().path.problem.minimizer
    assert minimizer is not None
    errors = [minimizer - found.path.at(k).parameters for k in (20, 21)]
    growth = np.linalg.norm(errors[1]) / np.linalg.norm(errors[0])
    assert growth == pytest.approx(3.984, abs=5e-4)
    assert found.verdict.reason == (
        "The error along x (>99%) grows 3.984 times an epoch, because learning rate 0.001 is above "
        "the largest stable rate 0.000401296. The objective is no longer a finite number at epoch "
        "252."
    )
    assert found.verdict.advice.startswith("Any rate below 0.000401296 settles;")
    assert "diverges" in str(found.forecast)


@needs_points
def test_standardised_it_takes_one_step() -> None:
    found = points(standardize=True, lr=0.5, epochs=None)
    assert found.forecast.condition_number == pytest.approx(1.0, rel=1e-12)
    step = found.path.at(1)
    assert step["x"] == pytest.approx(1.3224, abs=5e-5)
    assert step["intercept"] == pytest.approx(7.9910, abs=5e-5)
    assert str(found.forecast).endswith("At learning rate 0.5 the run arrives in 1 epoch.")


@needs_points
@pytest.mark.parametrize(
    ("lr", "kind", "epochs"), [("1e-4", "max steps", 1000), ("1e-3", "diverged", 252)]
)
def test_both_stories_from_the_command_line(lr: str, kind: str, epochs: int) -> None:
    words = "--no-header --names x,y --target y --no-standardize --epochs 1000 --json --quiet --lr"
    result = CliRunner().invoke(command, ["fit", str(POINTS), *words.split(), lr])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    expected = points(lr=float(lr))
    assert said["coefficients"] == pytest.approx(expected.coefficients, rel=1e-12)
    assert said["intercept"] == pytest.approx(expected.intercept, rel=1e-12)
    assert said["initial_objective"] == pytest.approx(5565.107834483, rel=1e-12)
    assert (said["verdict"]["kind"], said["epochs"]) == (kind, epochs)
    assert said["verdict"]["reason"] == expected.verdict.reason
    assert said["forecast"]["stable_rate"] == pytest.approx(4.013e-4, rel=1e-4)


@needs_points
def test_the_summary_tells_the_story() -> None:
    words = "--no-header --names x,y --target y --no-standardize --epochs 1000 --lr 1e-4"
    result = CliRunner().invoke(command, ["fit", str(POINTS), *words.split()])
    assert result.exit_code == 0, result.output
    flat = " ".join(result.stdout.split())
    assert "has hardly begun to shrink" in flat
    assert "Standardise the features" in flat
    assert "915205 epochs" in flat
