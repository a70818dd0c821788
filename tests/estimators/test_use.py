"""How the estimators are used (pipelines, searches, streams, frames), and what they refuse."""

import ast
import pickle
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import steepest
from steepest import DescentPath
from steepest.descent.optimizers import SGD
from steepest.errors import InputError
from steepest.estimators import GradientDescentClassifier, GradientDescentRegressor
from steepest.path.minibatch_path import MinibatchPath

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


def test_in_a_search_over_processes(rows: np.ndarray, classes: np.ndarray) -> None:
    model = make_pipeline(StandardScaler(), GradientDescentClassifier(batch_size=32, ridge=0.01))
    grid = {"gradientdescentclassifier__optimizer": [SGD(), SGD(momentum=0.5)]}
    found = [GridSearchCV(model, grid, cv=3, n_jobs=jobs) for jobs in (1, 2)]
    scores = [search.fit(rows, classes).cv_results_["mean_test_score"] for search in found]
    assert scores[0] == pytest.approx(scores[1], abs=0.02) and scores[0].min() > 0.9


def test_joblib_stores_what_was_fitted(rows: np.ndarray, classes: np.ndarray) -> None:
    model = GradientDescentClassifier(batch_size=16, ridge=0.01).fit(rows, classes)
    file = BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    copy = joblib.load(file)
    assert copy.predict_proba(rows).tolist() == model.predict_proba(rows).tolist()
    assert not hasattr(copy, "path_")


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_after_a_transformer_that_hands_out_frames(
    library: str, rows: np.ndarray, classes: np.ndarray
) -> None:
    model = make_pipeline(StandardScaler(), GradientDescentClassifier(ridge=0.01))
    frame = pd.DataFrame(rows, columns=["a", "b", "c"])
    model.set_output(transform=library).fit(frame, pd.Series(classes))
    assert model[-1].feature_names_in_.tolist() == ["a", "b", "c"]
    assert model.score(frame, classes) > 0.9
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        model.predict(frame[["b", "a", "c"]])


def test_classes_of_every_kind(rows: np.ndarray, classes: np.ndarray) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b", "c"])
    model = GradientDescentClassifier(ridge=0.01)
    expected = model.fit(rows, classes).predict(rows).tolist()
    for labels in (
        classes.tolist(),
        pd.Series(classes),
        pd.Series(classes, dtype="category"),
        pd.Series(classes, dtype="string"),
        pl.Series(classes),
    ):
        assert model.fit(frame, labels).predict(frame).tolist() == expected
    assert model.fit(frame, classes == "above").predict(frame).dtype == np.bool_


@pytest.mark.parametrize("form", [csr_array, csc_array, coo_array, csr_matrix, np.ndarray.tolist])
def test_rows_of_every_kind(form: Any, rows: np.ndarray, target: np.ndarray) -> None:
    model = GradientDescentRegressor(tol=None).fit(form(rows), target)
    assert model.coef_ == pytest.approx([1.0, 0.2, -3.0], rel=1e-6)


@pytest.mark.parametrize("batch_size", [None, 16])
def test_the_path_is_drawn(batch_size: int | None, rows: np.ndarray, classes: np.ndarray) -> None:
    from matplotlib import pyplot

    model = GradientDescentClassifier(batch_size=batch_size, ridge=0.01).fit(rows, classes)
    axes = model.path_.plot("objective")
    assert axes.get_xlabel() and len(axes.lines) >= 1
    pyplot.close(axes.figure)
    # What a notebook shows of the estimator.
    assert "GradientDescentClassifier" in model._repr_html_()


def test_rows_that_a_line_meets_exactly_are_no_lack_of_convergence(
    rows: np.ndarray, target: np.ndarray
) -> None:
    # The objective falls for ever, by a share of next to nothing. Warnings are errors here.
    model = GradientDescentRegressor().fit(rows, target)
    assert model.path_.last.objective < 1e-12 * np.var(target)


@pytest.mark.parametrize("name", ["squared-hinge", "squared hinge", "Squared_Hinge"])
def test_losses_are_named_as_elsewhere(name: str, rows: np.ndarray, classes: np.ndarray) -> None:
    model = GradientDescentClassifier(name, max_iter=5, tol=None).fit(rows, classes)
    same = steepest.fit(rows, classes == "below", loss=name, epochs=5)
    assert model.path_.at(0).objective == pytest.approx(same.path.at(0).objective)


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
    assert isinstance(path.path, MinibatchPath)
    assert model.n_iter_ == path.path.last_epoch == 4
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


