"""A table as a user holds it: its columns, their kinds, and its first rows, as text and in HTML."""

from dataclasses import dataclass
from html import escape
from typing import Any, final

from steepest.errors import InputError, printable
from steepest.tables.opened_table import OpenedTable
from steepest.tables.table import LazyTable
from steepest.translation import say
from steepest.wording.fact import phrase
from steepest.wording.numbers import in_turn
from steepest.wording.text_table import text_table, wrapped

# What is shown without being asked for.
_ROWS = 5
_COLUMNS = 30
_WIDTH = 80
_LONGEST = 40  # letters of a value


@final
@dataclass(frozen=True, eq=False, repr=False)
class Table(OpenedTable):
    """A table that `steepest.read` opened: `fit`, `compare`, `Moments.of` and predictions take it.

    `columns`, `kinds`, `rows` and `notes` say what is in it, and `head()` gives its first rows. In
    a terminal a line is shown for each column, in a notebook a table of the first rows.

    >>> import steepest
    >>> steepest.read("select 1.5 as price, 'Rome' as city union all select NULL, 'Oslo'")
    Table of query: columns price, city
    columns: 1 of numbers, 1 of text
      price  number  1.5, missing
      city   text    Rome, Oslo
    """

    def __repr__(self) -> str:
        rows, problem = self._first_rows()
        shown = self.columns[:_COLUMNS]
        source, *others = self.notes
        lines = [say("Table of {source}", source=source), *wrapped(in_turn(others), _WIDTH)]
        values = [", ".join(_text(row[name]) for row in rows) for name in shown]
        cells = list(zip(shown, map(self._kind, shown), values, strict=True))
        for line in (f"  {each}" for each in text_table(cells, left=3)):
            lines.append(line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…")
        return "\n".join([*lines, *(f"  {each}" for each in [*self._unshown(), *problem])])

    def _repr_html_(self) -> str:
        rows, problem = self._first_rows()
        shown = self.columns[:_COLUMNS]
        said = [*self.notes, *self._unshown(), *problem]
        names = "".join(f"<th scope='col'>{_html(name)}</th>" for name in shown)
        kinds = "".join(f"<td><em>{self._kind(name)}</em></td>" for name in shown)
        body = "".join(
            f"<tr>{''.join(f'<td>{_html(_text(row[name]))}</td>' for name in shown)}</tr>"
            for row in rows
        )
        return (
            f"<table><caption>{_html(in_turn(said))}</caption>"
            f"<thead><tr>{names}</tr><tr>{kinds}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _kind(self, name: str) -> str:
        return phrase("kind name", kind=self.kinds[name])

    def _unshown(self) -> list[str]:
        """How many columns are not shown."""
        more = len(self.columns) - _COLUMNS
        return [phrase("columns not shown", more=more)] if more > 0 else []

    def _first_rows(self) -> tuple[list[dict[str, Any]], list[str]]:
        """The first rows; where they stay in an engine, or cannot be read, none and the reason."""
        if isinstance(self.opened, LazyTable) or self.opened.unordered:
            return [], [phrase("rows in an engine")]
        try:
            return self.head(_ROWS), []
        except InputError as error:
            return [], [str(error)]


def _text(value: object) -> str:
    """A value on one line."""
    if value is None:
        return say("missing")
    text = printable(f"{value:.7g}" if isinstance(value, float) else str(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _html(text: str) -> str:
    return escape(printable(text))
