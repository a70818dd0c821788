"""Lines above the table in a text file: comments, Excel's `sep=`, those to be skipped."""

import re
from dataclasses import dataclass
from typing import final

_SEPARATOR = re.compile(r'"?sep=(.|\\t)"?', re.IGNORECASE)
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|$)")
_DIGIT = re.compile(r"\d")
_MARKS = (",", "\t", ";", "|")
_MOST = 1000  # lines of comments that are looked at


@final
@dataclass(frozen=True)
class Preamble:
    """`lines` stand above the table, which begins at `start` of the text; `delimiter` is what they
    say of it.
    """

    lines: int = 0
    start: int = 0
    delimiter: str | None = None


def find_preamble(text: str, skip: int | None = None) -> Preamble:
    r"""The lines above the table: `skip` of them, or `sep=` and lines that start with `#`.

    A last line with `#` that has as many fields as the row of numbers below it is the header.

    >>> find_preamble("# logger 3\nx,y\n1,2\n")
    Preamble(lines=1, start=11, delimiter=None)
    >>> find_preamble("sep=;\nx;y\n1;2\n"), find_preamble("#x,y\n1,2\n").lines
    (Preamble(lines=1, start=6, delimiter=';'), 0)
    """
    if skip is not None:
        return _after(text, skip)
    separator = _SEPARATOR.fullmatch(_line(text, 0)[0].strip())
    first = 1 if separator else 0
    count, place, comments = 0, 0, first
    last = ""
    while place < len(text) and count < _MOST:
        line, end = _line(text, place)
        if line.lstrip().startswith("#"):
            comments, last = count + 1, line
        elif line.strip() and count >= first:
            break
        count, place = count + 1, end
    if last and _is_header(last, _line(text, _after(text, comments).start)[0]):
        comments -= 1
    found = _after(text, comments)
    return Preamble(found.lines, found.start, separator[1] if separator else None)


def _is_header(comment: str, row: str) -> bool:
    """Whether a line with # names the fields of the row of numbers below it."""
    alike = any(comment.count(mark) == row.count(mark) > 0 for mark in _MARKS)
    return alike and _DIGIT.search(row) is not None


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
