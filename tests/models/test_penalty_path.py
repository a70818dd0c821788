"""The strength of a penalty chosen along its path: scikit-learn's paths and choices, optimality at
every strength, and what becomes of weights, copies, Ctrl-C, files and lazy frames.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import (
    ElasticNet,
    LassoCV,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeCV,
    lasso_path,
)

import steepest
from steepest.descent import penalty_path
from steepest.descent.penalty_path import NewtonMinima, QuadraticMinima
from steepest.errors import InputError, StorageError
from steepest.losses import Logistic
from steepest.models import gathered_rows
from steepest.models.regularization import RegularizationPath
from steepest.pictures.picture import LeftOut
from steepest.pictures.regularization import RegularizationView
from steepest.problems.linear_in_engine import lazy_problem
from steepest.storage.container import read_container, write_container
from steepest.tables.column_encoding import Encoding
from steepest.tables.frames.lazy import open_lazy
from steepest.tables.holdout_split import Split

Numbers = NDArray[np.float64]


def standardized(columns: Numbers) -> Numbers:
    return np.asarray((columns - columns.mean(axis=0)) / columns.std(axis=0))


DIABETES = load_diabetes()
X, Y = standardized(DIABETES.data), DIABETES.target
CANCER = load_breast_cancer()
C, SORT = standardized(CANCER.data[:, :8]), CANCER.target
SPLITS = [
    (np.flatnonzero(part), np.flatnonzero(~part))
    for part in (Split.cross_validation(5, 0).part(np.arange(len(Y))) != i for i in range(5))
]
EXACT: Mapping[str, Any] = {"tol": 1e-12, "max_iter": 100_000}


def fit(source: Any, target: Any, **options: Any) -> steepest.Fit:
    return steepest.fit(source, target, **options)


def path_of(found: steepest.Fit) -> RegularizationPath:
    assert found.regularization is not None
    return found.regularization


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path of few strengths, where their number does not matter."""
    monkeypatch.setattr(penalty_path, "POINTS", 12)


@pytest.fixture(scope="module")
def lasso() -> steepest.Fit:
    # Without standardising every fold has the same coordinates, as scikit-learn has.
    return fit(X, Y, l1="path", standardize=False)


@pytest.fixture(scope="module")
def logistic() -> steepest.Fit:
    return fit(C, SORT, loss="logistic", l1="path", validation=0.3)


def test_the_path_is_scikit_learns(lasso: steepest.Fit) -> None:
    path = path_of(lasso)
    # Theirs is ½r²: half of our strength.
    alphas, coefficients, _ = lasso_path(X, Y - Y.mean(), alphas=path.strengths / 2.0, **EXACT)
    assert alphas == pytest.approx(path.strengths / 2.0)
    assert path.parameters[:, :-1] == pytest.approx(coefficients.T, abs=1e-6)
    assert path.parameters[:, -1] == pytest.approx(Y.mean())
    assert path.nonzero.tolist() == np.count_nonzero(coefficients, axis=0).tolist()


def test_the_grid_is_scikit_learns(lasso: steepest.Fit) -> None:
    path = path_of(lasso)
    largest = np.abs(X.T @ (Y - Y.mean())).max() / len(Y)
    grid = largest * np.logspace(0.0, -4.0, 100)
    assert path.strengths / 2.0 == pytest.approx(grid, rel=1e-12)
    assert path.nonzero[0] == 0 < path.nonzero[1]


def test_the_choice_is_scikit_learns(lasso: steepest.Fit) -> None:
    path = path_of(lasso)
    peer = LassoCV(alphas=path.strengths / 2.0, cv=SPLITS, **EXACT).fit(X, Y)
    assert path.held_out == pytest.approx(peer.mse_path_.mean(axis=1), rel=1e-8)
    errors = peer.mse_path_.std(axis=1, ddof=1) / np.sqrt(5.0)
    assert path.standard_error == pytest.approx(errors, rel=1e-6)
    assert path.strength / 2.0 == pytest.approx(peer.alpha_)
    assert lasso.settings.l1 == path.strength
    assert list(lasso.coefficients.values()) == pytest.approx(peer.coef_, abs=1e-6)
    assert lasso.validation is not None
    assert lasso.validation.objective == pytest.approx(peer.mse_path_.mean(axis=1).min())
    assert lasso.validation.rows == len(Y)


