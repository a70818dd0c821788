"""What every kind of source tells the one table that reads them all."""

import glob
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from steepest.errors import InputError
from steepest.tables.exact_numbers import EXACT, is_rounded, may_round, rounded
from steepest.tables.files.duckdb_engine import Engine, EngineError
from steepest.tables.table import Column, Kind, RawBlock
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


class Origin(ABC):
    """Files or a query: an SQL relation whose columns go by position, and how to speak of it.

    `relation` can follow FROM; its columns are renamed c0, c1, … by whoever reads it.
    `text` is the same with every column as the text that is written, where the files are text.
    `checked` is the same for a query, in which a number that was rounded is an error.
    `files` are the files that hold the rows; `read` are the names by which DuckDB opens them or
    their copies. `statement` is the SELECT, where the rows are those of one.
    """

    relation: str
    text: str | None = None
    checked: str | None = None
    files: tuple[Path, ...]
    read: tuple[str, ...]
    statement: str | None = None
    columns: tuple[Column, ...]
    count: int | None
    shown: str
    contents: Fact

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._inspected: set[int] = set()

    @abstractmethod
    def where(self, row: int) -> str:
        """Where the row of that index stands."""

    @abstractmethod
    def explain(self, problem: EngineError, asked: Sequence[int]) -> InputError:
        """DuckDB's complaint, met while the columns at positions `asked` were read, in words."""

    def explains(self, problem: EngineError) -> InputError | None:
        """The complaint in words if it is of these rows, read within a query; else None."""
        return None

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
        places = ", ".join(f"c{place}" for place in range(len(self.columns)))
        values = f"SELECT c{at} AS v FROM {self.relation} AS t({places})"
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


def names_of(paths: Sequence[Path]) -> tuple[str, ...]:
    """The names of files to be opened: as patterns that match them alone, and as they are."""
    return tuple(dict.fromkeys(str(name) for path in paths for name in (escaped(path), path)))


def escaped(path: Path) -> Path:
    """The path with its brackets and stars taken at their word, not as a pattern."""
    return Path(glob.escape(str(path)))
