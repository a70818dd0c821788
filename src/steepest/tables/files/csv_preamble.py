"""Lines above the table in a text file: comments, Excel's `sep=`, those to be skipped."""

import csv
import re
from dataclasses import dataclass, replace
from typing import final

from steepest.tables.files.csv_fields import DELIMITERS, has_digits

_SEPARATOR = re.compile(r'"?sep=(.|\\t)"?', re.IGNORECASE)
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")
_MOST = 1000  # lines of comments that are looked at


@final
@dataclass(frozen=True)
class Preamble:
    """`lines` stand above the table, which begins at `start` of the text. They may tell its
    `delimiter`, and the `names` of its columns.
    """

    lines: int = 0
    start: int = 0
    delimiter: str | None = None
    names: tuple[str, ...] | None = None


def find_preamble(text: str, skip: int | None = None) -> Preamble:
    r"""The lines above the table: `skip` of them, or `sep=` and lines that start with `#`.

    The last of these may be no comment: as many fields as the row below, after a `#` without a
    space, are names, or a row themselves where one of them is a number. After `# ` they are names
    where they have no spaces within, and the row below has a number.

    >>> find_preamble("# logger 3\nx,y\n1,2\n").lines, find_preamble("sep=;\nx;y\n").delimiter
    (1, ';')
    >>> find_preamble("#x,y\n1,2\n").names, find_preamble("# x y\n1 2\n").names
    (('x', 'y'), ('x', 'y'))
    >>> find_preamble("# logger 3, site A\nx1,x2\n1,2\n").names
    >>> find_preamble("#ff0000,1\nred,2\n").lines
    0
    """
    if skip is not None:
        return _after(text, skip)
    separator = _SEPARATOR.fullmatch(_line(text, 0)[0].strip("\r\n\ufeff "))
    first = 1 if separator else 0
    count, place, comments = 0, 0, first
    last = ""
    while place < len(text) and count < _MOST:
        line, end = _line(text, place)
        if line.lstrip().startswith("#"):
            comments, last = count + 1, line.strip()
        elif line.strip() and count >= first:
            break
        count, place = count + 1, end
    found = _after(text, comments)
    names = _fields_alike(last, _line(text, found.start)[0]) if last else None
    if names is not None and any(map(has_digits, names)):
        found, names = _after(text, comments - 1), None  # a row that begins with #
    return replace(found, delimiter=separator[1] if separator else None, names=names)


def _fields_alike(comment: str, row: str) -> tuple[str, ...] | None:
    """The fields of a line with #, where they are not words of a comment."""
    inside = comment.lstrip("#")
    for mark in (*DELIMITERS, " "):
        padded = mark == " "
        names = tuple(name.strip() for name in _split(inside.strip(), mark, padded))
        below = [field.strip() for field in _split(row.strip(), mark, padded)]
        if len(names) != len(below) or len(below) < 2 or not all(names):
            continue
        plain = not any(" " in name for name in names)
        if plain and (inside[:1].strip() or any(map(has_digits, below))):
            return names
    return None


def _split(line: str, mark: str, padded: bool) -> list[str]:
    return next(csv.reader([line], delimiter=mark, skipinitialspace=padded), [])


def _after(text: str, lines: int) -> Preamble:
    """So many lines, and the empty ones that follow them."""
    place = 0
    for _ in range(lines):
        place = _line(text, place)[1]
    while lines and place < len(text) and not _line(text, place)[0].strip():
        lines, place = lines + 1, _line(text, place)[1]
    return Preamble(lines, place)


def _line(text: str, place: int) -> tuple[str, int]:
    """The line that starts at a place, and where the next one does."""
    found = _LINE.match(text, place)
    return (found[1], found.end()) if found else ("", place)
