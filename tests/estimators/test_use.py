"""How the estimators are used (pipelines, searches, streams, frames), and what they refuse."""

import ast
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import steepest
from steepest import DescentPath
from steepest.errors import InputError
from steepest.estimators import GradientDescentClassifier, GradientDescentRegressor

ROWS = 200


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def rows(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(ROWS, 3)) * [1.0, 10.0, 0.1] + [0.0, 50.0, 1.0]


@pytest.fixture
def target(rows: np.ndarray) -> np.ndarray:
    return rows @ [1.0, 0.2, -3.0] - 4.0


@pytest.fixture
def classes(target: np.ndarray) -> np.ndarray:
    return np.where(target > np.median(target), "above", "below")


def test_in_a_pipeline(rows: np.ndarray, classes: np.ndarray) -> None:
    model = make_pipeline(StandardScaler(), GradientDescentClassifier(batch_size=64, tol=1e-3))
    assert model.fit(rows, classes).score(rows, classes) > 0.95


def test_in_a_search(rows: np.ndarray, target: np.ndarray) -> None:
    model = GradientDescentRegressor(loss="huber", delta=0.5)
    search = GridSearchCV(model, {"ridge": [0.0, 10.0], "delta": [0.5, 5.0]}, cv=3)
    search.fit(rows, target)
    assert search.best_params_["ridge"] == 0.0
    assert search.best_score_ > 0.99
    assert cross_val_score(model, rows, target, cv=3).min() > 0.99


def test_path_of_full_batch_is_that_of_fit(rows: np.ndarray, target: np.ndarray) -> None:
    path = GradientDescentRegressor(lr=0.1, max_iter=20, tol=None).fit(rows, target).path_
    start = [0.0, 0.0, 0.0, float(target.mean())]
    same = steepest.fit(rows, target, lr=0.1, epochs=20, start=start).path
    assert isinstance(path, DescentPath)
    assert path.last.objective == pytest.approx(same.at(20).objective)
    assert path.last.parameters == pytest.approx(same.at(20).parameters)
    assert path.epochs == 20


def test_path_of_few_rows_has_every_early_update(rows: np.ndarray, target: np.ndarray) -> None:
    model = GradientDescentRegressor(lr=0.01, batch_size=30, max_iter=4, tol=None).fit(rows, target)
    path = model.path_
    assert isinstance(path, DescentPath) and model.n_iter_ == path.last_epoch == 4
    assert path.recorded == tuple(step.index for step in path) == tuple(range(29))
    with pytest.raises(InputError, match=r"step 29 was not kept: .*the nearest is step 28\."):
        path.at(29)
    for step in (path.at(0), path.last):
        error = rows @ step.parameters[:3] + step.parameters[3] - target
        assert step.objective == pytest.approx(np.square(error).mean())
    assert model.coef_ == pytest.approx(path.last.parameters[:3])
    assert model.n_iter_ == 4


def test_names_of_frames(rows: np.ndarray, target: np.ndarray) -> None:
    names = ["a", "b", "c"]
    for frame in (pd.DataFrame(rows, columns=names), pl.DataFrame(rows, schema=names)):
        model = GradientDescentRegressor().fit(frame, target)
        assert model.feature_names_in_.tolist() == names
        assert model.path_.names == ("a", "b", "c", "intercept")
        assert model.predict(frame) == pytest.approx(target, abs=0.01)


@pytest.mark.parametrize("batch_size", [None, 20])
def test_a_seed_makes_a_fit_repeatable(
    batch_size: int | None, rows: np.ndarray, target: np.ndarray
) -> None:
    model = GradientDescentRegressor(batch_size=batch_size, random_state=3, tol=1e-3)
    first = model.fit(rows, target).coef_
    assert clone(model).fit(rows, target).coef_.tolist() == first.tolist()


@pytest.mark.parametrize("batch_size", [None, 20])
def test_copies_leave_the_rows_behind(
    batch_size: int | None, rows: np.ndarray, classes: np.ndarray
) -> None:
    model = GradientDescentClassifier(batch_size=batch_size, ridge=0.01, tol=1e-3)
    stored = pickle.dumps(model.fit(rows, classes))
    copy = pickle.loads(stored)
    assert len(stored) < 3000 < rows.nbytes
    assert not hasattr(copy, "path_") and hasattr(model, "path_")
    assert copy.predict(rows).tolist() == model.predict(rows).tolist()


