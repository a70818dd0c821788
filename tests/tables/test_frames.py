"""DataFrames as tables: the same rows from pandas, Polars and PyArrow."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from steepest.errors import InputError
from steepest.tables.column_encoding import Encoding
from steepest.tables.frames.eager import open_frame
from steepest.tables.from_arrays import open_arrays
from steepest.tables.open_table import open_table
from steepest.tables.table import RawBlock, Table

ROWS = {
    "x": [1.5, 2.5, None],
    "n": [1, None, 3],
    "city": ["Rome", None, "Oslo"],
    "on": [True, False, None],
}
MAKERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "pandas": pd.DataFrame,
    "nullable": lambda rows: pd.DataFrame(rows).convert_dtypes(),
    "arrow-backed": lambda rows: pd.DataFrame(rows).convert_dtypes(dtype_backend="pyarrow"),
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
}


def only(table: Table) -> RawBlock:
    (block,) = table.blocks([column.name for column in table.columns], 100)
    return block


@pytest.mark.parametrize("maker", MAKERS)
def test_the_same_columns_from_every_library(maker: str) -> None:
    table = open_frame(MAKERS[maker](ROWS))
    assert [column.name for column in table.columns] == ["x", "n", "city", "on"]
    assert [column.kind for column in table.columns] == ["number", "number", "text", "boolean"]
    assert table.count == 3
    assert table.levels("city", 50) == ["Oslo", "Rome"]
    assert table.levels("city", 0) == ["Oslo"]
    block = only(table)
    assert {name: mask.tolist() for name, mask in block.missing.items()} == {
        "x": [False, False, True],
        "n": [False, True, False],
        "city": [False, True, False],
        "on": [False, False, True],
    }
    assert block.columns["x"][:2].tolist() == [1.5, 2.5]
    assert block.columns["n"][[0, 2]].tolist() == [1, 3]
    assert block.columns["city"][[0, 2]].tolist() == ["Rome", "Oslo"]
    assert block.columns["on"].dtype == np.bool_
    assert block.columns["on"][:2].tolist() == [True, False]


@pytest.mark.parametrize("maker", MAKERS)
def test_an_encoding_drops_the_same_rows(maker: str) -> None:
    rows = {"x": [1.0, 2.0, 3.0, None], "city": ["a", "b", "b", "a"], "y": [1, 2, 3, 4]}
    table = open_frame(MAKERS[maker](rows))
    encoding = Encoding.learn(table, "y", missing="drop")
    blocks = list(encoding.blocks(table, 2))
    assert np.concatenate([block.features for block in blocks]).tolist() == [[1, 0], [2, 1], [3, 1]]
    with pytest.raises(InputError, match=r"^1 missing value: x 1 \(first at DataFrame, row 4\);"):
        list(Encoding.learn(table, "y").blocks(table, 2))


def test_blocks_have_the_size_asked_for() -> None:
    table = open_frame(pl.DataFrame({"x": range(7)}))
    blocks = list(table.blocks(["x"], 3))
    assert [(block.start, len(block.columns["x"])) for block in blocks] == [(0, 3), (3, 3), (6, 1)]
    assert blocks[2].columns["x"].tolist() == [6]


def test_types_and_their_kinds() -> None:
    frame = pl.DataFrame(
        {
            "f": pl.Series([1.5], dtype=pl.Float32),
            "u": pl.Series([2**64 - 1], dtype=pl.UInt64),
            "d": pl.Series(["1.25"]).cast(pl.Decimal(10, 2)),
            "e": pl.Series(["a"], dtype=pl.Enum(["b", "a"])),
            "c": pl.Series(["a"], dtype=pl.Categorical),
            "day": pl.Series([1]).cast(pl.Date),
            "at": pl.Series([1]).cast(pl.Datetime),
            "list": pl.Series([[1, 2]]),
            "none": [None],
        }
    )
    table = open_frame(frame)
    assert {column.name: column.kind for column in table.columns} == {
        "f": "number",
        "u": "number",
        "d": "number",
        "e": "text",
        "c": "text",
        "day": "date",
        "at": "date",
        "list": "other",
        "none": "number",
    }
    (block,) = table.blocks(["f", "u", "d", "e", "c", "none"], 10)
    assert block.columns["f"].dtype == np.float32
    assert block.columns["u"].tolist() == [2**64 - 1]
    assert block.columns["d"].tolist() == [1.25]
    assert block.columns["e"].tolist() == ["a"]
    assert block.missing["none"].tolist() == [True]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"c": pd.Categorical(["u", None, "v"])}),
        pl.DataFrame({"c": pl.Series(["u", None, "v"], dtype=pl.Categorical)}),
        pa.table({"c": pa.array(["u", None, "v"]).dictionary_encode()}),
    ],
)
def test_categories_are_text(frame: object) -> None:
    table = open_frame(frame)
    assert table.columns[0].kind == "text"
    assert table.levels("c", 50) == ["u", "v"]
    block = only(table)
    assert block.missing["c"].tolist() == [False, True, False]
    assert block.columns["c"][[0, 2]].tolist() == ["u", "v"]


def test_categories_that_are_numbers_become_text() -> None:
    table = open_frame(pd.DataFrame({"c": pd.Categorical([10, 2, 10])}))
    assert table.levels("c", 50) == ["10", "2"]
    assert only(table).columns["c"].tolist() == ["10", "2", "10"]


def test_large_integers_beside_missing_ones_stay_exact() -> None:
    table = open_frame(pl.DataFrame({"x": [2**53 + 1, None], "y": [1.0, 2.0]}))
    with pytest.raises(InputError, match=r"DataFrame, row 1: column 'x' is 9007199254740993, "):
        list(Encoding.learn(table, "y").blocks(table, 10))


def test_names_that_are_no_text_and_a_target_beside() -> None:
    frame = pd.DataFrame(np.arange(4.0).reshape(2, 2), index=[7, 9])
    target = pd.Series([1.0, 2.0], name="price", index=[7, 9])
    table = open_arrays(frame, target)
    assert [column.name for column in table.columns] == ["0", "1", "price"]
    assert only(table).columns["price"].tolist() == [1.0, 2.0]
    assert [column.name for column in open_frame(frame, names=["a", "b"]).columns] == ["a", "b"]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, dict])
def test_values_without_a_name_get_one_that_no_column_has(make: Any) -> None:
    """Columns called x and y are those of a map, and the target is neither."""
    frame = make({"x": [1.0, 2.0, 4.0], "y": [0.0, 1.0, 0.0], "weights": [1.0, 3.0, 2.0]})
    table = open_arrays(frame, [5.0, 6.0, 7.0], weights=[1.0, 1.0, 2.0])
    names = ["x", "y", "weights", "target", "weights_2"]
    assert [column.name for column in table.columns] == names
    assert only(table).columns["target"].tolist() == [5.0, 6.0, 7.0]
    assert only(table).columns["y"].tolist() == [0.0, 1.0, 0.0]
    table = open_arrays(np.ones((2, 1)), pd.Series([1.0, 2.0], name="x"))
    assert [column.name for column in table.columns] == ["x1", "x"]


def test_what_is_refused() -> None:
    frame = pd.DataFrame({"a": [1.0], "b": [2.0]})
    with pytest.raises(InputError) as caught:
        open_arrays(frame, pd.Series([1.0], name="a"))
    assert str(caught.value) == (
        "a feature and the target are both called 'a'; leave that feature out, or rename one of "
        "them, as by .rename('target')"
    )
    with pytest.raises(InputError, match="features have 1 row but 'y' has 2; give both the same"):
        open_arrays(frame, [1.0, 2.0])
    with pytest.raises(InputError, match="1 name for 2 columns; give one name for each column"):
        open_frame(frame, names=["x"])
    with pytest.raises(InputError, match="the DataFrame has no rows; there is nothing to fit"):
        open_frame(frame[:0])
    with pytest.raises(InputError, match="this DataFrame cannot be read: "):
        open_frame({"a": [1]})
    with pytest.raises(InputError) as caught:
        open_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    assert "\n" not in str(caught.value)
    assert "'a'" in str(caught.value)


def test_objects_that_are_no_single_type_are_refused_with_advice() -> None:
    table = open_frame(pd.DataFrame({"x": [1, "a"], "y": [1.0, 2.0]}))
    with pytest.raises(InputError) as caught:
        Encoding.learn(table, "y")
    assert str(caught.value) == (
        "column 'x' is of type Object ('a', of type str, in row 2); only numbers, booleans and "
        "text can be used; turn it into numbers, or leave it out"
    )


def test_a_lazy_frame_does_not_take_a_target_from_elsewhere() -> None:
    with pytest.raises(InputError, match="for a lazy frame the target is the name of a column"):
        open_arrays(pl.LazyFrame({"x": [1.0]}), [1.0])


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        (pd.Series([1 + 2j, 2, 3]), "complex128"),
        (pd.Series(pd.period_range("2020", periods=3, freq="M")), "period[M]"),
        (pd.Series(pd.interval_range(0, 3)), "interval[int64, right]"),
    ],
)
def test_types_that_are_not_known_are_refused_and_not_taken_for_zeros(
    values: object, type_: str
) -> None:
    table = open_table(pd.DataFrame({"x": values, "y": [1.0, 2.0, 4.0]}))
    with pytest.raises(InputError) as caught:
        Encoding.learn(table, "y")
    assert str(caught.value).startswith(f"column 'x' is of type {type_}; only numbers, ")


def test_sparse_columns_are_made_dense() -> None:
    table = open_frame(pd.DataFrame({"x": pd.arrays.SparseArray([0, 0, 1.5])}))
    assert table.columns[0].kind == "number"
    (block,) = table.blocks(["x"], 10)
    assert block.columns["x"].tolist() == [0.0, 0.0, 1.5]


def test_integers_of_128_bits() -> None:
    table = open_frame(pl.DataFrame({"x": pl.Series([2, None, 3], dtype=pl.Int128)}))
    (block,) = table.blocks(["x"], 10)
    assert block.columns["x"][[0, 2]].tolist() == [2.0, 3.0]
    assert block.missing["x"].tolist() == [False, True, False]


def test_column_names_that_are_not_single_are_one_line() -> None:
    levels = pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])
    for frame, said in (
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "cannot be read: Expected unique"),
        (pa.table([[1], [2]], names=["a", "a"]), "cannot be read: Expected unique"),
        (pd.DataFrame([[1, 2]], columns=levels), "column names have several levels"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            open_table(frame)
        assert "\n" not in str(caught.value)
