"""The one table over DuckDB: CSV, Parquet and JSON lines files, and queries over them."""

import gzip
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

from steepest.errors import InputError, nearest
from steepest.tables.files.arrow_blocks import raw_blocks
from steepest.tables.files.duckdb_engine import Engine, EngineError, identifier
from steepest.tables.files.line_numbers import open_bytes
from steepest.tables.files.origin import Origin, reading, written
from steepest.tables.table import RawBlock, Table
from steepest.wording.fact import fact

_BINARY = {
    b"PK\x03\x04": "an Excel workbook or zip archive; export the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; export the sheet as CSV",
    b"SQLite format 3": "an SQLite database; export the table as CSV",
    b"\x89HDF": "an HDF5 file; export the table as CSV or Parquet",
    b"\x93NUMPY": "a NumPy file; load it with numpy.load and hand over the array",
    b"ARROW1": "an Arrow file; write it as Parquet",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first",
    b"BZh": "compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "compressed with xz; unpack it first",
}
_PARQUET = (".parquet", ".pq")
_JSON = (".jsonl", ".ndjson", ".json")


@final
class FileTable(Table):
    """Rows that DuckDB streams: never more of them in memory than a few blocks."""

    awaited = True

    def __init__(self, origin: Origin, engine: Engine) -> None:
        self._origin = origin
        self._engine = engine
        self._position = {column.name: at for at, column in enumerate(origin.columns)}
        self.columns = origin.columns
        self.count = origin.count
        self.files, self.statement = origin.files, origin.statement
        self.summary = fact("file table", source=origin.shown, contents=origin.contents)

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        asked = [self._find(name) for name in names]
        read = ", ".join(reading(at, self.columns[at].type) for at in asked)
        for block in self._pass(f"SELECT {read} {self._from}", names, rows, asked):
            self._origin.inspect(asked, block)
            yield block

    def written(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        asked = [self._find(name) for name in names]
        if self._origin.text is None:
            read = ", ".join(written(at, self.columns[at].type) for at in asked)
            sql = f"SELECT {read} {self._from}"
        else:
            read = ", ".join(f"coalesce(c{at}, '')" for at in asked)
            sql = f"SELECT {read} FROM {self._origin.text} AS t({self._places})"
        for block in self._pass(sql, names, rows, ()):
            self._origin.inspect(asked, block)
            yield block

    def levels(self, name: str, limit: int) -> list[str]:
        at = self._find(name)
        value = f"{reading(at, self.columns[at].type)}::VARCHAR"
        sql = (
            f"SELECT DISTINCT {value} AS level {self._from} WHERE level IS NOT NULL "
            f"ORDER BY level LIMIT {limit + 1}"
        )
        with self._unchanged([at]):
            return [row[0] for row in self._engine.ask(sql)]

    def where(self, row: int) -> str:
        return self._origin.where(row)

    def _pass(
        self, sql: str, names: Sequence[str], rows: int, asked: Sequence[int]
    ) -> Iterator[RawBlock]:
        """The blocks of a pass. Of each it is certain that it was read from the unchanged files."""
        with self._unchanged(asked):
            for block in raw_blocks(self._engine.stream(sql), names, rows):
                self._engine.files.check()
                yield block

    @contextmanager
    def _unchanged(self, asked: Sequence[int]) -> Iterator[None]:
        """A pass begins and ends with the files as they were when they were opened."""
        self._engine.files.check_all()
        try:
            yield
        except EngineError as problem:
            self._engine.files.check_all()
            raise self._origin.explain(problem, asked) from problem
        self._engine.files.check_all()

    @property
    def relation(self) -> str:
        """The rows as SQL that can follow FROM, the columns under their own names."""
        names = ", ".join(identifier(column.name) for column in self.columns)
        return f"{self._origin.checked or self._origin.relation} AS t({names})"

    def explains(self, problem: EngineError) -> InputError | None:
        """What was wrong with these rows when a query read its `relation`; None if nothing was."""
        return self._origin.explains(problem)

    def pattern_of(self, path: str) -> str | None:
        """The pattern among the sources that a new file of that name would match, if any."""
        return self._engine.files.pattern_of(path)

    @property
    def read(self) -> tuple[str, ...]:
        """The names by which DuckDB opens the files."""
        return self._origin.read

    @property
    def _from(self) -> str:
        return f"FROM {self._origin.relation} AS t({self._places})"

    @property
    def _places(self) -> str:
        # By place, since to DuckDB `x` and `X` are one name.
        return ", ".join(f"c{at}" for at in range(len(self.columns)))

    def _find(self, name: str) -> int:
        if name not in self._position:
            hint = nearest(name, self._position) or f" Its columns are {_some(self._position)}."
            raise InputError(f"{self._origin.shown} has no column {name!r}.{hint}")
        return self._position[name]


def open_files(
    paths: Sequence[Path],
    engine: Engine,
    *,
    shown: str | None = None,
    header: bool | None = None,
    names: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> FileTable:
    """Files of one kind as one table; `shown` is the glob they came from.

    The kind is told by the first bytes and the ending: Parquet, JSON lines, otherwise CSV.
    Raises `InputError` where a file is missing, empty, of another kind, or cannot be read.
    """
    options = {"header": header, "names": names, "delimiter": delimiter, "encoding": encoding}
    for path in paths:
        check_text(str(path))
    try:
        for path in paths:
            engine.files.watch(path)
        kinds = {path: _kind(path) for path in paths}
        kind = kinds[paths[0]]
        for path, other in kinds.items():
            if other != kind:
                raise InputError(f"{path} is {other}, but {paths[0]} is {kind}; read them apart")
        origin = _origin(kind, paths, engine, options)
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        name = shown or paths[0]
        raise InputError(f"{name}: the gzip file is cut off or damaged; copy it again") from problem
    if shown is not None:
        origin.shown = shown
        origin.contents = fact("several files", files=len(paths), contents=origin.contents)
    return FileTable(origin, engine)


def check_text(source: str) -> None:
    """Refuse a name or a query that is no text: the engine takes nothing else."""
    try:
        source.encode()
    except UnicodeEncodeError:
        raise InputError(
            f"{source}: the name is not UTF-8, and no table can be read from it; rename the file"
        ) from None


def _origin(kind: str, paths: Sequence[Path], engine: Engine, options: Mapping[str, Any]) -> Origin:
    if kind == "CSV":
        from steepest.tables.files.csv_file import Delimited

        return Delimited(paths, engine, **options)
    _refuse(kind, paths[0], **options)
    if kind == "Parquet":
        from steepest.tables.files.parquet import Parquet

        return Parquet(paths, engine)
    from steepest.tables.files.json_lines import JsonLines

    return JsonLines(paths, engine)


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:8]) + (", …" if len(shown) > 8 else "")


