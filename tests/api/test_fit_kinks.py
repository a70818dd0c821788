"""Absolute, quantile and hinge loss where nothing of the way is prescribed: to the minimum."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import QuantileRegressor
from sklearn.svm import SVC

import steepest
from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.estimators import GradientDescentClassifier, GradientDescentRegressor


def sentinels(value: float) -> tuple[Floats, Floats]:
    """y = 3 + 2x and a little noise, with two rows of a sentinel."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    y = 3.0 + 2.0 * x + 0.1 * rng.normal(size=200)
    y[[5, 50]] = value
    return x[:, None], y


@pytest.mark.parametrize("value", [99999.0, 999999.0, 1e9, 1e12])
@pytest.mark.parametrize("loss", ["absolute", "quantile:0.5"])
def test_sentinels_do_not_move_the_line(loss: str, value: float) -> None:
    """Right values: scikit-learn's QuantileRegressor, by HiGHS."""
    fit = steepest.fit(*sentinels(value), loss=loss)
    assert fit.verdict.kind == "converged"
    assert fit.coefficients["x"] == pytest.approx(1.98742765, abs=5e-9)
    assert fit.intercept == pytest.approx(2.98013051, abs=5e-9)
    regressor = GradientDescentRegressor(loss="absolute").fit(*sentinels(value))
    assert regressor.coef_[0] == pytest.approx(1.98742765, abs=5e-9)
    assert regressor.intercept_ == pytest.approx(2.98013051, abs=5e-9)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_a_quantile_of_a_real_table_is_that_of_a_linear_programme(quantile: float) -> None:
    x, y = load_diabetes(return_X_y=True)
    theirs = QuantileRegressor(quantile=quantile, alpha=0.0, solver="highs").fit(x, y)
    rest = y - theirs.predict(x)
    least = np.maximum(quantile * rest, (quantile - 1.0) * rest).mean()
    fit = steepest.fit(x, y, loss=f"quantile:{quantile}")
    assert fit.verdict.kind == "converged"
    assert fit.path.last.objective == pytest.approx(least, rel=1e-11)
    ours = y - fit.predict(x)
    assert np.maximum(quantile * ours, (quantile - 1.0) * ours).mean() == pytest.approx(
        least, rel=1e-11
    )


def test_hinge_loss_of_a_real_table_is_a_support_vector_machines() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = SVC(kernel="linear", C=1.0 / (2.0 * len(y) * 0.01), tol=1e-9).fit(x, y)
    fit = steepest.fit(x, y, loss="hinge", ridge=0.01)
    assert fit.verdict.kind == "converged"
    assert "duality gap" in fit.verdict.reason
    weights = theirs.coef_.ravel()
    short = np.maximum(1.0 - (2.0 * y - 1.0) * (x @ weights + theirs.intercept_), 0.0)
    least = short.mean() + 0.01 * (weights @ weights)
    # Theirs is a little above the minimum: its intercept is known to eight digits.
    assert 0.0 < least - fit.path.last.objective < 1e-7 * least
    np.testing.assert_allclose([*fit.coefficients.values()], weights, atol=1e-5)
    classifier = GradientDescentClassifier(loss="hinge", ridge=0.01).fit(x, y)
    np.testing.assert_allclose(classifier.coef_.ravel(), weights, atol=1e-5)


def test_l1_and_bounds_are_kept_exactly() -> None:
    x, y = load_diabetes(return_X_y=True)
    fit = steepest.fit(x, y, loss="absolute", l1=1.0, positive=True)
    assert fit.verdict.kind == "converged"
    values = np.array([*fit.coefficients.values()])
    assert (values >= 0.0).all()
    assert (values == 0.0).any()


def test_what_is_prescribed_is_walked() -> None:
    fit = steepest.fit(*sentinels(9.0), loss="absolute", epochs=20)
    assert fit.path.last.index == 20
    assert fit.verdict.kind != "converged"


def test_a_model_file_keeps_the_verdict(tmp_path: Path) -> None:
    fit = steepest.fit(*sentinels(9.0), loss="absolute", optimizer="interior-point")
    fit.save(tmp_path / "model.steepest")
    again = steepest.load(tmp_path / "model.steepest")
    assert isinstance(again, steepest.Fit)
    assert str(again.verdict) == str(fit.verdict)
    assert again.coefficients == fit.coefficients


def test_it_refuses_what_it_cannot_do() -> None:
    x, y = sentinels(9.0)
    with pytest.raises(InputError, match="no learning rate"):
        steepest.fit(x, y, loss="absolute", optimizer="interior-point", lr=0.1)
    with pytest.raises(InputError, match="leave batch_size out"):
        steepest.fit(x, y, loss="absolute", optimizer="interior-point", batch_size=10)
    with pytest.raises(InputError, match="two straight pieces"):
        steepest.fit(x, 1.0 * (y > 3.0), loss="logistic", optimizer="interior-point")
    with pytest.raises(InputError, match="rows in memory"):
        steepest.fit(x, y, optimizer="interior-point")
    with pytest.raises(InputError, match="rows in memory"):
        steepest.minimize("x^2", start=1, optimizer="interior-point")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_outliers_of_any_size_leave_the_line_of_a_linear_programme(
    quantile: float, seed: int
) -> None:
    """On both sides and in columns of other units. The minimum does not depend on how far they are
    out: HiGHS finds it with outliers of 1e4, of larger ones it cannot."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(120, 3)) * [1.0, 1e3, 1e-3] + [0.0, 1e4, 0.0]
    y = 1.0 + x @ [1.0, 2e-3, 300.0] + rng.standard_t(2, 120)
    out, sides = rng.choice(120, 6, replace=False), rng.choice([-1.0, 1.0], 6)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    shares = np.where(sides > 0.0, quantile, quantile - 1.0)
    inside = np.setdiff1d(np.arange(120), out)

    def above(line: Floats) -> float:
        """The sum of the losses, less what the outliers lie out."""
        rest = y - line
        losses = np.maximum(quantile * rest, (quantile - 1.0) * rest)
        return float(losses[inside].sum() + shares @ rest[out])

    far = y.copy()
    far[out] += 1e4 * sides
    theirs = QuantileRegressor(quantile=quantile, alpha=0.0, solver="highs").fit(scaled, far)
    least = above(theirs.predict(scaled))
    for size in (1e4, 1e8, 1e12):
        far = y.copy()
        far[out] += size * sides
        fit = steepest.fit(x, far, loss=f"quantile:{quantile}")
        assert fit.verdict.kind == "converged"
        assert above(np.asarray(fit.predict(x))) <= least + 1e-9 * abs(least)


@pytest.mark.parametrize("size", [1e4, 1e8, 1e12])
def test_hinge_loss_with_outliers_is_that_of_a_linear_programme(size: float) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(100, 3))
        y = (rng.random(100) < 1.0 / (1.0 + np.exp(-x @ [1.0, -1.0, 0.5]))).astype(int)
        x[rng.choice(100, 4, replace=False), 0] = size * rng.choice([-1.0, 1.0], 4)
        fit = steepest.fit(x, y, loss="hinge")
        rows = np.column_stack([x / np.abs(x).max(axis=0), np.ones(100)])
        programme = linprog(
            np.append(np.zeros(4), np.full(100, 0.01)),
            A_ub=np.column_stack([-(2.0 * y - 1.0)[:, None] * rows, -np.eye(100)]),
            b_ub=-np.ones(100),
            bounds=[(None, None)] * 4 + [(0.0, None)] * 100,
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        assert fit.verdict.kind == "converged"
        assert fit.objective == pytest.approx(programme.fun, rel=1e-9)
