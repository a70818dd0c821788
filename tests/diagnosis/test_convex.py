"""Of a convex problem nothing is said that cannot be true of one."""

from typing import Any

import numpy as np
import pytest

import steepest

RNG = np.random.default_rng(0)
WIDE = RNG.normal(size=(60, 120))
WIDE_TARGET = WIDE[:, :5] @ [1.0, 2.0, 3.0, -1.0, -2.0] + 0.1 * RNG.normal(size=60)
X = RNG.normal(size=(200, 3))
Y = X @ [1.0, -2.0, 0.5] + RNG.normal(size=200)
IMPOSSIBLE = ("saddle", "maximum", "flat", "left domain")
SAID_OF_FUNCTIONS = ("no minimum", "set bounds", "curves up here", "start elsewhere", "local one")


def check(verdict: Any) -> None:
    assert verdict.kind not in IMPOSSIBLE
    assert [words for words in SAID_OF_FUNCTIONS if words in str(verdict).lower()] == []


@pytest.mark.parametrize("l1", [1e-9, 1e-5, 1e-2, 1.0])
@pytest.mark.parametrize("ending", [{}, {"epochs": 30}, {"tolerance": 1e-4}])
def test_a_lasso_of_more_columns_than_rows(l1: float, ending: dict[str, Any]) -> None:
    check(steepest.fit(WIDE, WIDE_TARGET, l1=l1, **ending).verdict)


@pytest.mark.parametrize("loss", ["absolute", "quantile", "hinge", "huber", "logistic"])
@pytest.mark.parametrize("ending", [{}, {"epochs": 5}, {"tolerance": 1e-4, "lr": 0.1}])
def test_losses_with_kinks_and_without(loss: str, ending: dict[str, Any]) -> None:
    target = Y > 0.0 if loss in ("hinge", "logistic") else Y
    check(steepest.fit(X, target, loss=loss, **ending).verdict)


def test_separable_classes_fall_for_ever_and_have_not_converged() -> None:
    """Here alone a convex objective has no minimum."""
    verdict = steepest.fit(X, X[:, 0] > 0.0, loss="logistic", epochs=500).verdict
    assert verdict.kind == "no minimum"
    assert "along x1" in verdict.reason


def test_a_constant_column_of_squared_loss_is_no_flat_place() -> None:
    rows = np.column_stack([X, np.ones(200)])
    check(steepest.fit(rows, Y, optimizer="adam", lr=0.1, epochs=50).verdict)


@pytest.mark.parametrize("lr", [0.5, 8.5, 30.0])
@pytest.mark.parametrize("epochs", [20, 200])
def test_batches_of_all_rows_are_judged_as_all_rows_are(lr: float, epochs: int) -> None:
    targets: list[tuple[str, Any]] = [
        ("logistic", Y > 0.0),
        ("poisson", np.round(np.exp(X[:, 0]))),
        ("huber", Y),
    ]
    for loss, target in targets:
        options: dict[str, Any] = {"loss": loss, "lr": lr, "epochs": epochs}
        whole = steepest.fit(X, target, tolerance=0.0, **options)
        batches = steepest.fit(X, target, batch_size=len(X), **options)
        check(whole.verdict)
        check(batches.verdict)
        if whole.epochs == batches.epochs:  # else a tolerance has ended one of them
            assert batches.verdict.kind == whole.verdict.kind
            assert batches.verdict.manner == whole.verdict.manner


def test_convergence_by_a_tolerance_goes_with_what_is_left() -> None:
    """A logistic fit against its minimum: a millionth of a standard error decides."""
    target = Y > 0.0
    least = steepest.fit(X, target, loss="logistic", epochs=20000, tolerance=0.0)
    errors = float(np.sqrt(12.0 / len(X)))  # of the smallest standard error, a lower bound
    for tolerance in (1e-1, 1e-2, 1e-3, 1e-6, 1e-14):
        found = steepest.fit(X, target, loss="logistic", lr=2.0, tolerance=tolerance)
        left = float(np.linalg.norm(found.path.last.parameters - least.path.last.parameters))
        if left < 1e-7 * errors:
            assert found.verdict.kind == "converged"
        if left > 1e-4 * errors:
            assert found.verdict.kind == "plateau"
