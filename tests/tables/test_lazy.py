"""Lazy frames: the same moments as from rows in memory, and no row leaves the engine."""

import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from steepest.errors import InputError
from steepest.moments.lazy_moments import lazy_moments
from steepest.moments.moments import CentredMoments
from steepest.moments.one_pass import gather
from steepest.tables.column_encoding import Encoding, Tally
from steepest.tables.frames.eager import open_frame
from steepest.tables.frames.lazy import LazyFrameTable, open_lazy, predict_lazy
from steepest.tables.holdout_split import Split

ROWS = 400
LINE = {"prediction": ({"x": 2.0}, None)}


def houses(seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "far": 1e6 + random.normal(size=ROWS),
            "rooms": random.integers(1, 9, ROWS),
            "city": random.choice(["Rome", "Oslo", "Bonn"], ROWS),
            "garden": random.random(ROWS) < 0.3,
            "importance": random.random(ROWS),
            "price": random.normal(size=ROWS),
        }
    )


def with_gaps() -> pl.DataFrame:
    return houses().with_columns(
        pl.when(pl.int_range(ROWS) % 7 == 1).then(None).otherwise(pl.col(name)).alias(name)
        if name != "price"
        else pl.when(pl.int_range(ROWS) % 50 == 3).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("far", "city", "garden", "price", "rooms")
    )


def duck(frame: pl.DataFrame) -> Any:
    connection = duckdb.connect()
    connection.register("rows", frame.to_arrow())
    return connection.sql("select * from rows")


ENGINES: dict[str, Callable[[pl.DataFrame], Any]] = {"polars": pl.DataFrame.lazy, "duckdb": duck}
engines = pytest.mark.parametrize("engine", ENGINES)


def table(engine: str, frame: pl.DataFrame) -> LazyFrameTable:
    return open_lazy(ENGINES[engine](frame))


def assert_same(found: CentredMoments, expected: CentredMoments) -> None:
    found = found.about(expected.shift, expected.scale)
    assert (found.names, found.rows) == (expected.names, expected.rows)
    assert found.weight == pytest.approx(expected.weight, rel=1e-13)
    root = np.sqrt(expected.products.diagonal())
    assert np.abs(found.products - expected.products).max(initial=0.0) <= 1e-10 * root.max() ** 2
    assert np.all(np.abs(found.products - expected.products) <= 1e-10 * np.outer(root, root))
    assert found.mean == pytest.approx(expected.mean, abs=1e-12)


@engines
@pytest.mark.parametrize("weights", [None, "importance"])
@pytest.mark.parametrize("missing", ["drop", "mean"])
def test_the_moments_are_those_of_rows_in_memory(
    engine: str, weights: str | None, missing: Any
) -> None:
    here, there = open_frame(with_gaps()), table(engine, with_gaps())
    expected = Encoding.learn(here, "price", weights=weights, missing=missing)
    encoding = Encoding.learn(there, "price", weights=weights, missing=missing)
    assert encoding.parts == expected.parts
    assert encoding.fill == pytest.approx(expected.fill, rel=1e-14)
    tally = Tally()
    (found,) = lazy_moments(there, encoding, tally=tally)
    gathered = gather(here, expected)
    assert_same(found, gathered.total)
    assert tally.notes() == gathered.tally.notes()
    # The sums are trusted no further than they deserve.
    difference = np.abs(
        found.about(gathered.total.shift, gathered.total.scale).products - gathered.total.products
    )
    assert np.all(difference <= found.uncertainty.max() + gathered.total.uncertainty.max())


@engines
def test_parts_add_up_to_the_whole(engine: str) -> None:
    there = table(engine, houses())
    encoding = Encoding.learn(there, "price")
    (whole,) = lazy_moments(there, encoding)
    folds = lazy_moments(there, encoding, split=Split.cross_validation(4, 3))
    assert len(folds) == 4
    assert all(ROWS / 4 * 0.7 < fold.rows < ROWS / 4 * 1.3 for fold in folds)
    assert_same(folds[0] + folds[1] + folds[2] + folds[3], whole)
    training, held_out = lazy_moments(there, encoding, split=Split.validation(0.2, 3))
    assert 0.1 * ROWS < held_out.rows < 0.3 * ROWS
    assert_same(training + held_out, whole)


