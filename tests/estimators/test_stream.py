"""`partial_fit` beside scikit-learn's scaler and SGD in the same calls, and what it keeps."""

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.preprocessing import StandardScaler

from steepest.descent.optimizers import SGD, Adagrad, Adam, Optimizer, RMSprop
from steepest.estimators import GradientDescentClassifier, GradientDescentRegressor
from steepest.estimators.stream import re_expressed
from steepest.problems.column_moments import ColumnMoments, TargetSample

SLOPES = np.array([1.0, 0.1, 0.01])
SIZES = [4, 200]
ROWS = {4: 1000, 200: 2000}  # a call takes as long for two rows as for many


def table(rows: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, 3)) * [1.0, 10.0, 100.0] + [0.0, 5.0, 1000.0]


def scores(ours: Any, theirs: Any, X: np.ndarray, y: np.ndarray, size: int, passes: int = 1) -> Any:
    """Of both on the last fifth of the rows, after the others in calls of `size` rows."""
    known, scaler = len(X) * 4 // 5, StandardScaler()
    first = {"classes": np.unique(y)} if hasattr(theirs, "decision_function") else {}
    for start in list(range(0, known, size)) * passes:
        part = slice(start, min(start + size, known))
        ours.partial_fit(X[part], y[part], **first)
        theirs.partial_fit(scaler.partial_fit(X[part]).transform(X[part]), y[part], **first)
    return ours.score(X[known:], y[known:]), theirs.score(scaler.transform(X[known:]), y[known:])


@pytest.mark.parametrize("constant", [False, True])
def test_an_exact_line_in_calls_of_ten_rows(constant: bool) -> None:
    X = table(400)
    if constant:
        X[:10, 2] = 1000.0
    ours = GradientDescentRegressor(random_state=0)
    found, expected = scores(ours, SGDRegressor(random_state=0), X, X @ SLOPES + 3.0, 10, 20)
    assert found >= expected > 0.999
    assert ours.coef_ == pytest.approx(SLOPES, rel=1e-6)
    assert ours.intercept_ == pytest.approx(3.0, abs=1e-4)


def nearly_constant(X: np.ndarray, size: int) -> None:
    X[:size, 2] = 1000.0 + 1e-9 * X[:size, 0]


def late_flag(X: np.ndarray, size: int) -> None:
    X[:, 1] = (np.arange(len(X)) % 4 == 0) & (np.arange(len(X)) > 600)


def grown(X: np.ndarray, size: int) -> None:
    X[:600, 0] *= 1e-6


def drifting(X: np.ndarray, size: int) -> None:
    X += np.linspace(0.0, 20.0, len(X))[:, None] * [1.0, 10.0, 100.0]


def first_sorted(X: np.ndarray, size: int) -> None:
    X[:200] = X[:200][np.argsort(X[:200] @ SLOPES)]


CHANGES = [nearly_constant, late_flag, grown, drifting, first_sorted]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("change", CHANGES)
def test_rows_whose_columns_change(change: Callable[[np.ndarray, int], None], size: int) -> None:
    X = table(ROWS[size], 1)
    change(X, size)
    y = X @ SLOPES + 0.1 * np.random.default_rng(2).normal(size=len(X))
    ours = GradientDescentRegressor(random_state=0)
    found, expected = scores(ours, SGDRegressor(random_state=0), X, y, size)
    assert found >= expected - 1e-3
    assert found > 0.9


@pytest.mark.parametrize("seed", range(4))
def test_what_a_column_that_hardly_varied_told_goes_no_further(seed: int) -> None:
    """Its slope by the first rows, for all that it varies later, was off by eight orders."""
    X = table(75, seed)
    X[:10, 2] = 1000.0 * (1.0 + 1e-9 * X[:10, 0])
    y = X @ SLOPES + np.random.default_rng(seed).normal(size=75)
    ours = GradientDescentRegressor(random_state=0)
    found, expected = scores(ours, SGDRegressor(random_state=0), X, y, 10)
    assert found >= expected
    assert found > 0.0