# Noise in the target leaves noise in the slopes, for one row at a time a sixteenth of it: the bound
# is three standard deviations there. Without noise only what is not yet descended is left.
@pytest.mark.parametrize(("noise", "bound"), [(0.0, 1e-3), (0.1, 0.02)])
@pytest.mark.parametrize("options", [{}, {"batch_size": 1}, {"loss": "huber", "batch_size": 8}])
def test_partial_fit_of_rows_that_grow_is_stable(
    options: dict[str, Any], noise: float, bound: float, rng: np.random.Generator
) -> None:
    # The first rows are a thirtieth of the last in size: their own best rate is far too large.
    rows = rng.normal(size=(20_000, 5)) * np.linspace(0.1, 3.0, 20_000)[:, None]
    slopes = np.array([1.0, -2.0, 0.5, 3.0, 0.0])
    target = rows @ slopes + noise * rng.normal(size=len(rows))
    model = GradientDescentRegressor(**options, random_state=0)
    for first in range(0, len(rows), 200):
        model.partial_fit(rows[first : first + 200], target[first : first + 200])
    assert model.coef_ == pytest.approx(slopes, abs=bound)


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


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("form", [csr_array, csc_array, coo_array])
def test_partial_fit_takes_sparse_rows(
    form: Any, batch_size: int | None, rng: np.random.Generator
) -> None:
    model = GradientDescentRegressor(batch_size=batch_size, random_state=0)
    table = np.where(rng.random((200, 3)) < 0.4, rng.normal(size=(200, 3)), 0.0)
    for _ in range(100):
        model.partial_fit(form(table), table @ [1.0, 2.0, 3.0] + 4.0)
    assert model.coef_ == pytest.approx([1.0, 2.0, 3.0], abs=0.02)
    assert model.intercept_ == pytest.approx(4.0, abs=0.02)
    # What began with sparse rows goes on with dense ones.
    model.partial_fit(table, table @ [1.0, 2.0, 3.0] + 4.0)
    assert model.coef_ == pytest.approx([1.0, 2.0, 3.0], abs=0.02)


def test_partial_fit_weighs_classes_that_a_piece_has_none_of(
    rows: np.ndarray, classes: np.ndarray
) -> None:
    options: dict[str, Any] = {"batch_size": 10, "shuffle": False, "lr": 0.1}
    weighed = GradientDescentClassifier(class_weight={"above": 3.0}, **options)
    plain = GradientDescentClassifier(**options)
    for part in (slice(None), classes == "below", classes == "above"):
        piece, kinds = rows[part], classes[part]
        weighed.partial_fit(piece, kinds, classes=["above", "below"])
        weights = np.where(kinds == "above", 3.0, 1.0)
        plain.partial_fit(piece, kinds, classes=["above", "below"], sample_weight=weights)
    assert weighed.coef_ == pytest.approx(plain.coef_, rel=1e-13)


