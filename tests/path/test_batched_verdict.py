"""How descents in mini-batches are judged."""

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import QuantileRegressor

import steepest
from steepest.descent.stopping import Stopping
from steepest.diagnosis.verdict import Verdict
from steepest.estimators import GradientDescentRegressor
from steepest.models.mini_batches import MiniBatches
from steepest.path.minibatch_path import MinibatchPath

SOURCE = np.random.default_rng(3)
X = SOURCE.normal(size=(400, 3))
Y = X @ [1.0, -2.0, 0.5] + 1.0 + SOURCE.normal(size=400)


def verdict(target: Any = Y, **options: Any) -> Verdict:
    path = steepest.fit(X, target, **options).path
    assert isinstance(path, MinibatchPath)
    return path.verdict


def test_noise_holds_a_constant_rate() -> None:
    found = verdict(batch_size=1, lr=0.05, epochs=30)
    assert found.kind == "plateau"
    assert found.reason.startswith("The objective swings around 1.")
    assert "the noise of batches of 1 keeps it about" in found.reason
    assert "Half the rate would leave" in found.advice
    assert "the average of the steps" in found.advice


def test_a_floor_near_the_minimum_is_not_the_minimum() -> None:
    found = verdict(batch_size=50, lr=0.02, epochs=60)
    assert found.kind == "plateau"
    assert "of its standard errors" in found.reason


SMOOTH: dict[str, dict[str, Any]] = {
    "adapts": {"lr": "auto", "batch_size": 10},
    "falls": {"lr": "inverse:0.1,decay=0.01", "batch_size": 10},
    "noise": {"lr": 0.05, "batch_size": 10},
    "mean": {"lr": 0.05, "batch_size": MiniBatches(10, average=True)},
    "weighed": {"lr": "auto", "batch_size": 10, "weights": SOURCE.uniform(0.5, 2.0, 400)},
}


@pytest.mark.parametrize("options", SMOOTH.values(), ids=SMOOTH)
def test_batches_of_squared_loss_are_told_how_far_they_are_from_least_squares(
    options: dict[str, Any],
) -> None:
    fit = steepest.fit(X, Y, epochs=30, **options)
    weights = options.get("weights")
    oracle = sm.WLS(Y, sm.add_constant(X), 1.0 if weights is None else weights).fit()
    least = np.average(oracle.resid**2, weights=weights)
    gaps = np.abs(np.array([fit.intercept, *fit.coefficients.values()]) - oracle.params)
    assert fit.verdict.kind in ("plateau", "max steps")
    left = next(each for each in fit.verdict.reasons if each.kind == "left to go")
    # Its unit is S over the weight of the rows where theirs is S/(n - d).
    total = 400.0 if weights is None else weights.sum()
    errors = (gaps / oracle.bse).max() * np.sqrt(total / 396.0)
    assert left.values["errors"] == pytest.approx(errors, rel=1e-6)
    certificate = fit.certificate
    assert certificate is not None and certificate.excess is not None
    assert certificate.gaps == pytest.approx(np.roll(gaps, -1), rel=1e-6)
    assert certificate.excess == pytest.approx(fit.objective - least, rel=1e-6)


def test_batches_that_arrive_are_certified() -> None:
    found = verdict(X @ [1.0, -2.0, 0.5] + 1.0, batch_size=10, lr=0.1, epochs=60)
    assert found.kind == "converged"
    assert "rounding is all that is left of any parameter" in found.reason


@pytest.mark.parametrize("loss", ["absolute", "quantile:0.5", "quantile:0.9"])
@pytest.mark.parametrize("outlier", [99999.0, 1e9])
def test_outliers_keep_batches_of_a_loss_with_kinks_off_no_minimum(
    loss: str, outlier: float
) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    y = 3.0 + 2.0 * x + 0.1 * rng.normal(size=200)
    y[[5, 50]] = outlier
    level = 0.9 if loss.endswith("0.9") else 0.5
    oracle = QuantileRegressor(alpha=0.0, quantile=level).fit(x[:, None], y)
    if level == 0.5:
        assert oracle.coef_[0] == pytest.approx(1.98742765, rel=1e-6)
        assert oracle.intercept_ == pytest.approx(2.98013051, rel=1e-6)
    fit = steepest.fit(x, y, loss=loss, batch_size=20)
    assert fit.verdict.kind == "plateau"
    assert fit.coefficients["x"] == pytest.approx(oracle.coef_[0], abs=0.02)
    assert fit.intercept == pytest.approx(oracle.intercept_, abs=0.02)
    left = next(each for each in fit.verdict.reasons if each.kind == "left to go")
    gaps = {"x": fit.coefficients["x"] - oracle.coef_[0], "intercept": fit.intercept}
    gaps["intercept"] -= oracle.intercept_
    assert left.values["gap"] == pytest.approx(abs(gaps[left.values["name"]]), rel=1e-4)
    model = GradientDescentRegressor(loss.split(":")[0], quantile=level, batch_size=20)
    model.fit(x[:, None], y)
    assert model.coef_[0] == pytest.approx(oracle.coef_[0], abs=0.02)