def test_one_standard_error_is_the_largest_strength_within_it(lasso: steepest.Fit) -> None:
    found = path_of(fit(X, Y, l1="path:1se", standardize=False, folds=5))
    path = path_of(lasso)
    assert path.standard_error is not None
    most = path.held_out.min() + path.standard_error[path.held_out.argmin()]
    expected = path.strengths[path.held_out <= most].max()
    assert found.strength == expected > path.strength
    assert found.rule == "one standard error"


def test_the_duality_gap_vanishes_at_every_strength(lasso: steepest.Fit) -> None:
    # ‖y − Xw‖²/n + λ‖w‖₁ and its dual, at the residual scaled into the dual's domain.
    path, n = path_of(lasso), len(Y)
    for strength, w, objective in zip(
        path.strengths, path.parameters[:, :-1], path.objective, strict=True
    ):
        r = Y - Y.mean() - X @ w
        primal = r @ r / n + strength * np.abs(w).sum()
        u = r * min(1.0, strength * n / 2.0 / np.abs(X.T @ r).max())
        dual = (2.0 * u @ (Y - Y.mean()) - u @ u) / n
        assert objective == pytest.approx(primal)
        assert 0.0 <= primal - dual + 1e-9 <= 1e-7 * primal
    assert path.arrived.all()


def test_the_elastic_net_holds_its_ridge() -> None:
    path = path_of(fit(X, Y, l1="path", ridge=0.2, validation=0.25))
    rows = Split.validation(0.25, 0).part(np.arange(len(Y))) == 0
    train, spread = standardized(X[rows]), X[rows].std(axis=0)
    for i in (10, 40, 99):
        alpha = path.strengths[i] / 2.0 + 0.2
        peer = ElasticNet(alpha=alpha, l1_ratio=path.strengths[i] / 2.0 / alpha, **EXACT)
        peer.fit(train, Y[rows])
        assert path.parameters[i, :-1] * spread == pytest.approx(peer.coef_, abs=1e-6)


def test_the_ridge_path_is_scikit_learns() -> None:
    options: Mapping[str, Any] = {"standardize": False, "reduction": "sum"}
    found = fit(X, Y, ridge="path", **options)
    path = path_of(found)

    def squares(model: Any, rows: Numbers, target: Numbers) -> float:
        return -float(np.square(target - model.predict(rows)).sum())

    peer = RidgeCV(alphas=path.strengths, cv=SPLITS, scoring=squares).fit(X, Y)
    assert path.strength == pytest.approx(peer.alpha_)
    assert path.held_out.min() == pytest.approx(-peer.best_score_, rel=1e-9)
    for i in (0, 50, 99):
        model = Ridge(alpha=path.strengths[i]).fit(X, Y)
        assert path.parameters[i, :-1] == pytest.approx(model.coef_, rel=1e-8, abs=1e-9)
        objective = np.square(Y - model.predict(X)).sum()
        objective += path.strengths[i] * np.square(model.coef_).sum()
        assert path.objective[i] == pytest.approx(objective)
    assert list(found.coefficients.values()) == pytest.approx(peer.coef_, rel=1e-8)
    assert found.verdict.kind == "converged"


