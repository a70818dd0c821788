"""A SELECT reads what it names, as strictly as alone, and does nothing else."""

import bz2
import gzip
import os
from pathlib import Path

import duckdb
import pytest

from steepest.errors import InputError
from steepest.tables.files.duckdb_engine import Engine, EngineError
from steepest.tables.open_table import open_table
from steepest.tables.table import Table

GOOD = "x,y\n1,2\n2,4.5\n3,5\n"
BAD = "made by a program\n" + GOOD
RAGGED = (
    "{}, line 1: 1 field found where 2 are expected; if the table begins in line 2, set skip to 1; "
    "else correct the lines above"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("bad.csv", "BAD2.CSV", "bad", "bad.txt", "bad.log", "s.csv"):
        Path(name).write_text(BAD)
    Path("good.csv").write_text(GOOD)
    Path("bad.csv.gz").write_bytes(gzip.compress(BAD.encode()))
    Path("bad.csv.bz2").write_bytes(bz2.compress(BAD.encode()))
    duckdb.execute("COPY (SELECT 1.5 AS x, 2.5 AS y FROM range(3)) TO 'p.parquet'")
    return tmp_path


def contents() -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in Path().rglob("*")}


def refused(sql: str) -> str:
    """The one line with which a query is refused; no file is changed or made."""
    before = contents()
    with pytest.raises(InputError) as caught:
        open_table(sql)
    assert contents() == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def column(sql: str, name: str = "x") -> list[float]:
    table = open_table(sql)
    assert isinstance(table, Table)
    found: list[float] = []
    for block in table.blocks([name], 100):
        found += block.columns[name].tolist()
    return found


@pytest.mark.parametrize(
    ("named", "file"),
    [
        ("'bad.csv'", "bad.csv"),
        ('"bad.csv"', "bad.csv"),
        ("'./bad.csv'", "bad.csv"),
        ("'~/bad.csv'", "{folder}/bad.csv"),
        ("'ba[d].csv'", "bad.csv"),
        ("'?ad.csv'", "bad.csv"),
        ("'**/bad.csv'", "bad.csv"),
        ("'BAD2.CSV'", "BAD2.CSV"),
        ("'bad.csv.gz'", "bad.csv.gz"),
        ("bad", "bad"),
        ("'bad'", "bad"),
        ("'bad.txt'", "bad.txt"),
        ("'bad.log'", "bad.log"),
        ("(table 'bad.csv')", "bad.csv"),
        ("(values (1)) t(z) join 'bad.csv' on true", "bad.csv"),
        ("'good.csv' where x in (select x from 'bad.csv')", "bad.csv"),
        ("(with t as (from 'bad.csv') from t)", "bad.csv"),
        ('(with "bad.csv" as (select 1) from "bad.csv") t join \'bad.csv\' on true', "bad.csv"),
    ],
)
def test_a_file_in_a_query_is_read_as_strictly_as_alone(
    folder: Path, named: str, file: str
) -> None:
    assert refused(f"select * from {named}") == RAGGED.format(file.format(folder=folder))


@pytest.mark.parametrize("name", ["s.csv", "a.s.csv", "information_schema.tables"])
def test_an_unquoted_name_is_told_to_be_quoted(folder: Path, name: str) -> None:
    assert refused(f"select * from {name}") == (
        f"query: to SQL {name} is a table of a schema; put the name of a file between quotes: "
        f"FROM '{name}'"
    )


