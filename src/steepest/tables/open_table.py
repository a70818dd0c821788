"""Opens every kind of table: the type of the source decides which reader takes it."""

import glob
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steepest.errors import InputError, listed, nearest_file
from steepest.number_checks import check_switch, check_text, is_whole, names_of
from steepest.tables.files.csv_dialect import TextOptions
from steepest.tables.files.remote_names import refuse_secrets_in_query, scheme_of
from steepest.tables.frames.columns_by_name import as_frame
from steepest.tables.from_arrays import open_arrays, open_matrix
from steepest.tables.number_text import NumberText
from steepest.tables.opened_table import OpenedTable
from steepest.tables.samples import as_sample, open_sample
from steepest.tables.table import LazyTable, Table
from steepest.translation import say

if TYPE_CHECKING:
    from steepest.tables.files.duckdb_engine import Engine
    from steepest.tables.files.file_table import FileTable
    from steepest.tables.frames.lazy import LazyFrameTable
    from steepest.tables.frames.ray_dataset import RayFrame


def open_table(
    source: Any,
    *,
    header: bool | None = None,
    names: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    skip: int | None = None,
    thousands: str | None = None,
    decimal: str | None = None,
    percent: bool | None = None,
    na_values: Sequence[str] | None = None,
    engine: str | None = None,
    address: str | None = None,
) -> Table | LazyTable:
    """The table that `source` is: a file, a glob, a SELECT, a sample, a frame, a dict, or an array.

    `header`, `delimiter`, `encoding`, `skip` are for CSV files, and detected where they are None;
    `na_values` are further texts that stand for a missing value in CSV files;
    `names` names the columns of CSV files without a header (or renames them), and of arrays;
    `thousands`, `decimal` and `percent` say how CSV files and DataFrames write numbers.
    A lazy frame gives a `LazyTable`: its rows stay in their own engine. So it is of what `engine`
    reads itself, at its `address`.
    Raises `InputError` with one line that says what is wrong and where.

    >>> [column.name for column in open_table("select 1 as x, 2 as y").columns]
    ['x', 'y']
    """
    if skip is not None and not is_whole(skip, least=0):
        raise InputError("skip is {skip!r}; give how many lines stand above the header", skip=skip)
    if names is not None:
        names = names_of("names", names)
    for what, text, example in (
        ("delimiter", delimiter, ","),
        ("encoding", encoding, "utf-8"),
        ("engine", engine, "dask"),
        ("address", address, "localhost:8786"),
    ):
        if text is not None:
            check_text(what, text, example)
    for what, switch in (("header", header), ("percent", percent)):
        if switch is not None:
            check_switch(what, switch)
    words = None if na_values is None else tuple(map(str, names_of("na_values", na_values)))
    options = TextOptions(
        names, header, delimiter, encoding, skip, thousands, decimal, percent or None, words
    )
    numbers = options.numbers
    if engine is not None:
        from steepest.tables.frames.named_sources import open_named

        source = open_named(source, engine, address)
    elif address is not None:
        raise InputError("address is where an engine works; name it too, as in engine='spark'")
    if isinstance(source, OpenedTable):
        source = source.opened
    if isinstance(source, Table | LazyTable):
        if options.given:
            raise InputError(
                "{given} is said when a table is read, and this one was; leave it out",
                given=options.given,
            )
        return source
    sample = as_sample(source)
    if sample is not None:
        if options.given:
            raise InputError(
                "{given} is for CSV files; a sample table has its own names", given=options.given
            )
        return open_sample(sample)
    if isinstance(source, str | os.PathLike):
        return _open_text(source, options)
    refused = replace(options, names=None, thousands=None, decimal=None, percent=None).given
    if refused:
        raise InputError("{refused} is for CSV files only; leave it out", refused=refused)
    source = as_frame(source)
    if _is_ray(source):
        from steepest.tables.frames.ray_dataset import RayFrame

        return _open_lazily(RayFrame(source), names, numbers)
    if _is_frame(source):
        return _open_frame(source, names, numbers)
    if numbers is not None:
        raise InputError("how numbers are written is for CSV files and DataFrames; leave it out")
    return open_matrix(source, names)


def open_rows(
    source: object, target: object, *, weights: object = None
) -> tuple[Table | LazyTable, str, str | None]:
    """The table, and the names of its target and of its weights.

    A target that is text names a column; anything else holds the target's values, beside features
    in memory. A sample table knows its target, also where it was read before.
    """
    sample = as_sample(source)
    if sample is not None:
        source, target = sample, sample.target if target is None else target
    if isinstance(source, OpenedTable) and target is None:
        target = source.target
    if isinstance(target, str):
        if weights is not None and not isinstance(weights, str):
            raise InputError("weights must name a column of the table, as the target does")
        return open_table(source), target, weights
    if target is None:
        raise _no_target(source)
    if sample is not None or isinstance(source, str) or hasattr(source, "__fspath__"):
        raise InputError("for a file the target is the name of a column, for example target='y'")
    _check_no_names(source, target)
    table = open_arrays(source, target, weights=weights)
    label = table.columns[-1 if weights is None else -2].name
    return table, label, None if weights is None else table.columns[-1].name


def _check_no_names(source: Any, target: object) -> None:
    """Refuse a tuple or list of columns' names in place of the name of one."""
    if not (isinstance(target, tuple | list) and target and isinstance(target[0], str)):
        return
    if isinstance(source, Mapping | OpenedTable) or _is_frame(source):
        known = [column.name for column in open_table(source).columns]  # or several levels of names
        if all(name in known for name in target):
            raise InputError(
                "target is {target!r}; give the name of one column, such as target={name!r}",
                target=target,
                name=target[-1],
            )


