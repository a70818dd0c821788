"""Whole numbers beyond 2**53: read to the last digit, or refused, whatever they stand in."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from steepest.errors import InputError
from steepest.moments.lazy_moments import lazy_moments
from steepest.tables.column_encoding import Encoding
from steepest.tables.exact_numbers import is_rounded
from steepest.tables.frames.lazy import open_lazy, predict_lazy
from steepest.tables.from_arrays import open_arrays
from steepest.tables.open_table import open_table
from steepest.tables.table import Table

# Python compares an integer with a float by their exact values.
LONG = [
    *(2**53, 2**53 + 1, 2**53 + 2, 2**54 + 2, 2**54 + 4, -(2**53) - 1, -(2**53) - 2),
    *(2**62 + 512, 2**62 + 1024, 2**63 - 1024, 2**63 - 512, 2**63 - 1, -(2**63), -(2**63) + 1),
]
LONGER = [2**63, 2**63 + 1024, 2**63 + 2048, 2**64 - 2048, 2**64 - 1]
WIDE = [10**22, 10**22 + 1, 2**100, 2**100 + 2**40]
ADVICE = (
    "which float64 cannot hold exactly; subtract a fixed number from the column first, "
    "or leave it out"
)
Y = [1.0, 2.0]


def read(source: Any, target: str = "y") -> list[float]:
    """The feature of every row, as it is fitted."""
    table = open_table(source)
    assert isinstance(table, Table)
    blocks = Encoding.learn(table, target).blocks(table, 1000)
    return [value for block in blocks for value in block.features[:, 0].tolist()]


def refused(source: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(source)
    return str(caught.value)


def decimals(values: list[int]) -> list[Decimal]:
    return [Decimal(value) for value in values]


def objects(values: list[int]) -> Any:
    return pd.DataFrame({"x": pd.Series(values, dtype=object), "y": Y})


def arrow(type_: pa.DataType) -> Callable[[list[int]], Any]:
    return lambda values: pa.table({"x": pa.array(decimals(values), type_), "y": Y})


def pandas_arrow(type_: pa.DataType) -> Callable[[list[int]], Any]:
    wide = pd.ArrowDtype(type_)
    return lambda values: pd.DataFrame({"x": pd.Series(decimals(values), dtype=wide), "y": Y})


def polars_decimal(values: list[int]) -> Any:
    return pl.DataFrame({"x": pl.Series(decimals(values), dtype=pl.Decimal(38, 2)), "y": Y})


FRAMES: dict[str, Callable[[list[int]], Any]] = {
    "polars int128": lambda v: pl.DataFrame({"x": pl.Series(v, dtype=pl.Int128), "y": Y}),
    "polars decimal": polars_decimal,
    "pandas object": objects,
    "pandas decimals": lambda v: pd.DataFrame({"x": decimals(v), "y": Y}),
    "pandas decimal128": pandas_arrow(pa.decimal128(38, 0)),
    "pandas decimal256": pandas_arrow(pa.decimal256(60, 0)),
    "pyarrow decimal128": arrow(pa.decimal128(38, 2)),
    "pyarrow decimal256": arrow(pa.decimal256(60, 3)),
}


def expect(value: int, answer: Callable[[], list[float]], place: str) -> None:
    """The value itself, or the refusal that names its place."""
    if value == float(value):
        assert answer() == [5.0, value]
        return
    with pytest.raises(InputError) as caught:
        answer()
    assert str(caught.value).startswith(f"{place}{value}")
    assert str(caught.value).endswith(ADVICE)


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("value", [*LONG, *LONGER, *WIDE])
def test_wide_columns_of_frames(name: str, value: int) -> None:
    frame = FRAMES[name]([5, value])
    expect(value, lambda: read(frame), "DataFrame, row 2: column 'x' is ")


@pytest.mark.parametrize("value", [*LONG, *LONGER])
def test_integers_of_64_bits(value: int) -> None:
    kind, nullable = ("int64", "Int64") if value < 2**63 else ("uint64", "UInt64")
    place = "array, row 2 (index 1): column 'x' is "
    table = open_arrays(np.array([5, value], kind), Y)
    expect(value, lambda: read(table), place)
    frame = pd.DataFrame({"x": pd.Series([5, value], dtype=nullable), "y": Y})
    expect(value, lambda: read(frame), "DataFrame, row 2: column 'x' is ")


def opened(rows: object) -> Any:
    return read(open_arrays(rows, Y))


@pytest.mark.parametrize("value", [*LONG, *LONGER, *WIDE])
def test_lists_and_arrays_of_objects(value: int) -> None:
    """NumPy makes floats of integers that stand beside floats, or that no type of its own holds."""
    for rows in ([5.0, value], np.array([5, value], object), decimals([5, value])):
        expect(value, partial(opened, rows), "features, row 2 (index 1) is ")
    with_float = [[5, 0.5], [value, 1.5]]
    place = "features, row 2 (index 1), column 1 is "
    expect(value, lambda: read(open_arrays(with_float, Y)), place)
    for target in (pl.Series([5, value], dtype=pl.Int128), [5.0, value]):
        if value != float(value):
            with pytest.raises(InputError, match=rf"target, row 2 \(index 1\) is {value}, which"):
                open_arrays([1.0, 2.0], target)


def test_extended_precision_is_whole_numbers_too() -> None:
    if np.finfo(np.longdouble).nmant < 60:
        pytest.skip("long double is float64 on this machine")
    wide = np.array([5, 2**53], np.longdouble)
    assert read(open_arrays(wide, Y)) == [5.0, 2.0**53]
    with pytest.raises(InputError, match=r"row 2 \(index 1\) is 9007199254740993.0, which float64"):
        open_arrays(wide + np.array([0, 1]), Y)


SQL_TYPES = ("DECIMAL(38,0)", "DECIMAL(38,2)", "HUGEINT", "BIGNUM", "UHUGEINT", "UBIGINT", "BIGINT")


@pytest.mark.parametrize("kind", SQL_TYPES)
@pytest.mark.parametrize("value", [2**53 + 1, 2**53 + 2, 2**63 - 1, 2**63, 10**22, 10**22 + 1])
def test_columns_of_sql_and_parquet(tmp_path: Path, kind: str, value: int) -> None:
    if value > {"BIGINT": 2**63 - 1, "UBIGINT": 2**64 - 1}.get(kind, value):
        return
    sql = f"select 5::{kind} as x, 1.0 as y union all select '{value}'::{kind}, 2.0"
    expect(value, lambda: read(sql), "query, row 2: column 'x' is ")
    if kind in ("HUGEINT", "UHUGEINT", "BIGNUM"):  # not in Parquet
        return
    path = str(tmp_path / "a.parquet")
    duckdb.sql(f"copy ({sql}) to '{path}'")
    expect(value, lambda: read(path), f"{path}, row 2: column 'x' is ")
    expect(value, lambda: read(f"from '{path}'"), "query, row 2: column 'x' is ")


@pytest.mark.parametrize(
    ("first", "value"),
    [
        *(("5", value) for value in [*LONG[1:6], *LONG[-3:], *LONGER[:2], *WIDE[:2]]),
        *(("5.0", value) for value in [*LONG[1:3], LONG[-1], *WIDE[:2]]),
    ],
)
def test_csv_by_itself_and_in_a_query(tmp_path: Path, first: str, value: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"x,y\n{first},1\n{value},2\n")
    whole = first == "5" and -(2**63) <= value < 2**63
    place = f"{path}, row 2 (line 3): column 'x' is "
    expect(value, lambda: read(path), place)
    in_query = "query, row 2: column 'x' is " if whole and abs(value) >= 2**53 else place
    expect(value, lambda: read(f"from '{path}'"), in_query)
    assert read(f"select y, y * 2 as z from '{path}'", "z") == [1.0, 2.0]
    if whole:  # as the refusal advises
        assert read(f"select x - ({value}) as x, y from '{path}' where y = 2") == [0.0]


def test_notations_of_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x;y\n0,5;1\n9007199254740993,00;2\n")
    said = f"{path}, row 2 (line 3): column 'x' is 9007199254740993.00, {ADVICE}"
    assert refused(path) == refused(f"from '{path}'") == said
    # With a fraction or an exponent a number is rounded, as numbers with decimals are.
    path.write_text("x,y\n12345678901234567.25,1\n1e23,2\n 009007199254740994 ,3\n")
    expected = [12345678901234567.25, 1e23, 9007199254740994.0]
    assert read(path) == read(f"from '{path}'") == expected
    path = tmp_path / "a.jsonl"
    path.write_text('{"x": 0.5, "y": 1}\n{"x": 9007199254740993.0, "y": 2}\n')
    assert refused(path) == f"{path}, line 2: column 'x' is 9007199254740993.0, {ADVICE}"


def test_json_lines_in_a_query(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"x": 0.5, "y": 1}\n{"x": 9007199254740993, "y": 2}\n')
    said = f"{path}, line 2: column 'x' is 9007199254740993, {ADVICE}"
    assert refused(path) == refused(f"from '{path}'") == said
    assert refused(f"select x - 9007199254740990 as x, y from '{path}'") == said
    assert read(f"select y, y * 2 as z from '{path}'", "z") == [1.0, 2.0]
    path.write_text('{"x": 0.5, "y": 1}\n{"x": 9007199254740994, "y": 2}\n{"y": 3}\n{"x": "7"}\n')
    rows = f"select x, coalesce(y, 0) as y from '{path}' where x is not null"
    assert read(rows) == [0.5, 9007199254740994.0, 7.0]
    # Whole numbers stay whole, as the refusal advises.
    path.write_text('{"x": 9007199254740993, "y": 1}\n{"x": 9007199254740995, "y": 2}\n')
    assert read(f"select x - 9007199254740990 as x, y from '{path}'") == [3.0, 5.0]
    path.write_text(f'{{"x": {2**64 + 1}, "y": 1}}\n{{"x": 1, "y": 2}}\n')
    said = f"{path}, line 1: column 'x' is 18446744073709551617, {ADVICE}"
    assert refused(path) == refused(f"from '{path}'") == said


def test_truth_among_the_numbers_of_json_lines_in_a_query(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"x": 0.5, "y": 1}\n{"x": 2, "y": 1}\n{"x": true, "y": 2}\n')
    said = f"{path}, line 3: column 'x' is true, which is not a number"
    assert refused(path) == refused(f"from '{path}'") == said


def test_what_functions_of_a_query_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"x": 0.5, "y": 1},\n {"x": 9007199254740993, "y": 2}]')
    said = f"{path}: column 'x' is 9007199254740993, {ADVICE}"
    assert refused(f"from read_json('{path}')") == said
    assert refused(f"select x - 9007199254740990 as x, y from read_json_auto('{path}')") == said
    path.write_text('[{"x": {"a": [0.5]}, "y": 1},\n {"x": {"a": [9007199254740993]}, "y": 2}]')
    assert refused(f"select x.a[1] as x, y from read_json('{path}')") == said
    path.write_text(
        '[{"x": 0.5, "y": 1, "id": 9007199254740993},\n {"x": 9007199254740994, "y": 2}]'
    )
    assert read(f"select x, y from read_json('{path}')") == [0.5, 9007199254740994.0]
    assert read(f"select id - 9007199254740990 as x, 1 as y from read_json('{path}') limit 1") == [
        3.0
    ]
    duckdb.sql(
        f"copy (select 9007199254740993::DECIMAL(38,0) as x, 1 as y) to '{tmp_path}/a.parquet'"
    )
    found = refused(f"from read_parquet('{tmp_path}/a.parquet')")
    assert found == f"query, row 1: column 'x' is 9007199254740993, {ADVICE}"


def test_decimals_are_rounded_alike() -> None:
    values = [Decimal("0.1"), Decimal("12345678901234567.25")]
    expected = [0.1, 12345678901234567.25]
    polars = pl.DataFrame({"x": pl.Series(values, dtype=pl.Decimal(38, 2)), "y": Y})
    sql = f"select {values[0]}::DECIMAL(38,2) x, 1.0 y union all select {values[1]}, 2.0"
    for source in (polars, pd.DataFrame({"x": values, "y": Y}), sql):
        assert read(source) == expected


def test_a_fraction_that_comes_late_in_a_column_of_long_whole_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "9007199254740994,1\n" * 25_000 + "1.5,2\n")
    assert read(path)[-1] == 1.5
    assert refused(f"from '{path}'") == (
        f"{path}, row 25001 (line 25002): column 'x' is '1.5', which is no whole number of 64 "
        "bits, as the column's others are; write all of them alike, or leave the column out"
    )


def test_text_in_a_column_of_numbers_is_named_in_a_query_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,1\n" + "2,1\n" * 25_000 + "abc,2\n")
    said = f"{path}, row 25002 (line 25003): column 'x' is 'abc', which is not a number; correct it"
    assert refused(path).startswith(said)
    assert refused(f"from '{path}'").startswith(said)


def test_what_is_passed_on_keeps_its_digits(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    sql = "select 9007199254740993::DECIMAL(38,0) as id, 1.5::DECIMAL(9,3) as x"
    duckdb.sql(f"copy ({sql}) to '{path}'")
    table = open_table(path)
    assert isinstance(table, Table)
    columns = next(table.written(["id", "x"], 10)).columns
    assert [columns["id"].tolist(), columns["x"].tolist()] == [["9007199254740993"], ["1.500"]]


LAZY: dict[str, Callable[[int], Any]] = {
    "duckdb": lambda v: duckdb.sql(
        f"select 5::HUGEINT x, 1e0 y union all select '{v}'::HUGEINT, 2e0"
    ),
    "duckdb decimal": lambda v: duckdb.sql(
        f"select 5::DECIMAL(38,2) x, 1e0 y union all select '{v}'::DECIMAL(38,2), 2e0"
    ),
    "polars int128": lambda v: FRAMES["polars int128"]([5, v]).lazy(),
    "polars decimal": lambda v: FRAMES["polars decimal"]([5, v]).lazy(),
    "polars": lambda v: pl.DataFrame({"x": [5, v], "y": Y}).lazy(),
    "duckdb bigint": lambda v: duckdb.sql(
        "select 5::KIND x, 1e0 y union all select 'VALUE'::KIND, 2e0".replace(
            "KIND", "BIGINT" if v < 2**63 else "UBIGINT"
        ).replace("VALUE", str(v))
    ),
}


@pytest.mark.parametrize("name", LAZY)
@pytest.mark.parametrize("value", [*LONG, *LONGER])
def test_lazy_frames(name: str, value: int) -> None:
    table = open_lazy(LAZY[name](value))
    encoding = Encoding.learn(table, "y")
    place = f"{table.description}: column 'x' is "

    def highest() -> list[float]:
        predict_lazy(table, encoding, {"prediction": ({"x": 1.0}, 0.0)})
        moments = lazy_moments(table, encoding)[0]
        # Two rows: their mean is half way, so the other end is as far.
        return [5.0, 2.0 * float(moments.shift[0]) - 5.0] if value < 0 else [5.0, float(value)]

    if value == float(value):
        highest()
        return
    for ask in (highest, lambda: lazy_moments(table, encoding)):
        with pytest.raises(InputError) as caught:
            ask()
        assert str(caught.value).startswith(f"{place}{value}")
        assert str(caught.value).endswith(ADVICE)


def test_lazy_weights() -> None:
    table = open_lazy(pl.DataFrame({"x": Y, "w": [1, 2**53 + 1], "y": Y}).lazy())
    with pytest.raises(InputError, match="column 'w' is 9007199254740993, which float64"):
        lazy_moments(table, Encoding.learn(table, "y", weights="w"))


def test_objects_that_are_numbers_are_read() -> None:
    mixed = np.array([[1.5, 2], [np.float32(0.5), Fraction(1, 3)]], object)
    assert read(open_arrays(mixed, Y)) == [1.5, 0.5]
    plain = np.array([[0.1], [2.5]], object)
    assert read(open_arrays(plain, Y)) == [0.1, 2.5]
    switches = np.array([True, False], object)
    assert open_arrays(switches, Y).columns[0].kind == "boolean"
    assert read(pd.DataFrame({"x": [Decimal("0.1"), Decimal(2)], "y": Y})) == [0.1, 2.0]


def test_an_object_that_is_no_number_is_named() -> None:
    odd = "; use numbers only (float('nan') for a missing value, with missing='drop' or 'mean')"
    with pytest.raises(InputError) as caught:
        open_arrays(np.array([[1.5, 2.0], [3.0, "abc"]], object), Y)
    assert str(caught.value) == f"features holds 'abc' (str) at row 2 (index 1), column 2{odd}"
    with pytest.raises(InputError) as caught:
        open_arrays([1.0, 2.0], [1.0, None])
    assert str(caught.value) == f"target holds None at row 2 (index 1){odd}"
    assert refused(pd.DataFrame({"x": pd.Series([1.5, "abc"], dtype=object), "y": Y})) == (
        "column 'x' is of type Object ('abc', of type str, in row 2); only numbers, booleans and "
        "text can be used; turn it into numbers, or leave it out"
    )


def test_numbers_beyond_float64_are_refused_in_words() -> None:
    assert is_rounded(10**400)
    with pytest.raises(InputError, match=r"features, row 2 \(index 1\) is 1000+…?, which float64"):
        open_arrays([0.5, 10**400], Y)
    with pytest.raises(InputError, match="features holds a number beyond float64; leave it out"):
        open_arrays([0.5, Fraction(10**400, 3)], Y)
