"""The same minimum as scikit-learn's own estimators, converged, to 1e-6."""

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    Lasso,
    LogisticRegression,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    SGDClassifier,
    TweedieRegressor,
)
from sklearn.preprocessing import StandardScaler

from steepest.descent.optimizers import SGD
from steepest.estimators import GradientDescentClassifier, GradientDescentRegressor

ROWS, COLUMNS = 120, 4
TRUE = np.array([1.0, -0.5, 0.0, 0.3])
# No tolerance: so many epochs are enough for all digits.
OURS: dict[str, Any] = {"standardize": False, "max_iter": 2000, "tol": None}
NEWTON: dict[str, Any] = {"tol": 1e-12, "max_iter": 1000, "solver": "newton-cholesky"}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def rows(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(ROWS, COLUMNS)) * [1.0, 1.0, 1.0, 2.0] + [0.0, 1.0, 0.0, 0.0]


@pytest.fixture
def numbers(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rows @ TRUE + 1.0 + rng.normal(size=ROWS)


@pytest.fixture
def amounts(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.gamma(2.0, np.exp(0.4 * rows @ TRUE + 0.5) / 2.0)


@pytest.fixture
def classes(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.where(rows @ TRUE + rng.logistic(size=ROWS) > 0.0, "yes", "no")


def assert_same(ours: Any, theirs: Any) -> None:
    assert ours.coef_.shape == theirs.coef_.shape
    assert ours.coef_ == pytest.approx(theirs.coef_, abs=1e-6)
    assert ours.intercept_ == pytest.approx(theirs.intercept_, abs=1e-6)


# Penalties as in the table of `steepest.penalties.penalties`.
SQUARED = [
    pytest.param({"ridge": 2.0 / ROWS}, Ridge(2.0, tol=1e-14), id="ridge"),
    pytest.param({"l1": 0.2}, Lasso(0.1, tol=1e-14, max_iter=10000), id="lasso"),
    pytest.param(
        {"l1": 0.1, "ridge": 0.05},
        ElasticNet(0.1, l1_ratio=0.5, tol=1e-14, max_iter=10000),
        id="elastic-net",
    ),
    pytest.param(
        {"l1": 0.2, "optimizer": SGD(momentum=0.8)},
        Lasso(0.1, tol=1e-14, max_iter=10000),
        id="lasso-by-momentum",
    ),
    pytest.param(
        {"l1": 0.1, "positive": True},
        Lasso(0.05, positive=True, tol=1e-14, max_iter=10000),
        id="positive",
    ),
    pytest.param(
        {"ridge": 2.0 / ROWS, "fit_intercept": False},
        Ridge(2.0, tol=1e-14, fit_intercept=False),
        id="no-intercept",
    ),
]


@pytest.mark.parametrize(("options", "theirs"), SQUARED)
def test_squared_loss(options: Any, theirs: Any, rows: np.ndarray, numbers: np.ndarray) -> None:
    ours = GradientDescentRegressor(**OURS | options).fit(rows, numbers)
    assert_same(ours, theirs.fit(rows, numbers))
    assert (ours.coef_ == 0.0).tolist() == (theirs.coef_ == 0.0).tolist()


MEANS = [
    pytest.param({"loss": "poisson"}, PoissonRegressor(alpha=0.1, **NEWTON), id="poisson"),
    pytest.param({"loss": "gamma"}, GammaRegressor(alpha=0.1, **NEWTON), id="gamma"),
    pytest.param(
        {"loss": "tweedie", "power": 1.3},
        TweedieRegressor(power=1.3, link="log", alpha=0.1, **NEWTON),
        id="tweedie",
    ),
]


@pytest.mark.parametrize(("options", "theirs"), MEANS)
def test_means_above_zero(options: Any, theirs: Any, rows: np.ndarray, amounts: np.ndarray) -> None:
    amounts = np.floor(amounts) if options["loss"] == "poisson" else amounts
    ours = GradientDescentRegressor(ridge=0.05, **OURS | options).fit(rows, amounts)
    assert_same(ours, theirs.fit(rows, amounts))
    assert ours.predict(rows) == pytest.approx(theirs.predict(rows), rel=1e-5)


def test_weights(rows: np.ndarray, numbers: np.ndarray, rng: np.random.Generator) -> None:
    weights = rng.uniform(0.0, 3.0, ROWS)
    ours = GradientDescentRegressor(ridge=2.0 / weights.sum(), **OURS)
    theirs = Ridge(2.0, tol=1e-14).fit(rows, numbers, sample_weight=weights)
    assert_same(ours.fit(rows, numbers, sample_weight=weights), theirs)


@pytest.mark.parametrize("class_weight", [None, "balanced", {"no": 3.0}])
def test_two_classes(class_weight: Any, rows: np.ndarray, classes: np.ndarray) -> None:
    theirs = LogisticRegression(C=1.0, class_weight=class_weight, **NEWTON).fit(rows, classes)
    total = ROWS
    if class_weight == {"no": 3.0}:
        total = ROWS + 2 * int((classes == "no").sum())
    ours = GradientDescentClassifier(ridge=0.5 / total, class_weight=class_weight, **OURS)
    assert_same(ours.fit(rows, classes), theirs)
    assert ours.predict_proba(rows) == pytest.approx(theirs.predict_proba(rows), abs=1e-6)
    assert ours.predict_log_proba(rows) == pytest.approx(theirs.predict_log_proba(rows), abs=1e-5)
    assert ours.predict(rows).tolist() == theirs.predict(rows).tolist()


def test_three_classes(rows: np.ndarray, rng: np.random.Generator) -> None:
    classes = rng.integers(0, 3, ROWS)
    classes[rows[:, 0] > 0.8] = 2
    ours = GradientDescentClassifier(ridge=0.5 / ROWS, **OURS).fit(rows, classes)
    theirs = LogisticRegression(C=1.0, **NEWTON).fit(rows, classes)
    assert_same(ours, theirs)
    assert ours.predict_proba(rows) == pytest.approx(theirs.predict_proba(rows), abs=1e-6)
    assert ours.path_.names[-1] == "intercept [class 2]"


@pytest.mark.parametrize("positive", [False, True])
def test_mini_batches_come_to_the_same_minimum(positive: bool) -> None:
    rows, classes = load_iris(return_X_y=True)
    ours = GradientDescentClassifier(ridge=0.01, positive=positive)
    least = ours.fit(rows, classes).path_.last.objective
    ours.set_params(batch_size=10, random_state=0).fit(rows, classes)
    assert ours.path_.last.objective == pytest.approx(least, rel=5e-3)
    assert bool((ours.coef_ >= 0.0).all()) is positive


@pytest.mark.parametrize("quantile", [0.5, 0.8])
def test_a_loss_with_kinks_comes_close(
    quantile: float, rows: np.ndarray, numbers: np.ndarray
) -> None:
    ours = GradientDescentRegressor("quantile", quantile=quantile).fit(rows, numbers)
    theirs = QuantileRegressor(quantile=quantile, alpha=0.0).fit(rows, numbers)
    error = numbers - theirs.predict(rows)
    least = np.maximum(quantile * error, (quantile - 1.0) * error).mean()
    assert ours.path_.last.objective == pytest.approx(least, rel=1e-4)


@pytest.mark.parametrize("batch_size", [1, 64])
@pytest.mark.parametrize(("loss", "name"), [("logistic", "log_loss"), ("hinge", "hinge")])
def test_mini_batches_end_lower_than_sgd_classifier(loss: str, name: str, batch_size: int) -> None:
    rows, classes = load_breast_cancer(return_X_y=True)
    rows, alpha = StandardScaler().fit_transform(rows), 1e-3
    ours = GradientDescentClassifier(
        loss, ridge=alpha / 2.0, batch_size=batch_size, tol=1e-5, random_state=0
    )
    theirs = SGDClassifier(loss=name, alpha=alpha, random_state=0).fit(rows, classes)
    eta = (2.0 * classes - 1.0) * theirs.decision_function(rows)
    losses = np.logaddexp(0.0, -eta) if loss == "logistic" else np.maximum(0.0, 1.0 - eta)
    reached = losses.mean() + 0.5 * alpha * np.square(theirs.coef_).sum()
    assert ours.fit(rows, classes).path_.last.objective < reached


@pytest.mark.parametrize("batch_size", [None, 8])
def test_sparse_rows(batch_size: int | None, rng: np.random.Generator) -> None:
    table = np.where(rng.random((200, 6)) < 0.3, rng.normal(size=(200, 6)), 0.0)
    target = table @ np.arange(6.0) + 2.0
    model = GradientDescentRegressor(batch_size=batch_size, tol=None, random_state=0)
    model.fit(csr_array(table), target)
    assert model.coef_ == pytest.approx(np.arange(6.0), abs=1e-4)
    assert model.intercept_ == pytest.approx(2.0, abs=1e-4)
    assert model.predict(csr_array(table)) == pytest.approx(model.predict(table))