def test_a_fit_is_kept_where_the_first_rows_after_it_are_alike() -> None:
    X = table(200)
    y = X @ SLOPES + 3.0
    model = GradientDescentRegressor(random_state=0).fit(X, y)
    alike = X[:2] * [0.0, 1.0, 1.0] + [1.0 + 1e-9, 0.0, 0.0]
    alike[1, 0] = 1.0
    for rows in (alike, X):
        model.partial_fit(rows, rows @ SLOPES + 3.0)
    assert model.coef_ == pytest.approx(SLOPES, rel=1e-9)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("loss", "theirs"), [("huber", "huber"), ("absolute", "epsilon_insensitive")]
)
def test_robust_losses(loss: str, theirs: str, size: int) -> None:
    X = table(ROWS[size], 3)
    rng = np.random.default_rng(4)
    y = (X - X.mean(axis=0)) @ SLOPES + 0.1 * rng.normal(size=len(X))
    ours = GradientDescentRegressor(loss, random_state=0)
    peer = SGDRegressor(loss=theirs, epsilon=1.35 if loss == "huber" else 0.0, random_state=0)
    found, expected = scores(ours, peer, X, y, size)
    assert found >= expected - 2e-3


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("loss", "theirs"),
    [("logistic", "log_loss"), ("hinge", "hinge"), ("squared-hinge", "squared_hinge")],
)
def test_classes(loss: str, theirs: str, size: int) -> None:
    X = table(ROWS[size], 5)
    noise = np.random.default_rng(6).logistic(size=len(X))
    y = np.where((X - X.mean(axis=0)) @ [2.0, -0.1, 0.03] + 0.3 * noise > 0.0, "up", "down")
    ours = GradientDescentClassifier(loss, random_state=0)
    found, expected = scores(ours, SGDClassifier(loss=theirs, random_state=0), X, y, size)
    assert found >= expected - 0.01 and found > 0.85


def test_several_classes_in_calls_of_two_rows() -> None:
    X = table(1000, 7)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    y = np.argmax(Z @ np.random.default_rng(8).normal(size=(3, 3)), axis=1)
    ours = GradientDescentClassifier(random_state=0)
    found, expected = scores(ours, SGDClassifier(loss="log_loss", random_state=0), X, y, 2)
    assert found >= expected and found > 0.9


def test_counts_that_begin_with_zeros() -> None:
    rng = np.random.default_rng(9)
    X = rng.normal(size=(8000, 2)) * [1.0, 100.0]
    y = rng.poisson(np.exp(X @ [0.5, -0.003] + 1.0)).astype(np.float64)
    y[:3] = 0.0
    model = GradientDescentRegressor("poisson", random_state=0)
    for start in [*range(0, 200, 2), *range(200, len(X), 20)]:
        part = slice(start, start + (2 if start < 200 else 20))
        model.partial_fit(X[part], y[part])
    assert model.coef_ == pytest.approx([0.5, -0.003], rel=0.1)
    assert model.intercept_ == pytest.approx(1.0, abs=0.05)


def test_moments_are_those_of_all_rows_however_they_are_cut() -> None:
    X, weights = table(500), np.random.default_rng(1).integers(0, 4, 500).astype(np.float64)
    y = X[:, 0]
    scaler = StandardScaler().fit(X, sample_weight=weights)
    for cut in (1, 7, 500):
        moments, sample = ColumnMoments.none(3), TargetSample()
        for start in range(0, 500, cut):
            part = slice(start, start + cut)
            moments = moments.after(X[part], weights[part])
            sample = sample.after(np.tile(y[part], 1))
        assert moments.mean == pytest.approx(scaler.mean_, rel=1e-13)
        assert moments.variance == pytest.approx(scaler.var_, rel=1e-11)
        sparse = ColumnMoments.none(3).after(csr_array(X), weights)
        assert sparse.variance == pytest.approx(scaler.var_, rel=1e-9)
        assert sample.values.tolist() == y.tolist()
    whole = TargetSample().after(np.arange(5000.0))
    pieces = TargetSample()
    for start in range(0, 5000, 13):
        pieces = pieces.after(np.arange(5000.0)[start : start + 13])
    assert pieces.values.tolist() == whole.values.tolist() == list(range(0, 5000, 16))


