"""What is asked of many rows at once is compiled, and the same as NumPy says of few."""

from typing import Any

import numpy as np
import pytest

from steepest.descent import automatic_rate_of_rows
from steepest.losses import Logistic, Squared
from steepest.problems import design_matrix, linear, second_order_sums
from steepest.problems.design_matrix import measure_coordinates
from steepest.problems.linear import LinearProblem

ROWS = 40_000  # two pieces


@pytest.fixture
def _few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (design_matrix, linear, automatic_rate_of_rows):
        monkeypatch.setattr(module, "LEAST_NUMBERS", 0)


def table(kind: Any) -> tuple[Any, Any]:
    """Rows with a column that never varies and one far from 0, and weights, some of them 0."""
    random = np.random.default_rng(4)
    features = random.normal(size=(ROWS, 4)) * [1.0, 1e-6, 1e4, 0.0] + [0.0, 3.0, 1e5, 7.0]
    return features.astype(kind), random.uniform(size=ROWS) * (random.random(ROWS) < 0.8)


@pytest.mark.usefixtures("_few_rows_are_many")
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("weighs", [True, False])
@pytest.mark.parametrize("intercept", [True, False])
def test_coordinates_are_mean_and_spread(kind: Any, weighs: bool, intercept: bool) -> None:
    features, weights = table(kind)
    found = measure_coordinates(
        features, weights if weighs else None, standardize=True, intercept=intercept
    )
    x, w = features.astype(np.float64), weights if weighs else np.ones(ROWS)
    centre = np.average(x, axis=0, weights=w) if intercept else np.zeros(4)
    spread = np.sqrt(np.average((x - centre) ** 2, axis=0, weights=w))
    spread[3] = 1.0 if intercept else spread[3]
    assert (np.abs(found.centre - centre) <= 1e-13 * (np.abs(centre) + spread)).all()
    # A spread of 1e-6 about 3 has ten digits in float64.
    np.testing.assert_allclose(found.spread, spread, rtol=1e-9 if kind == np.float64 else 1e-12)


@pytest.mark.usefixtures("_few_rows_are_many")
@pytest.mark.parametrize("order", ["C", "F"])
def test_cross_products_and_norms_are_those_of_the_rows(order: Any) -> None:
    features, weights = table(np.float64)
    target = (np.arange(ROWS) % 3 == 0).astype(float)
    problem = LinearProblem.of(
        np.asarray(features, order=order), target, loss=Logistic(), weights=weights + 0.1
    )
    place = problem.coordinates
    rows = np.column_stack([(features - place.centre) / place.spread, np.ones(ROWS)])
    shares = np.linspace(0.0, 2.0, ROWS)
    wanted = rows.T @ (shares[:, None] * rows)
    atol = 1e-10 * np.abs(wanted).max()
    np.testing.assert_allclose(problem.cross_products(shares), wanted, rtol=0, atol=atol)
    share = (weights + 0.1) / (weights + 0.1).mean()
    norms = automatic_rate_of_rows.row_norms(problem)
    np.testing.assert_allclose(norms, np.square(rows).sum(axis=1) * share, rtol=1e-12)


@pytest.mark.usefixtures("_few_rows_are_many")
@pytest.mark.parametrize("noise", [1.0, 1e-3, 1e-7])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("loss", [Squared(), Logistic()])
def test_quick_sums_are_those_of_the_rows(
    loss: Any, intercept: bool, noise: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_order_sums, "LEAST_NUMBERS", 0)
    features, weights = table(np.float64)
    random = np.random.default_rng(5)
    target = features[:, 0] - 1e-4 * features[:, 2] + noise * random.normal(size=ROWS)
    if isinstance(loss, Logistic):
        target = (target > target.mean()).astype(float)
    problem = LinearProblem.of(features, target, loss=loss, weights=weights, intercept=intercept)
    near = np.append(problem.coordinates.spread * [1.0, 0.0, -1e-4, 0.0], [0.0] * intercept)
    near[-1] = -1e-4 * problem.coordinates.centre[2] if intercept else 0.0
    place = problem.coordinates
    rows = (features - place.centre) / place.spread
    rows = np.column_stack([rows, np.ones(ROWS)]) if intercept else rows
    for theta in (near, near + 0.5, np.zeros(len(near))):
        value, gradient = problem.quick_sums(theta) or (np.nan, theta)
        losses, slopes = loss.value(rows @ theta, target), loss.slope(rows @ theta, target)
        np.testing.assert_allclose(value, weights @ losses, rtol=1e-9)
        terms = (weights * np.abs(slopes)) @ np.abs(rows)
        assert (np.abs(gradient - (weights * slopes) @ rows) <= 1e-9 * terms).all()
