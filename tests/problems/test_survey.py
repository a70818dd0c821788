"""Means and squares of columns, which say where a descent over a stream has its centre."""

import numpy as np
import pytest

from steepest.problems.stream_survey_kernel import column_moments


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [1, 2, 256, 1000])
def test_they_are_those_of_numpy_in_greater_precision(rows: int, kind: type) -> None:
    rng = np.random.default_rng(0)
    features: np.ndarray = (rng.normal(size=(rows, 3)) * [1.0, 1e-3, 1e6] + [0.0, 1e3, 5.0]).astype(
        kind
    )
    shares = rng.integers(1, 4, rows).astype(np.float64)
    mean, squares = column_moments(features, shares, float(shares.sum()))
    exact, weights = features.astype(np.longdouble), shares.astype(np.longdouble)
    true_mean = np.average(exact, axis=0, weights=weights)
    true_squares = (weights[:, None] * (exact - true_mean) ** 2).sum(axis=0)
    assert mean == pytest.approx(true_mean.astype(float), rel=1e-14)
    assert squares == pytest.approx(true_squares.astype(float), rel=1e-12, abs=1e-30)


def test_a_constant_column_has_no_spread() -> None:
    mean, squares = column_moments(np.full((700, 1), 0.1), np.ones(700), 700.0)
    assert (mean.tolist(), squares.tolist()) == ([0.1], [0.0])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_seen_whatever_it_weighs(bad: float) -> None:
    features = np.ones((300, 2))
    features[299, 1] = bad
    shares = np.ones(300)
    shares[299] = 0.0
    mean, squares = column_moments(features, shares, 299.0)
    assert (mean[0], squares[0]) == (1.0, 0.0)
    assert np.isnan(squares[1])
