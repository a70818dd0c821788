"""Text for a terminal of 80 columns: labelled paragraphs and aligned tables."""

import textwrap
from collections.abc import Sequence

from steepest.errors import printable

WIDTH = 80
LABEL = 10
_GAP = "  "


def labelled(label: str, text: str, width: int = LABEL) -> str:
    """A paragraph with its label before it in so many columns; a longer one has its own line.

    >>> print(labelled("Forecast", "The curvature is 2."))
    Forecast  The curvature is 2.
    """
    label, indent = printable(label), " " * width
    beside = len(label) <= width - 2
    body = textwrap.fill(
        printable(text),
        WIDTH,
        initial_indent=f"{label:<{width}}" if beside else indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return body if beside else f"{label}\n{body}"


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with a line for its heads, every cell at the right of its column.

    >>> print(aligned(["k", "x"], [["0", "7"], ["10", "2.5"]]))
     k    x
     0    7
    10  2.5
    """
    lines = _cells(heads, rows)
    widths = _widths(lines)
    return "\n".join(_GAP.join(map(str.rjust, line, widths)) for line in lines)


def fits(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether such a table is no wider than the terminal."""
    widths = _widths(_cells(heads, rows))
    return sum(widths) + len(_GAP) * (len(widths) - 1) <= WIDTH


def cell(value: float) -> str:
    """A number in a table: seven digits.

    >>> cell(4.048), cell(-0.0), cell(1 / 3)
    ('4.048', '0', '0.3333333')
    """
    return f"{value + 0.0:.7g}"


def _cells(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [list(map(printable, line)) for line in (heads, *rows)]


def _widths(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*lines, strict=True)]