def test_the_ridge_path_reaches_from_nearly_nothing_to_least_squares() -> None:
    path = path_of(fit(X, Y, ridge="path", validation=0.2))
    rows = Split.validation(0.2, 0).part(np.arange(len(Y))) == 0
    table = np.column_stack([X[rows], np.ones(rows.sum())])
    whole = np.linalg.lstsq(table, Y[rows])[0][:-1]
    assert np.abs(path.parameters[0, :-1]).max() < 2e-3 * np.abs(whole).max()
    assert path.parameters[-1, :-1] == pytest.approx(whole, rel=5e-3, abs=0.05)
    assert path.strengths[0] > 1e6 * path.strengths[-1]


def test_logistic_l1_is_optimal_at_every_strength(logistic: steepest.Fit) -> None:
    path = path_of(logistic)
    rows = Split.validation(0.3, 0).part(np.arange(len(SORT))) == 0
    train, target, held = C[rows], SORT[rows], C[~rows]
    centre, spread = train.mean(axis=0), train.std(axis=0)
    for i in range(0, 100, 9):
        w, c = path.parameters[i, :-1], path.parameters[i, -1]
        residual = 1.0 / (1.0 + np.exp(-(train @ w + c))) - target
        slope = ((train - centre) / spread).T @ residual / len(target)
        assert residual.sum() == pytest.approx(0.0, abs=1e-7)
        assert np.abs(slope).max() <= path.strengths[i] * (1.0 + 1e-7)
        active = w != 0.0
        assert slope[active] == pytest.approx(-path.strengths[i] * np.sign(w[active]), rel=1e-6)
        eta = held @ w + c
        loss = np.logaddexp(0.0, eta) - SORT[~rows] * eta
        assert path.held_out[i] == pytest.approx(loss.mean())
    assert path.arrived.all()
    assert logistic.validation is not None
    assert logistic.validation.objective == pytest.approx(path.held_out.min())


def test_ridge_of_other_losses_is_scikit_learns() -> None:
    rows, counts = X[:150], np.round(Y[:150] / 20.0)
    path = path_of(fit(rows, counts, loss="poisson", ridge="path", folds=2))
    spread = rows.std(axis=0)
    for i in (20, 70):
        options: Mapping[str, Any] = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}
        peer = PoissonRegressor(alpha=2.0 * path.strengths[i], **options)
        peer.fit(standardized(rows), counts)
        assert path.parameters[i, :-1] * spread == pytest.approx(peer.coef_, rel=1e-6, abs=1e-9)
    path = path_of(fit(C[:200], SORT[:200], loss="logistic", ridge="path", folds=2))
    for i in (30, 60):
        weight = 1.0 / (2.0 * 200 * path.strengths[i])
        model = LogisticRegression(C=weight, **{"solver": "newton-cholesky", "tol": 1e-12})
        model.fit(standardized(C[:200]), SORT[:200])
        found = path.parameters[i, :-1] * C[:200].std(axis=0)
        assert found == pytest.approx(model.coef_[0], rel=1e-6, abs=1e-9)