def test_a_stream_that_was_copied_goes_on_alike(rows: np.ndarray, target: np.ndarray) -> None:
    model = GradientDescentRegressor(batch_size=7, random_state=0).partial_fit(rows, target)
    copy = pickle.loads(pickle.dumps(model))
    assert copy.partial_fit(rows, target).coef_.tolist() == (
        model.partial_fit(rows, target).coef_.tolist()
    )


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
        GradientDescentRegressor(optimizer="sgd", max_iter=3).fit(rows, target)


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
        "no loss 'huber' of a classifier; there are logistic, hinge, squared-hinge.",
    ),
    (
        lambda: GradientDescentRegressor("poisson").fit(X, [1, 2, 3, -1]),
        "poisson loss needs a target that is 0 or more: row 4 (index 3) holds -1.",
    ),
    (
        lambda: GradientDescentRegressor(l1=-1.0).fit(X, Y),
        "l1 must be 0 or more, not -1.0.",
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
        "average is of mini-batches: give a batch_size.",
    ),
    (
        lambda: GradientDescentRegressor(optimizer="adam").fit(X, Y),
        "lr auto is computed from the curvature for SGD; give Adam a number, for example torch's "
        "default, 0.001",
    ),
    (
        lambda: GradientDescentRegressor(optimizer="adam", batch_size=2).fit(X, Y),
        "lr auto is computed from the curvature for SGD; give Adam a number, for example torch's "
        "default, 0.001",
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
        lambda: GradientDescentRegressor(l1="path", batch_size=2).fit(X, Y),
        "a path of l1 is of minima, which mini-batches end near; leave batch_size out.",
    ),
    (
        lambda: GradientDescentRegressor(ridge="path").partial_fit(X, Y),
        "a path of ridge needs all rows at once; give partial_fit a number.",
    ),
    (
        lambda: GradientDescentRegressor("poisson", errors="HC3").fit(X, Y),
        "errors HC3 belongs to squared loss; with poisson use 'robust'",
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
    (
        lambda: GradientDescentRegressor("squared_error").fit(X, Y),
        "no loss 'squared_error' of a regressor; there are squared, absolute, huber, quantile, "
        "log-cosh, poisson, gamma, tweedie. What you mean is here called 'squared'.",
    ),
    (
        lambda: GradientDescentRegressor(None).fit(X, Y),  # type: ignore[arg-type]  # on purpose
        "no loss None of a regressor; there are squared, absolute, huber, quantile, log-cosh, "
        "poisson, gamma, tweedie.",
    ),
    (
        lambda: GradientDescentClassifier(class_weight="even").fit(X, SORTS),
        "class_weight must be None, 'balanced' or weights by class, not 'even'.",
    ),
    (
        lambda: GradientDescentClassifier(class_weight={"a": 2, "c": 1}).fit(X, SORTS),
        "class_weight names 'c', which is none of the classes 'a', 'b'.",
    ),
    (
        lambda: GradientDescentClassifier(class_weight={"a": -2}).fit(X, SORTS),
        "the class_weight of 'a' must be a number, 0 or more, not -2.",
    ),
    (
        lambda: (
            GradientDescentRegressor()
            .partial_fit(X, Y)
            .set_params(fit_intercept=False)
            .partial_fit(X, Y)
        ),
        "fit_intercept was True at the first call: leave it so.",
    ),
]


@pytest.mark.parametrize(("act", "message"), REFUSED)
def test_what_is_refused_and_why(act: Act, message: str) -> None:
    with pytest.raises(steepest.InputError) as caught:
        act()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "name", ["positive", "fit_intercept", "standardize", "shuffle", "average", "warm_start"]
)
@pytest.mark.parametrize("value", ["no", None, 1])
def test_a_switch_is_true_or_false(name: str, value: object) -> None:
    model = GradientDescentClassifier(batch_size=2).set_params(**{name: value})
    for act in (model.fit, lambda X, y: model.partial_fit(X, y, classes=["a", "b"])):
        with pytest.raises(InputError) as caught:
            act(X, SORTS)
        assert str(caught.value) == f"{name} must be True or False, not {value!r}."


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


@pytest.mark.parametrize("options", [{"l1": 0.3}, {"l1": 0.2, "ridge": 0.1}, {"positive": True}])
@pytest.mark.parametrize("weighted", [False, True])
def test_squared_loss_with_kinks_descends_on_moments(
    options: dict[str, Any], weighted: bool, rows: np.ndarray, target: np.ndarray
) -> None:
    weights = np.arange(len(rows)) % 3 + 0.0 if weighted else None
    for standardize in (True, False):
        ours = GradientDescentRegressor(
            lr=0.05, max_iter=40, tol=None, standardize=standardize, **options
        )
        ours.fit(rows, target, weights)
        assert type(ours.path_.problem).__name__ == "MomentsProblem"
        sparse = clone(ours).fit(csr_array(rows), target, weights)  # walks over the rows
        assert ours.path_.names == sparse.path_.names
        assert ours.coef_ == pytest.approx(sparse.coef_, rel=1e-9, abs=1e-12)
        assert ours.intercept_ == pytest.approx(sparse.intercept_, rel=1e-9)
        for k in (0, 1, 40):
            there = sparse.path_.at(k).objective
            assert ours.path_.at(k).objective == pytest.approx(there, rel=1e-9)


