"""Situations that users of other libraries have reported, with what an oracle says of each."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.linear_model import Lasso, LinearRegression

import steepest
from steepest.estimators import GradientDescentRegressor


@pytest.mark.parametrize("scale", [1, 1000, 10**6])
def test_counts_of_any_scale_lead_to_the_same_slopes(scale: int) -> None:
    """A fit that is called converged agrees with Fisher scoring, however large the counts are."""
    rng = np.random.default_rng(27)
    holders, district = rng.integers(20, 900, 64).astype(float), rng.choice(["D1", "D2", "D3"], 64)
    rate = 0.002 * holders + 0.3 * (district == "D2") + 0.05 * (district == "D3")
    claims = rng.poisson(np.exp(2.0 + rate)) * scale
    frame = pd.DataFrame({"district": district, "holders": holders, "claims": claims})
    design = pd.get_dummies(frame[["holders", "district"]], drop_first=True, dtype=float)
    oracle = sm.GLM(claims, sm.add_constant(design), family=sm.families.Poisson()).fit(tol=1e-15)
    fit = steepest.fit(frame, "claims", loss="poisson")
    expected = oracle.params[["district_D2", "district_D3", "holders"]].to_numpy()
    assert fit.verdict.kind == "converged"
    np.testing.assert_allclose([*fit.coefficients.values()], expected, rtol=1e-8)
    model = GradientDescentRegressor("poisson").fit(design.iloc[:, [1, 2, 0]], claims)
    np.testing.assert_allclose(model.coef_, expected, rtol=1e-8)


def test_a_tiny_l1_penalty_of_more_columns_than_rows_has_its_minimum() -> None:
    rng = np.random.default_rng(5)
    rows, true = rng.normal(size=(30, 50)), np.zeros(50)
    true[rng.choice(50, 4, replace=False)] = rng.normal(size=4) * 3.0
    target = rows @ true
    fit = steepest.fit(rows, target, l1=1e-5, intercept=False, standardize=False)
    found = np.array([*fit.coefficients.values()])
    oracle = Lasso(alpha=5e-6, fit_intercept=False, max_iter=2_000_000, tol=1e-14)
    expected = oracle.fit(rows, target).coef_
    assert fit.verdict.kind == "converged"
    assert ((found == 0.0) == (expected == 0.0)).all()
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_correlated_columns_are_fitted_by_default_as_by_least_squares() -> None:
    rng = np.random.default_rng(20)
    first = rng.normal(size=300)
    rows = np.column_stack([first, first + 0.01 * rng.normal(size=300), rng.normal(size=300)])
    target = rows @ [3.0, -1.0, 0.5] + 0.1 * rng.normal(size=300)
    oracle = LinearRegression().fit(rows, target)
    model = GradientDescentRegressor().fit(rows, target)
    assert model.score(rows, target) == pytest.approx(oracle.score(rows, target), rel=1e-9)
    few = GradientDescentRegressor(lr=0.02, max_iter=50)
    with pytest.warns(Warning, match="correlated: the condition number is"):
        few.fit(rows, target)
