"""A table of steps for reading: a few digits, and an ellipsis for what would not fit."""

from collections.abc import Iterable, Mapping
from html import escape

from steepest.arrays import Array
from steepest.errors import printable
from steepest.wording.fact import phrase
from steepest.wording.numbers import numbers_with_minus
from steepest.wording.text_table import GAP, terminal_width, text_table

# Of more rows the first and the last are shown; columns while they fit into the width.
MOST_ROWS = 30
_ENDS = 10
WIDTH = 100
_MORE = "…"
_FIRST = 5


def chosen_steps(epochs: int) -> list[int]:
    """The first six steps, then 10, 20, 50, 100, …, and the last.

    >>> chosen_steps(93)
    [0, 1, 2, 3, 4, 5, 10, 20, 50, 93]
    """
    rising = (factor * 10**power for power in range(1, 20) for factor in (1, 2, 5))
    return sorted({*range(min(_FIRST, epochs) + 1), *(k for k in rising if k < epochs), epochs})


def as_text(table: Mapping[str, Array]) -> str:
    """Aligned text; with a last line that says how large the table is where not all is shown."""
    columns = _fitting(_columns(table))
    lines = text_table(list(zip(*columns, strict=True)))
    return "\n".join([*lines, *_size(table, columns)])


def as_html(table: Mapping[str, Array]) -> str:
    """The same rows and columns as an HTML table; names are escaped."""
    columns = _fitting(_columns(table))
    head, *rows = zip(*columns, strict=True)
    size = "".join(f"<p>{escape(line)}</p>" for line in _size(table, columns))
    return html_table(head, rows) + size


def _columns(table: Mapping[str, Array]) -> list[list[str]]:
    """Each column as text: its name, and the cells of the rows that are shown."""
    return [[printable(name), *_cells(table[name].tolist())] for name in table]


def _cells(values: list[float]) -> list[str]:
    if len(values) <= MOST_ROWS:
        return [_cell(value) for value in values]
    first, last = values[:_ENDS], values[-_ENDS:]
    return [*map(_cell, first), _MORE, *map(_cell, last)]


def _cell(value: float) -> str:
    """Seven digits; whole numbers in full.

    >>> _cell(10**9), _cell(2.0), _cell(1 / 3), _cell(1e-9), _cell(float("nan"))
    ('1000000000', '2', '0.3333333', '1e-09', 'nan')
    """
    return str(value) if isinstance(value, int) else f"{value:.7g}"


def _fitting(columns: list[list[str]]) -> list[list[str]]:
    """All columns, or as many of the first and the last as fit into the width."""
    widths = [max(map(terminal_width, column)) + GAP for column in columns]
    if sum(widths) - GAP <= WIDTH:
        return columns
    room = WIDTH - len(_MORE)
    left, right = 0, len(columns)
    while left < right:
        first = left <= len(columns) - right
        room -= widths[left] if first else widths[right - 1]
        if room < 0 and left > 0:
            break
        left, right = (left + 1, right) if first else (left, right - 1)
    return [*columns[:left], [_MORE] * len(columns[0]), *columns[right:]]


def _size(table: Mapping[str, Array], shown: list[list[str]]) -> list[str]:
    """The size in words, where not all of the table is shown."""
    steps = len(table["index"])
    if steps <= MOST_ROWS and len(shown) == len(table):
        return []
    return [phrase("size of steps", steps=steps, columns=len(table))]


def html_table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of HTML, its cells escaped."""
    body = "".join(_row("td", map(numbers_with_minus, row)) for row in rows)
    return f"<table><thead>{_row('th', heads)}</thead><tbody>{body}</tbody></table>"


def _row(tag: str, cells: Iterable[str]) -> str:
    """A row of an HTML table, its cells escaped."""
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def paragraph(text: str) -> str:
    """A paragraph of HTML."""
    return f"<p>{escape(printable(text))}</p>"
