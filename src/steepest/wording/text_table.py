"""Tables of text for a terminal."""

import unicodedata
from collections.abc import Sequence

from steepest.errors import printable

GAP = 2  # columns of the terminal between two cells


def text_table(lines: Sequence[Sequence[str]], *, left: int = 0, gap: int = GAP) -> list[str]:
    """Lines of cells, aligned: the first `left` cells of a line at the left of their column, the
    others at the right.

    >>> text_table([["", "k", "x"], ["first", "0", "7"], ["second", "10", "2.5"]], left=1)
    ['         k    x', 'first    0    7', 'second  10  2.5']
    """
    lines = [list(map(printable, line)) for line in lines]
    widths = [max(map(terminal_width, column)) for column in zip(*lines, strict=True)]
    return [(" " * gap).join(_padded(line, widths, left)).rstrip() for line in lines]


def terminal_width(text: str) -> int:
    """How many columns of a terminal a text takes: letters of East Asia two, accents none.

    >>> terminal_width("ab"), terminal_width("漢字"), terminal_width("e\\u0301")
    (2, 4, 1)
    """
    return sum(
        0 if unicodedata.combining(one) else 1 + (unicodedata.east_asian_width(one) in "WF")
        for one in text
    )


def _padded(line: Sequence[str], widths: Sequence[int], left: int) -> list[str]:
    room = [" " * (width - terminal_width(cell)) for cell, width in zip(line, widths, strict=True)]
    return [
        cell + space if place < left else space + cell
        for place, (cell, space) in enumerate(zip(line, room, strict=True))
    ]
