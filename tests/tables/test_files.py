"""Files, globs and queries as tables: types, blocks, order, places."""

import csv
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from steepest.errors import InputError
from steepest.tables.files.duckdb_engine import Engine
from steepest.tables.files.line_numbers import place_of
from steepest.tables.open_table import open_table
from steepest.tables.table import RawBlock, Table


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8", newline="")
    return path


def make(path: Path, sql: str) -> Path:
    duckdb.execute(f"COPY ({sql}) TO '{path}'")
    return path


def opened(source: object, **options: object) -> Table:
    table = open_table(source, **options)  # type: ignore[arg-type]  # of several types
    assert isinstance(table, Table)
    return table


def only(source: object, **options: object) -> RawBlock:
    table = opened(source, **options)
    (block,) = table.blocks([column.name for column in table.columns], 1000)
    return block


def kinds(table: Table) -> dict[str, str]:
    return {column.name: column.kind for column in table.columns}


def test_a_csv_file_has_named_and_typed_columns(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        "x,city,old,when,empty\n1,Rome,true,2020-01-01,\n2.5,NA,false,2020-01-02,\n,Oslo,,,\n",
    )
    table = opened(path)
    assert kinds(table) == {
        "x": "number",
        "city": "text",
        "old": "boolean",
        "when": "date",
        "empty": "number",
    }
    assert table.count is None
    block = only(path)
    assert block.columns["x"][:2].tolist() == [1.0, 2.5]
    assert block.columns["city"].tolist() == ["Rome", None, "Oslo"]
    assert block.columns["old"][:2].tolist() == [True, False]
    assert block.columns["old"].dtype == np.bool_
    assert {name: mask.tolist() for name, mask in block.missing.items()} == {
        "x": [False, False, True],
        "city": [False, True, False],
        "old": [False, False, True],
        "when": [False, False, True],
        "empty": [True, True, True],
    }
    assert table.levels("city", 50) == ["Oslo", "Rome"]
    assert table.levels("city", 0) == ["Oslo"]


def test_words_for_missing_and_for_not_finite(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'x,y\n1,nan\nNA,-inf\nN/A,inf\nnull,1e3\nNULL," 7"\n"",.5\n')
    block = only(path)
    assert block.missing["x"].tolist() == [False, True, True, True, True, True]
    assert "y" not in block.missing
    np.testing.assert_array_equal(block.columns["y"], [np.nan, -np.inf, np.inf, 1e3, 7, 0.5])


def test_a_decimal_comma_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "x;y\n1,5;2\n-0,25;3\n")
    assert only(path).columns["x"].tolist() == [1.5, -0.25]
    write(path, "x;y\n1,5;2\n-0,25;3\n7,5;4\nabc;3\n")
    with pytest.raises(InputError, match=r"a\.csv, row 4 \(line 5\): column 'x' is 'abc', which"):
        only(path)


