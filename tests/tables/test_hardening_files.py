"""What files can do to us: every row of the list, its message, and what is left behind."""

import gzip
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

import steepest
from steepest.errors import InputError
from steepest.tables.open_table import open_table
from steepest.tables.table import Table


def refused(source: object, *asked: str, **options: object) -> str:
    """The one line that opening or reading `source` (all columns, or `asked`) ends with."""
    with pytest.raises(InputError) as caught:
        table = open_table(source, **options)  # type: ignore[arg-type]  # of several types
        assert isinstance(table, Table)
        for _ in table.blocks(asked or [column.name for column in table.columns], 1000):
            pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def make(path: Path, sql: str) -> Path:
    duckdb.execute(f"COPY ({sql}) TO '{path}'")
    return path


NO_FTP = "ftp:// is not read; files of https://, s3://, gs:// and abfs:// are"


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "house.csv"
    assert refused(path) == f"{path} does not exist; check the path"
    (tmp_path / "houses.csv").touch()
    assert refused(path) == f"{path} does not exist. Did you mean 'houses.csv'?"
    far = tmp_path / "no" / "where.csv"
    assert refused(far) == f"{far} does not exist: there is no directory {far.parent}"
    assert refused("") == "the name of the table is empty; give a file, a glob or a SELECT query"
    assert refused("ftp://example.org/a.csv") == f"ftp://example.org/a.csv: {NO_FTP}"


def test_a_directory(tmp_path: Path) -> None:
    assert refused(tmp_path) == (
        f"{tmp_path} is a directory; name a file, or a glob such as {tmp_path}/*.csv"
    )


def test_no_permission_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n")

    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)  # root reads whatever the mode says
    assert refused(path) == f"{path} cannot be read: you have no permission"


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl", "a.tsv", "a"])
def test_an_empty_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    assert refused(path) == f"{path} is empty: 0 rows found, at least 1 is needed"