def test_an_estimator_that_stopped_far_away_warns() -> None:
    model = GradientDescentRegressor("absolute", batch_size=10, lr=1e-9, tol=0.5)
    with pytest.warns(ConvergenceWarning, match="above its minimum: decrease tol"):
        model.fit(X, Y)


def test_batches_of_separable_classes_have_no_minimum() -> None:
    found = verdict((X[:, 1] > 0.2).astype(int), loss="logistic", batch_size=20, epochs=5)
    assert found.kind == "no minimum"
    assert "x2" in found.reason


def test_too_few_epochs() -> None:
    found = verdict(batch_size=100, lr=0.001, epochs=10)
    assert found.kind == "max steps"
    assert "noise would let it come to" in found.reason


@pytest.mark.parametrize("lr", [0.7, 50.0])
def test_a_rate_above_the_stable_one(lr: float) -> None:
    found = verdict(batch_size=1, lr=lr, epochs=20)
    assert found.kind == "diverged"
    assert found.reason.startswith(f"Learning rate {lr:g} is above 0.")
    assert "the largest that is stable for batches of 1 row: errors grow" in found.reason
    assert "needs the fewest epochs." in found.advice


def test_a_batch_for_which_the_rate_is_stable() -> None:
    found = verdict(batch_size=1, lr=0.45, epochs=40)
    assert found.advice.endswith("rows or more are stable.")


def test_losses_with_kinks() -> None:
    found = verdict(loss="absolute", batch_size=10, lr=0.01, epochs=5)
    assert found.kind == "max steps"
    assert "The objective is" in found.reason


def test_lesson_0_has_no_noise() -> None:
    path = steepest.fit(
        [1, 2, 3], [2, 4, 6], loss="squared", batch_size=MiniBatches(1, shuffle=False),
        standardize=False, intercept=False, lr=0.01, start=[1.0], epochs=100,
    ).path  # fmt: skip
    assert path.verdict.kind == "converged"
    weights = {1: 1.02, 2: 1.0984, 3: 1.260688, 6: 1.4534178, 300: 1.9999999999999236}
    for k, w in weights.items():
        assert path.at(k)["x"] == pytest.approx(w, abs=5.1e-8)
    assert path.at(300)["x"] == pytest.approx(1.9999999999999236, abs=5.1e-17)


def test_an_objective_that_is_infinite_at_the_start() -> None:
    found = verdict(np.where(np.arange(400) == 3, 1e200, Y), batch_size=10)
    assert found.kind == "diverged"
    assert found.advice == (
        "The objective is not finite at the start: begin elsewhere, or rescale the target."
    )


def test_mini_batches_end_at_a_small_gradient() -> None:
    path = steepest.fit(
        X, X @ [1.0, -2.0, 0.5], batch_size=10, stopping=Stopping(gradient_tolerance=1e-3)
    ).path
    assert isinstance(path, MinibatchPath)
    assert path.stop.rule == "gradient norm"
    assert 0 < path.epochs < 50
    norms = [np.linalg.norm(step.gradient) for step in (path.at(0), path.last)]
    assert norms[0] > 1e-3


@pytest.mark.parametrize("batch", [1, 32])
def test_with_l1_batches_come_to_the_minimum_of_all_rows(batch: int) -> None:
    # Noise pushes coefficients off 0 at any rate: batches alone rest above the minimum.
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 8)) @ rng.normal(size=(8, 8))
    classes = rows[:, 0] + rows[:, 1] + rng.logistic(size=300) > 0.0
    options: dict[str, Any] = {"loss": "logistic", "l1": 0.05}
    all_rows = steepest.fit(rows, classes, **options, tolerance=1e-12, epochs=5000)
    found = steepest.fit(rows, classes, **options, batch_size=batch, epochs=600)
    lowest, ours = (list(fit.path)[-1].objective for fit in (all_rows, found))
    assert ours == pytest.approx(lowest, rel=1e-7)
    assert found.certificate is not None and found.certificate.excess is not None
    assert found.certificate.excess == pytest.approx(ours - lowest, rel=1e-3, abs=1e-13)
    kept = {name for name, value in all_rows.coefficients.items() if value != 0.0}
    assert 0 < len(kept) < 8
    assert kept == {name for name, value in found.coefficients.items() if value != 0.0}
    assert found.path.verdict.kind in ("converged", "plateau")
