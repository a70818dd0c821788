"""Predictions for a lazy frame: a frame of the same engine, with what rows in memory get."""

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

import steepest
from steepest.errors import InputError

ROWS = 90


def plants() -> pl.DataFrame:
    random = np.random.default_rng(8)
    size = random.normal(size=ROWS)
    return pl.DataFrame(
        {
            "far": 1e4 + size,
            "city": random.choice(["Rome", "Oslo", "Bonn"], ROWS),
            "sort": np.where(size > 0.4, "wet", random.choice(["dry", "moist"], ROWS)),
            "grade": (random.integers(0, 3, ROWS) + (size > 0.0)).astype(float),
            "sold": size + random.normal(size=ROWS) > 0.2,
            "visits": random.poisson(np.exp(0.4 * size)),
        }
    )


def relation(frame: pl.DataFrame) -> Any:
    connection = duckdb.connect()
    connection.register("plants", frame.to_arrow())
    return connection.sql("FROM plants")


ENGINES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": pl.DataFrame.lazy,
    "duckdb": relation,
}
engines = pytest.mark.parametrize("engine", ENGINES)


def rows_of(native: Any) -> pl.DataFrame:
    return native.collect() if isinstance(native, pl.LazyFrame) else native.pl()


@engines
@pytest.mark.parametrize(
    ("target", "loss"),
    [
        ("sort", "multinomial"),
        ("grade", "multinomial"),
        ("sold", "logistic"),
        ("sold", "squared_hinge"),
        ("visits", "poisson"),
    ],
)
def test_they_are_those_of_rows_in_memory(engine: str, target: str, loss: Any) -> None:
    frame = plants()
    fit = steepest.fit(frame, target=target, loss=loss, features=["far", "city"], ridge=0.01)
    there = ENGINES[engine](frame)
    native = fit.predict(there)
    assert type(native) is type(there)
    found = rows_of(native)
    assert found.columns == [*frame.columns, "prediction"]
    here = fit.predict(frame).tolist()
    known = here if fit.labels is not None else pytest.approx(here, rel=1e-12)
    assert found["prediction"].to_list() == known
    if fit.has_probabilities:
        shares = rows_of(fit.predict_proba(there))
        names = [f"probability_{label}" for label in fit.classes or ()]
        assert shares.columns == [*frame.columns, *names]
        assert shares[names].to_numpy() == pytest.approx(fit.predict_proba(frame), rel=1e-11)


@engines
def test_rows_that_cannot_be_predicted(engine: str) -> None:
    frame = plants()
    fit = steepest.fit(frame, target="sort", loss="multinomial", features=["far", "city"])
    new = pl.DataFrame({"far": [1e4, 1e4 + 1], "city": ["Paris", "Rome"]})
    with pytest.warns(UserWarning, match="Paris"):
        found = rows_of(fit.predict(ENGINES[engine](new), unseen="missing"))
    assert found["prediction"].to_list() == [None, fit.predict(new[1:])[0]]
    taken = ENGINES[engine](new.with_columns(pl.lit(1.0).alias("probability_wet")))
    with pytest.raises(InputError, match="has a column 'probability_wet' already; rename it"):
        fit.predict_proba(taken)
    with pytest.raises(InputError, match="has a column 'prediction' already; rename it"):
        fit.predict(fit.predict(ENGINES[engine](frame)))
    two = steepest.fit(frame, target="sold", loss="logistic", features=["far"], ridge=0.1)
    edge = pl.DataFrame({"far": [1e9, -1e9]})
    shares = rows_of(two.predict_proba(ENGINES[engine](edge)))
    assert shares["probability_True"].to_list() == [1.0, 0.0]
