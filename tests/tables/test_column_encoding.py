"""From typed columns to floats: indicators, missing values, what travels with the model."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from steepest.arrays import Array
from steepest.errors import InputError, StorageError
from steepest.tables.column_encoding import (
    Block,
    BooleanPart,
    Encoding,
    IndicatorPart,
    NumberPart,
    Tally,
)
from steepest.tables.from_arrays import open_arrays
from steepest.tables.open_table import open_table
from steepest.tables.table import Column, Kind, RawBlock, Table
from steepest.wording.fact import Fact


class Lists(Table):
    """Columns as lists; None is a missing value."""

    def __init__(self, columns: Mapping[str, Any], **kinds: Kind) -> None:
        self._lists = columns
        self.columns = tuple(
            Column(name, kinds.get(name, _kind(values)), kinds.get(name, _kind(values)).upper())
            for name, values in columns.items()
        )
        self.count = len(next(iter(columns.values())))
        self.description = "t.csv"

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        for start in range(0, self.count or 0, rows):
            slices = {name: self._lists[name][start : start + rows] for name in names}
            masks = {name: np.array([v is None for v in vs]) for name, vs in slices.items()}
            yield RawBlock(
                start,
                {name: _array(values) for name, values in slices.items()},
                {name: mask for name, mask in masks.items() if mask.any()},
            )

    def levels(self, name: str, limit: int) -> list[str]:
        return sorted({value for value in self._lists[name] if value is not None})[: limit + 1]

    def where(self, row: int) -> str:
        return f"t.csv, row {row + 1}"


def _kind(values: Sequence[Any]) -> Kind:
    first = next((value for value in values if value is not None), "")
    return "text" if isinstance(first, str) else "boolean" if isinstance(first, bool) else "number"


def _array(values: Sequence[Any]) -> Array:
    if any(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    if all(value is None for value in values):
        return np.array(values, dtype=object if not values else np.float64)
    filler = type(next(value for value in values if value is not None))(0)
    return np.array([filler if value is None else value for value in values])


HOUSES: dict[str, list[Any]] = {
    "rooms": [1, 2, 3, 4],
    "city": ["Rome", "Oslo", "Rome", "Bonn"],
    "garden": [True, False, True, False],
    "price": [1.5, 2.5, 3.5, 4.5],
}


def learn(table: Table, target: str = "price", **options: Any) -> Encoding:
    return Encoding.learn(table, target, **options)


def stack(encoding: Encoding, table: Table, rows: int = 3, **options: Any) -> list[list[float]]:
    return np.concatenate(
        [block.features for block in encoding.blocks(table, rows, **options)]
    ).tolist()


def test_each_type_has_its_part() -> None:
    notes: list[Fact] = []
    encoding = learn(Lists(HOUSES), notes=notes)
    assert encoding.parts == (
        NumberPart("rooms"),
        IndicatorPart("city", ("Bonn", "Oslo", "Rome"), "Bonn"),
        BooleanPart("garden"),
    )
    assert encoding.names == ("rooms", "city[Oslo]", "city[Rome]", "garden")
    assert [*map(str, notes)] == ["column 'city' is text: 3 levels, compared with 'Bonn'"]
    assert stack(encoding, Lists(HOUSES)) == [
        [1, 0, 1, 1],
        [2, 1, 0, 0],
        [3, 0, 1, 1],
        [4, 0, 0, 0],
    ]


def test_every_level_is_kept_without_an_intercept() -> None:
    encoding = learn(Lists(HOUSES), features=["city"], intercept=False)
    assert encoding.names == ("city[Bonn]", "city[Oslo]", "city[Rome]")


def test_a_single_level_is_left_out_and_said() -> None:
    notes: list[Fact] = []
    table = Lists({**HOUSES, "city": ["Rome"] * 4})
    assert learn(table, notes=notes).names == ("rooms", "garden")
    assert [*map(str, notes)] == ["column 'city' holds one value only, 'Rome', and is left out"]
    with pytest.raises(InputError, match="no feature is left: every column holds one value only"):
        learn(table, features=["city"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_features_of_an_array_are_the_users_own(dtype: type) -> None:
    matrix: np.ndarray = np.arange(12, dtype=dtype).reshape(4, 3)
    table = open_arrays(matrix, np.ones(4, dtype=np.float32))
    for block in learn(table, "y").blocks(table, 3):
        assert block.features.dtype == dtype
        assert np.shares_memory(block.features, matrix)
        assert block.target is not None
        assert block.target.dtype == np.float32


def test_columns_become_one_buffer_in_column_order() -> None:
    table = Lists({"a": [1.0, 2.0], "b": [3, 4], "price": [1, 2]})
    (block,) = learn(table).blocks(table, 10)
    assert block.features.flags.f_contiguous
    assert block.features.dtype == np.float64
    singles = Lists({"a": np.ones(2, np.float32), "b": np.ones(2, np.float32), "price": [1, 2]})
    singles.columns = tuple(Column(c.name, "number", "FLOAT") for c in singles.columns)
    (block,) = learn(singles).blocks(singles, 10)
    assert block.features.dtype == np.float32


def test_columns_of_one_float_type_are_used_where_they_lie() -> None:
    table = Lists({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0], "price": [1.0, 2.0, 3.0]})
    (block,) = learn(table).blocks(table, 10)
    assert block.columns is not None
    assert [column.tolist() for column in block.columns] == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert len(block) == 3
    assert block.rows(np.array([0, 2])).tolist() == [[1.0, 4.0], [3.0, 6.0]]
    assert block.rows(np.array([1])).tolist() == [[2.0, 5.0]]
    assert block.features.tolist() == [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]


def test_missing_values_are_counted_over_all_blocks_then_refused() -> None:
    table = Lists({"age": [None, 2, None, 4], "sex": ["m", None, "f", "f"], "price": [1, 2, 3, 4]})
    encoding = learn(table)
    seen: list[Any] = []
    with pytest.raises(InputError) as caught:
        seen.extend(encoding.blocks(table, 2))
    assert len(seen) == 2
    assert str(caught.value) == (
        "3 missing values: age 2, sex 1 (first at t.csv, row 1); set missing to drop or mean"
    )


GAPS: dict[str, list[Any]] = {
    "age": [1.0, float("nan"), 3.0, None, 8.0],
    "sex": ["m", "f", None, "f", "m"],
    "price": [1.0, 2.0, 3.0, 4.0, None],
}


def test_drop_leaves_whole_rows_out_and_counts_them() -> None:
    table, tally = Lists(GAPS), Tally()
    (first,) = learn(table, missing="drop").blocks(table, 4, tally=tally)
    assert first.features.tolist() == [[1.0, 1.0]]
    assert first.index is not None
    assert first.index.tolist() == [0]
    assert (tally.rows_read, tally.rows_dropped) == (5, 4)
    assert tally.missing == {"age": 2, "sex": 1, "price": 1}
    assert [*map(str, tally.notes())] == [
        "4 of 5 rows dropped for missing values, of columns: age 2, sex 1, price 1"
    ]


def test_mean_fills_features_and_drops_rows_without_target() -> None:
    notes: list[str] = []
    table, tally = Lists(GAPS), Tally()
    encoding = learn(table, missing="mean", notes=notes)
    assert encoding.fill == {"age": 2.0, "sex[m]": pytest.approx(1 / 3)}
    assert "the columns' means, used for missing values, took a pass over the rows" in map(
        str, notes
    )
    blocks = list(encoding.blocks(table, 2, tally=tally))
    values = np.concatenate([block.features for block in blocks])
    third = 1 / 3
    assert values == pytest.approx(np.array([[1, 1], [2, 0], [3, third], [2, 0]]))
    assert tally.filled == {"age": 2, "sex": 1}
    assert (tally.rows_read, tally.rows_dropped) == (5, 1)
    assert [*map(str, tally.notes())] == [
        "1 of 5 rows dropped for missing values",
        "missing values replaced by the column's mean: age 2, sex 1",
    ]


def test_means_are_weighted() -> None:
    table = Lists({"a": [1.0, 4.0, None], "w": [2.0, 1.0, 1.0], "price": [1, 2, 3]})
    assert learn(table, weights="w", missing="mean").fill == {"a": 2.0}


def test_the_users_array_is_never_written_to() -> None:
    matrix = np.array([[1.0, np.nan], [3.0, 5.0]])
    table = open_arrays(matrix, [1.0, 2.0])
    encoding = learn(table, "y", missing="mean")
    assert stack(encoding, table) == [[1.0, 5.0], [3.0, 5.0]]
    assert np.isnan(matrix[0, 1])


def test_a_block_is_checked_only_when_asked() -> None:
    table = open_arrays([[1.0, 2.0], [3.0, np.nan], [np.inf, 1.0]], [1.0, 2.0, 3.0])
    encoding = learn(table, "y")
    (block,) = encoding.blocks(table, 10)
    with pytest.raises(InputError) as caught:
        encoding.check_block(block, table.where)
    assert str(caught.value) == (
        "array, row 2 (index 1): column 'x2' is nan; correct it, or set missing to drop or mean"
    )
    clean = Block(0, block.features[:1], target=np.array([np.inf]))
    with pytest.raises(InputError, match=r"row 1 .*'y' is inf; correct or remove that row"):
        encoding.check_block(clean, table.where)
    encoding.check_block(Block(0, block.features[:1]), table.where)


@pytest.mark.parametrize("missing", ["drop", "mean"])
def test_inf_is_never_a_missing_value(missing: str) -> None:
    table = open_arrays([1.0, -np.inf, 3.0], [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match=r"row 2 .*'x' is -inf; correct or remove that row"):
        list(learn(table, "y", missing=missing).blocks(table, 10))


def test_a_column_without_values_is_named() -> None:
    table = Lists({"a": [None, None], "b": [1.0, 2.0], "price": [1, 2]}, a="number")
    for missing in ("error", "drop"):
        with pytest.raises(InputError, match="column 'a' has no values: all 2 are missing; leave"):
            list(learn(table, features=["a", "b"], missing=missing).blocks(table, 10))
    with pytest.raises(InputError, match="column 'a' has no values"):
        learn(table, features=["a", "b"], missing="mean")
    assert learn(table).columns == ("b",)


def test_negative_weights_are_refused() -> None:
    table = open_arrays([1.0, 2.0], [1.0, 2.0], weights=[1.0, -1.0])
    with pytest.raises(InputError, match=r"row 2 .*weight 'weights' is -1; weights must not be"):
        list(learn(table, "y", weights="weights").blocks(table, 10))


def test_integers_that_float64_would_round_are_refused() -> None:
    table = open_arrays(np.array([2**60, 2**53 + 1]), [1.0, 2.0])
    with pytest.raises(InputError, match=r"row 2 .*9007199254740993, which float64 cannot hold"):
        list(learn(table, "y").blocks(table, 10))
    exact = open_arrays(np.array([2**60, -(2**62)]), [1.0, 2.0])
    assert stack(learn(exact, "y"), exact) == [[2.0**60], [-(2.0**62)]]
    top = open_arrays(np.array([2**64 - 1, 1], dtype=np.uint64), [1.0, 2.0])
    with pytest.raises(InputError, match="18446744073709551615, which float64 cannot hold"):
        list(learn(top, "y").blocks(top, 10))


LEARN_ERRORS = [
    ({"target": "prise"}, "t.csv: there is no target column 'prise'. Did you mean 'price'?"),
    (
        {"target": "zzz"},
        "t.csv: there is no target column 'zzz'. The columns are rooms, city, garden, price.",
    ),
    (
        {"target": "city"},
        "the target 'city' is text (TEXT, for example 'Bonn'); squared loss needs a number: for "
        "classes set loss='logistic' (of two) or loss='multinomial'",
    ),
    ({"features": ["room"]}, "t.csv: there is no feature column 'room'. Did you mean 'rooms'?"),
    (
        {"features": ["rooms", "price"]},
        "the target 'price' is also among the features; take it out there",
    ),
    ({"features": ["rooms", "rooms"]}, "the feature 'rooms' is listed twice; list it once"),
    ({"features": []}, "t.csv: no feature column is left besides 'price'"),
    ({"weights": "city"}, "the weights 'city' are of type TEXT; they must be numbers"),
    (
        {"weights": "price"},
        "'price' cannot be both target and weights; name another column",
    ),
    ({"missing": "skip"}, "missing is 'skip'; use 'error', 'drop' or 'mean'"),
]


@pytest.mark.parametrize(("options", "message"), LEARN_ERRORS)
def test_what_cannot_be_learnt(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        learn(Lists(HOUSES), **options)
    assert str(caught.value) == message


def test_too_many_levels_dates_and_empty_text() -> None:
    many = Lists({"id": [f"k{i:02}" for i in range(51)], "price": list(range(2, 53))})
    for features in (None, ["id"]):
        with pytest.raises(InputError, match="'id' is text with more than 50 different values"):
            learn(many, features=features)
    dated = Lists({"when": [1, 2], "price": [2, 3]}, when="date")
    with pytest.raises(InputError) as caught:
        learn(dated)
    assert str(caught.value) == (
        "column 'when' is of type DATE; read it with dates=['year', 'elapsed'], turn it into "
        "numbers first (in SQL: when - date '2020-01-01'), or leave it out"
    )
    nothing = Lists({"a": [None, None], "price": [2, 3]})
    with pytest.raises(InputError, match="column 'a' has no values: all of them are missing"):
        learn(nothing)
    with pytest.raises(InputError, match="the target 'a' has no values: all of them are missing"):
        learn(nothing, "a")


def test_columns_that_cannot_be_features_are_left_out_unless_they_were_named() -> None:
    table = Lists(
        {
            "x": list(range(51)),
            "id": [f"k{i:02}" for i in range(51)],
            "when": list(range(51)),
            "blob": list(range(51)),
            "gone": [None] * 51,
            "name": [*"abcdef", *[None] * 45],
            "price": list(range(2, 53)),
        },
        when="date",
        blob="other",
        gone="text",
    )
    notes: list[Fact] = []
    assert learn(table, notes=notes).names == ("x",)
    assert [*map(str, notes)] == [
        "column 'id' is left out: text with more than 50 different values, for example 'k00'; "
        "levels=20 takes its commonest",
        "column 'when' is left out: it holds dates (DATE); dates=['year'] takes them",
        "column 'blob' is left out: it holds no numbers, booleans or text, but OTHER",
        "column 'gone' is left out: all its values are missing",
        "column 'name' is left out: text that is different in every row, for example 'a'",
    ]
    for name in ("id", "when", "blob", "gone"):
        with pytest.raises(InputError, match=f"column '{name}'"):
            learn(table, features=["x", name])
    assert len(learn(table, features=["x", "name"]).names) == 6


def notes_of(source: Any, target: str = "y", **options: Any) -> tuple[list[str], tuple[str, ...]]:
    notes: list[Fact] = []
    names = Encoding.learn(open_table(source), target, notes=notes, **options).names
    return [str(note) for note in notes], names


@pytest.mark.parametrize("first", [0, 1, 7])
def test_a_column_without_a_name_that_counts_the_rows_is_left_out(
    tmp_path: Path, first: int
) -> None:
    frame = pd.DataFrame(
        {"x": [1.0, 2.0, 5.0], "y": [2.0, 4.0, 6.0]}, index=range(first, first + 3)
    )
    file = tmp_path / "a.csv"
    frame.to_csv(file)
    left_out = "column {!r}, which the table does not name, counts the rows and is left out"
    assert notes_of(file) == ([left_out.format("column1")], ("x",))
    again = pd.read_csv(file)
    assert notes_of(again) == ([left_out.format("Unnamed: 0")], ("x",))
    assert notes_of(file, features=["column1", "x"])[1] == ("column1", "x")


def test_a_column_without_a_name_that_does_not_count_the_rows_stays(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(",x,y\n0,1,2\n1,2,4\n3,5,6\n")
    note = "column 'column1' is a feature; exclude it if it only names rows: its first 3 values all"
    assert notes_of(file) == ([f"{note} differ"], ("column1", "x"))
    file.write_text("1,1,2\n2,2,4\n3,5,6\n")  # no header: every name is ours
    assert notes_of(file, "column3") == ([], ("column1", "column2"))


@pytest.mark.parametrize("name", ["id", "ID", "user_id", "userId", "rownames", "key", "UUID"])
def test_a_column_named_like_a_key_is_pointed_out(name: str) -> None:
    table = {name: [5, 3, 9], "x": [1.0, 2.0, 5.0], "y": [2.0, 4.0, 6.0]}
    note = f"column {name!r} is a feature; exclude it if it only names rows: its first 3 values "
    assert notes_of(pd.DataFrame(table)) == ([f"{note}all differ"], (name, "x"))
    assert notes_of(pd.DataFrame(table | {name: [5, 3, 3]}))[0] == []
    assert notes_of(pd.DataFrame(table | {name: [5, 3, 3.5]}))[0] == []
    assert notes_of(pd.DataFrame(table), exclude=[name]) == ([], ("x",))


@pytest.mark.parametrize("name", ["width", "paid", "humid", "keys", "grid", "Madrid"])
def test_a_column_that_only_ends_like_a_key_is_not(name: str) -> None:
    table = pd.DataFrame({name: [5, 3, 9], "y": [2.0, 4.0, 6.0]})
    assert notes_of(table) == ([], (name,))


def test_two_features_of_one_name() -> None:
    table = Lists({"c": ["a", "b", "b"], "c[b]": [1.5, 2.5, 4], "price": [2, 3, 4]})
    with pytest.raises(InputError, match=r"two features would both be called 'c\[b\]'"):
        learn(table)


def test_prediction_needs_no_target_and_no_order() -> None:
    encoding = learn(Lists(HOUSES))
    new = Lists({"garden": [0, 1], "city": ["Rome", "Bonn"], "rooms": [7, 8]}, garden="number")
    assert stack(encoding, new, with_target=False) == [[7, 0, 1, 0], [8, 0, 0, 1]]


PREDICT_ERRORS = [
    (
        {"city": ["Rome", "Paris"]},
        "t.csv, row 2: column 'city' is 'Paris', which the model has not seen; "
        "it knows Bonn, Oslo, Rome: predict with unseen='missing' or unseen='base'",
    ),
    (
        {"rooms": ["one", "two"]},
        "t.csv: column 'rooms' is of type TEXT, but the model learnt it as numbers; "
        "give it the type it had",
    ),
    (
        {"city": [1.5, 2.5]},
        "t.csv: column 'city' is of type NUMBER, but the model learnt it as text; "
        "give it the type it had",
    ),
    (
        {"garden": [0.0, 7.0]},
        "t.csv, row 2: column 'garden' is 7, but the model learnt it as true or false; "
        "use true, false, 1 or 0",
    ),
]


@pytest.mark.parametrize(("change", "message"), PREDICT_ERRORS)
def test_what_cannot_be_predicted(change: dict[str, Any], message: str) -> None:
    encoding = learn(Lists(HOUSES))
    new = {"rooms": [1, 2], "city": ["Rome", "Oslo"], "garden": [True, False]} | change
    with pytest.raises(InputError) as caught:
        list(encoding.blocks(Lists(new), 10, with_target=False))
    assert str(caught.value) == message


def test_a_column_that_is_absent_is_named_with_the_nearest() -> None:
    new = Lists({"room": [1, 2], "city": ["Rome", "Oslo"], "garden": [True, False]})
    with pytest.raises(InputError) as caught:
        list(learn(Lists(HOUSES)).blocks(new, 10, with_target=False))
    assert str(caught.value) == "t.csv: there is no column 'rooms'. Did you mean 'room'?"


def test_an_encoding_survives_json() -> None:
    for missing in ("error", "mean"):
        encoding = learn(Lists(HOUSES), missing=missing)
        assert Encoding.from_json(json.loads(json.dumps(encoding.to_json()))) == encoding


GOOD: dict[str, Any] = {
    "target": "y",
    "weights": None,
    "missing": "error",
    "fill": {},
    "parts": [{"kind": "indicator", "column": "c", "levels": ["a", "b"], "dropped": "a"}],
}


@pytest.mark.parametrize(
    "damage",
    [
        {"target": 3},
        {"missing": "skip"},
        {"missing": "mean"},
        {"fill": {"c[b]": float("nan")}},
        {"fill": None},
        {"parts": []},
        {"parts": {}},
        {"parts": [{"kind": "number"}]},
        {"parts": [{"kind": "number", "column": "c"}] * 2},
        {"parts": [{"kind": "indicator", "column": "c", "levels": ["a"], "dropped": "z"}]},
        {"parts": [{"kind": "spline", "column": "c"}]},
    ],
)
def test_a_damaged_encoding_is_refused(damage: dict[str, Any]) -> None:
    assert Encoding.from_json(GOOD).names == ("c[b]",)
    with pytest.raises(StorageError, match=r"is damaged|is missing|does not know"):
        Encoding.from_json(GOOD | damage)
    with pytest.raises(
        StorageError, match="field encoding is damaged: expected a mapping, got a list"
    ):
        Encoding.from_json([])


def test_features_that_are_numbers_and_levels_that_are_long() -> None:
    table = open_table(pd.DataFrame({0: [1.0, 2.0], 1: [1.0, 3.0], "t": ["a" * 60, "b"]}))
    assert Encoding.learn(table, "0", features=[1]).names == ("1",)  # type: ignore[list-item]  # on purpose
    with pytest.raises(InputError, match="there is no feature column '7'"):
        Encoding.learn(table, "0", features=[7])  # type: ignore[list-item]  # on purpose
    with pytest.raises(InputError) as caught:
        Encoding.learn(table, "t")
    assert f"for example '{'a' * 39}…'" in str(caught.value)
