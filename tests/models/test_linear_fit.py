"""Fits of any loss: against scikit-learn's, their predictions, their files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
)
from sklearn.preprocessing import StandardScaler

import steepest
from steepest.arrays import Floats
from steepest.models.gathered_rows import gather_rows
from steepest.models.mini_batches import MiniBatches
from steepest.models.stored_model import StoredModel
from steepest.path.minibatch_path import MinibatchPath
from steepest.results.fit import Fit
from steepest.tables.column_encoding import Encoding, Tally
from steepest.tables.from_arrays import open_arrays


@pytest.fixture
def rows() -> Floats:
    random = np.random.default_rng(7)
    return random.normal(size=(600, 4)) * [1.0, 10.0, 0.1, 1.0] + [0.0, 50.0, 1.0, -3.0]


@pytest.fixture
def eta(rows: Floats) -> Floats:
    return (rows - [0.0, 50.0, 1.0, -3.0]) @ [0.8, 0.05, -4.0, 0.3]


def labels(eta: Floats) -> NDArray[Any]:
    noise = np.random.default_rng(8).logistic(size=len(eta))
    return np.where(eta + noise > 0.3, "wet", "dry")


def three_sorts(rows: Floats) -> NDArray[Any]:
    noise = np.random.default_rng(9).gumbel(size=(len(rows), 3))
    noise[:, 1] += rows[:, 0]
    noise[:, 2] += 5.0 * (rows[:, 2] - 1.0)
    return np.array(["ash", "beech", "oak"])[noise.argmax(axis=1)]


def line(fit: Fit) -> Floats:
    return np.array([*fit.coefficients.values(), fit.intercept])


def peer(model: Any) -> Floats:
    return np.append(np.ravel(model.coef_), np.ravel(model.intercept_))


def test_logistic_regression_is_that_of_scikit_learn(rows: Floats, eta: Floats) -> None:
    y = labels(eta)
    fit = steepest.fit(rows, y, loss="logistic", tolerance=1e-15)
    expected = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000, solver="newton-cg")
    expected.fit(rows, y)
    assert line(fit) == pytest.approx(peer(expected), rel=1e-5, abs=1e-5)
    assert fit.classes == ("dry", "wet")
    assert (fit.predict(rows) == expected.predict(rows)).all()
    assert fit.predict_proba(rows) == pytest.approx(expected.predict_proba(rows), abs=1e-6)
    assert fit.metrics.accuracy == pytest.approx(expected.score(rows, y))


def test_weights_count_as_rows_that_are_repeated(rows: Floats, eta: Floats) -> None:
    y = labels(eta)
    weights = np.random.default_rng(1).integers(0, 3, len(y))
    fit = steepest.fit(rows, y, loss="logistic", weights=weights, tolerance=1e-15)
    again = np.repeat(np.arange(len(y)), weights)
    repeated = steepest.fit(rows[again], y[again], loss="logistic", tolerance=1e-15)
    assert line(fit) == pytest.approx(line(repeated), rel=1e-5, abs=1e-6)
    assert fit.rows == np.count_nonzero(weights)


def test_multinomial_regression_with_ridge_is_that_of_scikit_learn(rows: Floats) -> None:
    y, ridge = three_sorts(rows), 0.01
    standard = StandardScaler().fit(rows)
    fit = steepest.fit(rows, y, loss="multinomial", ridge=ridge, tolerance=1e-15)
    expected = LogisticRegression(C=1.0 / (2.0 * len(y) * ridge), tol=1e-12, max_iter=10_000)
    expected.fit(standard.transform(rows), y)
    assert fit.classes == tuple(expected.classes_)
    for label, row in zip(expected.classes_, expected.coef_, strict=True):
        assert list(fit.coefficients[label].values()) == pytest.approx(
            row / standard.scale_, rel=1e-4, abs=1e-5
        )
    probabilities = expected.predict_proba(standard.transform(rows))
    assert fit.predict_proba(rows) == pytest.approx(probabilities, abs=1e-6)


def test_poisson_and_gamma_regression_are_those_of_scikit_learn(rows: Floats, eta: Floats) -> None:
    random = np.random.default_rng(3)
    counts = random.poisson(np.exp(0.5 * eta))
    amounts = random.gamma(2.0, np.exp(0.5 * eta)) + 1e-9
    for loss, y, model in (
        ("poisson", counts, PoissonRegressor),
        ("gamma", amounts, GammaRegressor),
    ):
        fit = steepest.fit(rows, y, loss=loss, tolerance=1e-15)
        standard = StandardScaler().fit(rows)
        expected = model(alpha=0.0, tol=1e-10, max_iter=10_000).fit(standard.transform(rows), y)
        assert list(fit.coefficients.values()) == pytest.approx(
            expected.coef_ / standard.scale_, rel=1e-5, abs=1e-5
        )
        means = expected.predict(standard.transform(rows))
        assert fit.predict(rows) == pytest.approx(means, rel=1e-5)


def test_hubers_minimum_is_that_of_a_general_minimiser(rows: Floats, eta: Floats) -> None:
    y = eta + np.random.default_rng(4).standard_t(2, len(eta))
    fit = steepest.fit(rows, y, loss="huber:0.7", tolerance=1e-15)
    table = np.column_stack([rows - rows.mean(axis=0), np.ones(len(y))])

    def objective(theta: Floats) -> tuple[float, Floats]:
        r = table @ theta - y
        size = np.abs(r)
        loss = np.where(size <= 0.7, 0.5 * r**2, 0.7 * (size - 0.35))
        return loss.mean(), table.T @ np.clip(r, -0.7, 0.7) / len(y)

    found = minimize(objective, np.zeros(5), jac=True, tol=1e-14)
    assert list(fit.coefficients.values()) == pytest.approx(found.x[:4], abs=1e-5)
    assert fit.objective == pytest.approx(found.fun, rel=1e-10)


def test_l1_and_ridge_of_squared_loss_are_an_elastic_net(rows: Floats, eta: Floats) -> None:
    y = eta + np.random.default_rng(5).normal(size=len(eta))
    fit = steepest.fit(rows, y, l1=0.6, ridge=0.1, tolerance=1e-15)
    standard = StandardScaler().fit(rows)
    # Theirs is ½r² with alpha·(ratio·|w| + ½(1 − ratio)w²): half of ours.
    alpha = 0.3 + 0.1
    expected = ElasticNet(alpha=alpha, l1_ratio=0.3 / alpha, tol=1e-14, max_iter=100_000)
    expected.fit(standard.transform(rows), y)
    assert list(fit.coefficients.values()) == pytest.approx(
        expected.coef_ / standard.scale_, abs=1e-6
    )
    assert fit.zeros == np.count_nonzero(expected.coef_ == 0.0) > 0
    assert fit.zeros == 1 and "1 of 4 coefficients is 0." in fit.summary()


def test_positive_coefficients_are_those_of_non_negative_least_squares(
    rows: Floats, eta: Floats
) -> None:
    y = eta + np.random.default_rng(5).normal(size=len(eta))
    fit = steepest.fit(rows, y, positive=True, tolerance=1e-15)
    assert line(fit) == pytest.approx(peer(LinearRegression(positive=True).fit(rows, y)), abs=1e-5)


def test_mini_batches_come_near_the_minimum(rows: Floats, eta: Floats) -> None:
    y = labels(eta)
    full = steepest.fit(rows, y, loss="logistic")
    fit = steepest.fit(rows, y, loss="logistic", batch_size=32)
    assert fit.objective == pytest.approx(full.objective, rel=1e-4)
    # Epochs that led nowhere were taken back.
    assert fit.step.index % 19 == 0 and 5 * 19 <= fit.step.index <= fit.epochs * 19


def test_averaging_ends_at_the_mean(rows: Floats, eta: Floats) -> None:
    fit = steepest.fit(
        rows, eta, loss="huber", batch_size=MiniBatches(50, average=True), lr=0.1, epochs=3, seed=3
    )
    path = fit.path
    assert isinstance(path, MinibatchPath)
    assert path.problem.to_user(path.end) == pytest.approx(fit.step.parameters)
    assert fit.objective == pytest.approx(path.problem.objective(path.end))
    assert "the mean of those after the first epoch" in " ".join(fit.summary().split())


def test_the_epoch_that_held_out_rows_prefer_is_chosen() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 40)), random.integers(0, 2, 60)
    fit = steepest.fit(x, y, loss="logistic", validation=0.4, epochs=200)
    curve = {step.index: step.validation for step in fit.path if step.validation is not None}
    assert len(curve) == len(list(fit.path))
    assert fit.epochs == min(curve, key=curve.__getitem__) < 200
    assert fit.held_out is not None
    assert fit.held_out.objective == fit.held_out.best_objective == min(curve.values())
    assert fit.metrics is not None
    assert fit.validation_metrics is not None
    assert fit.metrics.rows + fit.validation_metrics.rows == fit.rows == 60
    assert fit.validation_metrics.log_loss == pytest.approx(fit.held_out.objective)
    assert "Early stopping" in fit.summary()


def test_a_start_in_the_users_units_is_where_the_path_begins(rows: Floats, eta: Floats) -> None:
    fit = steepest.fit(rows, labels(eta), loss="logistic", start={"x2": 0.5}, epochs=1)
    assert fit.path.at(0)["x2"] == pytest.approx(0.5)
    assert fit.path.at(0)["intercept"] == pytest.approx(0.0, abs=1e-12)


def test_labels_keep_their_type(rows: Floats, eta: Floats) -> None:
    y = labels(eta)
    for values in (np.where(y == "wet", 2, 1), y == "wet", np.where(y == "wet", 0.5, -0.5)):
        found = steepest.fit(rows, values, loss="hinge", epochs=30).predict(rows)
        assert found.dtype == values.dtype
        assert (found == values).mean() > 0.7


OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "logistic": {"loss": "logistic"},
    "held-out": {"loss": "multinomial", "validation": 0.25, "weights": True},
    "batches": {"loss": "squared hinge", "batch_size": MiniBatches(32, average=True)},
    "adam": {"loss": "logistic", "batch_size": 10, "optimizer": "adam", "lr": 0.01, "epochs": 3},
    "l1": {"loss": "quantile:0.9", "l1": 0.01, "intercept": False, "epochs": 20},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_saved_fit_is_read_back_bit_for_bit(
    rows: Floats, eta: Floats, options: Mapping[str, Any], tmp_path: Path
) -> None:
    given = dict(options)
    if given.pop("weights", False):
        given["weights"] = np.linspace(0.5, 2.0, len(eta))
    y = eta if given["loss"] == "quantile:0.9" else labels(eta)
    fit = steepest.fit(rows, y, **given)
    fit.save(tmp_path / "a.steepest")
    again = steepest.load(tmp_path / "a.steepest")
    assert isinstance(again, steepest.Fit)
    assert again.predict(rows).tolist() == fit.predict(rows).tolist()
    assert (again.summary(), again.to_dict(), repr(again)) == (
        fit.summary(),
        fit.to_dict(),
        repr(fit),
    )
    for ours, theirs in zip(again.path, fit.path, strict=True):
        assert ours.to_dict() == theirs.to_dict()
    assert again.sample is not None
    assert fit.sample is not None
    assert (again.sample.features == fit.sample.features).all()
    assert isinstance(again.path.problem, StoredModel)
    with pytest.raises(steepest.InputError, match="a model file holds no rows"):
        again.path.problem.objective(fit.step.parameters)
    again.save(tmp_path / "b.steepest")
    assert (tmp_path / "a.steepest").read_bytes() == (tmp_path / "b.steepest").read_bytes()


def test_a_damaged_file_is_told(rows: Floats, eta: Floats, tmp_path: Path) -> None:
    file = tmp_path / "a.steepest"
    steepest.fit(rows, labels(eta), loss="logistic").save(file)
    whole = file.read_bytes()
    file.write_bytes(whole[:-10])
    with pytest.raises(steepest.InputError, match=r"a\.steepest is cut short"):
        steepest.load(file)
    place = len(whole) // 2
    file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    with pytest.raises(steepest.InputError, match=r"a\.steepest.*damaged"):
        steepest.load(file)


def test_a_torch_layer_gives_the_linear_predictors(rows: Floats, eta: Floats) -> None:
    import torch

    fit = steepest.fit(rows, three_sorts(rows), loss="multinomial", epochs=20)
    with torch.no_grad():
        out = fit.to_torch()(torch.tensor(rows)).softmax(dim=1).numpy()
    assert out == pytest.approx(fit.predict_proba(rows), abs=1e-9)


def test_an_arrays_own_rows_are_used_without_a_copy() -> None:
    x = np.random.default_rng(0).normal(size=(100_000, 3)).astype(np.float32)
    table = open_arrays(x, np.zeros(len(x)))
    rows = gather_rows(table, Encoding.learn(table, "y"), Tally())
    assert rows is not None
    assert np.shares_memory(rows.features, x) and rows.features.dtype == np.float32
    assert rows.numbers is None


def test_rows_that_are_dropped_are_predicted_as_missing() -> None:
    import pandas

    frame = pandas.DataFrame({"x": [0.0, 1.0, np.nan, 3.0], "y": ["a", "b", "a", "b"]})
    fit = steepest.fit(frame, "y", loss="logistic", ridge=0.1, missing="drop")
    assert fit.rows == 3 and "1 of 4 rows dropped" in fit.summary()
    assert fit.predict(frame)[2] is None
    assert np.isnan(fit.predict_proba(frame)[2]).all()


@pytest.mark.parametrize(
    "options", [{}, {"batch_size": 50}, {"batch_size": 50, "disk": True}, {"lazy": True}]
)
@pytest.mark.parametrize("validation", [None, 0.3])
def test_rows_that_weigh_nothing_do_not_count(
    rows: Floats,
    eta: Floats,
    options: Mapping[str, Any],
    validation: float | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import polars

    weights = np.random.default_rng(4).integers(0, 3, len(rows)).astype(float)
    table: Any = polars.DataFrame({"a": rows[:, 0], "b": rows[:, 1], "y": eta, "w": weights})
    options = dict(options)
    if options.pop("disk", False):
        monkeypatch.setattr("steepest.models.train.MOST_BYTES", 0.0)
    if options.pop("lazy", False):
        if validation is not None:
            return  # its rows stay in their engine
        table = table.lazy()
    fit = steepest.fit(
        table, "y", weights="w", loss="huber", epochs=3, validation=validation, **options
    )
    count = np.count_nonzero(weights)
    assert fit.rows == count < len(rows)
    held = 0 if fit.held_out is None else fit.held_out.rows
    assert fit.metrics.rows + held == count
    assert held == (0 if fit.validation_metrics is None else fit.validation_metrics.rows)
    assert f"\n{count} rows, 2 features" in fit.summary()
    squared = steepest.fit(table, "y", weights="w")
    assert squared.rows == count
