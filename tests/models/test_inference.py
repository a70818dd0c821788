"""Standard errors, t, p, intervals and quality, against statsmodels."""

from typing import Literal

import numpy as np
import pytest
import statsmodels.api as sm

from steepest.api.fit import fit
from steepest.results.fit import Fit

RNG = np.random.default_rng(4)
FEATURES = RNG.standard_normal((60, 3)) * [1.0, 20.0, 0.01] + [0.0, 500.0, 3.0]
TARGET = FEATURES @ [2.0, -0.1, 30.0] + 7.0 + RNG.standard_normal(60)
WEIGHTS = RNG.uniform(0.2, 4.0, 60)


def oracle(
    intercept: bool, weights: np.ndarray | None
) -> sm.regression.linear_model.RegressionResults:
    design = np.column_stack([FEATURES, np.ones(60)]) if intercept else FEATURES
    hasconst = intercept
    if weights is None:
        return sm.OLS(TARGET, design, hasconst=hasconst).fit()
    return sm.WLS(TARGET, design, weights=weights, hasconst=hasconst).fit()


def column(found: Fit, name: str) -> list[float]:
    assert found.inference is not None
    return [getattr(found.inference[parameter], name) for parameter in found.names]


@pytest.mark.parametrize("accuracy", ["fast", "high"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("intercept", [True, False])
def test_against_statsmodels(
    intercept: bool, weights: np.ndarray | None, accuracy: Literal["fast", "auto", "high"]
) -> None:
    found = fit(FEATURES, TARGET, weights=weights, intercept=intercept, accuracy=accuracy)
    expected = oracle(intercept, weights)
    assert found.verdict.kind == "converged"
    assert found.step.parameters == pytest.approx(expected.params, rel=1e-9)
    assert column(found, "standard_error") == pytest.approx(expected.bse, rel=1e-9)
    assert column(found, "t") == pytest.approx(expected.tvalues, rel=1e-8)
    assert column(found, "p") == pytest.approx(expected.pvalues, rel=1e-6, abs=1e-300)
    interval = np.column_stack([column(found, "low"), column(found, "high")])
    assert interval == pytest.approx(expected.conf_int(0.05), rel=1e-8)
    assert found.inference is not None
    assert found.inference.degrees == expected.df_resid
    assert found.r2 == pytest.approx(expected.rsquared, rel=1e-10)
    assert found.adjusted_r2 == pytest.approx(expected.rsquared_adj, rel=1e-10)
    assert found.residual_deviation == pytest.approx(np.sqrt(expected.scale), rel=1e-10)
    total = 60.0 if weights is None else weights.sum()
    assert found.rmse == pytest.approx(np.sqrt(expected.ssr / total), rel=1e-10)


def test_a_straight_line_by_hand() -> None:
    """x = 1 … 4, y = 3, 5, 7, 9.4: S = 0.048, σ² = 0.024, Σ(x − x̄)² = 5."""
    found = fit([1, 2, 3, 4], [3, 5, 7, 9.4])
    assert found.inference is not None
    slope = found.inference["x"]
    assert slope.standard_error == pytest.approx(np.sqrt(0.024 / 5), rel=1e-9)
    assert slope.t == pytest.approx(2.12 / np.sqrt(0.0048), rel=1e-9)
    reach = 4.302652729911275 * np.sqrt(0.0048)
    assert (slope.low, slope.high) == pytest.approx((2.12 - reach, 2.12 + reach), rel=1e-9)
    assert found.inference["intercept"].standard_error == pytest.approx(
        np.sqrt(0.024 * (1 / 4 + 2.5**2 / 5)), rel=1e-9
    )
    assert found.inference.to_dict()["x"]["t"] == slope.t


def test_a_coefficient_of_nothing_has_a_large_p() -> None:
    rng = np.random.default_rng(1)
    found = fit(rng.standard_normal(200), rng.standard_normal(200))
    assert found.inference is not None
    assert found.inference["x"].p > 0.05
    assert found.inference["x"].low < 0.0 < found.inference["x"].high


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 3, "lr": 0.01},
        {"ridge": 0.1},
        {"dependent": "minimum_norm"},
        {"lr": 1.5, "epochs": 9},
    ],
    ids=str,
)
def test_no_inference_where_the_theory_does_not_apply(options: dict[str, float]) -> None:
    assert fit(FEATURES, TARGET, **options).inference is None  # type: ignore[arg-type]  # mixed options


def test_no_inference_without_degrees_of_freedom() -> None:
    found = fit([1.0, 2.0], [1.0, 3.0])
    assert found.inference is None
    assert found.residual_deviation is None
    assert found.adjusted_r2 is None
    assert found.r2 == pytest.approx(1.0)


def test_quality_of_an_unfinished_run_is_that_of_its_own_parameters() -> None:
    found = fit(FEATURES, TARGET, epochs=2, lr=0.01)
    residual = found.predict(FEATURES) - TARGET
    assert found.rmse == pytest.approx(np.sqrt(np.mean(residual**2)), rel=1e-10)
    total = np.sum((TARGET - TARGET.mean()) ** 2)
    assert found.r2 == pytest.approx(1.0 - np.sum(residual**2) / total, rel=1e-10)


def test_r2_about_zero_where_there_is_no_intercept() -> None:
    found = fit(FEATURES[:, :1], TARGET, intercept=False)
    residual = found.predict(FEATURES[:, :1]) - TARGET
    assert found.r2 == pytest.approx(1.0 - residual @ residual / (TARGET @ TARGET), rel=1e-10)


def test_a_perfect_fit_does_not_make_rounding_significant() -> None:
    found = fit([[1.0], [2.0], [3.0]], [2.0, 4.0, 6.0])
    assert found.inference is not None
    assert found.inference["x"].p < 1e-6
    assert found.inference["intercept"].p > 0.5


def test_where_no_feature_is_left_the_intercept_is_the_mean_with_its_error() -> None:
    y = np.array([1.0, 2.0, 3.0, 4.5])
    peer = sm.OLS(y, np.ones(4)).fit()
    inference = fit([1, 1, 1, 1], y).inference
    assert inference is not None
    found = inference["intercept"]
    expected = [peer.bse[0], peer.tvalues[0], peer.pvalues[0], *peer.conf_int()[0]]
    assert [found.standard_error, found.t, found.p, found.low, found.high] == pytest.approx(
        expected, rel=1e-12
    )
