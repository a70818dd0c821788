"""Tables of statsmodels and scikit-learn, with defaults: the minimum to eight digits, or that there
is none. Right values: a statsmodels or own fit, gone on from in 80 bits until nothing moves.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from sklearn import datasets

import steepest

Wide = NDArray[Any]
Table = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None]

pytestmark = pytest.mark.skipif(
    bool(np.finfo(np.longdouble).eps > 1e-18), reason="longdouble is no wider than float64 here"
)


def bundled(name: str) -> Table:
    data = getattr(sm.datasets, name).load_pandas()
    return pd.DataFrame(data.exog).to_numpy(float), np.asarray(data.endog, float), None


def star98() -> Table:
    """Two rows a district: those above the median, and those below, weighing as many."""
    data = sm.datasets.star98.load_pandas()
    features, counts = data.exog.to_numpy(float), data.endog.to_numpy(float)
    both = np.concatenate([features, features])
    return both, np.repeat([1.0, 0.0], len(counts)), counts.T.ravel()


def fair() -> Table:
    features, target, _ = bundled("fair")
    return features, (target > 0.0).astype(float), None


def diabetes() -> Table:
    return *datasets.load_diabetes(return_X_y=True), None


def breast_cancer() -> Table:
    """Its ten means, which do not separate the classes."""
    features, target = datasets.load_breast_cancer(return_X_y=True)
    return features[:, :10], target.astype(float), None


def iris(place: int) -> Table:
    features, target = datasets.load_iris(return_X_y=True)
    return features[50:] if place == 2 else features, 1.0 * (target[-100:] == 2), None


def versicolor() -> Table:
    features, target = datasets.load_iris(return_X_y=True)
    return features, 1.0 * (target == 1), None


CASES: list[tuple[str, Any, str]] = [
    ("star98", star98, "logistic"),
    ("fair", fair, "logistic"),
    ("spector", lambda: bundled("spector"), "logistic"),
    ("modechoice", lambda: bundled("modechoice"), "logistic"),
    ("heart", lambda: (*bundled("heart")[:1], heart_censored(), None), "logistic"),
    ("breast cancer", breast_cancer, "logistic"),
    ("iris, the last two", lambda: iris(2), "logistic"),
    ("iris, versicolor", versicolor, "logistic"),
    ("cpunish", lambda: bundled("cpunish"), "poisson"),
    ("committee", lambda: bundled("committee"), "poisson"),
    ("randhie", lambda: bundled("randhie"), "poisson"),
    ("cancer", lambda: bundled("cancer"), "poisson"),
    ("diabetes", diabetes, "poisson"),
    ("scotland", lambda: bundled("scotland"), "gamma"),
    ("ccard", lambda: bundled("ccard"), "gamma"),
    ("copper", lambda: bundled("copper"), "gamma"),
    ("engel", lambda: bundled("engel"), "gamma"),
    ("longley", lambda: bundled("longley"), "gamma"),
    ("statecrime", lambda: bundled("statecrime"), "gamma"),
    ("strikes", lambda: bundled("strikes"), "gamma"),
    ("cpunish", lambda: bundled("cpunish"), "tweedie:1.2"),
    ("randhie", lambda: bundled("randhie"), "tweedie:1.7"),
]


def heart_censored() -> NDArray[np.float64]:
    data = sm.datasets.heart.load_pandas()
    return np.asarray(data.censors, float)


def terms(loss: str, eta: Wide, y: Wide) -> tuple[Wide, Wide]:
    """ℓ' and ℓ'' of each row."""
    if loss == "logistic":
        p = 1.0 / (1.0 + np.exp(-eta))
        return p - y, p * (1.0 - p)
    power = {"poisson": 1.0, "gamma": 2.0}.get(loss)
    q = np.longdouble(loss.split(":")[1] if power is None else power)
    low, high = y * np.exp((1 - q) * eta), np.exp((2 - q) * eta)
    return high - low, (2 - q) * high - (1 - q) * low


