"""lr="auto" with a budget of epochs: no other rate leaves a lower objective after them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.exceptions import ConvergenceWarning

import steepest
from steepest.api.fit import fit
from steepest.api.minimize import minimize
from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule
from steepest.descent.rate_of_budget import Excess, rate_of_budget
from steepest.errors import SteepestError
from steepest.estimators import GradientDescentRegressor

RULES = [MomentumRule(), MomentumRule(0.9), MomentumRule(0.8, nesterov=True)]


def replayed(rule: MomentumRule, rates: Floats, excess: Excess, epochs: int) -> Floats:
    """The share of the excess that each rate leaves, step by step as torch's SGD goes."""
    lr, error = rates[:, None], np.ones((len(rates), len(excess.parts)))
    velocity = np.zeros_like(error)
    for _ in range(epochs):
        slope = excess.eigenvalues * error
        velocity = rule.momentum * velocity + slope
        error = error - lr * (slope + rule.momentum * velocity if rule.nesterov else velocity)
    left: Floats = np.square(error) @ excess.parts / excess.parts.sum()
    return left


@pytest.mark.parametrize("rule", RULES, ids=["plain", "momentum", "nesterov"])
@pytest.mark.parametrize("epochs", [1, 10, 200])
def test_no_rate_of_a_fine_grid_leaves_less(rule: MomentumRule, epochs: int) -> None:
    rng = np.random.default_rng(epochs)
    excess = Excess(np.geomspace(1e-4, 3.0, 12), rng.random(12))
    stable = rule.stable_rate(3.0)
    best = rule.best_rate(excess.eigenvalues)
    found = rate_of_budget([excess], rule, epochs, best, stable)
    assert 0.0 < found < stable
    rates = stable * np.linspace(1e-3, 0.9999, 1500)
    left, *others = replayed(rule, np.append(found, rates), excess, epochs)
    assert left <= min(others) * (1.0 + 1e-9)


def test_one_epoch_of_plain_descent_is_the_exact_line_search() -> None:
    """Σ c (1 − lr λ)² is least at Σ cλ / Σ cλ²."""
    values, parts = np.array([0.5, 1.0, 2.0]), np.array([3.0, 1.0, 2.0])
    found = rate_of_budget([Excess(values, parts)], MomentumRule(), 1, 0.8, 1.0)
    assert found == pytest.approx((parts @ values) / (parts @ values**2), rel=1e-7)


def test_where_nothing_is_left_the_rate_is_that_of_the_long_run() -> None:
    excess = Excess(np.array([1.0, 3.0]), np.ones(2))
    assert rate_of_budget([excess], MomentumRule(), 10**12, 0.5, 2.0 / 3.0) == 0.5


def test_breast_cancer_in_a_thousand_epochs() -> None:
    """Least squares have R² 0.7743; the best factor an epoch alone would leave 0.179."""
    features, target = load_breast_cancer(return_X_y=True)
    found = fit(features, target.astype(float), epochs=1000)
    assert found.r2 is not None
    assert 0.767 <= found.r2 < 0.7744
    other = fit(features, target.astype(float), epochs=1000, lr=0.02)
    assert other.objective > found.objective


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}])
@pytest.mark.parametrize("epochs", [3, 50])
def test_tables_with_any_momentum(options: dict[str, object], epochs: int) -> None:
    features, target = load_diabetes(return_X_y=True)
    found = fit(features, target, epochs=epochs, **options)  # type: ignore[arg-type]
    for factor in (0.5, 0.8, 0.95, 0.99, 1.01, 1.05, 1.3):
        lr = factor * found.learning_rate
        try:
            other = fit(features, target, epochs=epochs, lr=lr, **options)  # type: ignore[arg-type]
        except SteepestError:
            continue
        assert other.objective >= found.objective * (1.0 - 1e-9)


def test_folds_share_a_rate_that_is_stable_in_all() -> None:
    features, target = load_breast_cancer(return_X_y=True)
    found = fit(features, target.astype(float), epochs=1000, folds=5, seed=3)
    assert found.validation is not None
    assert found.validation.r2 is not None
    assert found.validation.r2 > 0.7


def test_studies_have_the_rate_of_their_budget() -> None:
    formula = "x^2 + 100 y^2 + x*y"
    options: dict[str, Any] = {"start": (1.0, 1.0), "epochs": 5}
    run = minimize(formula, lr="auto", **options)
    study = steepest.study(formula, lr=["auto", 0.001], **options)
    assert study.paths[0].rate(0) == run.rate(0)
    rows = np.random.default_rng(0).normal(size=(60, 3)) * [1.0, 3.0, 9.0]
    target = rows @ [1.0, 2.0, 3.0]
    for epochs in (5, 40):
        alone = fit(rows, target, epochs=epochs)
        runs = steepest.compare(rows, target, lr=["auto", 0.1], epochs=epochs)
        assert runs.paths[0].rate(0) == alone.learning_rate


@pytest.mark.parametrize("options", [{}, {"folds": 3}, {"momentum": 0.9}])
def test_a_file_keeps_the_rate_of_its_budget(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 3)) @ [[1, 1, 0], [0, 1, 1], [0, 0, 1]]
    made = fit(rows, rows @ [1.0, 2.0, 3.0] + 1.0, epochs=7, **options)
    made.save(tmp_path / "fit.steepest")

    def anew(*given: object) -> float:
        raise AssertionError

    monkeypatch.setattr("steepest.models.least_squares.automatic_rate", anew)
    again = steepest.load(tmp_path / "fit.steepest")
    assert isinstance(again, steepest.Fit)
    assert again.learning_rate == made.learning_rate
    assert again.path.at(3).objective == made.path.at(3).objective


def test_a_formula_with_a_budget() -> None:
    """½(x² + 100 y²) from (10, 1), one epoch: the exact line search 2/101 of both excesses 50."""
    run = minimize("0.5*x**2 + 50*y**2", start={"x": 10, "y": 1}, lr="auto", epochs=1)
    assert run.path.rate(0) == pytest.approx((1 + 100) / (1 + 100**2), rel=1e-6)


def test_the_advice_for_correlated_columns_that_are_standardised() -> None:
    features, target = load_breast_cancer(return_X_y=True)
    model = GradientDescentRegressor(optimizer="sgd", max_iter=50)
    with pytest.warns(ConvergenceWarning, match=r"standardised already, and correlated.* 9\.98"):
        model.fit(features, target)
    plain = GradientDescentRegressor(optimizer="sgd", max_iter=50, standardize=False)
    with pytest.warns(ConvergenceWarning, match="scale the features"):
        plain.fit(features, target)
