"""Lesson 4, the part on tables: slope only, slope and bias, and what makes a run stop."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import steepest
from steepest.cli.main import steepest as command
from steepest.descent.stopping import Stopping
from steepest.results.fit import Fit

X = np.arange(-3, 3, 0.1)


def slope(**options: Any) -> Fit:
    settings: dict[str, Any] = {
        "intercept": False,
        "standardize": False,
        "start": [-10.0],
        "lr": 0.1,
        "epochs": 4,
    }
    return steepest.fit(X, -3 * X, **(settings | options))


def line(**options: Any) -> Fit:
    settings: dict[str, Any] = {
        "standardize": False,
        "start": {"x": -15.0, "intercept": -10.0},
        "lr": 0.1,
        "epochs": 15,
    }
    return steepest.fit(X, X - 1, **(settings | options))


def test_slope_only() -> None:
    weights = [step["x"] for step in slope().path]
    assert weights == pytest.approx([-10, -5.797667, -4.118134, -3.446881, -3.178603], abs=5e-7)


def test_slope_and_bias() -> None:
    found = line()
    assert found.coefficients["x"] == pytest.approx(0.991694, abs=5e-7)
    assert found.intercept == pytest.approx(-1.332057, abs=5e-7)
    assert found.forecast.eigenvalues == pytest.approx((1.99750, 6.00583), abs=5e-6)
    assert found.forecast.stable_rate == pytest.approx(0.33301, abs=5e-6)


def test_the_gradient_does_not_point_at_the_minimum() -> None:
    step = line().path.at(0)
    toward = np.array([1.0, -1.0]) - step.parameters
    cosine = -step.gradient @ toward / np.linalg.norm(step.gradient) / np.linalg.norm(toward)
    assert np.degrees(np.arccos(cosine)) == pytest.approx(19.6, abs=0.05)


def test_the_gradient_is_perpendicular_to_the_contour() -> None:
    path = line().path
    step = path.at(0)
    tangent = np.array([-step.gradient[1], step.gradient[0]])
    tangent *= 1e-6 / np.linalg.norm(tangent)
    ahead = path.problem.objective(step.parameters + tangent)
    behind = path.problem.objective(step.parameters - tangent)
    drop = abs(ahead - behind) / 2e-6 / np.linalg.norm(step.gradient)
    assert drop <= 1e-6


def test_the_surface_at_every_step_is_the_recorded_objective() -> None:
    found = line()
    for step in found.path:
        residual = step["x"] * X + step["intercept"] - (X - 1)
        assert step.objective == pytest.approx(np.mean(residual**2), rel=1e-12)
        drawn = found.path.problem.objective(step.parameters)
        assert drawn == pytest.approx(step.objective, rel=1e-13)


def test_each_rule_of_stopping_names_itself() -> None:
    assert "All 15 epochs asked for were made." in line().verdict.reason
    assert (
        "gradient" in line(epochs=None, stopping=Stopping(gradient_tolerance=1e-3)).verdict.reason
    )
    noisy = steepest.fit(
        X, X - 1 + np.sin(9 * X), standardize=False, lr=0.1, stopping=Stopping(patience=5)
    )
    assert noisy.verdict.kind == "plateau"
    assert noisy.verdict.reason.startswith("The objective has not fallen")


def test_the_tables_by_name() -> None:
    settings: dict[str, Any] = {"standardize": False, "lr": 0.1}
    slope = steepest.fit(
        "sample:slope-only", "y", **settings, intercept=False, start=[-10.0], epochs=4
    )
    told = [-10, -5.797667, -4.118134, -3.446881, -3.178603]
    assert [step["x"] for step in slope.path] == pytest.approx(told, abs=5e-7)
    start = {"x": -15.0, "intercept": -10.0}
    line = steepest.fit(
        steepest.samples.table("slope-and-bias"), **settings, start=start, epochs=15
    )
    assert line.coefficients["x"] == pytest.approx(0.991694, abs=5e-7)
    assert line.intercept == pytest.approx(-1.332057, abs=5e-7)


def test_more_noise_is_more_spread_about_the_same_line() -> None:
    spreads = []
    for sigma in (0.1, 1.0, 10.0):
        fit = steepest.fit(f"sample:noisy-line,sigma={sigma},rows=1000")
        assert fit.inference is not None and fit.residual_deviation is not None
        assert abs(fit.coefficients["x"] - 2) < 4 * fit.inference["x"].standard_error
        spreads.append(fit.residual_deviation)
    # Three standard errors of a deviation from 1000 rows.
    assert spreads == pytest.approx([0.1, 1.0, 10.0], rel=3 / 2000**0.5)


def test_the_same_from_the_command_line(tmp_path: Path) -> None:
    table = tmp_path / "line.csv"
    rows = "\n".join(f"{x!r},{y!r}" for x, y in zip(X.tolist(), (X - 1).tolist(), strict=True))
    table.write_text(f"x,y\n{rows}\n")
    words = "--target y --no-standardize --start x=-15,intercept=-10 --lr 0.1 --epochs 15"
    result = CliRunner().invoke(command, ["fit", str(table), *words.split(), "--json", "--quiet"])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["coefficients"]["x"] == pytest.approx(0.991694, abs=5e-7)
    assert said["intercept"] == pytest.approx(-1.332057, abs=5e-7)
    assert said["forecast"]["eigenvalues"] == pytest.approx([1.99750, 6.00583], abs=5e-6)