OPTIMIZERS: list[Optimizer] = [
    *(SGD(), SGD(momentum=0.9), SGD(momentum=0.9, nesterov=True), Adagrad()),
    *(RMSprop(momentum=0.5, centered=True), Adam(amsgrad=True)),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("average", [False, True])
def test_moving_coordinates_leave_the_function_as_it_is(
    optimizer: Optimizer, average: bool
) -> None:
    X = table(60)
    model = GradientDescentRegressor(
        optimizer=optimizer, lr=0.01, batch_size=5, average=average, random_state=0
    )
    model.partial_fit(X[:30], X[:30] @ SLOPES)
    stream = model._stream
    assert stream is not None
    columns = stream.seen.columns.after(X[30:] * [1e6, 1.0, 1.0], None)
    there = columns.coordinates(standardize=True, intercept=True, centred=True)
    state = re_expressed(stream.state, optimizer, stream.coordinates.change(there))
    before, after = stream.state, state
    for points in ("parameters", "total"):
        here = stream.coordinates.to_user(getattr(before, points))
        assert there.to_user(getattr(after, points)) == pytest.approx(here, rel=1e-9)
    if isinstance(optimizer, SGD):
        step = stream.coordinates.to_user(before.optimizer[1])
        assert there.to_user(after.optimizer[1]) == pytest.approx(step, rel=1e-9)
    if isinstance(optimizer, Adam):  # a mean of gradients: those of the user's units are the same

        def mapped(coordinates: Any, gradient: np.ndarray) -> np.ndarray:
            return np.asarray(coordinates.gradient_to_user(gradient))

        here = mapped(stream.coordinates, before.optimizer[1])
        assert mapped(there, after.optimizer[1]) == pytest.approx(here, rel=1e-9)


@pytest.mark.parametrize("batch_size", [1, 8])
def test_how_rows_are_cut_matters_little(batch_size: int) -> None:
    X = table(4000, 11)
    y = X @ SLOPES + 0.1 * np.random.default_rng(12).normal(size=len(X))
    found = []
    for size in (8, 40, 400):
        model = GradientDescentRegressor(batch_size=batch_size, shuffle=False, random_state=0)
        for start in range(0, len(X), size):
            model.partial_fit(X[start : start + size], y[start : start + size])
        found.append(model.coef_ * X.std(axis=0))
    # The noise of one row is 0.1; a batch's share of it stays in the slopes.
    assert np.ptp(found, axis=0).max() < 0.02


def test_a_stream_begins_with_one_row() -> None:
    X = table(1000)
    model = GradientDescentRegressor(random_state=0)
    for i in range(len(X)):
        model.partial_fit(X[i : i + 1], X[i : i + 1] @ SLOPES)
    assert model.score(X, X @ SLOPES) > 0.999999


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_weights_of_any_size(scale: float) -> None:
    X, weights = table(4000), scale * (1.0 + np.arange(4000) % 3)
    y = X @ SLOPES + 0.1 * np.random.default_rng(3).normal(size=len(X))
    model = GradientDescentRegressor(random_state=0)
    for start in range(0, len(X), 10):
        part = slice(start, start + 10)
        model.partial_fit(X[part], y[part], weights[part])
    assert model.coef_ * X.std(axis=0) == pytest.approx(SLOPES * X.std(axis=0), abs=0.02)


def test_sparse_rows_after_dense_ones() -> None:
    X = np.where(np.random.default_rng(0).random((2000, 3)) < 0.4, table(2000), 0.0)
    model, y = GradientDescentRegressor(random_state=0), X @ SLOPES + 2.0
    for start in range(0, 2000, 10):
        part = slice(start, start + 10)
        model.partial_fit(csr_array(X[part]) if start % 20 else X[part], y[part])
    assert model.score(X, y) > 0.9999


def test_copies_clones_and_fits_between_calls() -> None:
    X = table(400)
    y = X @ SLOPES
    model = GradientDescentRegressor(
        batch_size=4, warm_start=True, random_state=0, optimizer=SGD(momentum=0.5)
    )
    for start in range(0, 200, 10):
        part = slice(start, start + 10)
        model.partial_fit(X[part], y[part])
    copy = pickle.loads(pickle.dumps(model))
    assert not hasattr(clone(model), "coef_")
    for start in range(200, 400, 10):
        part = slice(start, start + 10)
        copy.partial_fit(X[part], y[part])
        model.partial_fit(X[part], y[part])
    assert copy.coef_.tolist() == model.coef_.tolist()
    before = model.coef_.copy()
    model.set_params(max_iter=1, lr=1e-12, tol=None).fit(X, y)
    assert model.coef_ == pytest.approx(before, rel=1e-6)  # it began where the calls ended
    model.set_params(lr="auto").partial_fit(X[:1], y[:1])
    assert model.score(X, y) > 0.99


def test_a_class_that_appears_after_many_calls() -> None:
    """Of classes named in the first call: no worse than scikit-learn in the same calls."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(400, 3)) * [1.0, 10.0, 100.0] + [0.0, 5.0, 1000.0]
    y = (X[:, 0] + 0.3 * rng.normal(size=400) > 0.0).astype(int) + (X[:, 0] > 1.0)
    X, y = X[order := np.argsort(y == 2, kind="stable")], y[order]
    ours, theirs = GradientDescentClassifier(), SGDClassifier(loss="log_loss", random_state=0)
    scaler = StandardScaler()
    for _ in range(8):
        for first in range(0, 400, 10):
            at = slice(first, first + 10)
            ours.partial_fit(X[at], y[at], classes=[0, 1, 2])
            scaled = scaler.partial_fit(X[at]).transform(X[at])
            theirs.partial_fit(scaled, y[at], classes=[0, 1, 2])
    assert ours.score(X, y) > max(0.8, theirs.score(scaler.transform(X), y))
