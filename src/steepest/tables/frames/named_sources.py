"""Files, folders, tables of a catalogue and queries that an engine reads itself, by their names."""

import logging
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import PurePath
from typing import Any, Literal, get_args

from steepest.errors import InputError, listed, nearest
from steepest.tables.files.remote_names import scheme_of, without_secrets
from steepest.tables.files.sql_statement import looks_like_query

EngineName = Literal["polars", "duckdb", "dask", "ray", "spark"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
Form = Literal["Parquet", "CSV", "JSON lines", "Delta", "query", "table"]
_ENDINGS: Mapping[str, Form] = {
    **dict.fromkeys((".parquet", ".pq"), "Parquet"),
    **dict.fromkeys((".csv", ".tsv", ".gz"), "CSV"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "JSON lines"),
}
# What installs an engine where it lacks.
_PACKAGES = {
    "polars": "polars",
    "duckdb": "duckdb",
    "dask": "steepest[engines]",
    "ray": "steepest[ray]",
}


def open_named(source: object, engine: str, address: str | None) -> Any:  # the engine's own frame
    """The lazy frame of a source that `engine` reads itself.

    - `source`: a file, glob or folder (Parquet, CSV, JSON lines), an address that the engine knows,
      a Delta table, for Spark and DuckDB also the name of a table, or a SELECT
    - `address`: of Spark's master or Connect server, of Dask's scheduler, of Ray's head, or the
      database file of DuckDB

    Raises InputError where the engine is not there, or cannot open the source.
    """
    if engine not in ENGINES:
        raise InputError(
            "there is no engine {engine!r}; they are {known}.{near}",
            engine=engine,
            known=listed(ENGINES),
            near=nearest(engine, ENGINES),
        )
    if not isinstance(source, str | os.PathLike):
        raise InputError(
            "engine says what reads a file or a table by its name; a {kind} is read by its own "
            "engine: leave engine out",
            kind=type(source).__name__,
        )
    if address is not None and engine == "polars":
        raise InputError("polars works in this process, at no address; leave address out")
    text = os.path.expanduser(os.fspath(source))
    form = form_of(text)
    reader = _READERS[engine].get(form)
    if reader is None:
        known = listed(list(_READERS[engine]))
        raise InputError(
            "{engine} is not asked for a {form} here, but for: {known}",
            engine=engine,
            form=form,
            known=known,
        )
    try:
        return reader(text, address)
    except InputError:
        raise
    except ModuleNotFoundError as problem:
        raise InputError(
            "{engine} needs {package}, which is not installed; run pip install '{extra}'",
            engine=engine,
            package=problem.name,
            extra=_PACKAGES.get(engine, "steepest[spark]"),
        ) from None
    except Exception as problem:  # each engine has errors of its own
        label = without_secrets(text)
        said = " ".join(str(problem).split()).replace(text, label) or type(problem).__name__
        raise InputError(
            "{engine} cannot open {label}: {said}", engine=engine, label=label, said=said[:200]
        ) from None


def form_of(text: str) -> Form:
    """What a name stands for.

    >>> form_of("rows/a.parquet"), form_of("s3://rows/a/"), form_of("shop.sales")
    ('Parquet', 'Parquet', 'table')
    >>> form_of("a.csv.gz"), form_of("SELECT 1 AS x")
    ('CSV', 'query')
    """
    if os.path.isdir(os.path.join(text, "_delta_log")):
        return "Delta"
    if looks_like_query(text) and not os.path.lexists(text):
        return "query"
    found = _ENDINGS.get(PurePath(text).suffix.lower())
    if found is not None:
        return found
    named = scheme_of(text) is None and not os.path.lexists(text) and not {*text} & {*"/\\*?"}
    return "table" if named else "Parquet"


# Polars


def _polars(read: str, **options: Any) -> Callable[[str, str | None], Any]:
    def scan(text: str, _: str | None) -> Any:
        import polars

        frame = getattr(polars, f"scan_{read}")(text, **options)
        frame.collect_schema()  # a file that is not there is told of now
        return frame

    return scan


# DuckDB


def _duckdb(sql: Callable[[str], str], *, files: bool) -> Callable[[str, str | None], Any]:
    def read(text: str, address: str | None) -> Any:
        import duckdb

        connection = _database(duckdb, address)
        if not files:  # what a query calls reads and writes no file
            connection.execute("SET GLOBAL enable_external_access = false")
        return connection.sql(sql(text))

    return read


def _database(duckdb: Any, address: str | None) -> Any:
    """A connection to a database file, which is not written to; or to none."""
    if address is None:
        return duckdb.connect()
    if not os.path.isfile(os.path.expanduser(address)):
        raise InputError("address is {file}, and there is no such database", file=address)
    return duckdb.connect(os.path.expanduser(address), read_only=True)


def _parquet_files(text: str) -> str:
    name = os.path.join(text, "**", "*.parquet") if os.path.isdir(text) else text
    return f"SELECT * FROM read_parquet('{name.replace(chr(39), chr(39) * 2)}')"


def _one_table(text: str) -> str:
    return "SELECT * FROM " + ".".join(f'"{part}"' for part in text.split("."))


def _one_select(text: str) -> str:
    """The query, if it is one SELECT."""
    import duckdb

    kinds = [each.type for each in duckdb.connect().extract_statements(text)]
    if kinds != [duckdb.StatementType.SELECT]:
        raise InputError("a query must be one SELECT statement")
    return text


# Dask


@cache
def _dask_client(address: str) -> object:
    """The client of a scheduler; kept, since Dask would forget it."""
    from distributed import Client

    return Client(address, timeout="10s")


def _dask(read: str, **options: Any) -> Callable[[str, str | None], Any]:
    def open_files(text: str, address: str | None) -> Any:
        import dask.dataframe

        if address is not None:
            _dask_client(address)
        return getattr(dask.dataframe, f"read_{read}")(text, **options)

    return open_files


# Ray


def _ray(read: str) -> Callable[[str, str | None], Any]:
    def open_files(text: str, address: str | None) -> Any:
        import ray.data

        _ray_client(address)
        return getattr(ray.data, f"read_{read}")(text)

    return open_files


def _ray_client(address: str | None) -> None:
    """Ray as this process is joined to it, or as `address` says; else workers of this machine, for
    which nobody else is asked and nothing is told.
    """
    import ray

    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    logging.getLogger("ray").setLevel(logging.ERROR)
    quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    if address is None and "RAY_ADDRESS" not in os.environ:
        quiet |= {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    ray.init(address=address, **quiet)


# Spark


def _session(address: str | None) -> Any:
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None and address is None:
        return active
    builder = SparkSession.builder.appName("steepest")
    if address is not None and address.startswith("sc://"):
        return builder.remote(address).getOrCreate()
    if address is not None:
        builder = builder.master(address)
    return builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()


def _spark(read: Callable[[Any, str], Any]) -> Callable[[str, str | None], Any]:
    return lambda text, address: read(_session(address), text)


# A row that does not fit is an error; else Spark makes NULLs of it in silence.
_STRICT = {"mode": "FAILFAST"}
_SPARK_CSV: Any = {"header": True, "inferSchema": True, "enforceSchema": False, **_STRICT}
_READERS: Mapping[str, Mapping[Form, Callable[[str, str | None], Any]]] = {
    "polars": {
        "Parquet": _polars("parquet"),
        "CSV": _polars("csv", infer_schema_length=20_480),
        "JSON lines": _polars("ndjson", infer_schema_length=20_480),
        "Delta": _polars("delta"),
    },
    "duckdb": {
        "Parquet": _duckdb(_parquet_files, files=True),
        "table": _duckdb(_one_table, files=False),
        "query": _duckdb(_one_select, files=False),
    },
    "dask": {
        "Parquet": _dask("parquet"),
        "CSV": _dask("csv"),
        "JSON lines": _dask("json", lines=True),
    },
    "ray": {"Parquet": _ray("parquet"), "CSV": _ray("csv"), "JSON lines": _ray("json")},
    "spark": {
        "Parquet": _spark(lambda session, text: session.read.parquet(text)),
        "CSV": _spark(lambda session, text: session.read.options(**_SPARK_CSV).csv(text)),
        "JSON lines": _spark(lambda session, text: session.read.options(**_STRICT).json(text)),
        "Delta": _spark(lambda session, text: session.read.format("delta").load(text)),
        "table": _spark(lambda session, text: session.table(text)),
        "query": _spark(lambda session, text: session.sql(text)),
    },
}
