"""Metrics of rows in an engine: those of the same rows in memory, from one query."""

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import d2_tweedie_score, log_loss, mean_absolute_error, r2_score

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
from steepest.models.metrics import Metrics, measure
from steepest.penalties.penalties import L2
from steepest.problems import linear_in_engine as lazy_linear
from steepest.problems.linear_in_engine import lazy_problem
from steepest.tables.column_encoding import Encoding
from steepest.tables.frames.lazy import open_lazy
from steepest.tables.frames.lazy_expressions import fetch

ROWS = 300
FEATURES = ["size", "age"]


def rows() -> pl.DataFrame:
    random = np.random.default_rng(8)
    size = random.normal(size=ROWS)
    return pl.DataFrame(
        {
            "size": size,
            "age": random.uniform(1.0, 9.0, ROWS),
            "importance": random.integers(0, 4, ROWS) / 2.0,
            "price": size + random.normal(size=ROWS),
            "sold": (size + random.normal(size=ROWS) > 0.3).astype(float),
            "count": random.poisson(np.exp(0.5 * size)).astype(float),
            "amount": random.gamma(2.0, np.exp(0.3 * size)),
            "sort": random.integers(0, 3, ROWS).astype(float),
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
    (Tweedie(1.0), "count"),
    (Tweedie(1.5), "count"),
    (Tweedie(2.0), "amount"),
    (Tweedie(3.0), "amount"),
    (Multinomial(), "sort"),
]
MEASURED = ("mean_loss", "accuracy", "log_loss", "deviance", "d2", "mae", "rmse", "r2")


def both(loss: Loss, target: str, lazy: Any, weights: str | None) -> tuple[Metrics, Metrics]:
    """Metrics of some parameters in the engine and in memory."""
    frame, table = rows(), open_lazy(lazy)
    encoding = Encoding.learn(table, target, features=FEATURES, weights=weights)
    problem = lazy_problem(table, encoding, loss=loss, penalty=L2(0.3))
    theta = 0.3 * np.random.default_rng(4).normal(size=len(problem.names))
    lines = problem.to_user(theta).reshape(problem.predictors, problem.width)
    eta = frame.select(FEATURES).to_numpy() @ lines[:, :-1].T + lines[:, -1]
    eta = eta if isinstance(loss, Multinomial) else eta[:, 0]
    mass = None if weights is None else frame[weights].to_numpy()
    return lazy_metrics(problem, theta), measure(loss, frame[target].to_numpy(), eta, mass)


@engines
@pytest.mark.parametrize(("loss", "target"), LOSSES, ids=lambda value: str(value)[:12])
def test_as_in_memory(engine: str, loss: Loss, target: str) -> None:
    there, here = both(loss, target, ENGINES[engine](rows()), "importance")
    assert (there.loss, there.rows, there.classes) == (here.loss, here.rows, here.classes)
    assert there.weight == pytest.approx(here.weight, rel=1e-12)
    for name in MEASURED:
        found, expected = getattr(there, name), getattr(here, name)
        assert (found is None) == (expected is None), name
        if expected is not None:
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-12), name
    if here.confusion is not None:
        assert np.array(there.confusion) == pytest.approx(np.array(here.confusion), rel=1e-12)
    assert (there.roc_auc, there.calibration, there.roc) == (None, (), ())
    assert "ROC AUC" not in there.scores


@engines
def test_as_scikit_learn_has_them(engine: str) -> None:
    frame = rows()
    fit = steepest.fit(ENGINES[engine](frame), "count", features=FEATURES, loss="poisson")
    eta = frame.select(FEATURES).to_numpy() @ list(fit.coefficients.values()) + fit.intercept
    y, mean = frame["count"].to_numpy(), np.exp(eta)
    assert fit.metrics.d2 == pytest.approx(d2_tweedie_score(y, mean, power=1), rel=1e-10)
    assert fit.metrics.mae == pytest.approx(mean_absolute_error(y, mean), rel=1e-10)
    assert fit.metrics.r2 == pytest.approx(r2_score(y, mean), rel=1e-10)
    sold = steepest.fit(ENGINES[engine](frame), "sold", features=FEATURES, loss="logistic")
    eta = frame.select(FEATURES).to_numpy() @ list(sold.coefficients.values()) + sold.intercept
    y, sure = frame["sold"].to_numpy(), 1.0 / (1.0 + np.exp(-eta))
    assert sold.metrics.log_loss == pytest.approx(log_loss(y, sure), rel=1e-10)
    assert sold.metrics.accuracy == float(((sure > 0.5) == y).mean())


def test_one_query_brings_them(monkeypatch: pytest.MonkeyPatch) -> None:
    table = open_lazy(rows().lazy())
    encoding = Encoding.learn(table, "sort", features=FEATURES)
    problem = lazy_problem(table, encoding, loss=Multinomial())
    start = problem.start()
    problem.objective(start)
    asked: list[int] = []
    monkeypatch.setattr(lazy_linear, "fetch", lambda frame: (asked.append(1), fetch(frame))[1])
    assert lazy_metrics(problem, start).accuracy is not None
    assert len(asked) == 1


def test_labels_and_what_the_fit_says() -> None:
    frame = rows().with_columns(
        pl.col("sold").replace_strict({0.0: "no", 1.0: "yes"}).alias("word")
    )
    fit = steepest.fit(open_lazy(frame.lazy()), "word", features=FEATURES, loss="logistic")
    assert fit.metrics.classes == ("no", "yes")
    assert fit.notes[-1] == (
        "the rows stayed in their engine: one query an epoch, and one for the metrics, without "
        "ROC AUC and calibration"
    )
    assert "Fit       accuracy 0." in str(fit.summary())
    assert "ROC AUC 0" not in str(fit.summary())
    assert "true \\ taken for" in str(fit.summary())


def test_parameters_that_left_float64_have_a_loss_alone() -> None:
    table = open_lazy(rows().lazy())
    problem = lazy_problem(table, Encoding.learn(table, "count", features=FEATURES), loss=Poisson())
    found = lazy_metrics(problem, np.array([1e5, 0.0, 0.0]))
    assert np.isnan(found.mean_loss)
    assert found.mae is None
