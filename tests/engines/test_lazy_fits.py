"""Losses of a linear model in Dask, Ibis and Spark: what rows in memory give."""

from typing import Any

import numpy as np
import polars as pl
import pytest

import steepest
from steepest.losses import (
    Gamma,
    Huber,
    LogCosh,
    Logistic,
    Loss,
    Multinomial,
    Poisson,
    Squared,
    SquaredHinge,
    Tweedie,
)
from steepest.models.lazy_metrics import lazy_metrics
from steepest.models.metrics import measure
from steepest.penalties.penalties import L2
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_in_engine import lazy_problem
from steepest.tables.column_encoding import Encoding
from steepest.tables.frames.eager import open_frame
from steepest.tables.frames.lazy import open_lazy

pytestmark = [
    pytest.mark.engines,
    # Spark's own import warns about the pandas it finds; nothing here uses pandas.
    pytest.mark.filterwarnings("ignore"),
]

ROWS = 120


def houses() -> pl.DataFrame:
    random = np.random.default_rng(5)
    size = random.normal(size=ROWS)
    return pl.DataFrame(
        {
            "far": 1e5 + size,
            "city": [None if i % 17 == 0 else ["Rome", "Oslo", "Bonn"][i % 3] for i in range(ROWS)],
            "garden": random.random(ROWS) < 0.3,
            "importance": random.integers(0, 4, ROWS) / 2.0,
            "price": size + random.normal(size=ROWS),
            "sold": (size + random.normal(size=ROWS) > 0.3).astype(float),
            "count": random.poisson(np.exp(0.5 * size)).astype(float),
            "amount": random.gamma(2.0, np.exp(0.3 * size)),
            "sort": random.integers(0, 3, ROWS).astype(float),
        }
    )


def lazily(engine: str, frame: pl.DataFrame, request: pytest.FixtureRequest) -> Any:
    """The frame in that engine."""
    if engine == "dask":
        dask = pytest.importorskip("dask.dataframe", reason="Dask is not installed")
        pandas = pytest.importorskip("pandas", reason="pandas is not installed")
        return dask.from_pandas(pandas.DataFrame(frame.to_dict(as_series=False)), npartitions=3)
    if engine == "ibis":
        ibis = pytest.importorskip("ibis", reason="Ibis is not installed")
        return ibis.memtable(frame.to_arrow())
    names = {pl.Float64: "double", pl.String: "string", pl.Boolean: "boolean"}
    schema = ", ".join(f"{name} {names[kind.base_type()]}" for name, kind in frame.schema.items())
    return request.getfixturevalue("spark").createDataFrame(list(frame.iter_rows()), schema)


LOSSES: list[tuple[Loss, str]] = [
    (Squared(), "price"),
    (Huber(0.5), "price"),
    (LogCosh(), "price"),
    (Logistic(), "sold"),
    (SquaredHinge(), "sold"),
    (Poisson(), "count"),
    (Gamma(), "amount"),
    (Tweedie(1.5), "count"),
    (Multinomial(), "sort"),
]


@pytest.mark.parametrize("engine", ["dask", "ibis", "spark"])
@pytest.mark.parametrize(("loss", "target"), LOSSES, ids=lambda value: str(value)[:12])
def test_objective_gradient_and_curvature(
    engine: str, loss: Loss, target: str, request: pytest.FixtureRequest
) -> None:
    frame = houses()
    there, here = open_lazy(lazily(engine, frame, request)), open_frame(frame)
    encoding = Encoding.learn(
        there,
        target,
        features=["far", "city", "garden"],
        weights="importance",
        missing="drop",
    )
    problem = lazy_problem(there, encoding, loss=loss, penalty=L2(0.1))
    (block,) = encoding.blocks(here, ROWS)
    memory = LinearProblem(
        problem.names,
        loss,
        L2(0.1),
        problem.coordinates,
        "mean",
        block.features,
        np.asarray(block.target, dtype=np.float64),
        block.weights,
    )
    assert problem.start() == pytest.approx(memory.start(), rel=1e-12, abs=1e-14)
    for theta in (problem.start() + 0.2, problem.start() - 30.0):
        objective, gradient = memory.objectives_and_gradient(theta)
        assert problem.objective(theta) == pytest.approx(objective, rel=1e-12)
        scale = np.abs(gradient).max()
        assert problem.gradient(theta) == pytest.approx(gradient, rel=1e-12, abs=1e-12 * scale)
    assert problem.hessian(theta) == pytest.approx(memory.hessian(theta), rel=1e-11, abs=1e-12)
    assert problem.curvature_bound() == pytest.approx(memory.curvature_bound(), rel=1e-12)


