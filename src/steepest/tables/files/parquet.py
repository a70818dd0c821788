"""Parquet files: their own types and counts, and files of other columns refused."""

from collections.abc import Sequence
from itertools import accumulate
from typing import final

from steepest.errors import InputError
from steepest.tables.files.duckdb_engine import Engine, EngineError, first_line, listed, quoted
from steepest.tables.files.file_table import FileTable, escaped, kind_of, names_of
from steepest.tables.files.parquet_checksums import check_pages
from steepest.tables.files.remote_file import FilePath, size_of
from steepest.tables.table import Column, require_unique
from steepest.translation import joined, said_of
from steepest.wording.fact import fact

# A directory called `year=2020` says nothing of the columns within.
_AS_WRITTEN = "hive_partitioning = false"
_MARKS = (b"PAR1", b"PARE")


@final
class Parquet(FileTable):
    """One or several Parquet files of the same columns."""

    def __init__(self, paths: Sequence[FilePath], engine: Engine) -> None:
        super().__init__(engine)
        self._paths = list(paths)
        self.label = str(paths[0])
        self.files, self.read = tuple(paths), names_of(paths)
        for path in paths:
            _check_marks(path)
        schemas = [self._schema(path, engine) for path in paths]
        for path in paths:
            self._check_pages(path, engine)
        for path, schema in zip(paths[1:], schemas[1:], strict=True):
            _check_alike(path, schema, paths[0], schemas[0])
        # By name, so that a column of several widths is read in the widest.
        by_name = any(schema != schemas[0] for schema in schemas)
        self.relation = (
            f"read_parquet({listed([str(escaped(path)) for path in paths])}, "
            f"union_by_name = {by_name}, {_AS_WRITTEN})"
        )
        names, types = [name for name, _ in schemas[0]], [type_ for _, type_ in schemas[0]]
        if by_name:
            # Where the files differ, DuckDB joins them by names in which `x` and `X` are one.
            require_unique([name.lower() for name in names], self.label)
            types = [type_ for _, type_ in engine.schema(f"SELECT * FROM {self.relation}")]
        self.columns = tuple(
            Column(name, kind_of(type_), type_) for name, type_ in zip(names, types, strict=True)
        )
        self._ends = list(accumulate(self._rows(path, engine) for path in paths))
        self.count = self._ends[-1]
        if self.count == 0:
            raise InputError(
                "{label} has columns and no rows: at least 1 row is needed", label=self.label
            )
        self.contents = fact("parquet")

    def where(self, row: int) -> str:
        starts = [0, *self._ends]
        for path, start, end in zip(self._paths, starts, self._ends, strict=False):
            if row < end:
                return f"{path}, row {row - start + 1}"
        return f"{self._paths[-1]}, row {row + 1}"

    def explain(self, problem: EngineError, asked: Sequence[int]) -> InputError:
        text = str(problem)
        path = next((path for path in self._paths if str(path) in text), None)
        return (
            _damaged(path, problem)
            if path or len(self._paths) == 1
            else InputError(said_of(self.label, first_line(problem)))
        )

    def _schema(self, path: FilePath, engine: Engine) -> list[tuple[str, str]]:
        try:
            sql = f"SELECT * FROM read_parquet({quoted(str(escaped(path)))}, {_AS_WRITTEN})"
            types = [type_ for _, type_ in engine.schema(sql)]
            sql = "SELECT name, num_children FROM parquet_schema(?)"
            names = _top(engine.ask(sql, [str(escaped(path))]))
        except EngineError as problem:
            raise _damaged(path, problem) from problem
        require_unique(names, str(path))
        # The names as they are written: to DuckDB `x` and `X` are one, and it renames the second.
        return list(zip(names, types, strict=True))

    def _check_pages(self, path: FilePath, engine: Engine) -> None:
        try:
            check_pages(path, engine)
        except EngineError as problem:
            raise _damaged(path, problem) from problem

    def _rows(self, path: FilePath, engine: Engine) -> int:
        try:
            sql = "SELECT num_rows FROM parquet_file_metadata(?)"
            return int(engine.ask(sql, [str(escaped(path))])[0][0])
        except EngineError as problem:
            raise _damaged(path, problem) from problem


def _top(nodes: Sequence[tuple[str, int | None]]) -> list[str]:
    """The names of the columns themselves: the schema lists what is nested in them too."""
    names: list[str] = []
    left = 0  # nodes still to come that belong to the column before
    for name, children in nodes[1:]:
        if left:
            left += (children or 0) - 1
        else:
            names.append(name)
            left = children or 0
    return names


def is_parquet(path: FilePath) -> bool:
    """Whether the file begins and ends as a Parquet file does, and can be read at all."""
    try:
        _check_marks(path)
    except (OSError, InputError):
        return False
    return True


def _check_marks(path: FilePath) -> None:
    size = size_of(path)
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(max(0, size - 4))
        tail = file.read(4)
    if head not in _MARKS:
        raise InputError("{path} is not a Parquet file, whatever its name says", path=path)
    if size < 12 or tail not in _MARKS:
        raise InputError(
            "{path} is cut off: its end is not that of a Parquet file; copy it again", path=path
        )


def _check_alike(
    path: FilePath,
    schema: Sequence[tuple[str, str]],
    first: FilePath,
    model: Sequence[tuple[str, str]],
) -> None:
    ours, theirs = dict(schema), dict(model)
    if ours.keys() != theirs.keys():
        raise InputError(
            "{path} has columns {ours}, but {first} has {theirs}; files that are read "
            "together must hold the same columns",
            path=path,
            ours=joined(ours),
            first=first,
            theirs=joined(theirs),
        )
    for name, type_ in ours.items():
        if kind_of(type_) != kind_of(theirs[name]):
            raise InputError(
                "{path}: column {name!r} is {type}, but {theirs} in {first}; files that are "
                "read together must hold the same columns",
                path=path,
                name=name,
                type=type_,
                theirs=theirs[name],
                first=first,
            )


def _damaged(path: FilePath | None, problem: EngineError) -> InputError:
    where = f"{path}: " if path else ""
    return InputError(
        "{where}damaged, or no Parquet file: {problem}", where=where, problem=first_line(problem)
    )
