"""Rows on straight pieces of their loss have no curvature: minima where too few have some,
as with more columns than rows, and where rows are followed exactly.
"""

from typing import Any

import numpy as np
import polars
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

import steepest
from steepest.descent.model_minimum import model_minimum

Numbers = NDArray[np.float64]


def table(seed: int, rows: int = 20, columns: int = 80) -> tuple[Numbers, Numbers]:
    """Rows that coefficients above 0 follow exactly."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, columns))
    return features, features[:, :5] @ rng.uniform(0.5, 3.0, 5) + 1.0


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("loss", ["squared", "huber", "huber:0.01", "log-cosh"])
def test_an_exact_solution_within_bounds_is_found(loss: str, seed: int) -> None:
    features, target = table(seed)
    fit = steepest.fit(features, target, loss=loss, positive=True)
    assert fit.verdict.kind == "converged"
    assert fit.objective < 1e-20
    assert min(fit.coefficients.values()) >= 0.0
    assert np.asarray(fit.predict(features)) == pytest.approx(target, abs=1e-9)


@pytest.mark.parametrize("loss", ["huber", "log-cosh"])
def test_outliers_are_followed_where_columns_are_enough(loss: str) -> None:
    features, target = table(7)
    target[:4] += [50.0, -80.0, 1e3, 1e6]
    fit = steepest.fit(features, target, loss=loss)
    assert fit.verdict.kind == "converged"
    assert np.asarray(fit.predict(features)) == pytest.approx(target, abs=1e-6)


def bounded(loss: str, features: Numbers, target: Numbers, l1: float, ridge: float) -> float:
    """The least objective with coefficients of 0 or more, by SciPy's L-BFGS-B."""
    delta = 1.35 if loss == "huber" else 0.01

    def objective(theta: Numbers) -> tuple[float, Numbers]:
        w, r = theta[:-1], features @ theta[:-1] + theta[-1] - target
        if loss == "log-cosh":
            values, slopes = np.logaddexp(r, -r) - np.log(2.0), np.tanh(r)
        else:
            slopes = np.clip(r, -delta, delta)
            values = slopes * (r - 0.5 * slopes)
        pull = np.append(features.T @ slopes / len(r) + l1 + 2.0 * ridge * w, slopes.mean())
        return float(values.mean() + l1 * w.sum() + ridge * w @ w), pull

    start = np.append(np.zeros(features.shape[1]), np.median(target))
    sides = [(0.0, None)] * features.shape[1] + [(None, None)]
    options = {"maxiter": 20_000, "maxfun": 50_000, "ftol": 1e-16, "gtol": 1e-10}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=sides, options=options)
    return float(found.fun)


@pytest.mark.parametrize("shape", [(20, 40), (60, 20)])
@pytest.mark.parametrize(
    "penalty", [{}, {"ridge": 1e-3}, {"l1": 1e-2}, {"l1": 0.01, "ridge": 1e-3}]
)
@pytest.mark.parametrize("loss", ["huber", "huber:0.01", "log-cosh"])
def test_the_minimum_within_bounds_is_no_higher_than_scipys(
    loss: str, penalty: dict[str, Any], shape: tuple[int, int]
) -> None:
    rng = np.random.default_rng(shape[0])
    features = rng.normal(size=shape) + 0.5
    target = features[:, 1] - 0.3 * features.sum(axis=1) + rng.normal(size=shape[0])
    known = bounded(loss, features, target, penalty.get("l1", 0.0), penalty.get("ridge", 0.0))
    fit = steepest.fit(features, target, loss=loss, positive=True, standardize=False, **penalty)
    assert fit.verdict.kind == "converged"
    assert fit.objective <= known * (1.0 + 1e-9) + 1e-20


@pytest.mark.parametrize("loss", ["huber", "log-cosh", "gamma"])
def test_a_column_that_says_nothing_of_exact_rows_has_a_coefficient_of_0(loss: str) -> None:
    features = np.random.default_rng(0).normal(size=(50, 3))
    eta = 2.0 * features[:, 0] + 1.0
    fit = steepest.fit(features, np.exp(eta) if loss == "gamma" else eta, loss=loss)
    assert fit.verdict.kind == "converged"
    assert list(fit.coefficients.values()) == pytest.approx([2.0, 0.0, 0.0], abs=1e-14)
    assert fit.digits is not None and min(fit.digits.values()) > 0.9


@pytest.mark.parametrize("loss", ["huber:0.01", "log-cosh"])
def test_an_engine_finds_what_memory_finds(loss: str) -> None:
    """Most rows are on straight pieces at the start, and an engine has no inner points."""
    rng = np.random.default_rng(4)
    features = rng.normal(size=(60, 2))
    target = 40.0 * features[:, 0] + rng.normal(size=60)
    frame = polars.DataFrame({"a": features[:, 0], "b": features[:, 1], "y": target})
    here = steepest.fit(frame, "y", loss=loss)
    there = steepest.fit(frame.lazy(), "y", loss=loss)
    assert there.verdict.kind == here.verdict.kind == "converged"
    assert there.objective == pytest.approx(here.objective, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_classes_within_bounds_rest_on_one_of_a_stretch_of_minima(seed: int) -> None:
    """Bounds leave open what is added to all classes alike; SciPy finds another of the minima."""
    rng = np.random.default_rng(7 * seed + 1)
    features, target = rng.normal(size=(80, 3)), rng.integers(0, 3, 80)

    def objective(theta: Numbers) -> float:
        eta = features @ theta[:9].reshape(3, 3).T + np.append(0.0, theta[9:])
        return float((logsumexp(eta, axis=1) - eta[np.arange(80), target]).mean())

    sides = [(0.0, None)] * 9 + [(None, None)] * 2
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxfun": 100_000}
    known = minimize(objective, np.zeros(11), method="L-BFGS-B", bounds=sides, options=options)
    fit = steepest.fit(features, target, loss="multinomial", positive=True)
    assert fit.verdict.kind == "converged"
    assert fit.objective == pytest.approx(known.fun, rel=1e-9)


def test_the_minimum_of_a_model_of_dependent_columns_fulfils_its_conditions() -> None:
    for seed in range(300):
        rng = np.random.default_rng(seed)
        columns = int(rng.integers(2, 14))
        rows = rng.normal(size=(int(rng.integers(1, columns + 1)), columns))
        rows *= 10.0 ** rng.uniform(-3.0, 3.0, columns)
        hessian, gradient = rows.T @ rows, rows.T @ rng.normal(size=len(rows))
        free = np.full(columns, np.inf)
        lower = np.where(rng.random(columns) < 0.7, 0.0, -free)
        upper = np.where(rng.random(columns) < 0.2, 2.0, free)
        strengths = np.abs(gradient).max() * rng.uniform(0.0, 0.5) * (rng.random(columns) < 0.4)
        start = np.clip(rng.normal(size=columns), lower, upper)
        z = model_minimum(start, gradient, hessian, strengths, lower, upper)
        slope, root = gradient + hessian @ (z - start), np.sqrt(hessian.diagonal())
        up = np.where(z < upper, -slope - np.where(z >= 0.0, strengths, -strengths), 0.0)
        down = np.where(z > lower, slope + np.where(z > 0.0, strengths, -strengths), 0.0)
        size = (np.abs(gradient) / root).max() + (root * np.abs(z)).max()
        assert (np.maximum(up, down) / root).max() <= 1e-9 * size