@pytest.mark.parametrize("engine", ["dask", "ibis", "spark"])
@pytest.mark.parametrize(("loss", "target"), LOSSES, ids=lambda value: str(value)[:12])
def test_metrics(engine: str, loss: Loss, target: str, request: pytest.FixtureRequest) -> None:
    frame = houses()
    there, here = open_lazy(lazily(engine, frame, request)), open_frame(frame)
    encoding = Encoding.learn(
        there, target, features=["city", "garden"], weights="importance", missing="drop"
    )
    problem = lazy_problem(there, encoding, loss=loss)
    (block,) = encoding.blocks(here, ROWS)
    theta = problem.start() + 0.2 * np.random.default_rng(2).normal(size=len(problem.names))
    lines = problem.to_user(theta).reshape(problem.predictors, problem.width)
    eta = block.features @ lines[:, :-1].T + lines[:, -1]
    eta = eta if isinstance(loss, Multinomial) else eta[:, 0]
    found, expected = lazy_metrics(problem, theta), measure(loss, block.target, eta, block.weights)
    assert (found.rows, found.classes) == (expected.rows, expected.classes)
    for name in ("mean_loss", "accuracy", "log_loss", "deviance", "d2", "mae", "rmse", "r2"):
        value = getattr(expected, name)
        known = None if value is None else pytest.approx(value, rel=1e-12, abs=1e-12)
        assert getattr(found, name) == known, name
    if expected.confusion is not None:
        assert np.array(found.confusion) == pytest.approx(np.array(expected.confusion), rel=1e-12)


@pytest.mark.parametrize("engine", ["dask", "ibis", "spark"])
def test_a_fit_is_that_of_rows_in_memory(engine: str, request: pytest.FixtureRequest) -> None:
    """A logistic fit by Newton's steps, and rows that are separated, named by column."""
    frame = houses().select("far", "garden", "sold").with_columns(pl.col("garden").cast(pl.Float64))
    there = lazily(engine, frame, request)
    fit = steepest.fit(there, target="sold", loss="logistic")
    known = steepest.fit(frame, target="sold", loss="logistic")
    assert fit.verdict.kind == "converged"
    assert fit.epochs <= 8
    assert fit.coefficients == pytest.approx(known.coefficients, rel=1e-8)
    apart = frame.with_columns(sold=(pl.col("garden") > 0.5).cast(pl.Float64))
    fit = steepest.fit(lazily(engine, apart, request), target="sold", loss="logistic")
    assert fit.verdict.kind == "no minimum"
    assert "garden" in fit.verdict.reason


@pytest.mark.parametrize("engine", ["dask", "ibis", "spark"])
def test_a_column_that_others_explain(engine: str, request: pytest.FixtureRequest) -> None:
    frame = houses().select("far", pl.col("garden").cast(pl.Float64), "count")
    sums = frame.with_columns(both=pl.col("far") - 2.0 * pl.col("garden"))
    there = lazily(engine, sums, request)
    fit = steepest.fit(there, target="count", loss="poisson")
    known = steepest.fit(frame, target="count", loss="poisson")
    assert "'both' = 'far' − 2 'garden': coefficient 0" in fit.notes
    assert fit.coefficients == pytest.approx({**known.coefficients, "both": 0.0}, rel=1e-8)
    with pytest.raises(steepest.SteepestError, match="both, far, garden are linearly dependent"):
        steepest.fit(there, target="count", loss="poisson", dependent="error")