def test_engines_agree_on_the_part_of_every_row() -> None:
    encoding = Encoding.learn(open_frame(houses()), "price")
    found = {
        engine: lazy_moments(table(engine, houses()), encoding, split=Split.cross_validation(3, 1))
        for engine in ENGINES
    }
    for left, right in zip(found["polars"], found["duckdb"], strict=True):
        assert_same(left, right)
    other = lazy_moments(table("polars", houses()), encoding, split=Split.cross_validation(3, 2))
    assert [part.rows for part in other] != [part.rows for part in found["polars"]]


@engines
def test_equal_rows_fall_into_one_part_and_the_others_stay_empty(engine: str) -> None:
    there = table(engine, pl.DataFrame({"x": [1.0] * 5, "y": [2.0] * 5}))
    parts = lazy_moments(there, Encoding.learn(there, "y"), split=Split.cross_validation(3))
    assert sorted(part.rows for part in parts) == [0, 0, 5]
    assert sum(parts[1:], parts[0]).means == {"x": 1.0, "y": 2.0}


@engines
def test_a_wide_table(engine: str) -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(500, 40)) * 10.0 ** np.linspace(-12, 12, 40) + 1e3
    frame = pl.DataFrame({f"x{i}": rows[:, i] for i in range(40)} | {"y": random.normal(size=500)})
    encoding = Encoding.learn(open_frame(frame), "y")
    (found,) = lazy_moments(table(engine, frame), encoding)
    assert_same(found, gather(open_frame(frame), encoding).total)


@engines
def test_an_offset_of_a_billion_costs_no_digits(engine: str) -> None:
    x = np.arange(1000.0)
    frame = pl.DataFrame({"x": 1e9 + x, "y": 3.0 * x})
    (found,) = lazy_moments(table(engine, frame), Encoding.learn(open_frame(frame), "y"))
    unscaled = found.products / np.outer(found.scale, found.scale)
    exact = 1000 * (1000**2 - 1) / 12
    assert unscaled == pytest.approx(exact * np.array([[1, 3], [3, 9]]), rel=1e-13)


VALUES = {"x": [1.0, None, math.nan, 4.0], "n": [1, 2, None, 4], "y": [1.0, 2.0, 3.0, 4.0]}


def learnt(there: LazyFrameTable, **options: Any) -> Encoding:
    return Encoding.learn(there, "y", **options)


@engines
def test_what_is_missing_is_counted_by_column(engine: str) -> None:
    there = table(engine, pl.DataFrame({**VALUES, "x": [1.0, None, 3.0, None]}))
    with pytest.raises(InputError) as caught:
        lazy_moments(there, learnt(there))
    assert str(caught.value) == ("3 missing values: x 2, n 1; set missing to drop or mean")


@engines
def test_nan_is_missing_only_on_request(engine: str) -> None:
    there = table(engine, pl.DataFrame(VALUES))
    with pytest.raises(InputError) as caught:
        lazy_moments(there, learnt(there))
    assert str(caught.value) == (
        f"{engine} lazy frame: 3 columns: column 'x' has 1 nan value; "
        "correct them, or set missing to drop or mean"
    )
    (found,) = lazy_moments(there, learnt(there, missing="drop"))
    assert (found.rows, found.means) == (2, {"x": 2.5, "n": 2.5, "y": 2.5})


@engines
@pytest.mark.parametrize("missing", ["error", "drop", "mean"])
def test_inf_is_refused(engine: str, missing: str) -> None:
    there = table(engine, pl.DataFrame({"x": [1.0, math.inf, -math.inf], "y": [1.0, 2.0, 3.0]}))
    with pytest.raises(InputError, match="'x' has 2 inf values; correct or remove those rows"):
        lazy_moments(there, learnt(there, missing=missing))


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"x": [None, None], "y": [1.0, 2.0]}, {}, "column 'x' has no values: all 2 are missing"),
    ({"x": [1.0, 2.0], "y": [1.0, 2.0]}, {"empty": True}, "0 rows were found"),
    (
        {"x": [1.0, None], "y": [None, 2.0]},
        {"missing": "drop"},
        "2 rows were found and every one has a missing value",
    ),
    ({"x": [2**53 + 1, 1], "y": [1.0, 2.0]}, {}, "'x' is 9007199254740993, which float64 cannot"),
    (
        {"x": [1.0, 2.0], "w": [1.0, -0.5], "y": [1.0, 2.0]},
        {"weights": "w"},
        "the least weight 'w' is -0.5; weights must not be negative",
    ),
]


