"""Files, Delta tables, tables of a catalogue and queries that an engine reads by their names."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

import steepest
from steepest.cli.main import main
from steepest.errors import InputError

deltalake = pytest.importorskip("deltalake", reason="deltalake is not installed")
pytestmark = pytest.mark.engines
JAVA = pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed")
SPARK = (JAVA, pytest.mark.filterwarnings("ignore"))


def rows() -> pl.DataFrame:
    random = np.random.default_rng(3)
    x, z = random.normal(size=500), random.normal(size=500)
    return pl.DataFrame({"x": x, "z": z, "y": 2 * x - z + random.normal(size=500)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, table = tmp_path_factory.mktemp("named"), rows()
    (folder / "rows").mkdir()
    table[:300].write_parquet(folder / "rows" / "part-0.parquet")
    table[300:].write_parquet(folder / "rows" / "part-1.parquet")
    table.write_csv(folder / "rows.csv")
    table.write_ndjson(folder / "rows.jsonl")
    deltalake.write_deltalake(folder / "delta", table[:300].to_arrow())
    deltalake.write_deltalake(folder / "delta", table[300:].to_arrow(), mode="append")
    with duckdb.connect(str(folder / "shop.duckdb")) as database:
        database.sql(f"CREATE TABLE sales AS FROM read_csv('{folder / 'rows.csv'}')")
    return folder


@pytest.fixture(scope="module")
def spark() -> Iterator[None]:
    """A session of one core, which `engine="spark"` finds."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield
    session.stop()


def is_of_the_rows(fit: steepest.Fit) -> bool:
    """Whether the coefficients are NumPy's on the same rows."""
    table = rows()
    columns = np.column_stack([table["x"], table["z"], np.ones(len(table))])
    expected, *_ = np.linalg.lstsq(columns, table["y"].to_numpy())
    assert [*fit.coefficients.values(), fit.intercept] == pytest.approx(expected, rel=1e-9)
    return fit.rows == len(table)


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        *(("polars", name) for name in ("rows", "rows.csv", "rows.jsonl", "delta")),
        ("duckdb", "rows"),
        # Dask's own calls of pandas are warned of by its newest version.
        *(
            pytest.param("dask", name, marks=pytest.mark.filterwarnings("ignore"))
            for name in ("rows", "rows.csv", "rows.jsonl")
        ),
        *(
            pytest.param("spark", name, marks=SPARK, id=f"spark-{name}")
            for name in ("rows", "rows.csv", "rows.jsonl")
        ),
    ],
)
def test_files(engine: str, name: str, folder: Path, request: pytest.FixtureRequest) -> None:
    if engine == "spark":
        request.getfixturevalue("spark")
    table = steepest.read(folder / name, engine=engine)
    assert engine in table.notes[0] or (engine == "spark" and "pyspark" in table.notes[0])
    assert is_of_the_rows(steepest.fit(table, target="y"))


def test_tables_of_a_database_and_queries(folder: Path) -> None:
    shop = str(folder / "shop.duckdb")
    assert is_of_the_rows(steepest.fit(steepest.read("sales", engine="duckdb", address=shop), "y"))
    query = "SELECT x, y, x * x AS z FROM sales WHERE x > 0"
    fit = steepest.fit(steepest.read(query, engine="duckdb", address=shop), "y")
    assert fit.rows == int((rows()["x"] > 0).sum())
    for bad, why in (
        ("SELECT 1; DROP TABLE sales", "must be one SELECT"),
        (f"SELECT * FROM read_csv('{folder / 'rows.csv'}')", "disabled by configuration"),
        ("SELECT * FROM nowhere", "duckdb cannot open .*nowhere"),
    ):
        with pytest.raises(InputError, match=why):
            steepest.read(bad, engine="duckdb", address=shop)


@JAVA
@pytest.mark.filterwarnings("ignore")
def test_tables_of_spark(spark: None, folder: Path) -> None:
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    assert session is not None
    session.read.parquet(str(folder / "rows")).createOrReplaceTempView("sales")
    assert is_of_the_rows(steepest.fit(steepest.read("sales", engine="spark"), "y"))
    query = "SELECT x, z, y FROM sales"
    assert is_of_the_rows(steepest.fit(steepest.read(query, engine="spark"), "y"))


def test_the_command_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["steepest", "fit", *arguments, "--target", "y"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return ended.value.code

    assert run(str(folder / "rows"), "--engine", "polars") == 0
    assert "polars lazy frame" in capsys.readouterr().out
    shop = str(folder / "shop.duckdb")
    assert run("sales", "--engine", "duckdb", "--address", shop, "--json") == 0
    capsys.readouterr()
    rows_csv = str(folder / "rows.csv")
    said = {
        ("a.csv", "--engine", "sparc"): "there is no engine 'sparc'; they are polars, duckdb, dask",
        ("a.csv", "--address", "sc://h"): "--address is where an engine works; name it too, as in",
        ("a.csv", "--engine", "polars", "--address", "x"): "polars works in this process",
        ("a.csv", "--engine", "duckdb"): "duckdb is not asked for a CSV here, but for: Parquet",
        ("none.parquet", "--engine", "polars"): "polars cannot open none.parquet: ",
        (rows_csv, "--engine", "polars", "--delimiter", ";"): "--delimiter is for CSV files only",
    }
    for arguments, line in said.items():
        assert run(*arguments) == 2
        shown = capsys.readouterr().err
        assert line in shown
        assert shown.count("\n") == 1


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("pyspark", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=r"run pip install 'steepest\[spark\]'"):
        steepest.read("a.parquet", engine="spark")


def test_a_delta_table_is_read_as_it_stands(folder: Path) -> None:
    assert is_of_the_rows(steepest.fit(folder / "delta", "y"))
    opened = steepest.read(folder / "delta")
    assert opened.rows == 500
    # Rows that come later are of a later version.
    copied = folder / "copied"
    shutil.copytree(folder / "delta", copied)
    before = steepest.read(copied)
    deltalake.write_deltalake(copied, rows()[:10].to_arrow(), mode="append")
    assert steepest.fit(before, "y").rows == 500
    assert steepest.read(copied).rows == 510
    deltalake.DeltaTable(copied).delete("x > 0")
    assert steepest.read(copied).rows == len(deltalake.DeltaTable(copied).to_pyarrow_table())


def test_delta_tables_whose_files_do_not_tell_all(folder: Path) -> None:
    parts: Any = rows().with_columns(pl.lit("a").alias("k")).to_arrow()
    deltalake.write_deltalake(folder / "parts", parts, partition_by=["k"])
    with pytest.raises(InputError, match=r"do not tell all \(partitionColumns: k\); read it by an"):
        steepest.read(folder / "parts")
    assert is_of_the_rows(
        steepest.fit(steepest.read(folder / "parts", engine="polars"), "y", features=["x", "z"])
    )
    (folder / "broken" / "_delta_log").mkdir(parents=True)
    with pytest.raises(InputError, match="broken is no Delta table that can be read: "):
        steepest.read(folder / "broken")