def test_names_that_no_file_has(folder: Path) -> None:
    assert refused("from 'bad.csv?'") == (
        "no file matches bad.csv?; check the pattern and the directory"
    )
    assert refused("from 'bad.csv.bz2'") == "bad.csv.bz2 is compressed with bzip2; unpack it first"
    assert refused("from duckdb_settings") == "duckdb_settings does not exist; check the path"
    assert refused("from 'file:bad.csv'").startswith("file:bad.csv does not exist")
    Path("bad.parquet").write_text(BAD)
    assert refused("from 'bad.parquet'") == (
        "bad.parquet is not a Parquet file, whatever its name says"
    )
    Path("a.json").write_text('[{"x": 1}]')
    assert refused("from 'a.json'").startswith(
        "a.json is a JSON array; every line must be one JSON"
    )
    assert refused("from 'good.csv' a join 'GOOD.csv' b using (x)") == (
        "query: good.csv and GOOD.csv are one name in SQL; write one of them with its folder"
    )
    said = "query: bad.csv is not among the files that are read here; name it in FROM, and give "
    assert refused('with "bad.csv" as (from "bad.csv") from "bad.csv"') == (
        f"{said}no table of WITH its name"
    )


def test_what_a_query_may_read(folder: Path) -> None:
    assert column("from 'good.csv'") == column('from "~/good.csv"') == [1, 2, 3]
    Path("p.csv").write_bytes(Path("p.parquet").read_bytes())
    assert column("from 'p.csv'") == column("from read_parquet('p.p*')") == [1.5] * 3
    Path("a[1].parquet").write_bytes(Path("p.parquet").read_bytes())
    assert column("from 'a[1].parquet'") == column("from read_parquet('a[[]1]*')") == [1.5] * 3
    Path("a.json").write_text('[{"x": 1}, {"x": 2}]')
    assert column("from read_json('a.' || 'json')") == [1, 2]
    assert column("from read_json(['a.json', '~/a.json'])") == [1, 2, 1, 2]
    assert column("from range(3) t(x)") == [0, 1, 2]
    assert column("select unnest([1, 2]) as x") == column("from unnest([1, 2]) t(x)") == [1, 2]
    assert column("with recursive t(x) as (select 1 union all select x + 1 from t where x < 3) "
                  "from t") == [1, 2, 3]  # fmt: skip
    assert column("with \"bad.csv\" as (select 1 as x) select * from 'bad.csv'") == [1]
    assert column("select date_diff('day', date '2020-01-01', date '2020-01-03') as x") == [2]
    assert column("select list_sum(list_transform([x], lambda v: v + 1)) as x from 'good.csv'") == [
        2, 3, 4
    ]  # fmt: skip
    assert column(f"select {'1 + ' * 300}1 as x") == [301]


def test_a_file_is_called_by_its_name_without_folder_and_ending(folder: Path) -> None:
    duckdb.execute("COPY (SELECT i AS x, 9 AS z FROM range(9) t(i)) TO 'sub.q.parquet'")
    Path("sub").mkdir()
    Path("sub/a'b.csv").write_text(GOOD)
    for sql in (
        "select good.x from 'good.csv'",
        "select p.z as x from \"good.csv\" join 'sub.q.parquet' as p using (x) where good.y > 0",
        "select sub.z as x from 'good.csv' join 'sub.q.parquet' on good.x = sub.x",
        "select 'ü €' as t, \"a'b\".x from 'sub/a''b.csv' -- 'good.csv'",
        "with good as (from 'good.csv') select good.x from good",
        "select g.x from 'good.csv' g",
        "from (pivot (from 'good.csv') on x in (1, 2) using sum(x) group by x)",
    ):
        assert len(column(sql)) == 3
    said = 'query: Referenced table "other" not found (candidate tables: "good")'
    assert refused("select other.x from 'good.csv'").replace("!", "") == said
    Path("two.csv").write_text("x,X\n1,2\n")
    assert refused("select 1 as y from 'two.csv'") == (
        "two.csv: two columns are called 'x'; give every column its own name"
    )


