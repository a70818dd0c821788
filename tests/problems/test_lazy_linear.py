"""Linear models of rows in an engine: what the same rows in memory give, from one query each."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression, PoissonRegressor

import steepest
from steepest.descent.optimizers import SGD
from steepest.descent.plan import Plan
from steepest.errors import InputError
from steepest.losses import (
    Absolute,
    Gamma,
    Hinge,
    Huber,
    LogCosh,
    Logistic,
    Loss,
    Multinomial,
    Poisson,
    Quantile,
    ScalarLoss,
    Squared,
    SquaredHinge,
    Tweedie,
)
from steepest.losses.engine_columns import Stages, staged_curvature, staged_loss, staged_softmax
from steepest.path.full_batch import descend_fully
from steepest.penalties.penalties import L2, ElasticNet, Penalty
from steepest.problems import engine_survey as lazy_rows
from steepest.problems import linear_in_engine as lazy_linear
from steepest.problems.engine_survey import class_labels
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_in_engine import LazyLinearProblem, lazy_problem
from steepest.tables.blocks import Tally
from steepest.tables.column_encoding import Encoding
from steepest.tables.frames.eager import open_frame
from steepest.tables.frames.lazy import LazyFrameTable, open_lazy
from steepest.tables.frames.lazy_expressions import fetch

ROWS = 200


def houses(rows: int = ROWS) -> pl.DataFrame:
    random = np.random.default_rng(3)
    size = random.normal(size=rows)
    label = (size + random.normal(size=rows) > 0.3).astype(int)
    return pl.DataFrame(
        {
            "far": 1e5 + size,
            "rooms": random.integers(1, 9, rows),
            "city": random.choice(["Rome", "Oslo", "Bonn"], rows),
            "garden": random.random(rows) < 0.3,
            "importance": random.integers(0, 4, rows) / 2.0,
            "price": size + random.normal(size=rows),
            "sold": label,
            "count": random.poisson(np.exp(0.5 * size)),
            "amount": random.gamma(2.0, np.exp(0.3 * size)),
            "sort": random.integers(0, 3, rows),
            "word": np.array(["no", "yes"])[label],
        }
    )


def duck(frame: pl.DataFrame) -> Any:
    connection = duckdb.connect()
    connection.register("rows", frame.to_arrow())
    return connection.sql("select * from rows")


ENGINES: dict[str, Callable[[pl.DataFrame], Any]] = {"polars": pl.DataFrame.lazy, "duckdb": duck}
engines = pytest.mark.parametrize("engine", ENGINES)

LOSSES: list[tuple[Loss, str]] = [
    (Squared(), "price"),
    (Huber(0.5), "price"),
    (LogCosh(), "price"),
    (Logistic(), "sold"),
    (SquaredHinge(), "sold"),
    (Poisson(), "count"),
    (Gamma(), "amount"),
    (Tweedie(1.5), "count"),
    (Tweedie(3.0), "amount"),
    (Multinomial(), "sort"),
]
EVERY = pytest.mark.parametrize(("loss", "target"), LOSSES, ids=lambda value: str(value)[:12])
FEATURES = ["far", "rooms", "city", "garden"]


def both(
    there: LazyFrameTable,
    frame: pl.DataFrame,
    loss: Loss,
    target: str,
    *,
    weights: str | None = None,
    missing: Any = "error",
    penalty: Penalty | None = None,
    standardize: bool = True,
    intercept: bool = True,
) -> tuple[LazyLinearProblem, LinearProblem]:
    """The problem of rows in the engine, and that of the same rows in memory."""
    options: Any = {"loss": loss, "penalty": penalty, "standardize": standardize}
    options |= {"intercept": intercept}
    learn: Any = {"features": FEATURES, "weights": weights, "missing": missing}
    encoding = Encoding.learn(there, target, intercept=intercept, **learn)
    lazy = lazy_problem(there, encoding, **options)
    here = open_frame(frame)
    blocks = list(Encoding.learn(here, target, intercept=intercept, **learn).blocks(here, 64))
    block_weights = [block.weights for block in blocks if block.weights is not None]
    memory = LinearProblem.of(
        np.concatenate([block.features for block in blocks]),
        np.concatenate([block.target for block in blocks]),
        weights=np.concatenate(block_weights) if weights else None,
        names=encoding.names,
        **options,
    )
    return lazy, memory


def assert_same(lazy: LazyLinearProblem, memory: LinearProblem) -> None:
    """Objective, gradient and second derivative, in the same coordinates."""
    assert lazy.names == memory.names
    assert lazy.total_weight == memory.total_weight
    ours, theirs = lazy.coordinates, memory.coordinates
    assert ours.centre == pytest.approx(theirs.centre, rel=1e-14, abs=1e-14)
    assert ours.spread == pytest.approx(theirs.spread, rel=1e-12)
    memory = replace(memory, coordinates=ours)
    assert lazy.start() == pytest.approx(memory.start(), rel=1e-12, abs=1e-14)
    theta = 0.3 * np.random.default_rng(0).normal(size=len(lazy.names))
    objective, gradient = memory.objectives_and_gradient(theta)
    assert lazy.objective(theta) == pytest.approx(objective, rel=1e-12)
    scale = np.abs(gradient).max()
    assert lazy.gradient(theta) == pytest.approx(gradient, rel=1e-12, abs=1e-12 * scale)
    hessian = memory.hessian(theta)
    scale = np.abs(hessian).max()
    assert lazy.hessian(theta) == pytest.approx(hessian, rel=1e-12, abs=1e-12 * scale)
    assert lazy.curvature_bound() == pytest.approx(memory.curvature_bound(), rel=1e-12)


@engines
@EVERY
@pytest.mark.parametrize("weights", [None, "importance"])
def test_rows_in_an_engine_give_what_rows_in_memory_give(
    engine: Any, loss: Any, target: str, weights: Any
) -> None:
    there = open_lazy(ENGINES[engine](houses()))
    assert_same(
        *both(there, houses(), loss, target, weights=weights, penalty=ElasticNet(0.4, 0.25))
    )


@engines
@pytest.mark.parametrize(("loss", "target"), [(Poisson(), "count"), (Multinomial(), "sort")])
@pytest.mark.parametrize("missing", ["drop", "mean"])
@pytest.mark.parametrize("weights", [None, "importance"])
def test_missing_values(engine: Any, loss: Any, target: str, missing: Any, weights: Any) -> None:
    row = pl.int_range(ROWS)
    frame = houses().with_columns(
        pl.when(row % 7 == 0).then(None).otherwise(pl.col("far")).alias("far"),
        pl.when(row % 11 == 0).then(None).otherwise(pl.col("city")).alias("city"),
        pl.when(row % 13 == 0).then(None).otherwise(pl.col(target)).alias(target),
    )
    there = open_lazy(ENGINES[engine](frame))
    assert_same(*both(there, frame, loss, target, missing=missing, weights=weights))
    tally = Tally()
    encoding = Encoding.learn(there, target, features=FEATURES, missing="drop")
    problem = lazy_problem(there, encoding, loss=loss, tally=tally)
    kept = sum(1 for i in range(ROWS) if i % 7 and i % 11 and i % 13)
    assert (problem.rows, tally.rows_dropped) == (kept, ROWS - kept)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("intercept", [True, False])
def test_other_coordinates(standardize: bool, intercept: Any) -> None:
    frame = houses().with_columns(pl.col("far") / 1e5)
    lazy, memory = both(
        open_lazy(frame.lazy()),
        frame,
        Logistic(),
        "sold",
        standardize=standardize,
        intercept=intercept,
    )
    assert_same(lazy, memory)
    assert lazy.penalized.tolist() == memory.penalized.tolist()
    theta = lazy.start() + 0.1
    assert lazy.to_user(theta) == pytest.approx(memory.to_user(theta), rel=1e-9, abs=1e-12)


EXTREME = np.array([0.0, 1e-17, 1e-9, 1e-3, 0.3, 1.3, 5, 36, 40, 300, 700, 1e4, 1e200])


@engines
@pytest.mark.parametrize("loss", [loss for loss, _ in LOSSES if isinstance(loss, ScalarLoss)])
@pytest.mark.parametrize("y", [0.0, 0.25, 1.0, 3.0])
def test_losses_in_an_engine_keep_every_digit(engine: str, loss: ScalarLoss, y: float) -> None:
    try:
        loss.check_target([y])
    except InputError:
        return
    eta = np.concatenate([EXTREME, -EXTREME])
    stages = Stages()
    value, slope = staged_loss(loss, stages, "eta", "y")
    curvature = staged_curvature(loss, stages, "eta", "y")
    table = open_lazy(ENGINES[engine](pl.DataFrame({"eta": eta, "y": np.full(eta.shape, y)})))
    found = stages.applied(table.frame, {"v": value, "s": slope, "c": curvature})
    rows = fetch(found.select("v", "s", "c"))
    target = np.full(eta.shape, y)
    for name, expected in (
        ("v", loss.value(eta, target)),
        ("s", loss.slope(eta, target)),
        ("c", loss.curvature(eta, target)),
    ):
        numbers = np.array([row[name] for row in rows])
        assert numbers == pytest.approx(expected, rel=2e-15, abs=0.0, nan_ok=True), name
        if name != "c":
            assert not np.isnan(numbers).any()


@engines
def test_the_softmax_keeps_every_digit(engine: str) -> None:
    eta = np.array([[0.0, 0, 0], [40, 0, -3], [-1e4, 1e4, 0], [800, 800, 1], [1e-9, 0, 50]])
    y = np.array([2.0, 0.0, 0.0, 1.0, 2.0])
    stages, names = Stages(), ["eta0", "eta1", "eta2"]
    value, slopes, shares = staged_softmax(stages, names, "y")
    frame = pl.DataFrame(dict(zip(names, eta.T, strict=True)) | {"y": y})
    results = {"v": value} | {f"s{k}": slopes[k] for k in range(3)}
    results |= {f"p{k}": shares[k] for k in range(3)}
    table = open_lazy(ENGINES[engine](frame))
    rows = fetch(stages.applied(table.frame, results).select(*results))
    loss = Multinomial()
    assert [row["v"] for row in rows] == pytest.approx(loss.value(eta, y), rel=2e-15, abs=0)
    found = np.array([[row[f"s{k}"] for k in range(3)] for row in rows])
    assert found == pytest.approx(loss.slope(eta, y), rel=2e-15, abs=0)
    found = np.array([[row[f"p{k}"] for k in range(3)] for row in rows])
    assert found == pytest.approx(loss.mean(eta), rel=2e-15, abs=0)


@engines
def test_overflow_is_an_infinite_objective_and_said(engine: str) -> None:
    there = open_lazy(ENGINES[engine](houses()))
    problem, memory = both(there, houses(), Poisson(), "count", weights="importance")
    theta = 400.0 * np.ones(len(problem.names))
    assert problem.objective(theta) == memory.objective(theta) == np.inf
    assert str(problem.explain(theta)).startswith("the linear predictors of the rows run from -")
    with np.errstate(invalid="ignore"):
        assert np.isnan(problem.objective(np.full(len(problem.names), np.nan)))


@engines
def test_an_evaluation_is_one_query(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    queries: list[Any] = []

    def spy(frame: Any) -> Any:
        queries.append(frame)
        return fetch(frame)

    monkeypatch.setattr(lazy_linear, "fetch", spy)
    monkeypatch.setattr(lazy_rows, "fetch", spy)
    there = open_lazy(ENGINES[engine](houses()))
    encoding = Encoding.learn(there, "sold", features=FEATURES)
    problem = lazy_problem(there, encoding, loss=Logistic())
    assert len(queries) == 1  # and the survey's
    theta = problem.start()
    assert len(queries) == 1
    problem.objectives_and_gradient(theta)
    assert len(queries) == 2
    problem.objective(theta)
    problem.gradient(theta)
    assert len(queries) == 2
    problem.objectives(np.stack([theta, theta + 1.0, theta + 2.0]))
    assert len(queries) == 4
    problem.hessian(theta)
    assert len(queries) == 5
    problem.curvature_bound()
    problem.curvature_bound()
    assert len(queries) == 6
    # At a constant rate an epoch is a query; the start and the rows have had theirs.
    queries.clear()
    path = descend_fully(problem, replace(plan(Logistic(), 1e-3), schedule=rate(0.5)), theta + 1)
    assert path.epochs > 10
    assert len(queries) == path.epochs


def rate(lr: float) -> Any:
    from steepest.descent.schedules import Constant

    return Constant(lr)


def plan(loss: Loss, tolerance: float = 1e-14, ridge: float = 0.0) -> Plan:
    return Plan(loss, L2(ridge), False, SGD(), None, None, 20_000, tolerance, False, False)


def fitted(problem: LazyLinearProblem, how: Plan) -> np.ndarray:
    path = descend_fully(problem, how, problem.start())
    return problem.to_user(path.descent_parameters(path.epochs))


@engines
def test_a_logistic_fit_reaches_that_of_scikit_learn(engine: str) -> None:
    frame = houses()
    problem, memory = both(open_lazy(ENGINES[engine](frame)), frame, Logistic(), "sold")
    found = fitted(problem, plan(Logistic()))
    rows = (memory.features - memory.coordinates.centre) / memory.coordinates.spread
    oracle = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(rows, memory.target)
    expected = memory.to_user(np.append(oracle.coef_[0], oracle.intercept_))
    # The intercept lies 1e5 deviations away from the rows.
    assert found[:-1] == pytest.approx(expected[:-1], rel=1e-5, abs=1e-6)
    moved = problem.from_user(found)
    assert moved == pytest.approx(np.append(oracle.coef_[0], oracle.intercept_), abs=1e-6)


def test_a_poisson_fit_reaches_that_of_scikit_learn() -> None:
    frame = houses()
    problem, memory = both(
        open_lazy(duck(frame)), frame, Poisson(), "count", penalty=L2(0.005), weights="importance"
    )
    found = problem.from_user(fitted(problem, plan(Poisson(), ridge=0.005)))
    rows = (memory.features - memory.coordinates.centre) / memory.coordinates.spread
    oracle = PoissonRegressor(alpha=0.01, tol=1e-12, max_iter=10_000)
    oracle.fit(rows, memory.target, sample_weight=memory.weights)
    assert found == pytest.approx(np.append(oracle.coef_, oracle.intercept_), abs=1e-6)


@engines
def test_labels_are_classes_in_the_order_given(engine: str) -> None:
    there = open_lazy(ENGINES[engine](houses()))
    assert class_labels(there, "word") == ["no", "yes"]
    assert class_labels(there, "garden") == [False, True]
    encoding = replace(Encoding.learn(there, "sold", features=FEATURES), target="word")
    words = lazy_problem(there, encoding, loss=Logistic(), classes=["no", "yes"])
    numbers = lazy_problem(there, replace(encoding, target="sold"), loss=Logistic())
    theta = words.start() + 0.1
    assert words.objective(theta) == pytest.approx(numbers.objective(theta), rel=1e-14)
    kinds = lazy_problem(there, encoding, loss=Multinomial(), classes=["no", "yes"])
    assert kinds.names[5:7] == ("intercept [class no]", "far [class yes]")
    with pytest.raises(InputError, match=r"\d+ missing values: word \d+"):
        lazy_problem(there, encoding, loss=Logistic(), classes=["no", "maybe"])


BAD = [
    (Logistic(), "rooms", r"logistic loss needs a target that is 0 or 1: 1\d\d rows hold someth"),
    (Poisson(), "price", "needs a target that is 0 or more: .* rows hold something else in 'price"),
    (Gamma(), "count", "gamma loss needs a target that is above 0: "),
    (Multinomial(), "price", "needs a target that is the number of a class"),
    (Absolute(), "price", "absolute loss has kinks, and needs its rows in memory: .* huber or log"),
    (Quantile(0.2), "price", "quantile loss has kinks"),
    (Hinge(), "sold", "or use squared-hinge or logistic, which an engine can descend"),
]


@engines
@pytest.mark.parametrize(("loss", "target", "message"), BAD)
def test_what_cannot_be_used_is_said(engine: Any, loss: Any, target: str, message: str) -> None:
    there = open_lazy(ENGINES[engine](houses()))
    with pytest.raises(InputError, match=message):
        lazy_problem(there, Encoding.learn(there, target, features=["far"]), loss=loss)


def test_rows_that_cannot_be_used() -> None:
    there = open_lazy(houses().with_columns(pl.lit(1).alias("one"), pl.lit(0).alias("none")).lazy())
    only = lazy_problem(there, Encoding.learn(there, "one", features=["far"]), loss=Logistic())
    with pytest.raises(InputError, match="needs rows of both classes"):
        only.start()
    weightless = Encoding.learn(there, "sold", features=["far"], weights="none")
    with pytest.raises(InputError, match="no row has weight"):
        lazy_problem(there, weightless, loss=Logistic())
    many = open_lazy(pl.LazyFrame({"x": [1.0, 2, 3], "kind": [0, 5, 1000]}))
    with pytest.raises(InputError, match=r"'kind' would have 1001 classes; .* up to 100"):
        lazy_problem(many, Encoding.learn(many, "kind"), loss=Multinomial())


def test_many_columns_are_bounded_without_their_products() -> None:
    random = np.random.default_rng(1)
    wide = pl.DataFrame(
        {f"x{j}": random.normal(size=50) for j in range(120)} | {"y": random.integers(0, 2, 50)}
    )
    there = open_lazy(wide.lazy())
    problem = lazy_problem(there, Encoding.learn(there, "y"), loss=Logistic())
    features = wide.drop("y").to_numpy()
    memory = LinearProblem.of(features, wide["y"].to_numpy(), loss=Logistic())
    theta = 0.1 * random.normal(size=121)
    assert problem.objective(theta) == pytest.approx(memory.objective(theta), rel=1e-12)
    assert problem.gradient(theta) == pytest.approx(memory.gradient(theta), abs=1e-13)
    assert np.isnan(problem.hessian(theta)).all()
    assert memory.curvature_bound() <= problem.curvature_bound() == pytest.approx(0.25 * 121)
    path = descend_fully(problem, replace(plan(Logistic()), epochs=5), problem.start())
    assert path.forecast.sentences()[0].startswith("The curvature at the start is not known")
    assert path.at(path.epochs).objective < path.at(0).objective / 2


@pytest.mark.parametrize("name", ["polars", "duckdb"])
@pytest.mark.parametrize(
    ("loss", "target"),
    [
        ("logistic", "sold"),
        ("poisson", "count"),
        ("gamma", "amount"),
        ("huber", "price"),
        ("multinomial", "sort"),
    ],
)
def test_a_fit_is_one_query_a_step(
    name: str, loss: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newton's steps, and at most seven queries beside: classes, what the rows hold, twice, which
    columns are sums of others, what the columns are, and how well it fits. A column that others
    explain is left out, and the coefficients are those of the same rows in memory."""
    queries: list[Any] = []

    def spy(frame: Any) -> Any:
        queries.append(frame)
        return fetch(frame)

    for module in [each for path, each in sys.modules.items() if path.startswith("steepest.")]:
        if getattr(module, "fetch", None) is fetch:
            monkeypatch.setattr(module, "fetch", spy)
    frame = houses().select("far", pl.col("garden").cast(pl.Float64), target)
    frame = frame.with_columns(both=pl.col("far") - 2.0 * pl.col("garden"))
    there = frame.lazy() if name == "polars" else duck(frame)
    fit = steepest.fit(there, target=target, loss=loss)
    assert fit.verdict.kind == "converged"
    assert len(queries) <= min(fit.epochs + 1 + 7, 12)
    known = steepest.fit(frame.drop("both"), target=target, loss=loss)
    assert "'both' = 'far' − 2 'garden': coefficient 0" in fit.notes
    for mine, its in zip(fit.lines, known.lines, strict=True):
        assert mine == pytest.approx([*its[:2], 0.0, its[2]], rel=1e-8)