def test_partial_fit_is_an_epoch_a_call(rows: np.ndarray, target: np.ndarray) -> None:
    options: dict[str, Any] = {"lr": 0.01, "batch_size": 7, "shuffle": False}
    whole = GradientDescentRegressor(max_iter=3, tol=None, **options)
    # A fit begins at the mean of the target, a stream at 0.
    target = target - target.mean()
    stream = GradientDescentRegressor(**options)
    for _ in range(3):
        stream.partial_fit(rows, target)
    assert stream.coef_ == pytest.approx(whole.fit(rows, target).coef_, rel=1e-9)
    assert stream.n_iter_ == 3
    assert not hasattr(stream, "path_")


@pytest.mark.parametrize("average", [False, True])
def test_partial_fit_over_a_stream(average: bool, rng: np.random.Generator) -> None:
    model = GradientDescentClassifier(batch_size=16, average=average, random_state=0)
    for _ in range(60):
        rows = rng.normal(size=(200, 2))
        kinds = np.where(rows @ [2.0, -1.0] + rng.logistic(size=200) > 0.0, 7, 3)
        model.partial_fit(rows, kinds, classes=[3, 7])
    assert model.coef_[0] == pytest.approx([2.0, -1.0], abs=0.25)
    assert model.intercept_ == pytest.approx([0.0], abs=0.15)


def test_partial_fit_goes_on_from_a_fit(rows: np.ndarray, target: np.ndarray) -> None:
    model = GradientDescentRegressor(tol=None).fit(rows, target)
    model.partial_fit(rows[:50], target[:50])
    assert model.coef_ == pytest.approx([1.0, 0.2, -3.0], rel=1e-6)


@pytest.mark.parametrize("batch_size", [None, 50])
def test_a_warm_start_begins_where_the_last_fit_ended(
    batch_size: int | None, rows: np.ndarray, target: np.ndarray
) -> None:
    model = GradientDescentRegressor(
        warm_start=True, lr=0.1, max_iter=5, tol=None, batch_size=batch_size, shuffle=False
    )
    model.fit(rows, target).fit(rows, target)
    longer = clone(model).set_params(max_iter=10).fit(rows, target)
    assert model.coef_ == pytest.approx(longer.coef_, rel=1e-9)


def test_averaging_takes_noise_away(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(1000, 3))
    target = rows @ [1.0, 2.0, 3.0] + rng.normal(size=1000)
    best = np.linalg.lstsq(np.column_stack([rows, np.ones(1000)]), target)[0][:3]
    options: dict[str, Any] = {"lr": 0.02, "batch_size": 1, "max_iter": 20, "tol": None}
    errors = [
        np.abs(GradientDescentRegressor(average=average, random_state=0, **options)
               .fit(rows, target).coef_ - best).max()
        for average in (False, True)
    ]  # fmt: skip
    assert errors[1] < 0.25 * errors[0]


def test_probabilities_only_where_the_loss_has_them(rows: np.ndarray, classes: np.ndarray) -> None:
    assert hasattr(GradientDescentClassifier(), "predict_proba")
    hinge = GradientDescentClassifier("hinge", max_iter=50).fit(rows, classes)
    assert not hasattr(hinge, "predict_proba") and not hasattr(hinge, "predict_log_proba")
    assert hinge.decision_function(rows).shape == (ROWS,)


def test_hinge_of_three_classes_is_one_against_the_rest(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(300, 2))
    classes = np.argmax(rows @ [[1.0, -1.0, 0.0], [0.0, 0.0, 1.0]], axis=1)
    model = OneVsRestClassifier(GradientDescentClassifier("squared hinge", ridge=1e-3))
    assert model.fit(rows, classes).score(rows, classes) > 0.85


def test_too_few_epochs_are_told(rows: np.ndarray, target: np.ndarray) -> None:
    with pytest.warns(ConvergenceWarning, match="still falls after 3 epochs: increase max_iter"):
        GradientDescentRegressor(max_iter=3).fit(rows, target)


def test_what_was_not_fitted_predicts_nothing(rows: np.ndarray) -> None:
    with pytest.raises(NotFittedError):
        GradientDescentClassifier().predict_proba(rows)


X = [[0.0], [1.0], [2.0], [4.0]]
Y = [0.0, 1.0, 2.0, 5.0]
SORTS = ["a", "b", "a", "b"]