def test_the_files_of_a_query_are_known(folder: Path) -> None:
    table = open_table(
        "with t as (from 'good.csv'), p as (from read_parquet('*.parquet')) "
        "select t.* from t, p where t.x in (select x from '~/good.csv')"
    )
    assert isinstance(table, Table)
    assert [*map(str, table.files)] == ["good.csv", f"{folder}/good.csv", "p.parquet"]
    assert table.statement is not None and f"'{folder}/good.csv'" in table.statement
    alone = open_table("g*.csv")
    assert isinstance(alone, Table)
    assert (alone.files, alone.statement) == ((Path("good.csv"),), None)


LOGGING = "enable_logging(level := 'info', storage := 'file', storage_config := {{'path': '{}'}})"
NOT_ROWS = (
    "query: {}() is not allowed in FROM; give the name of a file, FROM 'FILE', or call "
    "read_parquet(), read_json(), range(), generate_series() or unnest()"
)


@pytest.mark.parametrize(
    "call",
    [
        LOGGING.format("good.csv"),
        LOGGING.format("new/folder"),
        "enable_logging(storage := 'stdout')",
        "enable_profiling(save_location := 'good.csv')",
        "disable_logging()",
        "truncate_duckdb_logs()",
        "json_execute_serialized_sql(json_serialize_sql('select random() as x'))",
        "query('select random() as x')",
        "query_table(['good.csv'])",
        "read_text('bad.csv')",
        "read_blob('bad.csv')",
        "read_duckdb('bad.csv')",
        "parquet_metadata('p.parquet')",
        "glob('*')",
        "duckdb_settings()",
        "duckdb_logs_parsed('x')",
        "checkpoint()",
        "pragma_version()",
        "test_all_types()",
        "which_secret('a', 'b')",
    ],
)
def test_calls_in_from_are_allowed_by_a_list(folder: Path, call: str) -> None:
    name = call.split("(")[0]
    for sql in (
        f"select * from {call}",
        f"select * from 'good.csv', {call}",
        f"with t as (from {call}) select * from 'good.csv'",
        f"select 1 as x where exists (from {call})",
        f"select * from main.{call}",
    ):
        assert refused(sql) == NOT_ROWS.format(name)


@pytest.mark.parametrize(
    "name", ["read_csv", "read_csv_auto", "read_single_csv_file", "sniff_csv", '"READ_CSV"']
)
def test_other_readers_of_csv_are_refused(folder: Path, name: str) -> None:
    assert refused(f"select * from {name}('bad.csv')") == (
        f"query: {name.strip(chr(34)).lower()}() may leave out lines without a word; "
        "write the file's name in its place: FROM 'file.csv'"
    )


def test_rows_are_not_left_out_by_an_option(folder: Path) -> None:
    assert refused("from read_json('bad.csv', ignore_errors := true)") == (
        "query: read_json() with ignore_errors leaves out rows without a word; "
        "leave that option out, and correct the rows"
    )


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("write_log('x')", "write_log()"),
        ("main.write_log('x')", "write_log()"),
        ("setseed(0.5)", "setseed()"),
        ("nextval('s')", "nextval()"),
        ("getvariable('x')", "getvariable()"),
        ("current_setting('threads')", "current_setting()"),
        ("sleep_ms(1)", "sleep_ms()"),
        ("pg_sleep(1)", "sleep_ms()"),
        ("now()", "now()"),
        ("today()", "today()"),
        ("current_timestamp", "current_timestamp"),
        ("current_date", "current_date"),
        ("localtime", "localtime"),
        ("current_localtimestamp()", "current_localtimestamp"),
        ("ago(interval 1 day)", "current_timestamp"),
        ("age(timestamp '2020-01-01')", "current_date"),
        ("txid_current()", "txid_current()"),
        ("list_transform([1], lambda v: random())", "random()"),
        ("(1).random()", "random()"),
        ("uuidv7()", "uuidv7()"),
        ("error('x')", "error()"),
    ],
)
def test_calls_that_do_more_than_compute_are_refused(folder: Path, value: str, named: str) -> None:
    said = (
        f"query: {named} may give other rows at every pass, and is not allowed; "
        "write the rows to a file first, and fit that"
    )
    assert refused(f"select {value} as x") == said
    assert refused(f"select x from 'good.csv' order by {value}") == said


