"""The report of a comparison of batch sizes: one HTML file, without network or script."""

from os import PathLike

from steepest.plots.compare import plot
from steepest.plots.drawn import Drawn
from steepest.plots.style import shown
from steepest.results.batch_comparison import Comparison
from steepest.storage.atomic_write import write_text
from steepest.views.compare import ComparisonView
from steepest.web.figures import picture_section
from steepest.web.html import Html, row, table, tag
from steepest.web.page import page
from steepest.wording.numbers import capitalized

_LONGEST = 60  # letters of a source in the heading


def write_compare_report(comparison: Comparison, file: str | PathLike[str]) -> None:
    """Write the report to `file`, whole or not at all. Raises OutputError."""
    write_text(file, render_compare_report(comparison))


def render_compare_report(comparison: Comparison) -> str:
    """The report as a text of HTML."""
    title = f"{source_name(comparison.description)} – {len(comparison)} batch sizes"
    said = f"{comparison.rows:,} rows{_seen(comparison)}."
    notes = [tag("p", f"{capitalized(note)}.", class_="note") for note in comparison.notes]
    contents = [
        tag("h1", title),
        tag("p", comparison.description, class_="source"),
        tag("p", said),
        _runs(comparison),
        picture_section("excess", "At equal rows seen", lambda: _picture(comparison)),
        _told(comparison),
        *notes,
    ]
    return page(title, contents)


def source_name(description: str) -> str:
    """The file of a table's description, or what else it begins with, cut where it is long.

    >>> source_name("data/points.csv: CSV, delimiter ',', header")
    'points.csv'
    """
    first = description.partition(": ")[0]
    query = first.lower().startswith(("select", "with"))
    return shown(first if query else first.replace("\\", "/").rpartition("/")[2], _LONGEST)


def _seen(comparison: Comparison) -> str:
    """How many rows the runs saw: as many, unless one was ended."""
    seen = {run.rows_seen for run in comparison.runs}
    if len(seen) > 1:
        return "; the runs did not all see as many of them"
    looks = seen.pop() // comparison.rows
    return f", each seen {'once' if looks == 1 else f'{looks} times'} by every run"


def _picture(comparison: Comparison) -> Drawn:
    view = ComparisonView.of(comparison)
    return Drawn(plot(view), view.note, f"{len(comparison)} batch sizes")


def _runs(comparison: Comparison) -> Html:
    heads, *lines = comparison.table()
    rows = [row(line[0], line[1:]) for line in lines]
    note = tag("p", comparison.note, class_="note")
    return tag("section", tag("h2", "Runs"), table(heads, rows, class_="runs"), note, class_="long")


def _told(comparison: Comparison) -> Html:
    rows = []
    for label, path in zip(comparison.labels, comparison.paths, strict=True):
        cells = [tag("span", str(each), class_="words") for each in (path.forecast, path.verdict)]
        rows.append(row(label, cells))
    heading = tag("h2", "What curvature forecast, and what happened")
    made = table(["batch", "forecast", "what happened"], rows, class_="settings")
    return tag("section", heading, made, class_="long")
