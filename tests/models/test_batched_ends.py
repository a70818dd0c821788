"""How mini-batches end, and what is said of their updates."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.descent.penalized_update import Proximal
from steepest.descent.stopping import Stopping

RANDOM = np.random.default_rng(11)
X = RANDOM.normal(size=(60, 3))
Y = X @ [1.0, -2.0, 0.0] + RANDOM.normal(size=60)


def ended(**options: Any) -> tuple[str, int, str]:
    fit = steepest.fit(X, Y, batch_size=10, **options)
    path = fit.path
    return path.stop.rule, path.last_epoch, fit.notes[-1]  # type: ignore[attr-defined]  # batches


def test_a_tolerance_brings_no_patience_along() -> None:
    rule, epochs, _ = ended(tolerance=1e-300, epochs=40, lr=0.1)
    assert (rule, epochs) == ("epochs", 40)
    rule, epochs, _ = ended(tolerance=1e-300, epochs=40, lr=0.1, stopping=Stopping(patience=3))
    assert rule == "patience" and epochs < 40


@pytest.mark.parametrize("lr", ["auto", 0.1])
def test_tolerance_0_ends_nothing(lr: Any) -> None:
    assert ended(tolerance=0, epochs=30, lr=lr)[:2] == ("epochs", 30)
    still = steepest.fit(X, np.ones(60), batch_size=10, tolerance=0, epochs=3, lr=lr)
    assert still.epochs == 3


def test_a_tolerance_alone_has_a_last_epoch_that_is_told() -> None:
    rule, epochs, note = ended(tolerance=0, lr=0.1)
    assert (rule, epochs) == ("epochs", 1000)
    assert note == ("mini-batches may swing for ever, and no epochs were asked for: at most 1000")


def test_without_an_end_patience_is_there_and_told() -> None:
    rule, epochs, note = ended(lr=0.1)
    assert rule == "patience" and epochs < 100
    assert note.endswith("until one changes the objective by 1e-06 of its value or has no new "
                         "lowest value for 5")  # fmt: skip


@pytest.mark.parametrize("options", [{"l1": 0.5}, {"l1": 0.5, "ridge": 0.1}, {"positive": True}])
def test_the_gradient_norm_is_that_of_penalty_and_bounds_too(options: dict[str, Any]) -> None:
    # Batches of all rows have no noise, which would keep the gradient up.
    fit = steepest.fit(
        X,
        Y,
        batch_size=60,
        lr=0.1,
        stopping=Stopping(gradient_tolerance=1e-9),
        epochs=500,
        **options,
    )
    path: Any = fit.path
    assert path.stop.rule == "gradient norm"
    problem, last = path.problem, path.kept[-1]
    assert np.linalg.norm(last.gradient) > 0.05  # of the smooth part alone
    proximal = Proximal.of(problem.penalty, problem.penalized, fit.settings.plan.bounds(problem))
    assert proximal is not None
    left = proximal.least_slope(last.parameters, last.gradient)
    assert np.linalg.norm(left) <= 1e-9
    assert f"{np.linalg.norm(left):.6g}" in path.stop.reason


def test_epochs_that_were_taken_back_are_told(tmp_path: Path) -> None:
    fit = steepest.fit(X, Y, batch_size=10, epochs=20)
    path: Any = fit.path
    assert fit.epochs == 20
    assert path.taken_back == 20 - fit.step.index // 6 > 0
    back = f"({path.taken_back} epochs taken back)"
    said = f"20 epochs in batches of 10 rows, {fit.step.index} updates {back},"
    assert said in fit.summary()
    fit.save(tmp_path / "a.steepest")
    loaded = steepest.load(tmp_path / "a.steepest")
    assert isinstance(loaded, steepest.Fit)
    assert loaded.summary() == fit.summary()
    plain = steepest.fit(X, Y, batch_size=10, epochs=2, lr=0.1)
    assert "2 epochs in batches of 10 rows, 12 updates, at" in plain.summary()
    single = steepest.fit(X, Y, batch_size=1, epochs=1, lr=0.01)
    assert "1 epoch in batches of 1 row, 60 updates, at" in single.summary()


def test_a_constant_target_takes_no_update() -> None:
    fit = steepest.fit(X, np.ones(60), batch_size=10)
    assert "in batches of 10 rows, none of which lowered the objective, at" in fit.summary()


def test_coefficients_that_are_not_0_are_not_counted() -> None:
    fit = steepest.fit(X[:, :2] * [1.0, -1.0], Y, positive=True)
    assert fit.zeros == 0 and "are 0" not in fit.summary()
