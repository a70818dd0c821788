"""Tables and labelled paragraphs of text for a terminal."""

import re
import textwrap
import unicodedata
from collections.abc import Sequence

from steepest.errors import printable

# What stays in one line: a letter of East Asia with the marks after it, or a word.
_MARKS = "，。：；、！？）》」』】”’"
_UNBROKEN = (  # compiled where a text needs it
    rf"(?:[\u2e80-\u9fff（《「『【“‘][{_MARKS}]*|[^\s\u2e80-\u9fff{_MARKS}]+[{_MARKS}]*|[{_MARKS}]+)\s*"
)
GAP = 2  # columns of the terminal between two cells
WIDTH = 80  # columns of a terminal
LABEL = 10  # columns of a label


def text_table(lines: Sequence[Sequence[str]], *, left: int = 0, gap: int = GAP) -> list[str]:
    """Lines of cells, aligned: the first `left` cells of a line at the left of their column, the
    others at the right.

    >>> text_table([["", "k", "x"], ["first", "0", "7"], ["second", "10", "2.5"]], left=1)
    ['         k    x', 'first    0    7', 'second  10  2.5']
    """
    lines = [list(map(printable, line)) for line in lines]
    widths = [max(map(terminal_width, column)) for column in zip(*lines, strict=True)]
    return [(" " * gap).join(_padded(line, widths, left)).rstrip() for line in lines]


def labelled(label: str, text: str, width: int = LABEL, columns: int = WIDTH) -> str:
    """A paragraph with its label before it in `width` of the `columns`; a longer label has a line
    of its own.

    >>> print(labelled("Forecast", "The curvature is 2."))
    Forecast  The curvature is 2.
    """
    label, indent = printable(label), " " * width
    beside = terminal_width(label) <= width - 2
    first = label + " " * (width - terminal_width(label)) if beside else indent
    body = "\n".join(wrapped(printable(text), columns, first, indent))
    return body if beside else f"{label}\n{body}"


def wrapped(text: str, columns: int = WIDTH, first: str = "", others: str = "") -> list[str]:
    """A paragraph as lines of at most so many columns, which begin with `first` and `others`.
    Between letters of East Asia a line may end, but no line begins with a mark that closes.

    >>> wrapped("梯度就是斜率。", columns=8, first="- ", others="  ")
    ['- 梯度就', '  是斜', '  率。']
    """
    if terminal_width(text) == len(text):
        return textwrap.wrap(
            text,
            columns,
            initial_indent=first,
            subsequent_indent=others,
            break_long_words=False,
            break_on_hyphens=False,
        )
    lines: list[str] = []
    line = first
    for piece in re.findall(_UNBROKEN, text):
        begun = len(line) > len(first if not lines else others)
        if begun and terminal_width(line + piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = others
        line += piece
    return [*lines, line.rstrip()]


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
