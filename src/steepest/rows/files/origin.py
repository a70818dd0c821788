"""What every kind of source tells the one table that reads them all."""

import glob
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from steepest.errors import InputError
from steepest.rows.files.engine import EngineError
from steepest.rows.table import Array, Column, Kind, RawBlock

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

EXACT = 2**53
ROUNDED = "which cannot be held exactly (64-bit numbers have 53 bits); leave it out, or shorten it"


class Origin(ABC):
    """Files or a query: an SQL relation whose columns go by position, and how to speak of it.

    `relation` can follow FROM; its columns are renamed c0, c1, … by whoever reads it.
    `text` is the same with every column as the text that is written, where the files are text.
    `files` are the files that hold the rows; `read` are the names by which DuckDB opens them or
    their copies. `statement` is the SELECT, where the rows are those of one.
    """

    relation: str
    text: str | None = None
    files: tuple[Path, ...]
    read: tuple[str, ...]
    statement: str | None = None
    columns: tuple[Column, ...]
    count: int | None
    shown: str
    description: str

    @abstractmethod
    def where(self, row: int) -> str:
        """Where the row of that index stands."""

    @abstractmethod
    def explain(self, problem: EngineError, asked: Sequence[int]) -> InputError:
        """DuckDB's complaint, met while the columns at positions `asked` were read, in words."""

    @abstractmethod
    def inspect(self, asked: Sequence[int], block: RawBlock) -> None:
        """Refuse values of the columns `asked` that were not read as they stand in the file."""


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


def rounds(values: Array) -> bool:
    """May some of the numbers have been integers that float64 does not hold?"""
    return values.dtype == np.float64 and bool(np.any(np.abs(values) >= EXACT))


def is_exact(number: int) -> bool:
    """Does float64 hold the integer?

    >>> is_exact(2**53), is_exact(2**53 + 1), is_exact(10**22), is_exact(10**400)
    (True, False, True, False)
    """
    try:
        return int(float(number)) == number
    except OverflowError:
        return False


def names_of(paths: Sequence[Path]) -> tuple[str, ...]:
    """The names of files to be opened: as patterns that match them alone, and as they are."""
    return tuple(dict.fromkeys(str(name) for path in paths for name in (escaped(path), path)))


def escaped(path: Path) -> Path:
    """The path with its brackets and stars taken at their word, not as a pattern."""
    return Path(glob.escape(str(path)))
