"""Frames of engines whose rows change between queries: the run ends with one line."""

from collections.abc import Iterator

import duckdb
import numpy as np
import polars as pl
import pytest

import steepest
from steepest.errors import ChangedError
from steepest.tables.frames.same_rows import RowsSeen, SameRows
from steepest.tables.table import RawBlock


def rows(count: int = 3000, seed: int = 1) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    x = random.normal(size=count)
    return pl.DataFrame({"x": x, "y": 2 * x + random.normal(size=count)})


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.register("held", rows().to_arrow())
        connection.execute("CREATE TABLE points AS FROM held")
        yield connection


def test_a_sample_that_is_drawn_anew(database: duckdb.DuckDBPyConnection) -> None:
    for clause in ("USING SAMPLE 1000 ROWS", "WHERE random() < 0.5"):
        drawn = database.sql(f"SELECT * FROM points {clause}")
        with pytest.raises(ChangedError, match=r"duckdb lazy frame.* gave (other values|\S+ rows)"):
            # Held-out rows ask for several passes.
            steepest.fit(drawn, target="y", accuracy="high", validation=0.2)
    same = database.sql("SELECT * FROM points ORDER BY random()")
    steady = steepest.fit(same, target="y", accuracy="high", validation=0.2)
    assert steady.coefficients["x"] == pytest.approx(2.0, abs=0.1)


def test_a_table_that_changes_between_queries(database: duckdb.DuckDBPyConnection) -> None:
    table = steepest.read(database.sql("SELECT * FROM points"))
    assert steepest.fit(table, target="y").rows == 3000
    database.execute("UPDATE points SET x = x + 1e-3 WHERE y > 0")
    with pytest.raises(ChangedError, match=r"gave other values of 'x' in a later query; its rows"):
        steepest.fit(table, target="y")
    database.execute("DELETE FROM points WHERE y > 0")
    with pytest.raises(ChangedError, match=r"gave 3,000 rows in one query and 1,\d+ in a later"):
        steepest.fit(table, target="y")


def test_last_digits_and_order_may_differ() -> None:
    values = np.random.default_rng(0).normal(size=1000) + 1e6
    same = SameRows()
    for given in (values, values[::-1], values * (1.0 + 1e-15)):
        seen = RowsSeen()
        for part in np.split(given, 4):
            block = RawBlock(0, {"x": part, "c": np.array(["a"] * 250, dtype=object)})
            seen = seen.plus(RowsSeen())
            seen.see(block, ("x", "c"))
        same.check(seen, "frame")
    assert seen.rows == 1000
