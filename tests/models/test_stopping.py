"""What ends a run in closed form, each by its own name, at the epoch at which plain steps end."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
import pytest

from steepest.api.fit import fit
from steepest.descent.stopping import Stopping, StoppingRule, StoppingRun
from steepest.results.fit import Fit

RNG = np.random.default_rng(3)
FEATURES = RNG.standard_normal((50, 2)) * [1.0, 0.2]
TARGET = FEATURES @ [1.0, 2.0] + 0.5 + 0.1 * RNG.standard_normal(50)


def run(**options: Any) -> Fit:
    return fit(FEATURES, TARGET, **({"standardize": False, "lr": 0.1} | options))


def walk(epochs: int) -> tuple[np.ndarray, np.ndarray]:
    """Objective and norm of the gradient by epoch, of plain steps."""
    x = np.column_stack([FEATURES, np.ones(50)])
    theta, objectives, norms = np.zeros(3), [], []
    for _ in range(epochs + 1):
        residual = x @ theta - TARGET
        gradient = 2.0 * x.T @ residual / 50
        objectives.append(np.mean(residual**2))
        norms.append(np.linalg.norm(gradient))
        theta = theta - 0.1 * gradient
    return np.array(objectives), np.array(norms)


def left(found: Fit) -> float:
    """What the parameter that is furthest has left, in its standard errors, by NumPy."""
    x = np.column_stack([FEATURES, np.ones(50)])
    least, squares = np.linalg.lstsq(x, TARGET)[:2]
    errors = np.sqrt(squares[0] / 50 * np.linalg.inv(x.T @ x).diagonal())
    return float(np.abs((found.step.parameters - least) / errors).max())


def test_settled() -> None:
    found = run()
    assert found.verdict.kind == "converged"
    assert found.verdict.reason == (
        f"After {found.forecast.epochs_to_settle} epochs every direction's error was below 1e-12 "
        "of what it had been, and now no parameter can be told from its minimum."
    )
    assert found.epochs >= (found.forecast.epochs_to_settle or 0)
    slowest = 1.0 - 0.1 * found.forecast.eigenvalues[0]
    assert slowest**found.epochs <= 1e-12


def test_epochs() -> None:
    found = run(epochs=7)
    assert (found.epochs, found.verdict.kind) == (7, "max steps")
    assert found.verdict.reason.startswith("All 7 epochs asked for were made.")


def test_no_epochs_at_all() -> None:
    found = run(epochs=0)
    assert found.step.parameters.tolist() == [0.0, 0.0, 0.0]
    assert found.objective == pytest.approx(np.mean(TARGET**2), rel=1e-12)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-8, 1e-10])
def test_gradient_norm(tolerance: float) -> None:
    found = run(stopping=Stopping(gradient_tolerance=tolerance))
    _, norms = walk(3000)
    assert found.epochs == int((norms <= tolerance).argmax())
    assert found.verdict.kind == ("plateau" if left(found) > 1e-6 else "converged")
    assert found.verdict.reason.startswith(
        f"At epoch {found.epochs} the gradient norm was {norms[found.epochs]:.6g}, at most "
        f"{tolerance:g}."
    )
    assert ("of its standard errors" in found.verdict.reason) == (left(found) > 1e-6)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-8])
def test_relative_tolerance(tolerance: float) -> None:
    found = run(tolerance=tolerance)
    objectives, _ = walk(3000)
    small = np.abs(np.diff(objectives)) <= tolerance * np.abs(objectives[1:])
    assert abs(found.epochs - 1 - int(small.argmax())) <= 1
    assert found.verdict.kind == ("plateau" if left(found) > 1e-6 else "converged")
    assert f"from epoch {found.epochs - 1} to {found.epochs} the objective changed by" in (
        found.verdict.reason.lower()
    )


def test_patience() -> None:
    found = run(stopping=Stopping(patience=4))
    assert found.verdict.kind == "plateau"
    assert found.verdict.reason.startswith("The objective has not fallen below ")
    assert f"reached at epoch {found.epochs - 4}, for 4 epochs." in found.verdict.reason


def test_the_first_to_fire_ends_the_run() -> None:
    assert run(epochs=5, stopping=Stopping(gradient_tolerance=1e-9)).verdict.kind == "max steps"
    found = run(epochs=5000, stopping=Stopping(gradient_tolerance=1e-2), tolerance=1e-14)
    assert "gradient norm" in found.verdict.reason


def test_a_rule_far_out_is_found_by_bisection() -> None:
    found = run(lr=1e-7, stopping=Stopping(gradient_tolerance=1e-3))
    path = found.path
    assert found.epochs > 10**6
    norms = [np.linalg.norm(path.at(found.epochs + j).gradient) for j in (-1, 0)]
    assert norms[0] > 1e-3 >= norms[1]


def test_time_does_not_pass_in_closed_form_and_does_when_walked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run(stopping=Stopping(time_limit=1e-6)).verdict.kind == "converged"
    # A look at the clock every 10 ms: at the start, and after each epoch.
    seconds = count(0.0, 0.01)
    start = StoppingRun.__init__

    def ticking(watch: StoppingRun, rules: Sequence[StoppingRule], **runs: int) -> None:
        start(watch, rules, lambda: next(seconds), **runs)

    monkeypatch.setattr(StoppingRun, "__init__", ticking)
    walked = run(optimizer="adam", lr=1e-9, epochs=10**9, stopping=Stopping(time_limit=0.055))
    assert "The time limit of 0.055 s was reached at epoch 5, after 0.06 s" in walked.verdict.reason
    assert walked.epochs == 5


@pytest.mark.parametrize(
    "rule", [{"stopping": Stopping(gradient_tolerance=1e-3)}, {"tolerance": 1e-6}, {"epochs": 12}]
)
def test_walked_runs_end_at_the_same_epoch(rule: dict[str, float]) -> None:
    assert run(**rule).epochs == run(lr="step:0.1,step_size=100000", **rule).epochs


def test_divergence_stops_when_the_objective_overflows() -> None:
    found = run(lr=5.0)
    assert found.verdict.kind == "diverged"
    assert not np.isfinite(found.objective)
    assert np.isfinite(found.path.at(found.epochs - 1).objective)
    assert f"no longer a finite number at epoch {found.epochs}." in found.verdict.reason
    assert found.to_dict()["objective"] is None


@pytest.mark.parametrize("lr", [1e-20, 1e-300])
def test_any_rate_can_be_put_into_words(lr: float) -> None:
    """Counts of epochs beyond 2^64, and beyond float64."""
    found = run(lr=lr)
    assert found.verdict.kind == "converged"
    assert str(found.verdict).startswith("Converged at epoch ")
    assert "epochs" in str(found.forecast)
    assert found.summary()
