"""Numbers in SQL that are made of their text: one that float64 would round is an error.

The engine's error names the column by its place, and the files by the name they are shown with.
"""

import re

from steepest.tables.exact_numbers import EXACT, WHOLE
from steepest.tables.files.duckdb_engine import quoted

_UNLIKE = "steepest: unlike column "


def float_of(field: str, text: str, at: int, label: str) -> str:
    """The SQL of a float64 from `text`, which is made of `field`; an error where it is rounded."""
    number = f"{text}::DOUBLE"
    digits = f"regexp_extract({text}, '[1-9]\\d*')"
    return (
        f"CASE WHEN abs({number}) >= {EXACT} AND regexp_full_match({text}, '{WHOLE}') "
        f"AND format('{{:.0f}}', abs({number})) <> {digits} "
        f"THEN {error(field, at, label)} ELSE {number} END"
    )


def error(field: str, at: int, label: str) -> str:
    """The SQL of the error for a value of the column at that place."""
    # It depends on the row, else the engine would raise it while planning.
    return f"error({quoted(f'{_UNLIKE}{at} of {label}')} || left({field}, 0))"


def place_of_error(message: str, label: str) -> int | None:
    """The place of the column that the engine's message tells of; None if it is another's error."""
    match = re.search(rf"{_UNLIKE}(\d+) of (.*)", message)
    return int(match[1]) if match and match[2] == label else None