@pytest.mark.parametrize(
    ("within", "kind"),
    [
        ("copy (select 1 as x) to 'good.csv'", "COPY"),
        ("copy (select 1 as x) to 'good.csv' (use_tmp_file false)", "COPY"),
        ("copy (select 1 as x) to 'new.parquet'", "COPY"),
        ("insert into 'good.csv' values (1, 2) returning *", "INSERT"),
        ("update 'good.csv' set x = 1 returning *", "UPDATE"),
        ("delete from 'good.csv' returning *", "DELETE"),
        ("truncate 'good.csv'", "DELETE"),
        ("describe 'good.csv'", "SHOW"),
    ],
)
def test_statements_that_change_something_are_refused_within_a_select(
    folder: Path, within: str, kind: str
) -> None:
    said = f"query: {kind} is not allowed; give one SELECT (or WITH … SELECT) statement"
    for sql in (
        f"with t as ({within}) select * from t",
        f"with t as ({within}) select * from 'good.csv'",
        f"select x from 'good.csv' where x in (with t as ({within}) select 1)",
    ):
        assert refused(sql) == said


def test_what_describes_tables_is_refused(folder: Path) -> None:
    for what in ("describe 'good.csv'", "summarize 'good.csv'", "show tables"):
        assert refused(f"select * from ({what})") == (
            "query: SHOW is not allowed; give one SELECT (or WITH … SELECT) statement"
        )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="makes a pipe")
def test_pipes_and_devices_are_refused_wherever_they_stand(folder: Path) -> None:
    for name in ("fifo", "fifo.csv", "fifo.json", "fifo.parquet"):
        os.mkfifo(name)
        said = f"{name} is a pipe; save the rows to a file first"
        assert refused(f"select * from '{name}'") == said
    for function in ("read_parquet", "parquet_scan", "read_json", "read_ndjson_objects"):
        assert refused(f"select * from {function}('{name}')") == said
        assert refused(f"select * from {function}(['p.parquet', '{name}'])") == said
    assert refused("from read_json('/dev/null')") == (
        "/dev/null is no regular file; save the rows to a file first"
    )
    assert refused("from '/dev/null'") == (
        "/dev/null is no regular file; save the rows to a file first"
    )


def test_the_files_of_a_call_must_be_told(folder: Path) -> None:
    assert refused("from range(2) t(i), read_parquet('p' || i || '.parquet')") == (
        "query: read_parquet() must be given its files as texts: "
        "read_parquet('FILE') or read_parquet(['FILE', …])"
    )
    assert refused("from read_json()").startswith("query: read_json() must be given its files")
    assert refused("from read_parquet('q*')") == (
        "query: read_parquet('q*'): no file has this name or matches it"
    )
    assert refused("from read_parquet((select 'p.parquet'))").startswith("query: ")


def test_an_engine_that_is_confined_opens_and_changes_nothing_else(folder: Path) -> None:
    engine = Engine()
    engine.confine(["p.parquet"])
    before = contents()
    assert engine.ask("select count(*) from 'p.parquet'") == [(3,)]
    for sql in (
        "from 'good.csv'",
        "from read_csv('good.csv')",
        "from read_text('/etc/hosts')",
        "from glob('*')",
        "copy (select 1) to 'new.csv'",
        "attach 'new.db'",
        "set threads = 1",
        "set enable_external_access = true",
        f"from {LOGGING.format('good.csv')}",
        f"call {LOGGING.format('new')}",
    ):
        with pytest.raises(EngineError):
            engine.ask(sql)
    assert contents() == before


def test_a_query_that_is_nested_too_deeply() -> None:
    assert refused("select * from (" * 4000 + "select 1 as x" + ")" * 4000) == (
        "query: it is nested too deeply; write its innermost rows to a file first"
    )
