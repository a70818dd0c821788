"""Text for a terminal of 80 columns: labelled paragraphs and numbers in tables."""

import textwrap

from steepest.errors import printable

WIDTH = 80
LABEL = 10


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


def cell(value: float) -> str:
    """A number in a table: seven digits.

    >>> cell(4.048), cell(-0.0), cell(1 / 3)
    ('4.048', '0', '0.3333333')
    """
    return f"{value + 0.0:.7g}"
