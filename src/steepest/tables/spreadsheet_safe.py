"""Delimited text that a spreadsheet may open."""

import csv
import io
from collections.abc import Iterable

# Spreadsheets run text that begins so as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """Text that no spreadsheet runs.

    >>> harmless("=1+1"), harmless("plain")
    ("'=1+1", 'plain')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def delimited(rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    r"""Rows of cells as text, a line each; quoted where they need it.

    >>> delimited([["a", "b,c"], [1, 0.5]])
    'a,"b,c"\n1,0.5\n'
    """
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return stream.getvalue()
