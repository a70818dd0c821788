"""Ridge against a direct solve, and how it reads."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from steepest.api.fit import fit
from steepest.errors import InputError

RNG = np.random.default_rng(8)
FEATURES = RNG.standard_normal((40, 4)) * [1.0, 5.0, 0.2, 1.0] + [0.0, 3.0, 0.0, -1.0]
TARGET = FEATURES @ [1.0, 0.3, -4.0, 0.0] + 2.0 + RNG.standard_normal(40)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("ridge", [1e-6, 0.1, 10.0])
def test_raw_features(
    ridge: float, reduction: Literal["mean", "sum"], exactly: Callable[..., Any]
) -> None:
    rows = 40 if reduction == "mean" else 1
    exact = exactly(FEATURES, TARGET, ridge=Fraction(ridge) * rows)
    found = fit(FEATURES, TARGET, ridge=ridge, standardize=False, reduction=reduction)
    assert found.verdict.kind == "converged"
    expected = [float(v) for v in exact.parameters]
    assert found.step.parameters == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("intercept", [True, False])
def test_standardised_features(intercept: bool) -> None:
    centre = FEATURES.mean(axis=0) if intercept else np.zeros(4)
    z = FEATURES - centre
    spread = np.sqrt(np.square(z).mean(axis=0))
    z = z / spread
    level = TARGET.mean() if intercept else 0.0
    weights = np.linalg.solve(z.T @ z / 40 + 0.5 * np.eye(4), z.T @ (TARGET - level) / 40)
    found = fit(FEATURES, TARGET, ridge=0.5, intercept=intercept)
    assert list(found.coefficients.values()) == pytest.approx(weights / spread, rel=1e-9)
    if intercept:
        assert found.intercept == pytest.approx(level - centre @ (weights / spread), rel=1e-9)


def test_the_intercept_is_not_penalised() -> None:
    found = fit(FEATURES, TARGET + 1000.0, ridge=1e6)
    assert found.intercept == pytest.approx(TARGET.mean() + 1000.0, rel=1e-3)
    assert max(abs(v) for v in found.coefficients.values()) < 1e-3


def test_the_penalty_is_in_the_objective_and_not_in_the_quality() -> None:
    found = fit(FEATURES, TARGET, ridge=0.5, standardize=False)
    residual = found.predict(FEATURES) - TARGET
    weights = np.array(list(found.coefficients.values()))
    assert found.objective == pytest.approx(np.mean(residual**2) + 0.5 * weights @ weights)
    assert found.rmse == pytest.approx(np.sqrt(np.mean(residual**2)), rel=1e-10)
    assert found.inference is None


def test_dependent_columns_and_few_rows_are_welcome() -> None:
    features = np.column_stack([FEATURES[:, :2], FEATURES[:, :2].sum(axis=1)])
    found = fit(features, TARGET, ridge=0.1)
    assert found.verdict.kind == "converged"
    few = fit(FEATURES[:3], TARGET[:3], ridge=0.1)
    assert few.verdict.kind == "converged"


def test_digits_of_a_ridge_fit_do_not_overclaim(
    exactly: Callable[..., Any], digits_of: Callable[..., list[float]]
) -> None:
    for ridge in (1e-9, 1e-3, 1.0):
        for offset in (0.0, 1e6):
            features = FEATURES + offset
            exact = exactly(features, TARGET, ridge=Fraction(ridge) * 40)
            found = fit(features, TARGET, ridge=ridge, standardize=False, epochs=10**30)
            true = digits_of(found.step.parameters.tolist(), exact.parameters)
            assert found.digits is not None
            excess = [s - t for s, t in zip(found.digits.values(), true, strict=True)]
            assert max(excess) <= 0.3, (ridge, offset)


@pytest.mark.parametrize("ridge", [-1.0, float("nan"), float("inf")])
def test_a_wrong_penalty(ridge: float) -> None:
    with pytest.raises(InputError) as caught:
        fit(FEATURES, TARGET, ridge=ridge)
    assert str(caught.value) == f"ridge is {ridge}; give a number from 0 to 1e+150"


def test_more_columns_than_are_multiplied() -> None:
    """Rows are descended, and no products are formed; NumPy's solution of the dual problem."""
    random = np.random.default_rng(8)
    x = random.normal(size=(40, 4_100)) * np.exp(random.normal(size=4_100)) + 5.0
    y = x[:, :5].sum(axis=1) + random.normal(size=40)
    found = fit(x, y, ridge=0.3)
    spread = x.std(axis=0)
    z = (x - x.mean(axis=0)) / spread
    dual = np.linalg.solve(z @ z.T + 0.3 * 40 * np.eye(40), y - y.mean())
    assert found.verdict.kind == "converged"
    assert found.lines[0, :-1] * spread == pytest.approx(z.T @ dual, rel=1e-9, abs=1e-12)
    assert found.predict(x) == pytest.approx(z @ (z.T @ dual) + y.mean(), rel=1e-10)
    assert any("were not formed: rows in memory are descended" in note for note in found.notes)
    with pytest.raises(InputError, match="use at most 4,000, give ridge, or give a batch"):
        fit(x, y)


@pytest.mark.parametrize("penalty", [{"ridge": 0.5}, {"ridge": 0.5, "l1": 1e-12}])
def test_copies_share_what_ridge_leaves(penalty: dict[str, Any]) -> None:
    """Each of them is smaller than one of them alone would be: the objective has one minimum."""
    rows = np.column_stack([FEATURES, 3.0 - 2.0 * FEATURES[:, 0]])
    z = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    expected = Ridge(alpha=0.5 * len(z), solver="svd").fit(z, TARGET)
    found = fit(rows, TARGET, **penalty)
    assert found.verdict.kind == "converged"
    slopes = np.array(list(found.coefficients.values())) * rows.std(axis=0)
    assert slopes == pytest.approx(expected.coef_, rel=1e-9)
    assert slopes[4] == pytest.approx(-slopes[0], rel=1e-9)
    squares = np.square(expected.predict(z) - TARGET).mean()
    smallest = squares + 0.5 * np.square(expected.coef_).sum()
    assert found.objective == pytest.approx(smallest, rel=1e-9)