def test_multinomial_l1_is_optimal() -> None:
    flowers, sorts = load_iris(return_X_y=True)
    found = fit(flowers[::2], sorts[::2], loss="multinomial", l1="path", validation=0.2)
    path = path_of(found)
    rows = Split.validation(0.2, 0).part(np.arange(75)) == 0
    train, target = flowers[::2][rows], sorts[::2][rows]
    at = path.parameters[30].reshape(3, 5)
    eta = train @ at[:, :4].T + at[:, 4]
    shares = np.exp(eta - eta.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    slope = (shares - np.eye(3)[target]).T @ standardized(train) / len(target)
    assert np.abs(slope).max() == pytest.approx(path.strengths[30], rel=1e-6)
    assert (np.abs(slope) <= path.strengths[30] * (1.0 + 1e-6)).all()
    assert path.nonzero[0] == 0
    assert path.arrived.all()
    assert found.verdict.kind == "converged"


def test_fewer_rows_than_columns() -> None:
    random = np.random.default_rng(5)
    wide = standardized(random.normal(size=(30, 60)))
    target = wide[:, :3] @ [3.0, -2.0, 1.0] + random.normal(size=30)
    path = path_of(fit(wide, target, l1="path", standardize=False, folds=2))
    assert path.strengths[-1] / path.strengths[0] == pytest.approx(1e-2)
    centred = target - target.mean()
    _, coefficients, _ = lasso_path(wide, centred, alphas=path.strengths / 2.0, **EXACT)
    assert path.parameters[:, :-1] == pytest.approx(coefficients.T, abs=1e-6)
    ridge = path_of(fit(wide, target, ridge="path", standardize=False, folds=2))
    peer = Ridge(alpha=30 * ridge.strengths[60]).fit(wide, target)
    assert ridge.parameters[60, :-1] == pytest.approx(peer.coef_, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_weights_are_rows_that_come_again(loss: str, few: None) -> None:
    weights, target = np.arange(160) % 3, SORT[:160].astype(float)
    options: Mapping[str, Any] = {"loss": loss, "l1": "path", "folds": 2}
    weighed = path_of(fit(C[:160, :3], target, weights=weights, **options))
    again = np.repeat(np.arange(160), weights)
    repeated = path_of(fit(C[again, :3], target[again], **options))
    assert weighed.strengths == pytest.approx(repeated.strengths)
    assert weighed.parameters == pytest.approx(repeated.parameters, abs=1e-7)


def test_copies_and_constants_do_no_harm_to_l1(few: None) -> None:
    plain = path_of(fit(X[:, :3], Y, folds=3, l1="path"))
    more = np.column_stack([X[:, :3], np.full(len(Y), 7.0), 2.0 * X[:, 0]])
    found = fit(more, Y, folds=3, l1="path")
    path = path_of(found)
    assert path.strengths == pytest.approx(plain.strengths, rel=1e-9)
    assert path.held_out == pytest.approx(plain.held_out, rel=1e-7)
    assert found.coefficients["x4"] == 0.0
    assert path.objective == pytest.approx(plain.objective, rel=1e-9)


def test_copies_share_what_ridge_leaves_and_constants_nothing(few: None) -> None:
    more = np.column_stack([X[:, :3], np.full(len(Y), 7.0), 2.0 * X[:, 0]])
    found = fit(more, Y, folds=3, ridge="path")
    kept = more[:, [0, 1, 2, 4]]
    path, z = path_of(found), standardized(kept)
    assert found.coefficients["x4"] == 0.0
    for place in (0, len(path.strengths) // 2, len(path.strengths) - 1):
        peer = Ridge(alpha=len(z) * path.strengths[place], solver="svd").fit(z, Y)
        slopes = [path.at(place)[name] for name in ("x1", "x2", "x3", "x5")] * kept.std(axis=0)
        assert slopes == pytest.approx(peer.coef_, rel=1e-9)


def test_coefficients_of_0_or_more() -> None:
    path = path_of(fit(X, Y, l1="path", positive=True, validation=0.2))
    rows = Split.validation(0.2, 0).part(np.arange(len(Y))) == 0
    options: Mapping[str, Any] = {"positive": True, **EXACT}
    centred = Y[rows] - Y[rows].mean()
    alphas = path.strengths / 2.0
    _, coefficients, _ = lasso_path(standardized(X[rows]), centred, alphas=alphas, **options)
    found = path.parameters[:, :-1] * X[rows].std(axis=0)
    assert found == pytest.approx(coefficients.T, abs=1e-6)
    assert path.nonzero[0] == 0 < path.nonzero[1]


@pytest.mark.parametrize("way", [NewtonMinima, QuadraticMinima])
def test_ctrl_c_keeps_the_strengths_that_are_done(
    monkeypatch: pytest.MonkeyPatch, way: Any
) -> None:
    at, calls = way.at, 0

    def interrupted(self: Any, strength: float) -> Any:
        nonlocal calls
        calls += 1
        if calls == 50:
            raise KeyboardInterrupt
        return at(self, strength)

    monkeypatch.setattr(way, "at", interrupted)
    penalty = "l1" if way is NewtonMinima else "ridge"
    found = fit(X, Y, folds=4, **{penalty: "path"})
    path = path_of(found)
    assert path.interrupted
    assert len(path.strengths) == len(path.held_out) == len(path.parameters) == 9  # 45 of 49 minima
    assert found.verdict.kind == "converged"
    assert any("Ctrl-C ended the path of strengths after 9" in note for note in found.notes)


def test_ctrl_c_before_the_first_strength_ends_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Any, strength: float) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(NewtonMinima, "at", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(X, Y, l1="path")


def test_a_file_of_several_blocks_and_a_lazy_frame(tmp_path: Path, few: None) -> None:
    # A block of two columns has 61,440 rows.
    random = np.random.default_rng(1)
    rows = random.normal(size=(62_000, 2)).round(3)
    target = (rows @ [1.0, -0.5] + random.normal(size=62_000)).round(3)
    frame = polars.DataFrame({"a": rows[:, 0], "b": rows[:, 1], "y": target})
    frame.write_csv(tmp_path / "rows.csv")
    whole = path_of(fit(rows, target, l1="path", folds=2))
    read = path_of(fit(tmp_path / "rows.csv", "y", l1="path", folds=2))
    assert read.held_out == pytest.approx(whole.held_out, rel=1e-9)
    lazy = fit(frame.head(2000).lazy(), "y", l1="path")
    eager = path_of(fit(frame.head(2000), "y", l1="path"))
    path = path_of(lazy)
    assert path.parameters == pytest.approx(eager.parameters, abs=1e-8)
    # Its rows have no numbers: they are sent to other folds.
    assert path.held_out == pytest.approx(eager.held_out, rel=0.02)
    assert lazy.metrics.mae == pytest.approx(
        np.abs(target[:2000] - lazy.predict(rows[:2000])).mean()
    )
    ridge = path_of(fit(frame.head(2000).lazy(), "y", ridge="path"))
    assert ridge.parameters[-1, :-1] == pytest.approx([1.0, -0.5], abs=0.1)


COUNTS = np.random.default_rng(2).poisson(np.exp(C[:, 0] / 2.0))


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> polars.DataFrame:
    """A table of classes and counts, whose file counts as larger than memory."""
    monkeypatch.setattr(penalty_path, "POINTS_ELSEWHERE", 5)
    columns = {"a": C[:, 0], "b": C[:, 1], "c": C[:, 2], "logistic": SORT, "poisson": COUNTS}
    frame = polars.DataFrame(columns)
    frame.write_csv(tmp_path / "rows.csv")
    monkeypatch.setattr(gathered_rows, "memory_bytes", lambda: 1.0)
    return frame


def optimal(path: RegularizationPath, rows: Numbers, target: Numbers, loss: str) -> None:
    """At each strength of L1 every slope of the mean loss is that, or less where a coefficient is 0
    (their columns are standardised already).
    """
    for strength, theta in zip(path.strengths, path.parameters, strict=True):
        eta = rows @ theta[:-1] + theta[-1]
        mean = 1.0 / (1.0 + np.exp(-eta)) if loss == "logistic" else np.exp(eta)
        slope = rows.T @ (mean - target) / len(target)
        assert (mean - target).mean() == pytest.approx(0.0, abs=1e-5)
        bound = np.where(theta[:-1] == 0.0, np.clip(slope, -strength, strength), 0.0)
        assert slope == pytest.approx(bound - strength * np.sign(theta[:-1]), abs=1e-5)


@pytest.mark.parametrize("loss", ["logistic", "poisson"])
def test_the_path_of_a_file_larger_than_memory(
    loss: str, elsewhere: polars.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"loss": loss, "features": ["a", "b", "c"], "folds": 3}
    read = fit(tmp_path / "rows.csv", loss, l1="path", **options)
    path = path_of(read)
    optimal(path, C[:, :3], elsewhere[loss].to_numpy(), loss)
    (note,) = [note for note in read.notes if "along the path the rows were looked at" in note]
    assert 4 * 5 < int(note.split()[-2]) <= 4 * 5 * 11 + 20
    # Folds are of the rows' numbers, as in memory.
    monkeypatch.setattr(penalty_path, "POINTS", 5)
    whole = fit(elsewhere, loss, l1="path", **options)
    assert path.held_out == pytest.approx(path_of(whole).held_out, rel=1e-4)
    assert path.chosen == path_of(whole).chosen
    assert read.step.parameters == pytest.approx(whole.step.parameters, abs=1e-8)
    assert read.held_out is not None and whole.held_out is not None
    assert read.held_out.rows == len(SORT)
    assert read.held_out.metrics.mean_loss == pytest.approx(
        whole.held_out.metrics.mean_loss, rel=1e-4
    )


@pytest.mark.parametrize("loss", ["logistic", "poisson"])
def test_the_path_of_a_lazy_frame(loss: str, elsewhere: polars.DataFrame) -> None:
    options: dict[str, Any] = {"loss": loss, "features": ["a", "b", "c"]}
    found = fit(open_lazy(elsewhere.lazy()), loss, l1="path", folds=2, **options)
    optimal(path_of(found), C[:, :3], elsewhere[loss].to_numpy(), loss)
    assert found.verdict.kind == "converged"
    assert found.held_out is not None and found.held_out.rows == len(SORT)
    # The halves differ from those of numbered rows; either loss is of rows that were not seen.
    alone = fit(elsewhere, loss, l1=path_of(found).strength, validation=0.5, **options)
    assert alone.held_out is not None
    assert found.held_out.metrics.mean_loss == pytest.approx(alone.held_out.objective, rel=0.15)


def test_rows_of_an_engine_are_held_out(elsewhere: polars.DataFrame) -> None:
    table = open_lazy(elsewhere.lazy())
    options: dict[str, Any] = {"features": ["a", "b", "c"]}
    found = fit(open_lazy(elsewhere.lazy()), "logistic", loss="logistic", validation=0.3, **options)
    assert found.held_out is not None
    encoding = Encoding.learn(table, "logistic", **options)
    posed = lazy_problem(table, encoding, loss=Logistic(), split=Split.validation(0.3, 0))
    ((training, held),) = posed.lazy_rows.parts
    rows = training.frame.collect().to_numpy(), held.frame.collect().to_numpy()
    assert len(rows[0]) + len(rows[1]) == len(SORT) == found.rows
    assert found.held_out.rows == len(rows[1]) == pytest.approx(0.3 * len(SORT), rel=0.2)
    slopes = np.array(list(found.coefficients.values()))
    eta, sort = (
        (rows[1][:, :3] + posed.coordinates.centre) @ slopes + found.intercept,
        rows[1][:, 3],
    )
    assert found.held_out.objective == pytest.approx((np.logaddexp(0.0, eta) - sort * eta).mean())
    assert found.held_out.metrics.accuracy == pytest.approx(((eta > 0.0) == sort).mean())


@pytest.mark.parametrize(
    ("target", "options"),
    [(Y, {"l1": "path:1se"}), (Y, {"ridge": "path", "validation": 0.2}), (Y > 140, {"l1": "path"})],
)
def test_a_file_gives_all_back(
    target: Any, options: dict[str, Any], tmp_path: Path, few: None
) -> None:
    loss = "logistic" if target.dtype == bool else "squared"
    found = fit(X[:100, :3], target[:100], loss=loss, **options)
    found.save(tmp_path / "fit.steepest")
    again = steepest.load(tmp_path / "fit.steepest")
    assert isinstance(again, steepest.Fit)
    assert again.summary() == found.summary()
    told, expected = again.to_dict(), found.to_dict()
    assert told["regularization"] is not None
    assert told["regularization"] == expected["regularization"]
    assert told["validation"] == expected["validation"]
    assert told["coefficients"] == expected["coefficients"]
    arrays, description = read_container(tmp_path / "fit.steepest", "fit")
    arrays["regularization.strengths"] = arrays["regularization.strengths"][::-1].copy()
    write_container(tmp_path / "fit.steepest", arrays, description, "fit")
    with pytest.raises(StorageError, match="array strengths is damaged: expected numbers above 0"):
        steepest.load(tmp_path / "fit.steepest")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"l1": "path", "ridge": "path"}, "l1 and ridge are both to be chosen along a path"),
        ({"l1": "paths"}, "l1 is 'paths'; give a number, 'path'"),
        ({"ridge": "path:best"}, "ridge is 'path:best'; give a number, 'path'"),
        ({"l1": "path", "loss": "absolute"}, "absolute loss has kinks; give l1 a number"),
        ({"ridge": "path", "loss": "hinge"}, "hinge loss has kinks; give ridge a number"),
        ({"l1": "path", "batch_size": 10}, "mini-batches end near; leave batch_size out"),
        ({"l1": "path:1se", "validation": 0.2}, "one held-out part has no standard error"),
        ({"l1": "path", "validation": 0.2, "folds": 3}, "split the rows in two ways"),
        ({"l1": "path", "folds": 400}, "no row was left for fold"),
    ],
)
def test_what_cannot_be_chosen_is_told(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit(X, Y, **options)


def test_other_refusals() -> None:
    with pytest.raises(InputError, match="the target 'y' is 5 in every row: there is nothing to"):
        fit(X, np.full(len(Y), 5.0), l1="path")
    level = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] * 40)
    parity = level[:, 0] != level[:, 1]
    with pytest.raises(InputError, match="no feature lowers the objective from where all"):
        fit(level, parity, loss="logistic", l1="path")
    with pytest.raises(InputError, match="moments have no rows to hold out"):
        fit(steepest.Moments.of(X, Y), None, l1="path")
    with pytest.raises(InputError, match="a study compares descents on one objective"):
        steepest.study(X, Y, l1="path")