@pytest.mark.parametrize("loss", ["squared", "huber", "poisson"])
@pytest.mark.parametrize("form", [np.asarray, csr_matrix])
def test_columns_that_others_explain_are_left_out(
    loss: str, form: Any, rows: np.ndarray, target: np.ndarray
) -> None:
    counts = np.exp(target / 8.0) if loss == "poisson" else target
    wide = form(np.column_stack([rows, rows[:, 0] + rows[:, 1], np.full(len(rows), 3.0)]))
    model = GradientDescentRegressor(loss).fit(wide, counts)
    alone = GradientDescentRegressor(loss).fit(rows, counts)
    assert model.coef_[:-2] == pytest.approx(alone.coef_, rel=1e-6)
    assert model.coef_[-2:].tolist() == [0.0, 0.0]
    p = rows.shape[1]
    assert f"'x{p + 1}' = 'x1' + 'x2': coefficient 0" in model.notes_
    again = model.set_params(warm_start=True).fit(wide, counts)
    assert again.coef_[:-2] == pytest.approx(alone.coef_, rel=1e-6)
    with pytest.raises(ValueError, match="are linearly dependent"):
        model.set_params(dependent="error").fit(wide, counts)
    kept = GradientDescentRegressor(loss, ridge=0.01).fit(wide, counts)
    assert kept.notes_ == ()
    assert kept.coef_[-2] != 0.0
    with pytest.raises(ValueError, match="dependent must be 'drop' or 'error', not 'share'"):
        GradientDescentRegressor(dependent="share").fit(rows, counts)


@pytest.mark.parametrize("options", [{"l1": "path"}, {"ridge": "path:1se", "loss": "huber"}])
def test_a_strength_is_chosen_as_fit_does(
    options: Any, rows: np.ndarray, target: np.ndarray
) -> None:
    model = GradientDescentRegressor(**options, folds=3)
    assert clone(model).get_params() == model.get_params()
    model.fit(rows, target)
    known = steepest.fit(rows, target, **options, folds=3)
    assert known.regularization is not None
    assert model.regularization_.strength == known.regularization.strength
    assert model.coef_ == pytest.approx(list(known.coefficients.values()), rel=1e-8)
    assert model.inference_ is None
    assert not hasattr(model.set_params(l1=0.0, ridge=0.0).fit(rows, target), "regularization_")


@pytest.mark.filterwarnings("error")
def test_numbers_of_numpy_stay_as_they_are_given_and_keep_no_precision_out() -> None:
    rows, target = [[1.0], [2.0], [4.0]], [1.0, 3.0, 4.0]
    ours = GradientDescentRegressor(ridge=0.125).fit(rows, target)
    for number in (np.float16(0.125), np.float64(0.125)):
        model = GradientDescentRegressor().set_params(ridge=number)
        assert clone(model).get_params()["ridge"] is number
        assert clone(model).fit(rows, target).coef_.tolist() == ours.coef_.tolist()


def test_standard_errors_are_those_of_statsmodels(rows: np.ndarray, classes: np.ndarray) -> None:
    answer = (classes == classes[0]).astype(float)
    answer[:8] = 1.0 - answer[:8]
    exog = sm.add_constant(rows)
    for kind in ("classical", "robust"):
        oracle = sm.Logit(answer, exog).fit(
            disp=0, tol=1e-14, cov_type="HC0" if kind == "robust" else "nonrobust"
        )
        model = GradientDescentClassifier(errors=kind).fit(rows, answer)
        assert model.inference_ is not None
        found = [each.standard_error for each in model.inference_.intervals.values()]
        assert found == pytest.approx([*oracle.bse[1:], oracle.bse[0]], rel=1e-7)
    assert GradientDescentClassifier(batch_size=8).fit(rows, answer).inference_ is None
    assert pickle.loads(pickle.dumps(model)).inference_ is None


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("arguments", [{}, {"ridge": 0.1}, {"batch_size": 32, "max_iter": 1}])
def test_a_value_of_many_rows_that_is_not_finite_is_refused(
    rng: np.random.Generator, bad: float, arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of many rows the pass that gathers their moments finds it.
    monkeypatch.setattr("steepest.problems.design_matrix.LEAST_NUMBERS", 100)
    rows = rng.normal(size=(ROWS, 3))
    rows[120, 1] = bad
    for model in (GradientDescentClassifier, GradientDescentRegressor):
        with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
            model(**arguments).fit(rows, np.arange(ROWS) % 2)


@pytest.mark.parametrize("labels", [[0, 1], [-1.0, 1.0], [True, False], ["a", "b"], [3, 7]])
def test_classes_are_told_in_their_order(rows: np.ndarray, labels: list[Any]) -> None:
    chosen = np.array(labels)[(rows[:, 0] > 0.0).astype(int)]
    model = GradientDescentClassifier(ridge=0.001).fit(rows, chosen)
    assert model.classes_.tolist() == np.unique(labels).tolist()
    assert model.classes_.dtype == chosen.dtype
    assert (model.predict(rows) == chosen).mean() > 0.9