def _kind(path: Path) -> str:
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


def _not_read(path: Path, head: bytes) -> InputError | None:
    """The error for a file that begins as one of another kind."""
    kinds = (kind for mark, kind in _BINARY.items() if head.startswith(mark))
    return next((InputError(f"{path} is {kind}") for kind in kinds), None)


def _head(path: Path) -> bytes:
    try:
        check_regular(path)
        with open_bytes(path) as file:
            head = file.read(32)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; check the path") from None
    except IsADirectoryError:
        raise InputError(
            f"{path} is a directory; name a file, or a glob such as {path}/*.csv"
        ) from (None)
    except PermissionError:
        raise InputError(f"{path} cannot be read: you have no permission") from None
    except gzip.BadGzipFile:
        raise
    except OSError as problem:
        raise InputError(f"{path} cannot be read: {problem.strerror or problem}") from problem
    if not head:
        raise InputError(f"{path} is empty: 0 rows found, at least 1 is needed")
    return head


def check_regular(path: Path) -> None:
    """Refuse what is neither a file nor a folder: to read it may wait for ever, or never end."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        what = "a pipe" if stat.S_ISFIFO(mode) else "no regular file"
        raise InputError(f"{path} is {what}; save the rows to a file first")


def _refuse(kind: str, path: Path, **options: object) -> None:
    for name, value in options.items():
        if value is not None:
            raise InputError(f"{path} is {kind}: {name} is for CSV files only; leave it out")
