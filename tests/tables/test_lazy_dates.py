"""Dates and rare levels of lazy frames: an engine computes what pandas says of them."""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import steepest
from steepest.errors import InputError
from steepest.tables.column_encoding import Encoding
from steepest.tables.date_part import DATE_FIELDS
from steepest.tables.feature_columns import Coding
from steepest.tables.frames.lazy import open_lazy

MOMENTS = [
    datetime(1899, 12, 31, 23, 59, 59),
    datetime(1970, 1, 1),
    datetime(2000, 2, 29, 12, 30, 15, 250_000),
    datetime(2024, 12, 31, 6),
    datetime(2100, 3, 1, 18, 45),
]
INDEX = pd.DatetimeIndex(MOMENTS)
ELAPSED = [(moment - datetime(1970, 1, 1)) / timedelta(days=1) for moment in MOMENTS]
Y = [1.0, 2.0, 1.5, 3.0, 2.5]


def duck(frame: pl.DataFrame) -> Any:
    connection = duckdb.connect()
    connection.sql("set timezone = 'UTC'")
    connection.register("rows", frame.to_arrow())
    return connection.sql("select * from rows")


Engine = Callable[[pl.DataFrame], Any]
engines = pytest.mark.parametrize("engine", [pl.DataFrame.lazy, duck], ids=["polars", "duckdb"])


def rows_of(engine: Engine, values: Sequence[Any]) -> dict[str, list[float]]:
    """Every float column of a column of times: the mean of a row alone is its value."""
    found: dict[str, list[float]] = {}
    for value in values:
        table = open_lazy(engine(pl.DataFrame({"t": [value], "y": [1.0]})))
        learnt = Encoding.learn(
            table, "y", features=["t"], missing="mean", coding=Coding(DATE_FIELDS)
        )
        for name, mean in learnt.fill.items():
            found.setdefault(name, []).append(mean)
    return found


@engines
def test_fields_of_dates_are_those_of_pandas(engine: Engine) -> None:
    clock_free = {
        "t.year": INDEX.year,
        "t.month": INDEX.month,
        "t.day": INDEX.day,
        "t.weekday": INDEX.day_of_week,
    }
    expected = {**clock_free, "t.hour": INDEX.hour, "t.elapsed": np.array(ELAPSED)}
    for name, values in rows_of(engine, MOMENTS).items():
        assert values == pytest.approx(expected[name].tolist(), rel=1e-15), name
    expected = {**clock_free, "t.hour": np.zeros(5), "t.elapsed": np.floor(ELAPSED)}
    for name, values in rows_of(engine, [moment.date() for moment in MOMENTS]).items():
        assert values == expected[name].tolist(), name


@engines
def test_durations_and_times_are_in_days(engine: Engine) -> None:
    hours = [timedelta(hours=-6), timedelta(days=40, milliseconds=1)]
    expected = [-0.25, 40 + 1 / 86_400_000]
    assert rows_of(engine, hours) == {"t.elapsed": pytest.approx(expected, rel=1e-15)}


def test_times_of_day_have_an_hour() -> None:
    found = rows_of(pl.DataFrame.lazy, [time(6, 30), time(18, 0, 0, 500_000)])
    elapsed = [6.5 / 24, (18 * 3600 + 0.5) / 86_400]
    assert found == {"t.hour": [6.0, 18.0], "t.elapsed": pytest.approx(elapsed, rel=1e-15)}


@engines
def test_a_fit_in_an_engine_is_that_of_the_rows(engine: Engine) -> None:
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2019-06-01") + pd.to_timedelta(rng.integers(0, 1500, 60), unit="D")
    months = days.month.to_numpy(float)
    y = 0.5 * months - days.day_of_week.to_numpy(float) + rng.normal(size=60)
    frame = pl.DataFrame({"t": days.to_pydatetime().tolist(), "y": y})
    fit = steepest.fit(steepest.read(engine(frame), dates=["month", "weekday"]), "y")
    design = np.column_stack([months, days.day_of_week, np.ones(60)])
    solution = np.linalg.lstsq(design, y, rcond=None)[0]
    assert [*fit.coefficients.values(), fit.intercept] == pytest.approx(solution.tolist())
    assert "column 't' holds dates; taken are month and weekday" in fit.notes
    predicted = fit.predict(engine(frame))
    column = predicted.pl() if hasattr(predicted, "pl") else predicted.collect()
    assert column["prediction"].to_list() == pytest.approx((design @ solution).tolist())


@engines
def test_text_of_dates_is_read_from_the_batches(engine: Engine) -> None:
    days = [str(moment.date()) for moment in MOMENTS]
    rows = pl.DataFrame({"t": days, "x": [1.0, 2.0, 3.0, 5.0, 4.0], "y": Y})
    (note,) = (note for note in steepest.fit(engine(rows), "y").notes if "left out" in note)
    assert note == "column 't' is left out: it holds dates (String); dates=['year'] takes them"
    found = steepest.fit(steepest.read(engine(rows), dates="year"), "y").coefficients
    years = rows.with_columns(pl.Series("t.year", [float(day[:4]) for day in days])).drop("t")
    expected = steepest.fit(years, "y").coefficients
    assert found == pytest.approx(expected, rel=1e-12)


@engines
def test_text_of_dates_is_left_to_an_engine_that_sums_itself(engine: Engine) -> None:
    days = [str(moment.date()) for moment in MOMENTS]
    frame = engine(pl.DataFrame({"t": days, "x": [1.0, 2.0, 3.0, 5.0, 4.0], "y": Y}))
    with pytest.raises(InputError, match=r"cannot make t\.year of column 't': it is of type Str"):
        Encoding.learn(open_lazy(frame), "y", features=["t"], coding=Coding(("year",)))


def test_moments_of_a_zone_elapse_since_1970_in_utc() -> None:
    zoned = pl.Series([MOMENTS[2]]).dt.replace_time_zone("Asia/Kolkata")
    table = open_lazy(pl.LazyFrame({"t": zoned, "y": [1.0]}))
    learnt = Encoding.learn(table, "y", missing="mean", coding=Coding(("hour", "elapsed")))
    expected = {"t.hour": 12.0, "t.elapsed": ELAPSED[2] - 5.5 / 24}
    assert learnt.fill == pytest.approx(expected, rel=1e-15)
    connection = duckdb.connect()
    connection.sql("set timezone = 'Asia/Kolkata'")
    rows = connection.sql("select timestamptz '2020-01-01 00:00' as t, 1.0 as x, 2.0 as y")
    with pytest.raises(InputError, match="DuckDB stores the time zone in the connection"):
        Encoding.learn(open_lazy(rows), "y", features=["t"], coding=Coding(("elapsed",)))


@engines
def test_rare_levels_share_a_feature(engine: Engine) -> None:
    city = ["Rome"] * 5 + ["Oslo"] * 4 + ["Bonn", "Bern", None]
    y = np.array([3.0, 3, 3, 3, 4, 5, 5, 5, 6, 1, 2, 9])
    frame = engine(pl.DataFrame({"city": city, "y": y}))
    fit = steepest.fit(steepest.read(frame, levels=2, missing="drop"), "y")
    rome, oslo, others = y[:5].mean(), y[5:9].mean(), y[9:11].mean()
    expected = {"city[Rome]": rome - oslo, "city[others]": others - oslo}
    assert fit.coefficients == pytest.approx(expected)
    new = fit.predict(engine(pl.DataFrame({"city": ["Rome", "Atlantis"]})))
    column = new.pl() if hasattr(new, "pl") else new.collect()
    assert column["prediction"].to_list() == pytest.approx([rome, others])
