"""Lessons 0 and 4 in mini-batches: one update for each batch, whose numbers are in the lesson."""

import numpy as np
import pytest

from steepest.errors import InputError
from steepest.estimators import GradientDescentRegressor
from steepest.path.minibatch_path import MinibatchPath

X, Y = np.array([[1.0], [2.0], [3.0]]), np.array([2.0, 4.0, 6.0])


def descended(epochs: int, batch_size: int | None = 1) -> GradientDescentRegressor:
    """The lesson's descent: from w = 1 at rate 0.01, rows in their order."""
    model = GradientDescentRegressor(
        batch_size=batch_size,
        max_iter=epochs,
        tol=None,
        lr=0.01,
        shuffle=False,
        fit_intercept=False,
        standardize=False,
        warm_start=True,
    )
    model.coef_, model.intercept_ = np.array([1.0]), 0.0
    return model.fit(X, Y)


@pytest.mark.parametrize(
    ("epochs", "weight"), [(1, 1.260688), (2, 1.4534178), (100, 1.9999999999999236)]
)
def test_the_weight_after_so_many_epochs(epochs: int, weight: float) -> None:
    model = descended(epochs)
    digits = len(str(weight).partition(".")[2])
    assert model.coef_[0] == pytest.approx(weight, abs=0.51 * 10.0**-digits)
    assert model.n_iter_ == epochs
    assert model.path_.epochs == 3 * epochs


def test_each_of_the_first_updates_is_a_step() -> None:
    path = descended(100).path_.path
    assert isinstance(path, MinibatchPath)
    assert path.recorded[:102] == (*range(101), 102)
    assert path.recorded[-1] == 300
    w, weights = 1.0, []
    for k in range(100):
        x, y = X[k % 3, 0], Y[k % 3]
        w -= 0.01 * 2.0 * x * (w * x - y)
        weights.append(w)
    assert [path.at(k)["x"] for k in range(1, 101)] == pytest.approx(weights, rel=1e-14)
    for k in (1, 2, 3):
        assert path.at(k).objective == pytest.approx(14 / 3 * (weights[k - 1] - 2) ** 2, rel=1e-12)
        assert path.at(k).gradient[0] == pytest.approx(28 / 3 * (weights[k - 1] - 2), rel=1e-12)


def test_an_update_beyond_the_first_was_not_kept() -> None:
    with pytest.raises(InputError, match=r"step 101 was not kept: .* the nearest is step 100\."):
        descended(100).path_.at(101)


def test_descent_with_all_rows_makes_one_update_an_epoch() -> None:
    whole, single = descended(2, None), descended(2)
    assert (whole.path_.epochs, single.path_.epochs) == (2, 6)
    assert whole.coef_[0] == pytest.approx(1.1779556, abs=5.1e-8)
    assert single.path_.last.objective < whole.path_.last.objective