Act = Callable[[], object]
REFUSED: list[tuple[Act, str]] = [
    (
        lambda: GradientDescentRegressor("hubert").fit(X, Y),
        "no loss 'hubert' of a regressor; there are squared, absolute, huber, quantile, log-cosh, "
        "poisson, gamma, tweedie. Did you mean 'huber'?",
    ),
    (
        lambda: GradientDescentClassifier("huber").fit(X, SORTS),
        "no loss 'huber' of a classifier; there are logistic, hinge, squared hinge.",
    ),
    (
        lambda: GradientDescentRegressor("poisson").fit(X, [1, 2, 3, -1]),
        "poisson loss needs a target that is 0 or more: row 4 (index 3) holds -1.",
    ),
    (
        lambda: GradientDescentRegressor(l1=-1.0).fit(X, Y),
        "l1 must be a number, 0 or more, not -1.0.",
    ),
    (
        lambda: GradientDescentRegressor(max_iter=0).fit(X, Y),
        "max_iter must be a whole number, 1 or more, not 0.",
    ),
    (
        lambda: GradientDescentRegressor(batch_size=0).fit(X, Y),
        "batch_size must be None or a whole number above 0, not 0.",
    ),
    (
        lambda: GradientDescentRegressor(average=True).fit(X, Y),
        "average=True averages over mini-batches: give a batch_size.",
    ),
    (
        lambda: GradientDescentRegressor(optimizer="adam").fit(X, Y),
        "lr='auto' is computed from the curvature for SGD; give Adam a number, for example 0.001",
    ),
    (
        lambda: GradientDescentRegressor(optimizer="adam", batch_size=2).fit(X, Y),
        "lr='auto' is computed from the curvature for SGD; give Adam a number, for example 0.001",
    ),
    (
        lambda: GradientDescentClassifier().fit(X, ["a"] * 4),
        "a classifier needs rows of two classes or more; all are of 1 class, 'a'.",
    ),
    (
        lambda: GradientDescentClassifier().fit(X, SORTS, sample_weight=[1, 0, 1, 0]),
        "logistic loss needs rows of both classes: every row with weight is of class 0.",
    ),
    (
        lambda: GradientDescentClassifier("hinge").fit(X, [1, 2, 3, 1]),
        "hinge loss is of two classes, and there are 3. Only binary classification is supported. "
        "The type of the target is multiclass: use loss='logistic', or "
        "sklearn.multiclass.OneVsRestClassifier around this.",
    ),
    (
        lambda: GradientDescentClassifier().partial_fit(X, SORTS, classes=["a", "c"]),
        "'b' is none of the classes 'a', 'c', which the first call named.",
    ),
    (
        lambda: GradientDescentClassifier(class_weight="balanced").partial_fit(
            X, SORTS, ["a", "b"]
        ),
        "class_weight='balanced' needs all rows at once; for partial_fit give weights by class.",
    ),
    (
        lambda: GradientDescentRegressor(lr=100.0, max_iter=1000).fit(X, Y),
        "the descent diverged: at epoch 67 the objective was inf, no longer a finite number. "
        "Give a smaller lr.",
    ),
    (
        lambda: GradientDescentRegressor(warm_start=True).fit(X, Y).fit(np.eye(4), Y),
        "the last fit left 2 parameters and these rows need 5: to start anew, fit with "
        "warm_start=False.",
    ),
    (
        lambda: (
            GradientDescentClassifier(warm_start=True, ridge=0.1)
            .fit(X, SORTS)
            .fit(X, ["a", "c", "a", "c"])
        ),
        "the last fit was of the classes 'a', 'b', and these rows are of 'a', 'c': to start anew, "
        "fit with warm_start=False.",
    ),
]


@pytest.mark.parametrize(("act", "message"), REFUSED)
def test_what_is_refused_and_why(act: Act, message: str) -> None:
    with pytest.raises(steepest.InputError) as caught:
        act()
    assert str(caught.value) == message


def test_only_the_estimators_import_scikit_learn() -> None:
    package = Path(steepest.__file__).parent
    found = set()
    for file in package.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(module.split(".")[0] == "sklearn" for module in modules):
                found.add(file.relative_to(package).parts[0])
    assert found == {"estimators"}


def test_without_scikit_learn_it_is_said_what_to_install() -> None:
    program = "import sys; sys.modules['sklearn'] = None; import steepest.estimators"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stderr.splitlines()[-1] == (
        "ImportError: steepest.estimators needs scikit-learn: pip install 'steepest[sklearn]'"
    )