def test_a_header_only(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n")
    assert refused(path) == f"{path} has a header and no rows: at least 1 row is needed"
    path = make(tmp_path / "a.parquet", "SELECT 1 AS x LIMIT 0")
    assert refused(path) == f"{path} has columns and no rows: at least 1 row is needed"


@pytest.mark.parametrize("rows", [3, 3_000, 400_000])
@pytest.mark.parametrize(("row", "found"), [("4,5", 2), ("4,5,6,7", 4)])
def test_a_ragged_row_wherever_it_stands(tmp_path: Path, rows: int, row: str, found: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n" + "1,2,3\n" * rows + row + "\n" + "1,2,3\n" * rows)
    said = f"{path}, line {rows + 2}: {found} fields found where 3 are expected; "
    assert refused(path, "a").startswith(said)
    assert refused(f"select a from '{path}'").startswith(
        (said, f"query: {path}, line {rows + 2}: ")
    )


def test_lines_that_a_sniffer_would_skip(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Report of 2020\n\nx,y\n1,2\n3,4\n")
    assert refused(path) == (
        f"{path}, line 1: 1 field found where 2 are expected; if the table begins in line 3, set "
        "skip to 2; else correct the lines above"
    )


@pytest.mark.parametrize("before", [2, 30_000, 1_000_000])
def test_text_among_numbers(tmp_path: Path, before: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y,z\n" + "1,2,3\n" * before + "1,two,3\n" + "1,2,3\n" * 5)
    assert refused(path) == (
        f"{path}, row {before + 1} (line {before + 2}): column 'y' is 'two', which is not a "
        "number; correct it, leave the field empty if it is missing, or fit without the column: "
        "exclude=['y']; read with na_values=['two'] it is missing"
    )
    table = open_table(path)
    assert isinstance(table, Table)
    assert [column.kind for column in table.columns] == ["number"] * 3
    assert sum(len(block.columns["x"]) for block in table.blocks(["x"], 9999)) == before + 6


def test_the_first_wrong_value_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,t\n" + "1,true\n" * 100_000 + "1,maybe\n" + "one,true\n" * 2)
    assert refused(path) == (
        f"{path}, row 100001 (line 100002): column 't' is 'maybe', which is neither true nor "
        "false; correct it, leave the field empty, or fit without the column: exclude=['t']"
    )
    assert "row 100002 (line 100003): column 'x' is 'one'" in refused(path, "x")


def test_duplicate_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y,x\n1,2,3\n")
    assert refused(path) == f"{path}: two columns are called 'x'; give every column its own name"
    assert refused("select 1 as x, 2 as x") == (
        "query: two columns are called 'x'; give every column its own name"
    )


@pytest.mark.parametrize("rows", [2, 200_000])
@pytest.mark.parametrize("end", ["4,", "4", '4,5,"six', '4,5,"six\n7,8,9\n'])
def test_a_csv_file_cut_in_the_middle_of_a_row(tmp_path: Path, rows: int, end: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n" + "1,2,x\n" * rows + end)
    if '"' in end:
        said = f"{path}, line {rows + 2}: a quote is left open or misplaced; "
        if rows == 2:
            assert refused(path, "a").startswith((said, f"{path}, line {rows + 2}: "))
        else:
            assert refused(path, "a").startswith(said)
        return
    found = "1 field" if end == "4" else "2 fields"
    assert refused(path, "a").startswith(
        f"{path}, line {rows + 2}: {found} found where 3 are expected; "
    )


def test_parquet_files_that_are_none(tmp_path: Path) -> None:
    whole = make(tmp_path / "whole.parquet", "SELECT i AS x FROM range(100000) t(i)").read_bytes()
    path = tmp_path / "a.parquet"
    path.write_bytes(whole[: len(whole) // 2])
    assert refused(path) == (
        f"{path} is cut off: its end is not that of a Parquet file; copy it again"
    )
    path.write_text("x,y\n1,2\n")
    assert refused(path) == f"{path} is not a Parquet file, whatever its name says"
    path.write_bytes(b"PAR1PAR1PAR1PAR1")
    assert refused(path).startswith(f"{path}: damaged, or no Parquet file: ")
    path.write_bytes(whole[:100] + bytes(len(whole) - 400) + whole[-300:])
    assert refused(path).startswith(f"{path}: damaged, or no Parquet file: ")


def test_globs(tmp_path: Path) -> None:
    pattern = str(tmp_path / "*.csv")
    assert refused(pattern) == (f"no file matches {pattern}; check the pattern and the directory")
    one, two = tmp_path / "1.csv", tmp_path / "2.csv"
    one.write_text("x,y\n1,2\n")
    alike = "; files that are read together must hold the same columns"
    two.write_text("x,z\n1,2\n")
    assert refused(pattern) == f"{two} has columns x, z, but {one} has x, y{alike}"
    two.write_text("x,y\n1,two\n")
    assert refused(pattern) == (f"{two}: column 'y' holds text, but numbers in {one}{alike}")
    two.write_text("x;y\n1;2\n")
    assert refused(pattern).startswith(f"{two} is written with delimiter ';', header, but {one}")
    two.write_text("x,y\n" + "1,2\n" * 50_000 + "1,two\n")
    assert refused(pattern).startswith(f"{two}, row 50001 (line 50002): column 'y' is 'two'")
    two.write_text("x,y\n" + "1,2\n" * 50_000 + "1\n")
    assert refused(pattern).startswith(f"{two}, line 50002: 1 field found where 2 are expected")
    make(tmp_path / "1.parquet", "SELECT 1 AS x, 2 AS y")
    make(tmp_path / "2.parquet", "SELECT 1 AS x")
    assert refused(str(tmp_path / "*.parquet")) == (
        f"{tmp_path / '2.parquet'} has columns x, but {tmp_path / '1.parquet'} has x, y{alike}"
    )
    make(tmp_path / "2.parquet", "SELECT 'a' AS x, 2 AS y")
    assert refused(str(tmp_path / "*.parquet")) == (
        f"{tmp_path / '2.parquet'}: column 'x' is VARCHAR, but INTEGER in "
        f"{tmp_path / '1.parquet'}{alike}"
    )
    assert "read them apart" in refused(str(tmp_path / "1.*"))


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"x": 1}\n{"x": 2\n{"x": 3}\n')
    assert refused(path).startswith(f"{path}, line 2: this is no JSON object on one line (")
    path.write_text('{"x": 1}\n' * 50_000 + '{"x": 2')
    assert refused(path).startswith(f"{path}, line 50001: this is no JSON object on one line (")
    path.write_text('{"x": 1}\n[1, 2]\n')
    assert refused(path).startswith(f"{path}, line 2: every line must be one JSON object")
    path.write_text('{"x": 1}\n\n{"x": 2}\n{"x": "abc"}\n')
    assert refused(path) == f"{path}, line 4: column 'x' is \"abc\", which is not a number"
    assert refused(path, header=True) == (
        f"{path} is JSON lines: header is for CSV files only; leave it out"
    )


def test_gzip_that_is_cut_off(tmp_path: Path) -> None:
    path = make(tmp_path / "a.csv.gz", "SELECT i AS x, hash(i) AS y FROM range(200000) t(i)")
    packed = path.read_bytes()
    path.write_bytes(packed[:2000])
    assert refused(path) == f"{path}: the gzip file is cut off or damaged; copy it again"
    path.write_bytes(packed[: len(packed) // 2])
    assert refused(path).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("copy (select 1) to 'x.csv'", "COPY is not allowed"),
        ("attach 'x.db'", "ATTACH is not allowed"),
        ("install httpfs", "LOAD is not allowed"),
        ("pragma version", "PRAGMA is not allowed"),
        ("set threads = 1", "SET is not allowed"),
        ("create table t as select 1", "CREATE is not allowed"),
        ("show tables", "SHOW is not allowed"),
        ("select 1; select 2", "2 statements were given"),
        ("select 1; drop table t", "2 statements were given"),
    ],
)
def test_only_one_select(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused(sql) == f"query: {said}; give one SELECT (or WITH … SELECT) statement"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "called",
    ["random()", '"random"()', "random/**/()", "RANDOM ()", "uuid()", "(select max(random()))"],
)
def test_a_query_whose_rows_change_at_every_pass(called: str) -> None:
    end = "may give other rows at every pass, and is not allowed; write the rows to a file first, "
    name = "uuid" if "uuid" in called else "random"
    assert refused(f"select {called} as x") == f"query: {name}() {end}and fit that"
    assert refused("select 1 as x using/**/sample 1") == f"query: a sample {end}and fit that"


def test_random_as_a_word_is_no_call() -> None:
    table = open_table("select 'random()' as x")
    assert [column.name for column in table.columns] == ["x"]


@pytest.mark.parametrize("name", ["read_csv", "read_csv_auto", '"READ_CSV"', "sniff_csv"])
def test_a_query_does_not_get_round_strict_reading(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("# words\nx,y\n1,2\n")
    called = name.strip('"').lower()
    for sql in (f"select * from {name}('{path}')", f"with t as (from {name}('{path}')) from t"):
        assert refused(sql) == (
            f"query: {called}() may leave out lines without a word; "
            "write the file's name in its place: FROM 'file.csv'"
        )


def test_queries_that_fail(tmp_path: Path) -> None:
    path = make(tmp_path / "a.parquet", "SELECT 1 AS price")
    assert refused(f"select prise from '{path}'") == (
        'query: Referenced column "prise" not found in FROM clause (candidate bindings: "price")'
    )
    assert refused("select * from nowhere") == "nowhere does not exist; check the path"
    assert refused(f"select * from '{tmp_path}/b.parquet'") == (
        f"{tmp_path}/b.parquet does not exist; check the path"
    )
    assert refused(f"select * from '{tmp_path}/b.csv'") == (
        f"{tmp_path}/b.csv does not exist; check the path"
    )
    assert refused("select 1 where").startswith("query: syntax error at ")
    assert refused("select * from 'ftp://example.org/a.parquet'") == (
        f"ftp://example.org/a.parquet: {NO_FTP}"
    )
    assert refused("select 1 as x", header=False) == (
        "header is for a CSV file by itself; in a query, leave it out"
    )


def test_things_that_are_no_table() -> None:
    assert refused([[1, 2]], header=True) == "header is for CSV files only; leave it out"


SLOW = (
    "select sum(h) as x from (select hash(i + j) % 100 as h "
    "from range(10000000) a(i), range(1000000) b(j))"
)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
@pytest.mark.parametrize("what", ["query", "stream"])
def test_ctrl_c_stops_a_long_read(tmp_path: Path, what: str) -> None:
    source = make(tmp_path / "a.csv", "SELECT i AS x FROM range(3000000) t(i)")
    program = textwrap.dedent(
        f"""
        import sys
        from steepest.tables import prefetch
        from steepest.tables.open_table import open_table
        wait, said = prefetch.wait, iter(["ready"])
        def tell():
            for word in said:
                print(word, flush=True)
        def waiting(futures, timeout):
            found = wait(futures, timeout=timeout)
            if found.not_done:
                tell()
            return found
        table = open_table({SLOW if what == "query" else str(source)!r})
        try:
            prefetch.wait = waiting
            while True:
                for block in table.blocks(["x"], 1):
                    tell()
        except KeyboardInterrupt:
            sys.exit(130)
        """
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    os.kill(child.pid, signal.SIGINT)
    _, complaints = child.communicate(timeout=600)  # for ever, if DuckDB did not hear of it
    assert (child.returncode, complaints) == (130, b"")


def test_a_thousand_columns_are_typed_a_few_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    names = [f"a{at}" for at in range(1000)]
    row = ["1.5"] * 999 + ["word"]
    path.write_text("\n".join(",".join(fields) for fields in (names, row, row)) + "\n")
    table = open_table(path)
    assert [column.name for column in table.columns] == names
    assert [column.kind for column in table.columns] == ["number"] * 999 + ["text"]


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_does_not_wait_for_an_engine_that_is_deaf() -> None:
    program = textwrap.dedent(
        """
        import os, time
        from steepest.tables.files.duckdb_engine import Engine
        def deaf(cursor):
            print("ready", flush=True)
            time.sleep(3600)
        try:
            Engine()._in_a_thread(deaf)
        except KeyboardInterrupt:
            os._exit(130)
        """
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    os.kill(child.pid, signal.SIGINT)
    child.communicate(timeout=600)  # less than the engine's own hour
    assert child.returncode == 130


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv", "a.jsonl.gz"])
def test_a_gzip_file_whose_checksum_is_wrong(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    rows = b'{"x": 1}\n' * 9 if "json" in name else b"x,y\n" + b"1,2\n" * 9
    content = bytearray(gzip.compress(rows))
    path.write_bytes(content)
    table = open_table(path)
    assert isinstance(table, Table)
    assert sum(block.columns["x"].sum() for block in table.blocks(["x"], 99)) == 9
    content[-8] ^= 1
    path.write_bytes(content)
    options = {} if "json" in name else {"encoding": encoding}
    assert refused(path, **options) == (
        f"{path}: the gzip file is cut off or damaged; copy it again"
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="makes a pipe")
def test_pipes_are_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    assert refused(path) == f"{path} is a pipe; save the rows to a file first"
    assert refused("/dev/null") == "/dev/null is no regular file; save the rows to a file first"


def test_encodings_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n")
    assert refused(path, encoding="utf-16") == (
        f"{path} cannot be read as UTF-16 (UTF-16 stream does not start with BOM); "
        "it lacks a byte order mark: say utf-16-le or utf-16-be"
    )
    path.write_text("x,y\n1,2-\u00e9\n", encoding="latin-1")
    assert refused(path, encoding="punycode").startswith(f"{path}")


def test_a_long_field_and_a_tab_typed_in_a_shell(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x\tt\n1\t" + "a" * 200_000 + "\n2\tb\n")
    table = open_table(path, delimiter="\\t")
    assert isinstance(table, Table)
    (block,) = table.blocks(["x", "t"], 9)
    assert block.columns["x"].tolist() == [1.0, 2.0]
    assert [len(text) for text in block.columns["t"]] == [200_000, 1]


def test_a_key_that_comes_late_is_a_column(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"x": 1}\n' * 30_000 + '{"x": 2, "late": 3}\n')
    table = open_table(path)
    assert isinstance(table, Table)
    assert [column.name for column in table.columns] == ["x", "late"]


@pytest.mark.parametrize("rows", [2, 30_000])
def test_integers_that_would_be_rounded(tmp_path: Path, rows: int) -> None:
    odd = (
        "which float64 cannot hold exactly; subtract a fixed number from the column first, "
        "or leave it out"
    )
    path = tmp_path / "a.jsonl"
    path.write_text('{"x": 1, "y": 2}\n' * rows + '{"x": 9007199254740993, "y": 1}\n')
    assert refused(path) == f"{path}, line {rows + 1}: column 'x' is 9007199254740993, {odd}"
    assert "".join(str(column.kind) for column in open_table(path).columns) == "numbernumber"
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "1.5,2\n" * rows + "9007199254740993,2\n")
    assert refused(path) == (
        f"{path}, row {rows + 1} (line {rows + 2}): column 'x' is 9007199254740993, {odd}"
    )
    table = open_table(path)
    assert isinstance(table, Table)
    assert sum(len(block.columns["y"]) for block in table.blocks(["y"], 999)) == rows + 1
    path.write_text("x,y\n" + "1.5,2\n" * rows + "9007199254740994,2\n1e300,1\n")
    table = open_table(path)
    assert isinstance(table, Table)
    found = np.concatenate([block.columns["x"] for block in table.blocks(["x"], 999)])
    assert found[-2:].tolist() == [9007199254740994.0, 1e300]


@pytest.mark.parametrize("rows", [5, 30_000])
def test_true_among_the_numbers_of_json_lines(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"x": 1, "y": 2}\n' * rows + '{"x": true, "y": 1}\n')
    assert refused(path, "x") == (
        f"{path}, line {rows + 1}: column 'x' is true, which is not a number"
    )


def test_json_that_is_nested_too_deeply(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
    assert refused(path) == (
        f"{path}, line 1: its values are nested too deeply; correct or remove that line"
    )


def test_parquet_columns_are_called_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "year=2020" / "a.parquet"
    path.parent.mkdir()
    pa.parquet.write_table(pa.table({"x": [1.0], "X": [2.0], "year": [7]}), path)
    table = open_table(path)
    assert isinstance(table, Table)
    assert [column.name for column in table.columns] == ["x", "X", "year"]
    (block,) = table.blocks(["X", "x", "year"], 9)
    assert {name: values.tolist() for name, values in block.columns.items()} == {
        "X": [2.0],
        "x": [1.0],
        "year": [7],
    }
    other = tmp_path / "b.parquet"
    pa.parquet.write_table(pa.table({"X": [1.0], "x": [2.0], "year": [7]}), other)
    assert "are called 'x'" in refused(str(tmp_path / "**" / "*.parquet"))


def test_names_that_would_steer_a_terminal_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b]0;\n.csv"
    assert refused(path).startswith(f"{tmp_path}/a\\x1b]0;\\n.csv does not exist")
    path.write_text("x\x01,y\n1,2\n")
    table = open_table(path)
    assert table.description == f"{tmp_path}/a\\x1b]0;\\n.csv: CSV, delimiter ',', header"
    assert [column.name for column in table.columns] == ["x\x01", "y"]
    assert "\x01" not in refused('select 1 as "x\x01", 2 as "x\x01"')


def test_a_query_or_an_engine_without_rows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,c,y\n1,a,2\n2,b,4\n")
    for columns in ("x, y", "c, y"):
        with pytest.raises(InputError, match="0 rows were found; a fit needs at least 2"):
            steepest.fit(f"select {columns} from '{tmp_path}/t.csv' where y > 9", "y")
    lazy = pl.DataFrame({"x": [1.0], "y": [1.0]}).lazy().filter(pl.col("y") > 9.0)
    with pytest.raises(InputError, match="0 rows were found; a fit needs at least 2"):
        steepest.fit(lazy, "y", loss="logistic")


def test_standard_input_is_no_table() -> None:
    assert refused("-") == (
        "- does not exist; rows are read several times, and standard input once: save them to a "
        "file first"
    )
