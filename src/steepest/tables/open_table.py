"""One door for every kind of table: the source is looked at, and whoever can read it is asked."""

import glob
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steepest.errors import InputError, nearest
from steepest.tables.from_arrays import open_matrix
from steepest.tables.opened_table import OpenedTable
from steepest.tables.samples import as_sample, open_sample
from steepest.tables.table import LazyTable, Table

if TYPE_CHECKING:
    from steepest.tables.files.duckdb_engine import Engine
    from steepest.tables.files.file_table import FileTable


def open_table(
    source: Any,
    *,
    header: bool | None = None,
    names: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Table | LazyTable:
    """The table that `source` is: a file, a glob, a SELECT, a sample, a frame, or an array.

    `header`, `delimiter` and `encoding` are for CSV files and detected where they are None;
    `names` names the columns of CSV files without a header (or renames them), and of arrays.
    A lazy frame gives a `LazyTable`: its rows stay in their own engine.
    Raises `InputError` with one line that says what is wrong and where.

    >>> [column.name for column in open_table("select 1 as x, 2 as y").columns]
    ['x', 'y']
    """
    options = {"header": header, "delimiter": delimiter, "encoding": encoding}
    if isinstance(source, OpenedTable):
        source = source.opened
    if isinstance(source, Table | LazyTable):
        for name, value in {"names": names, **options}.items():
            if value is not None:
                raise InputError(
                    f"{name} is said when a table is read, and this one was; leave it out"
                )
        return source
    sample = as_sample(source)
    if sample is not None:
        for name, value in {"names": names, **options}.items():
            if value is not None:
                raise InputError(f"{name} is for CSV files; a sample table has its own names")
        return open_sample(sample)
    if isinstance(source, str | os.PathLike):
        return _open_text(source, names=names, **options)
    for name, value in options.items():
        if value is not None:
            raise InputError(f"{name} is for CSV files only; leave it out")
    if _is_frame(source):
        return _open_frame(source, names)
    return open_matrix(source, names)


def _open_text(
    source: "str | os.PathLike[str]", *, names: Sequence[str] | None, **options: Any
) -> Table:
    from steepest.tables.files.duckdb_engine import Engine
    from steepest.tables.files.file_table import check_text
    from steepest.tables.files.sql_query import open_query
    from steepest.tables.files.sql_statement import looks_like_query

    engine = Engine()
    text = os.fspath(source)
    if isinstance(source, str) and looks_like_query(text) and not _exists(text):
        for name, value in {"names": names, **options}.items():
            if value is not None:
                how = "rename in SQL, as in x AS speed" if name == "names" else "leave it out"
                raise InputError(f"{name} is for a CSV file by itself; in a query, {how}")
        check_text(text)
        return open_query(text, engine, lambda name: _open_path(name, engine))
    return _open_path(text, engine, names=names, **options)


def _open_path(text: str, engine: "Engine", **options: Any) -> "FileTable":
    from steepest.tables.files.file_table import open_files
    from steepest.tables.files.watched_files import matching

    if re.match(r"[a-z][a-z0-9+]+://", text, re.IGNORECASE):
        raise InputError(f"{text} is not a local file; download it first")
    if not text.strip():
        raise InputError("the name of the table is empty; give a file, a glob or a SELECT query")
    path = os.path.expanduser(text)
    if _exists(path) or not glob.has_magic(path):
        if not _exists(path):
            raise InputError(f"{text} does not exist{_similar(Path(path))}")
        return open_files([Path(path)], engine, **options)
    files = engine.files.watch_pattern(path, lambda: matching(path))
    if not files:
        raise InputError(f"no file matches {text}; check the pattern and the directory")
    return open_files(files, engine, shown=text, **options)


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a zero byte in the name
        return False


def _similar(path: Path) -> str:
    try:
        offered = nearest(path.name, os.listdir(path.parent))
    except OSError:
        return f": there is no directory {path.parent}"
    return "." + offered if offered else "; check the path"


def _is_frame(source: object) -> bool:
    """Frames have columns; tensors and arrays do not."""
    # The class is asked, not the object: a lazy frame would resolve its schema to answer.
    return hasattr(type(source), "columns") or hasattr(type(source), "collect_schema")


def _open_frame(source: Any, names: Sequence[str] | None) -> Table | LazyTable:
    import narwhals as nw
    from narwhals.exceptions import NarwhalsError

    try:
        lazy = isinstance(nw.from_native(source), nw.LazyFrame)
    except TypeError:
        kind = f"{type(source).__module__.partition('.')[0]} {type(source).__name__}"
        raise InputError(f"a table cannot be read from a {kind}; give a frame or a file") from None
    except (NarwhalsError, ValueError) as problem:
        message = " ".join(str(problem).split())
        raise InputError(f"this DataFrame cannot be read: {message[:200]}") from problem
    if not lazy:
        from steepest.tables.frames.eager import open_frame

        return open_frame(source, names=names)
    if names is not None:
        raise InputError("names cannot be given to a lazy frame; rename its columns in the frame")
    from steepest.tables.frames.lazy import open_lazy

    return open_lazy(source)
