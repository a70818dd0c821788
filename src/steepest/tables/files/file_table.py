"""The one table over DuckDB: CSV, Parquet and JSON lines files, and queries over them."""

import glob
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from steepest.errors import InputError, nearest_of
from steepest.tables.exact_numbers import EXACT, is_rounded, may_round, rounded
from steepest.tables.files.arrow_blocks import raw_blocks
from steepest.tables.files.duckdb_engine import Engine, EngineError, identifier
from steepest.tables.files.remote_file import FilePath, RemoteFile
from steepest.tables.table import Column, Kind, RawBlock, Table
from steepest.wording.fact import Fact

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "BIGNUM"), "number"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "number"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL", '"NULL"', "NULL"), "number"),
    "BOOLEAN": "boolean",
    **dict.fromkeys(("VARCHAR", "ENUM"), "text"),
    **dict.fromkeys(("DATE", "TIME", "TIMESTAMP", "INTERVAL", "TIME_NS"), "date"),
    **dict.fromkeys(("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "date"),
}
_AS_IT_IS = {
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    *("FLOAT", "DOUBLE", "BOOLEAN", "VARCHAR"),
}


class FileTable(Table):
    """Rows of files or of a query that DuckDB streams: a few blocks of them are in memory.

    - `relation`: SQL that can follow FROM; its columns are renamed c0, c1, … by whoever reads it
    - `text`: the same with every column as the text that is written, where the files are text
    - `checked`: the same for a query, in which a number that was rounded is an error
    - `read`: the names by which DuckDB opens the files or their copies
    - `label`: the name in errors;   `contents`: what is in the files or the query
    """

    relation: str
    text: str | None = None
    checked: str | None = None
    read: tuple[str, ...]
    label: str
    contents: Fact
    awaited = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._inspected: set[int] = set()

    @abstractmethod
    def explain(self, problem: EngineError, asked: Sequence[int]) -> InputError:
        """DuckDB's complaint, met while the columns at positions `asked` were read, in words."""

    def explains(self, problem: EngineError) -> InputError | None:
        """The complaint in words if it is of these rows, read within a query; else None."""
        return None

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        return self._pass(self._reading(names), names, rows)

    def first(self, names: Sequence[str], rows: int) -> RawBlock | None:
        # Without a limit DuckDB reads far ahead of the first block. A query's rows it may order
        # differently with one, where they are equal in what they are sorted by.
        limit = "" if self.statement else f" LIMIT {rows}"
        return next(self._pass(self._reading(names) + limit, names, rows), None)

    def written(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        asked = self._places(names)
        if self.text is None:
            read = ", ".join(written(at, self.columns[at].type) for at in asked)
            return self._pass(f"SELECT {read} {self._from}", names, rows)
        read = ", ".join(f"coalesce(c{at}, '')" for at in asked)
        return self._pass(f"SELECT {read} FROM {self.text} AS t({self._aliases})", names, rows)

    def levels(self, name: str, limit: int) -> list[str]:
        (at,) = self._places([name])
        value = f"{reading(at, self.columns[at].type)}::VARCHAR"
        sql = (
            f"SELECT DISTINCT {value} AS level {self._from} WHERE level IS NOT NULL "
            f"ORDER BY level LIMIT {limit + 1}"
        )
        with self._unchanged([at]):
            return [row[0] for row in self._engine.ask(sql)]

    def _pass(self, sql: str, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        """The blocks of a pass. Of each it is certain that it was read from the unchanged files."""
        asked = self._places(names)
        with self._unchanged(asked):
            for block in raw_blocks(self._engine.stream(sql), names, rows):
                self._engine.files.check()
                self.inspect(asked, block)
                yield block

    def _reading(self, names: Sequence[str]) -> str:
        read = ", ".join(reading(at, self.columns[at].type) for at in self._places(names))
        return f"SELECT {read} {self._from}"

    @contextmanager
    def _unchanged(self, asked: Sequence[int]) -> Iterator[None]:
        """A pass begins and ends with the files as they were when they were opened."""
        self._engine.files.check_all()
        try:
            yield
        except EngineError as problem:
            self._engine.files.check_all()
            raise self.explain(problem, asked) from problem
        self._engine.files.check_all()

    @property
    def named_relation(self) -> str:
        """The checked rows as SQL that can follow FROM, the columns under their own names."""
        names = ", ".join(identifier(column.name) for column in self.columns)
        return f"{self.checked or self.relation} AS t({names})"

    def pattern_of(self, path: str) -> str | None:
        """The pattern among the sources that a new file of that name would match, if any."""
        return self._engine.files.pattern_of(path)

    @property
    def _from(self) -> str:
        return f"FROM {self.relation} AS t({self._aliases})"

    @property
    def _aliases(self) -> str:
        # By place, since to DuckDB `x` and `X` are one name.
        return ", ".join(f"c{at}" for at in range(len(self.columns)))

    def _places(self, names: Sequence[str]) -> list[int]:
        """The positions of columns."""
        known = {column.name: at for at, column in enumerate(self.columns)}
        for name in names:
            if name not in known:
                raise InputError(
                    "{label} has no column {name!r}.{name_2}",
                    label=self.label,
                    name=name,
                    name_2=nearest_of(name, known),
                )
        return [known[name] for name in names]

    def inspect(self, asked: Sequence[int], block: RawBlock) -> None:
        """Refuse values of the columns `asked` that were not read as they stand in the source.

        Of a column in which numbers were made float64 and some are large, once, all are looked at.
        """
        for at in asked:
            column = self.columns[at]
            if at in self._inspected or not self._widens(column):
                continue
            if may_round(block.columns[column.name]):
                self._refuse_rounded(at)
                self._inspected.add(at)

    def _widens(self, column: Column) -> bool:
        return column.kind == "number" and column.type not in _AS_IT_IS

    def _refuse_rounded(self, at: int) -> None:
        """Refuse the first whole number of a column that float64 does not hold."""
        values = f"SELECT c{at} AS v {self._from}"
        self._refuse_among(at, values, f"abs(v::DOUBLE) >= {EXACT}")

    def _refuse_among(self, at: int, values: str, large: str) -> None:
        """The same, of the rows of `values` whose v is `large`."""
        rows = f"SELECT row_number() OVER () - 1 AS i, v FROM ({values})"
        for batch in self._engine.stream(f"SELECT i, v::VARCHAR FROM ({rows}) WHERE {large}"):
            for row, value in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                if is_rounded(value):
                    raise rounded(self.where(row), self.columns[at].name, value)


def kind_of(type_: str) -> Kind:
    """The kind of a DuckDB type.

    >>> kind_of("DECIMAL(18,3)"), kind_of("INTEGER[]"), kind_of("TIMESTAMP WITH TIME ZONE")
    ('number', 'other', 'date')
    """
    if type_.endswith("]"):
        return "other"
    return _KINDS.get(type_.split("(")[0].split(" ")[0], "other")


def reading(position: int, type_: str) -> str:
    """The SQL that reads a column as NumPy can hold it; numbers keep their own width.

    >>> reading(0, "FLOAT"), reading(1, "DECIMAL(9,2)"), reading(2, "DATE")
    ('c0', 'c1::DOUBLE', 'c2::VARCHAR')
    """
    if type_ in _AS_IT_IS:
        return f"c{position}"
    return f"c{position}::{'DOUBLE' if kind_of(type_) == 'number' else 'VARCHAR'}"


def written(position: int, type_: str) -> str:
    """The SQL that reads a column to be passed on: numbers keep all their digits.

    >>> written(0, "FLOAT"), written(1, "HUGEINT")
    ('c0', 'c1::VARCHAR')
    """
    return f"c{position}" if type_ in _AS_IT_IS else f"c{position}::VARCHAR"


def names_of(paths: Sequence[FilePath]) -> tuple[str, ...]:
    """The names of files to be opened: as patterns that match them alone, and as they are."""
    return tuple(dict.fromkeys(str(name) for path in paths for name in (escaped(path), path)))


def escaped(path: FilePath) -> FilePath:
    """The path with its brackets and stars taken at their word, not as a pattern."""
    if isinstance(path, RemoteFile):
        return path
    return Path(glob.escape(str(path)))