def gone_on(table: Table, loss: str, start: NDArray[np.float64]) -> Wide:
    """The minimum beside `start`: Newton's steps by QR, with gradients in 80 bits."""
    features, target, weights = table
    x, y = features.astype(np.longdouble), target.astype(np.longdouble)
    w = np.ones(len(y)) if weights is None else weights
    centre, spread = x.mean(axis=0), x.std(axis=0)
    rows = np.column_stack([(x - centre) / spread, np.ones(len(y), dtype=np.longdouble)])
    slopes = start[:-1].astype(np.longdouble)
    theta = np.append(slopes * spread, start[-1] + centre @ slopes)
    for _ in range(12):
        slope, curvature = terms(loss, rows @ theta, y)
        root = np.sqrt(w * curvature).astype(float)[:, None] * rows.astype(float)
        triangle = np.linalg.qr(root, mode="r")
        gradient = (rows.T @ (w * slope)).astype(float)
        theta = theta - solve_triangular(triangle, solve_triangular(triangle, gradient, trans=1))
    slopes = theta[:-1] / spread
    return np.append(slopes, theta[-1] - centre @ slopes)


@pytest.mark.parametrize(("name", "load", "loss"), CASES, ids=[f"{n} {x}" for n, _, x in CASES])
def test_the_minimum_to_eight_digits_and_no_digit_too_many(name: str, load: Any, loss: str) -> None:
    table = load()
    fit = steepest.fit(table[0], table[1], weights=table[2], loss=loss)
    assert fit.verdict.kind == "converged"
    ours = np.array([*fit.coefficients.values(), fit.intercept])
    known = gone_on(table, loss, ours)
    true = -np.log10(np.maximum(np.abs((ours - known) / known).astype(float), 1e-17))
    assert true.min() > 8.0
    assert fit.digits is not None
    assert (np.array([*fit.digits.values()]) <= true + 0.3).all()
    assert fit.inference is not None


@pytest.mark.parametrize("name", ["iris", "wine", "digits"])
def test_several_classes_that_are_separable_are_said_to_be(name: str) -> None:
    """All but iris are taken for their own classes, every row: by any rule a separation. Of a
    column of one value nothing is said.
    """
    features, target = getattr(datasets, f"load_{name}")(return_X_y=True)
    fit = steepest.fit(features, target, loss="multinomial")
    assert fit.verdict.kind == "no minimum"
    assert "ridge" in fit.verdict.advice
    right = np.asarray(fit.predict(features), dtype=int) == target
    assert right.all() == (name != "iris")
    along = {str(each).split(" [")[0] for each in fit.verdict.reasons[0].values["columns"]}
    varied = {f"x{place}" for place, column in enumerate(features.T, 1) if np.ptp(column) > 0.0}
    assert along and along <= varied


def test_breast_cancer_is_separable_in_all_its_columns() -> None:
    features, target = datasets.load_breast_cancer(return_X_y=True)
    fit = steepest.fit(features, target, loss="logistic")
    assert fit.verdict.kind == "no minimum"
    assert (np.asarray(fit.predict(features), dtype=int) == target).all()


COUNTS = np.random.default_rng(3).poisson(np.exp(0.05 * np.arange(60.0) - 1.0)).astype(float)


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6, 1e-3])
@pytest.mark.parametrize("unit", [1.0, 1e4, 1e-5, 2.0**20])
def test_counts_and_columns_of_any_unit(scale: float, unit: float) -> None:
    """statsmodels' GLM of the plain counts and column, in other units."""
    x = np.arange(60.0)
    fit = steepest.fit(unit * x, scale * COUNTS, loss="poisson")
    oracle = sm.GLM(COUNTS, sm.add_constant(x), family=sm.families.Poisson()).fit(tol=1e-14)
    assert fit.verdict.kind == "converged"
    assert fit.coefficients["x"] * unit == pytest.approx(oracle.params[1], rel=1e-10)
    assert fit.intercept == pytest.approx(oracle.params[0] + np.log(scale), rel=1e-9, abs=1e-10)