def _no_target(source: object) -> InputError:
    """The error where nothing is to be predicted; of a table with its columns."""
    example, columns = "y", ""
    if isinstance(source, OpenedTable | Table | LazyTable | str | os.PathLike):
        names = [column.name for column in open_table(source).columns]
        example, columns = names[-1], say(". The columns are {names}", names=listed(names))
    return InputError(
        "no target was given; name the column to predict, for example target={example!r}{columns}",
        example=example,
        columns=columns,
    )


def _open_text(source: "str | os.PathLike[str]", options: TextOptions) -> Table:
    from steepest.tables.files.duckdb_engine import Engine
    from steepest.tables.files.open_files import check_text
    from steepest.tables.files.sql_query import open_query
    from steepest.tables.files.sql_statement import looks_like_query

    engine = Engine()
    text = os.fspath(source)
    if isinstance(source, str) and looks_like_query(text) and not _exists(text):
        if options.given:
            renamed = options.given == "names"
            how = say("rename in SQL, as in x AS speed") if renamed else say("leave it out")
            raise InputError(
                "{given} is for a CSV file by itself; in a query, {how}",
                given=options.given,
                how=how,
            )
        check_text(text)
        return open_query(text, engine, lambda name: _open_named(name, engine))
    return _open_path(text, engine, options)


def _open_named(name: str, engine: "Engine") -> "FileTable":
    """A file that a query names."""
    refuse_secrets_in_query(name)
    return _open_path(name, engine, TextOptions())


def _open_path(text: str, engine: "Engine", options: TextOptions) -> "FileTable":
    from steepest.tables.files.delta import delta_files, is_delta
    from steepest.tables.files.open_files import open_files
    from steepest.tables.files.watched_files import matching

    if scheme_of(text) is not None:
        return _open_remote(text, engine, options)
    if not text.strip():
        raise InputError("the name of the table is empty; give a file, a glob or a SELECT query")
    path = os.path.expanduser(text)
    if is_delta(path):
        return open_files([*map(Path, delta_files(path))], engine, options, text)
    if _exists(path) or not glob.has_magic(path):
        if not _exists(path):
            raise InputError("{text} does not exist{path}", text=text, path=_similar(Path(path)))
        return open_files([Path(path)], engine, options)
    files = engine.files.watch_pattern(path, lambda: matching(path))
    if not files:
        raise InputError("no file matches {text}; check the pattern and the directory", text=text)
    return open_files(files, engine, options, text)


def _open_remote(url: str, engine: "Engine", options: TextOptions) -> "FileTable":
    from steepest.tables.files.delta import delta_files
    from steepest.tables.files.open_files import open_files
    from steepest.tables.files.remote_store import RemoteSource

    source = RemoteSource(url)
    delta = source.is_delta
    files = source.named(delta_files(source.label)) if delta else source.files()
    engine.read_remote(files)
    pattern = source.label if source.is_pattern else None
    if pattern is not None and not delta:
        engine.files.watch_pattern(pattern, source.files)
    return open_files(files, engine, options, pattern)


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a zero byte in the name
        return False


def _similar(path: Path) -> str:
    if str(path) == "-":
        return say(
            "; rows are read several times, and standard input once: save them to a file first"
        )
    try:
        offered = nearest_file(path.name, os.listdir(path.parent))
    except OSError:
        return say(": there is no directory {parent}", parent=path.parent)
    return "." + offered if offered else say("; check the path")


def _is_frame(source: object) -> bool:
    """Frames have columns; tensors and arrays do not."""
    # The class is asked, not the object: a lazy frame would resolve its schema to answer.
    return hasattr(type(source), "columns") or hasattr(type(source), "collect_schema")


def _is_ray(source: object) -> bool:
    """Whether it is a dataset of Ray Data, which is not imported for the question."""
    data = sys.modules.get("ray.data")
    return data is not None and isinstance(source, data.Dataset)


def _open_frame(
    source: Any, names: Sequence[str] | None, numbers: NumberText | None
) -> Table | LazyTable:
    import narwhals as nw
    from narwhals.exceptions import NarwhalsError

    try:
        lazy = isinstance(nw.from_native(source), nw.LazyFrame)
    except TypeError:
        kind = f"{type(source).__module__.partition('.')[0]} {type(source).__name__}"
        raise InputError(
            "a table cannot be read from a {kind}; give a frame or a file", kind=kind
        ) from None
    except (NarwhalsError, ValueError) as problem:
        message = " ".join(str(problem).split())
        raise InputError(
            "this DataFrame cannot be read: {message}", message=message[:200]
        ) from problem
    if not lazy:
        from steepest.tables.frames.eager import open_frame

        return open_frame(source, names=names, numbers=numbers)
    from steepest.tables.frames.lazy import open_lazy

    return _open_lazily(open_lazy(source), names, numbers)


def _open_lazily(
    lazy: "LazyFrameTable | RayFrame", names: Sequence[str] | None, numbers: NumberText | None
) -> Table | LazyTable:
    if numbers is not None:
        raise InputError("a lazy frame's numbers are read by its engine; cast the text there")
    if names is not None:
        raise InputError("names cannot be given to a lazy frame; rename its columns in the frame")
    from steepest.tables.frames.engine_table import open_engine

    return open_engine(lazy)