def test_integers_beyond_float64_keep_their_digits(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", f"x,y\n{2**53 + 1},1\n5,2\n")
    assert only(f"from '{tmp_path}/a.csv'").columns["x"].tolist() == [2**53 + 1, 5]


def test_the_same_name_in_another_case_is_another_column(tmp_path: Path) -> None:
    block = only(write(tmp_path / "a.csv", "x,X\n1,2\n"))
    assert (block.columns["x"].tolist(), block.columns["X"].tolist()) == ([1.0], [2.0])
    assert only("select 1 as x, 2 as X").columns["X"].tolist() == [2]


def test_names_and_header_as_the_user_says(tmp_path: Path) -> None:
    path = write(tmp_path / "points.csv", "1,2\n3,4\n")
    table = opened(path, header=False, names=["x", "y"])
    assert table.description == f"{path}: CSV, delimiter ',', no header"
    assert only(path, header=False, names=["x", "y"]).columns["y"].tolist() == [2.0, 4.0]
    with pytest.raises(InputError, match="3 names given, but 2 columns found; give one name"):
        opened(path, names=["x", "y", "z"])
    assert only(path, header=True).columns["2"].tolist() == [4.0]
    with pytest.raises(InputError, match=r"no column 'z'\. The columns are x, y\."):
        list(table.blocks(["z"], 10))


def test_quoted_line_ends_and_mixed_ones(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'x,t\n1,"a\nb"\n2,c\nq,d\n4,e\n')
    assert opened(path).where(1) == f"{path}, row 2 (line 4)"
    with pytest.raises(InputError, match=r"a\.csv, row 3 \(line 5\): column 'x' is 'q'"):
        only(path)
    path = write(tmp_path / "b.csv", "x,y\n1,2\r\n3,4\n\n5,6\r\n")
    assert only(path).columns["x"].tolist() == [1.0, 3.0, 5.0]
    assert opened(path).where(2) == f"{path}, row 3 (line 5)"
    path = write(tmp_path / "c.csv", "x,y\r1,2\r3,4\r")
    assert only(path).columns["y"].tolist() == [2.0, 4.0]
    assert opened(path).where(1) == f"{path}, row 2 (line 3)"


def test_parquet_keeps_its_own_widths(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a.parquet",
        "SELECT 1::FLOAT f, 2::TINYINT i, 3::UBIGINT u, 4.25::DECIMAL(9, 2) d, 5::HUGEINT h, "
        "true b, 'a'::ENUM('b', 'a') e, date '2020-01-01' w, [1, 2] l, NULL::DOUBLE n",
    )
    table = opened(path)
    assert table.description == f"{path}: Parquet"
    assert table.count == 1
    assert kinds(table) == {
        **dict.fromkeys("fiudh", "number"),
        **{"b": "boolean", "e": "text", "w": "date", "l": "other", "n": "number"},
    }
    found = {name: (values.dtype.name, values[0]) for name, values in only(path).columns.items()}
    assert found["f"] == ("float32", 1.0)
    assert found["i"] == ("int8", 2)
    assert found["u"] == ("uint64", 3)
    assert found["d"] == ("float64", 4.25)
    assert found["h"] == ("float64", 5.0)
    assert found["b"] == ("bool", True)
    assert found["e"] == ("object", "a")
    assert table.where(0) == f"{path}, row 1"


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl", "csv.gz"])
@pytest.mark.parametrize("rows", [1, 1000, 122_880, 100_001, 10**6])
def test_blocks_have_the_rows_that_were_asked_for(tmp_path: Path, ending: str, rows: int) -> None:
    count = 300_000 if rows > 1 else 3000
    sql = f"SELECT i, CASE WHEN i % 1000 = 7 THEN NULL ELSE i / 2 END AS h FROM range({count}) t(i)"
    path = make(tmp_path / f"a.{ending}", sql)
    blocks = list(opened(path).blocks(["h", "i"], rows))
    sizes = [len(block.columns["i"]) for block in blocks]
    assert sizes[:-1] == [rows] * (count // rows - (count % rows == 0))
    assert [block.start for block in blocks] == list(range(0, count, rows))
    assert list(blocks[0].columns) == ["h", "i"]
    index = np.concatenate([block.columns["i"] for block in blocks])
    np.testing.assert_array_equal(index, np.arange(count))
    for block in blocks:
        holes = block.columns["i"] % 1000 == 7
        assert ("h" in block.missing) == holes.any()
        np.testing.assert_array_equal(block.missing.get("h", holes), holes)
        np.testing.assert_array_equal(block.columns["h"][~holes] * 2, block.columns["i"][~holes])


def test_closing_the_iterator_stops_reading(tmp_path: Path) -> None:
    path = make(tmp_path / "a.parquet", "SELECT i FROM range(1000000) t(i)")
    table = opened(path)
    blocks = table.blocks(["i"], 10)
    assert isinstance(blocks, Iterator)
    next(blocks)
    blocks.close()  # type: ignore[attr-defined]  # a generator has it
    for thread in threading.enumerate():
        if thread.name.startswith("steepest-rows"):
            thread.join(timeout=600)  # it was told to end, and may not have been at work since
            assert not thread.is_alive()
    assert sum(len(block.columns["i"]) for block in table.blocks(["i"], 65_536)) == 10**6


def test_two_passes_may_run_at_once(tmp_path: Path) -> None:
    table = opened(make(tmp_path / "a.parquet", "SELECT i FROM range(300000) t(i)"))
    for one, other in zip(table.blocks(["i"], 50_000), table.blocks(["i"], 50_000), strict=True):
        np.testing.assert_array_equal(one.columns["i"], other.columns["i"])


def test_json_lines(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl", '{"x": 1, "s": "a", "o": {"k": 1}}\n\n{"x": 2.5, "b": true, "o": 3}\n'
    )
    table = opened(path)
    assert table.description == f"{path}: JSON lines"
    assert kinds(table) == {"x": "number", "s": "text", "o": "other", "b": "boolean"}
    block = only(path)
    assert block.columns["x"].tolist() == [1.0, 2.5]
    assert block.missing["s"].tolist() == [False, True]
    assert block.missing["b"].tolist() == [True, False]
    assert table.where(1) == f"{path}, row 2 (line 3)"


def test_a_glob_reads_its_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name, first in (("b", 10), ("a", 0), ("c", 20)):
        write(tmp_path / f"{name}.csv", "x,y\n" + "".join(f"{first + k},0\n" for k in range(3)))
        make(tmp_path / f"{name}.parquet", f"SELECT {first} + i AS x FROM range(3) t(i)")
    pattern = str(tmp_path / "*.csv")
    table = opened(pattern)
    assert table.description == f"{pattern}: 3 files, CSV, delimiter ',', header"
    assert only(pattern).columns["x"].tolist() == [0, 1, 2, 10, 11, 12, 20, 21, 22]
    assert table.where(4) == f"{tmp_path / 'b.csv'}, row 2 (line 3)"
    pattern = str(tmp_path / "[ab].parquet")
    table = opened(pattern)
    assert (table.count, table.where(5)) == (6, f"{tmp_path / 'b.parquet'}, row 3")
    assert only(pattern).columns["x"].tolist() == [0, 1, 2, 10, 11, 12]


def test_a_file_whose_name_is_a_pattern(tmp_path: Path) -> None:
    write(tmp_path / "a1.csv", "x,y\n8,9\n")
    path = write(tmp_path / "a[1].csv", "x,y\n1,2\n")
    assert only(path).columns["x"].tolist() == [1.0]


def test_parquet_files_of_several_widths_are_read_in_the_widest(tmp_path: Path) -> None:
    make(tmp_path / "a.parquet", "SELECT 1::FLOAT AS x, 1 AS y")
    make(tmp_path / "b.parquet", "SELECT 2 AS y, 0.1::DOUBLE AS x")
    block = only(str(tmp_path / "*.parquet"))
    assert block.columns["x"].tolist() == [1.0, 0.1]
    assert block.columns["y"].tolist() == [1, 2]


def test_a_query_over_files(tmp_path: Path) -> None:
    make(tmp_path / "a.parquet", "SELECT i::DOUBLE AS x, i * 2 AS y FROM range(5) t(i)")
    write(tmp_path / "b.csv", "k;v\n1,5;x\n2,5;y\n")
    table = opened(f"-- squares\nselect x, x*x as x2, y from '{tmp_path}/*.parquet' where x > 2;")
    assert table.description == "query: columns x, x2, y"
    (block,) = table.blocks(["x2", "y"], 10)
    assert block.columns["x2"].tolist() == [9.0, 16.0]
    assert block.columns["y"].tolist() == [6, 8]
    assert table.where(1) == "query, row 2"
    # CSV files in a query are read as strictly, and as well, as by themselves.
    assert only(f"with t as (from '{tmp_path}/b.csv') select k from t").columns["k"].tolist() == [
        1.5,
        2.5,
    ]


def test_groups_come_in_the_same_order_every_time(tmp_path: Path) -> None:
    path = make(tmp_path / "a.parquet", "SELECT hash(i) % 5000 AS g FROM range(400000) t(i)")
    orders = []
    for _ in range(3):
        table = opened(f"select g, count(*) as n from '{path}' group by g")
        orders += [[block.columns["g"].tolist() for block in table.blocks(["g"], 1000)]] * 2
    assert all(order == orders[0] for order in orders)


@pytest.mark.parametrize("blanks", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_records_are_found_across_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blanks: bool, end: str
) -> None:
    records = ['x,"a' + end + 'b"', "", "1,2", '3,"q""' + end * 2 + 'r"', "", "", "last"]
    path = write(tmp_path / "a.csv", end.join(records))
    kept = [record for record in records if record or blanks]
    lines, line = [], 1
    for record in records:
        if record or blanks:
            lines.append(line)
        line += 1 + record.count("\n")
    for chunk in (1, 2, 3, 7, 11, 100):
        monkeypatch.setattr("steepest.tables.files.line_numbers._CHUNK", chunk)
        found = [place_of(path, at, blanks=blanks).line for at in range(len(kept))]
        assert found == lines
        assert place_of(path, len(kept), blanks=blanks).seen == len(kept)


def test_the_engine_sees_no_variables_and_fetches_nothing() -> None:
    frame = duckdb.sql("select 1 as x")
    assert frame is not None
    with pytest.raises(InputError, match=r"^frame does not exist"):
        opened("select * from frame")
    sql = "select value from duckdb_settings() where name like 'auto%known_extensions'"
    assert Engine().ask(sql) == [("false",), ("false",)]


def test_columns_are_passed_on_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [
        ["00123", "1.10", "TRUE", "NA", " a"],
        ["", "1e3", "false", "x, y", '"q"'],
        ["9007199254740993", "odd", "maybe", "null", ""],
    ]
    many = rows + [["1", "2", "true", "b", "c"]] * 30_000 + rows
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "x", "on", "t", "ID"], *many])
    table = open_table(path)
    assert isinstance(table, Table)
    blocks = list(table.written(["ID", "id", "x", "on", "t"], 999))
    assert [block.start for block in blocks] == [at * 999 for at in range(len(blocks))]
    found = {
        name: [value for block in blocks for value in block.columns[name]]
        for name in ("id", "x", "on", "t", "ID")
    }
    assert [list(row) for row in zip(*found.values(), strict=True)] == many
    assert all(block.columns["id"].dtype == object and not block.missing for block in blocks)


def test_a_decimal_comma_is_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x;y\n1,50;2\n3,25;4\n")
    table = open_table(path)
    assert isinstance(table, Table)
    (block,) = table.written(["x"], 9)
    assert block.columns["x"].tolist() == ["1,50", "3,25"]


def test_other_sources_are_passed_on_as_they_are_read() -> None:
    table = open_table("select 1.5::double as x")
    assert isinstance(table, Table)
    (block,) = table.written(["x"], 9)
    assert block.columns["x"].tolist() == [1.5]


def test_the_first_rows_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "".join(f"{row},{'ab'[row % 2]}\n" for row in range(5000)))
    for source in (path, make(tmp_path / "a.parquet", f"FROM '{path}'"), f"FROM '{path}'"):
        block = opened(source).first(["x", "y"], 3)
        assert block is not None
        assert block.columns["x"].tolist() == [0, 1, 2]
        assert block.columns["y"].tolist() == ["a", "b", "a"]
