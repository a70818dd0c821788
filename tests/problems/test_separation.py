"""Separation: rows along which the objective falls for ever, and rows that have a minimum."""

import numpy as np
import pytest

import steepest
from steepest.losses import make_loss
from steepest.problems.linear import LinearProblem
from steepest.problems.separation import find_separation

X = np.arange(1.0, 9.0)


def problem(features: object, target: object, loss: str = "logistic") -> LinearProblem:
    table = np.asarray(features, dtype=float)
    rows = table[:, None] if table.ndim == 1 else table
    return LinearProblem.of(rows, np.asarray(target, dtype=float), loss=make_loss(loss))


def test_complete_separation() -> None:
    found = find_separation(problem(X, X > 4))
    assert found is not None
    assert (found.columns, found.of) == (("x",), 8)
    assert found.direction[0] > 0.0


def test_a_level_that_is_always_1_is_quasi_separation() -> None:
    """The flag is 1 in rows 0 to 3, which are all of class 1; x says nothing."""
    flag = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0.0])
    x = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3.0])
    labels = [1, 1, 1, 1, 0, 1, 0, 1, 0, 1]
    found = find_separation(problem(np.column_stack([flag, x]), labels))
    assert found is not None
    assert found.columns == ("x1",)
    assert found.rows == 4


def test_overlapping_classes_have_a_minimum() -> None:
    assert find_separation(problem(X, [0, 0, 1, 0, 1, 0, 1, 1])) is None


def test_one_row_on_the_wrong_side_by_very_little_is_no_separation() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0 + 1e-6, 4.0, 5.0])
    assert find_separation(problem(x, [0, 0, 0, 0, 1, 1])) is None
    assert find_separation(problem(x, [0, 0, 0, 1, 0, 1])) is not None


def test_a_group_of_zero_counts() -> None:
    group = np.repeat([0.0, 1.0], 5)
    found = find_separation(problem(group, [2, 3, 1, 4, 2, 0, 0, 0, 0, 0], "poisson"))
    assert found is not None
    assert found.columns == ("x",)
    assert found.rows == 5
    assert find_separation(problem(group, [2, 3, 1, 4, 2, 0, 0, 1, 0, 0], "poisson")) is None


def test_one_class_of_three_apart() -> None:
    x = np.array([0.0, 0.1, 0.2, 5, 6, 7, 8, 9, 10])
    found = find_separation(problem(x, [0, 0, 0, 1, 2, 1, 2, 1, 2], "multinomial"))
    assert found is not None
    assert find_separation(problem(x, [0, 1, 0, 1, 2, 0, 2, 1, 2], "multinomial")) is None


@pytest.mark.parametrize("loss", ["squared-hinge", "huber", "gamma"])
def test_losses_whose_minimum_is_attained(loss: str) -> None:
    target = X > 4 if loss == "squared-hinge" else X
    assert find_separation(problem(X, target, loss)) is None


@pytest.mark.parametrize(
    ("features", "target", "loss", "column"),
    [
        (X, X > 4, "logistic", "x"),
        (np.repeat([0.0, 1.0], 5), [2, 3, 1, 4, 2, 0, 0, 0, 0, 0], "poisson", "x"),
        (X, np.digitize(X, [3, 6]), "multinomial", "x"),
    ],
)
def test_a_fit_says_so_and_a_ridge_penalty_helps(
    features: object, target: object, loss: str, column: str
) -> None:
    labels = np.asarray(target).astype(int)
    fit = steepest.fit(features, labels, loss=loss)
    assert fit.verdict.kind == "no minimum"
    assert f"along {column}" in fit.verdict.reason
    assert "ridge" in fit.verdict.advice
    assert fit.epochs < 60
    assert steepest.fit(features, labels, loss=loss, ridge=0.01).verdict.kind == "converged"


def test_a_prescribed_descent_on_separable_classes_is_told_the_same() -> None:
    fit = steepest.fit(X, (X > 4).astype(int), loss="logistic", lr=0.1, epochs=50)
    assert fit.verdict.kind == "no minimum"
    assert "along x the objective falls for ever" in fit.verdict.reason


def test_many_rows_are_asked_a_few_at_a_time() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(8000, 6))
    apart = find_separation(problem(rows, rows @ [1, -1, 0.5, 0, 0, 0] > 0.3))
    assert apart is not None
    assert apart.of == 8000
    noisy = rng.random(8000) < 1.0 / (1.0 + np.exp(-rows[:, 0]))
    assert find_separation(problem(rows, noisy)) is None
