"""Lesson 0: one weight. y = w·x on (1, 2), (2, 4), (3, 6), without an intercept."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import steepest
from steepest.cli.main import steepest as command
from steepest.results.fit import Fit

X, Y = [1, 2, 3], [2, 4, 6]


def run(**options: Any) -> Fit:
    settings: dict[str, Any] = {
        "intercept": False,
        "standardize": False,
        "start": [1.0],
        "lr": 0.01,
        "epochs": 100,
    }
    return steepest.fit(X, Y, **(settings | options))


def test_the_cost_is_a_parabola_with_its_minimum_at_2() -> None:
    problem = run().path.problem
    weights = [k / 10 for k in range(41)]
    costs = [problem.objective(np.array([w])) for w in weights]
    assert costs == pytest.approx([14 / 3 * (w - 2) ** 2 for w in weights], rel=1e-12, abs=1e-15)
    assert weights[int(np.argmin(costs))] == 2.0
    assert min(costs) == pytest.approx(0.0, abs=1e-28)
    assert costs[0] == pytest.approx(18.666666666666667, rel=1e-12)
    assert costs[-1] == pytest.approx(18.666666666666667, rel=1e-12)


def test_the_first_step() -> None:
    first = run().path.at(0)
    assert first["x"] == 1.0
    assert first.objective == pytest.approx(14 / 3, rel=1e-12)
    assert first.gradient == pytest.approx([-28 / 3], rel=1e-12)
    assert first.learning_rate == 0.01


def test_a_hundred_epochs() -> None:
    found = run()
    assert run(epochs=0).predict([4]) == pytest.approx([4.0], rel=1e-12)
    assert found.predict([4]) == pytest.approx([7.999777758621207], rel=1e-12)
    told = {1: 1.0933333, 2: 1.1779556, 3: 1.2546797, 10: 1.6246154, 50: 1.9925461}
    for k, w in told.items():
        assert found.path.at(k)["x"] == pytest.approx(w, abs=5.1e-8)
    assert found.step["x"] == pytest.approx(1.9999444396553017, rel=1e-12)
    assert found.objective == pytest.approx(1.44057755e-08, rel=1e-8)


def test_the_table_by_name() -> None:
    words = "--no-intercept --no-standardize --start 1 --lr 0.01 --epochs 100 --json --quiet"
    said = CliRunner().invoke(command, ["fit", "sample:three-points", *words.split()])
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)["coefficients"]["x"]
    assert found == pytest.approx(1.9999444396553017, rel=1e-12)


def test_every_step_is_there() -> None:
    steps = list(run().path)
    assert len(steps) == 101
    assert [step.index for step in steps] == list(range(101))
    for step in steps:
        assert step["x"] == pytest.approx(2 - (1 - 28 / 300) ** step.index, rel=1e-13)
        assert step.objective == pytest.approx(14 / 3 * (step["x"] - 2) ** 2, rel=1e-9)


def test_the_factor_of_an_epoch() -> None:
    found = run()
    assert found.forecast.growth == pytest.approx(0.9066667, abs=5e-8)
    errors = [2 - step["x"] for step in found.path]
    costs = [step.objective for step in found.path]
    assert errors[7] / errors[6] == pytest.approx(0.9066667, abs=5e-8)
    assert costs[7] / costs[6] == pytest.approx(0.8220444, abs=5e-8)
    first = next(k for k in range(1000) if abs(found.path.at(k)["x"] - 2) < 1e-6)
    assert first == 142


def test_the_curvature_and_its_rates() -> None:
    forecast = run().forecast
    assert forecast.eigenvalues == pytest.approx((28 / 3,), rel=1e-12)
    assert forecast.stable_rate == pytest.approx(3 / 14, rel=1e-12)
    assert forecast.best_rate == pytest.approx(3 / 28, rel=1e-12)
    said = str(forecast)
    assert said.startswith("The curvature is 9.333 in every direction")
    assert "Rates below 0.214286 are stable; 0.107143 needs the fewest epochs." in said


def test_one_step_at_the_best_rate() -> None:
    found = run(lr=3 / 28, epochs=None)
    assert found.verdict.kind == "converged"
    assert found.path.at(1)["x"] == pytest.approx(2.0, abs=1e-14)


def test_between_the_two_rates_it_overshoots_and_arrives() -> None:
    path = run(lr=0.15).path
    sides = [np.sign(path.at(k)["x"] - 2) for k in range(6)]
    assert sides == [-1, 1, -1, 1, -1, 1]
    assert path.at(100)["x"] == pytest.approx(2.0, abs=1e-6)


def test_at_the_stable_rate_it_cycles() -> None:
    found = run(lr=3 / 14)
    assert [found.path.at(k)["x"] for k in range(4)] == pytest.approx([1, 3, 1, 3], rel=1e-12)
    assert found.verdict.kind == "cycle"
    assert "exactly the stable limit" in found.verdict.reason


def test_above_it_diverges_and_says_which_rate_would_have_worked() -> None:
    found = run(lr=0.22)
    assert found.step["x"] == pytest.approx(-178.54, abs=5e-3)
    assert found.verdict.kind == "diverged"
    assert found.verdict.advice == (
        "Any rate below 0.214286 settles; 0.107143 needs the fewest epochs."
    )


def test_a_forgotten_zero_grad_is_momentum_1() -> None:
    found = run(momentum=1.0)
    weights = [step["x"] for step in found.path]
    assert min(weights) >= 0.988
    assert max(weights) <= 3.010
    assert min(weights) == pytest.approx(0.988, abs=2e-3)
    assert max(weights) == pytest.approx(3.010, abs=2e-3)
    assert weights[-1] == pytest.approx(1.160318, abs=5e-7)
    assert found.verdict.kind == "oscillating"
    assert found.verdict.advice == (
        "Use a momentum below 1; in a loop of your own, set the gradients to zero every epoch."
    )


def test_a_random_start_is_seeded() -> None:
    starts = [run(start="random", seed=seed).path.at(0)["x"] for seed in (1, 1, 2)]
    assert starts[0] == starts[1] != starts[2]


def test_the_same_from_the_command_line(tmp_path: Path) -> None:
    table = tmp_path / "three.csv"
    table.write_text("x,y\n1,2\n2,4\n3,6\n")
    words = "--target y --no-intercept --no-standardize --start x=1 --lr 0.01 --epochs 100 --json"
    result = CliRunner().invoke(command, ["fit", str(table), *words.split(), "--quiet"])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["coefficients"]["x"] == pytest.approx(1.9999444396553017, rel=1e-12)
    assert said["intercept"] is None
    assert said["initial_objective"] == pytest.approx(14 / 3, rel=1e-12)
    assert said["objective"] == pytest.approx(1.44057755e-08, rel=1e-8)
    assert said["epochs"] == 100
    assert said["forecast"]["stable_rate"] == pytest.approx(3 / 14, rel=1e-12)


def test_exhaustive_search() -> None:
    found = steepest.search("14/3*(w-2)**2", "w=0:4:0.1")
    assert len(found.axes[0]) == 41
    assert found.best == {"w": 2.0}
    assert found.best_objective == 0.0
    assert found.objective[[0, -1]] == pytest.approx([18.6666667, 18.6666667], abs=5e-8)
    assert found.axes[0][10] == 1.0
    assert found.objective[10] == pytest.approx(4.6666667, abs=5e-8)


def test_the_same_descent_on_the_formula_of_the_cost() -> None:
    path = steepest.minimize("14/3*(w-2)**2", start=1, lr=0.01, epochs=100)
    table = run().path
    for step in path:
        assert step["w"] == pytest.approx(table.at(step.index)["x"], rel=1e-12)
        assert step.objective == pytest.approx(table.at(step.index).objective, rel=1e-9)
    swing = steepest.minimize("14/3*(w-2)**2", start=1, lr=0.01, momentum=1.0, epochs=100)
    weights = [step["w"] for step in swing]
    assert (min(weights), max(weights)) == pytest.approx((0.988, 3.010), abs=1e-3)
    assert weights[-1] == pytest.approx(1.160318, abs=1e-6)
    assert swing.verdict.kind == "oscillating"


@pytest.mark.parametrize(
    ("lr", "kind"),
    [(3 / 14, "cycle"), (0.22, "diverged"), (3 / 28, "converged"), (0.15, "converged")],
)
def test_verdicts_on_the_formula(lr: float, kind: str) -> None:
    path = steepest.minimize("14/3*(w-2)**2", start=1, lr=lr, epochs=100)
    assert path.verdict.kind == kind
    if kind == "diverged":
        assert path.last["w"] == pytest.approx(-178.54, abs=5e-3)
        assert path.verdict.advice == (
            "Any rate below 0.214286 settles; 0.107143 needs the fewest epochs."
        )