def test_the_picture_and_the_report_show_it(logistic: steepest.Fit, tmp_path: Path) -> None:
    view = RegularizationView.of(logistic)
    path = path_of(logistic)
    rows = Split.validation(0.3, 0).part(np.arange(len(SORT))) == 0
    assert view.effects == pytest.approx(path.parameters[:, :-1] * C[rows].std(axis=0))
    sizes = np.abs(view.effects[path.chosen])
    named = [f"x{i + 1}" for i in np.argsort(-sizes) if sizes[i] > 0.0]
    assert list(view.names)[: len(named)] == named
    axes = logistic.plot("regularization").figure.axes
    assert axes[0].get_xscale() == "log"
    assert axes[0].get_xlim()[0] > path.strengths[0] > path.strengths[-1] > axes[0].get_xlim()[1]
    logistic.report(tmp_path / "fit.html")
    page = (tmp_path / "fit.html").read_text(encoding="utf-8")
    assert page.count("Choice of the penalty&#x27;s strength") == 2  # a picture and a table
    assert f"l1 is {path.strength:.4g}" in logistic.summary()
    with pytest.raises(LeftOut, match="No strength of a penalty was chosen along a path"):
        fit(X, Y).plot("regularization")
    assert fit(X, Y).missing("regularization").startswith("No strength of a penalty")


def test_the_terminal_marks_the_choice(lasso: steepest.Fit) -> None:
    path = path_of(lasso)
    (line,) = [line for line in lasso.summary().splitlines() if line.startswith("lowest, chosen")]
    assert line.split()[2:4] == [f"{path.strength:.4g}", str(path.nonzero[path.chosen])]
    told = lasso.to_dict()["regularization"]
    assert isinstance(told, dict)
    assert told["strength"] == path.strength
    assert told["path"][0]["nonzero"] == 0
