"""Which kind of file a name stands for, and the table that reads it."""

import gzip
import stat
import zlib
from collections.abc import Sequence

from steepest.errors import InputError, cause
from steepest.storage.foreign_files import foreign_file
from steepest.tables.files.csv_dialect import TextOptions
from steepest.tables.files.duckdb_engine import Engine
from steepest.tables.files.file_table import FileTable
from steepest.tables.files.line_numbers import open_bytes
from steepest.tables.files.remote_file import FilePath, RemoteFile
from steepest.translation import say
from steepest.wording.fact import fact

_PARQUET = (".parquet", ".pq")
_JSON = (".jsonl", ".ndjson", ".json")


def open_files(
    paths: Sequence[FilePath], engine: Engine, options: TextOptions, pattern: str | None = None
) -> FileTable:
    """Files of one kind as one table; `pattern` is the glob they came from.

    The kind is recognised by the first bytes and the ending: Parquet, JSON lines, otherwise CSV.
    Raises `InputError` where a file is missing, empty, of another kind, or cannot be read.
    """
    for path in paths:
        check_text(str(path))
    try:
        for path in paths:
            engine.files.watch(path)
        kinds = {path: _kind(path) for path in paths}
        kind = kinds[paths[0]]
        for path, other in kinds.items():
            if other != kind:
                raise InputError(
                    "{path} is {other}, but {paths} is {kind}; read them apart",
                    path=path,
                    other=other,
                    paths=paths[0],
                    kind=kind,
                )
        table = _table(kind, paths, engine, options)
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        name = pattern or paths[0]
        raise InputError(
            "{name}: the gzip file is cut off or damaged; copy it again", name=name
        ) from problem
    if pattern is not None:
        table.label = pattern
        table.contents = fact("several files", files=len(paths), contents=table.contents)
    table.summary = fact("file table", source=table.label, contents=table.contents)
    return table


def check_text(source: str) -> None:
    """Refuse a name or a query that is no text: the engine takes nothing else."""
    try:
        source.encode()
    except UnicodeEncodeError:
        raise InputError(
            "{source}: the name is not UTF-8, and no table can be read from it; rename the file",
            source=source,
        ) from None


def _table(kind: str, paths: Sequence[FilePath], engine: Engine, options: TextOptions) -> FileTable:
    if kind == "CSV":
        from steepest.tables.files.csv_file import Delimited

        return Delimited(paths, engine, options)
    if options.given:
        given = options.given
        raise InputError(
            "{paths} is {kind}: {given} is for CSV files only; leave it out",
            paths=paths[0],
            kind=kind,
            given=given,
        )
    if kind == "Parquet":
        from steepest.tables.files.parquet import Parquet

        return Parquet(paths, engine)
    from steepest.tables.files.json_lines import JsonLines

    return JsonLines(paths, engine)


def _kind(path: FilePath) -> str:
    head = _head(path)
    endings = [ending.lower() for ending in path.suffixes]
    ending = endings[-2] if endings[-1:] == [".gz"] and len(endings) > 1 else (endings or [""])[-1]
    if head.startswith(b"PAR1") or ending in _PARQUET:
        return "Parquet"
    refused = _not_read(path, head)
    if refused:
        raise refused
    if ending in _JSON or (ending not in (".csv", ".tsv") and head.lstrip()[:1] == b"{"):
        return "JSON lines"
    return "CSV"


def _not_read(path: FilePath, head: bytes) -> InputError | None:
    """The error for a file that begins as one of another kind."""
    if head[8:9] == b"{" and head[4:8] == bytes(4):  # a length, and JSON
        return InputError(
            "{path} is a model or a run that was saved, not a table of rows", path=path
        )
    foreign = foreign_file(head)
    if foreign is None or foreign.table is None:
        return None
    return InputError("{path} is {table}", path=path, table=foreign.no_table)


def _head(path: FilePath) -> bytes:
    try:
        check_regular(path)
        with open_bytes(path) as file:
            head = file.read(32)
    except FileNotFoundError:
        raise InputError("{path} does not exist; check the path", path=path) from None
    except IsADirectoryError:
        raise InputError(
            "{path} is a directory; name a file, or a glob such as {path}/*.csv", path=path
        ) from (None)
    except PermissionError:
        raise InputError("{path} cannot be read: you have no permission", path=path) from None
    except gzip.BadGzipFile:
        raise
    except OSError as problem:
        raise InputError(
            "{path} cannot be read: {value}", path=path, value=cause(problem)
        ) from problem
    if not head:
        raise InputError("{path} is empty: 0 rows found, at least 1 is needed", path=path)
    return head


def check_regular(path: FilePath) -> None:
    """Refuse what is neither a file nor a folder: to read it may wait for ever, or never end."""
    if isinstance(path, RemoteFile):
        return
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        what = "a pipe" if stat.S_ISFIFO(mode) else say("no regular file")
        raise InputError("{path} is {what}; save the rows to a file first", path=path, what=what)