@engines
@pytest.mark.parametrize(("rows", "options", "message"), REFUSED)
def test_what_cannot_be_summed(
    engine: str, rows: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    types = {name: pl.Float64 for name, values in rows.items() if None in values}
    frame = pl.DataFrame(rows, schema_overrides=types)
    options = dict(options)
    there = table(engine, frame[:0] if options.pop("empty", False) else frame)
    with pytest.raises(InputError, match=message):
        lazy_moments(there, learnt(there, **options))


@engines
def test_levels_stop_at_the_limit(engine: str) -> None:
    there = table(engine, pl.DataFrame({"c": ["b", "a", None, "a", "c"]}))
    assert there.levels("c", 50) == ["a", "b", "c"]
    assert len(there.levels("c", 1)) == 2


@engines
def test_predictions_stay_in_the_engine(engine: str) -> None:
    encoding = Encoding.learn(open_frame(houses()), "price", features=["rooms", "city", "garden"])
    new = pl.DataFrame({"garden": [True, False], "city": ["Rome", "Bonn"], "rooms": [3, 5]})
    native = predict_lazy(
        table(engine, new),
        encoding,
        {"prediction": (dict(zip(encoding.names, [1.0, 10.0, 100.0, 1000.0], strict=True)), 0.5)},
    )
    assert type(native) is type(ENGINES[engine](new))
    rows = native.collect().rows() if engine == "polars" else native.fetchall()
    assert rows == [(True, "Rome", 3, 1103.5), (False, "Bonn", 5, 5.5)]


@engines
def test_predictions_follow_the_rule_for_missing_values(engine: str) -> None:
    frame = pl.DataFrame({"x": [1.0, None, 5.0], "y": [1.0, 2.0, 3.0]})
    for missing, expected in (("drop", [2.0, 10.0]), ("mean", [2.0, 6.0, 10.0])):
        there = table(engine, frame)
        native = predict_lazy(there, learnt(there, missing=missing), LINE)
        rows = native.collect().rows() if engine == "polars" else native.fetchall()
        assert [row[-1] for row in rows] == expected
    with pytest.raises(InputError, match=r"^1 missing value: x 1; fit with missing set to drop"):
        predict_lazy(there, learnt(there), LINE)


@engines
def test_predictions_that_are_refused(engine: str) -> None:
    encoding = Encoding.learn(open_frame(houses()), "price", features=["city"])
    line = {"prediction": (dict(zip(encoding.names, [1.0, 2.0], strict=True)), 0.0)}
    there = table(engine, pl.DataFrame({"city": ["Rome", "Paris"]}))
    with pytest.raises(InputError) as caught:
        predict_lazy(there, encoding, line)
    assert str(caught.value) == (
        f"{engine} lazy frame: 1 column: column 'city' is 'Paris', which the model has not seen; "
        "it knows Bonn, Oslo, Rome: predict with unseen='missing' or unseen='base'"
    )


def test_what_is_no_lazy_frame_is_refused() -> None:
    for wrong in (pl.DataFrame({"x": [1]}), [1, 2]):
        with pytest.raises(InputError, match="this lazy frame cannot be read: "):
            open_lazy(wrong)


def test_a_duckdb_relation_needs_no_arrow_library() -> None:
    program = """
import sys
for name in ("pyarrow", "pandas", "polars"):
    sys.modules[name] = None
import duckdb
from steepest.tables.column_encoding import Encoding
from steepest.moments.lazy_moments import lazy_moments
from steepest.tables.frames.lazy import open_lazy
rows = duckdb.sql("select range::double as x, 2 * range as y, 'a' || range % 2 as c from range(4)")
table = open_lazy(rows)
(found,) = lazy_moments(table, Encoding.learn(table, "y"))
print(found.means)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "{'x': 1.5, 'c[a1]': 0.5, 'y': 3.0}"


def test_what_an_engine_complains_of_is_one_line() -> None:
    sql = "select case when range > 1 then error('oh') else 1 end as x, range as y from range(3)"
    table = open_lazy(duckdb.sql(sql))
    with pytest.raises(InputError) as caught:
        lazy_moments(table, Encoding.learn(table, "y"))
    assert str(caught.value) == (
        "duckdb could not compute the lazy frame: Invalid Input Error: oh; correct the frame"
    )
