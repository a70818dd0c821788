"""The report of a comparison of optimizers: one HTML file, without network or script."""

from os import PathLike

from steepest.plots.drawn import Drawn
from steepest.plots.several import plot
from steepest.results.model_comparison import ModelComparison
from steepest.storage.atomic_write import write_text
from steepest.views.several import ObjectivesView
from steepest.web.figures import picture_section
from steepest.web.html import Html, row, table, tag
from steepest.web.page import page


def write_optimizers_report(comparison: ModelComparison, file: str | PathLike[str]) -> None:
    """Write the report to `file`, whole or not at all. Raises OutputError."""
    write_text(file, render_optimizers_report(comparison))


def render_optimizers_report(comparison: ModelComparison) -> str:
    """The report as a text of HTML."""
    title = f"{len(comparison)} optimizers on one model"
    contents = [
        tag("h1", title),
        tag("p", "The same start, the same batches in the same order."),
        _runs(comparison),
        picture_section("objective", "Objective by epoch", lambda: _picture(comparison)),
        _told(comparison),
    ]
    return page(title, contents)


def _picture(comparison: ModelComparison) -> Drawn:
    view = ObjectivesView.of_epochs(comparison.objectives, comparison.labels)
    return Drawn(plot(view), view.note, f"{len(comparison)} optimizers")


def _runs(comparison: ModelComparison) -> Html:
    heads, *lines = comparison.table()
    best = comparison.best
    rows = [
        row(line[0], line[1:], **({"class_": "chosen"} if line[0] == best else {}))
        for line in lines
    ]
    note = tag("p", f"{comparison.note} Marked: the lowest at the end.", class_="note")
    return tag("section", tag("h2", "Runs"), table(heads, rows, class_="runs"), note, class_="long")


def _told(comparison: ModelComparison) -> Html:
    rows = [
        row(label, [tag("span", str(path.verdict), class_="words")])
        for label, path in comparison.items()
    ]
    made = table(["optimizer", "what happened"], rows, class_="settings")
    return tag("section", tag("h2", "What happened"), made, class_="long")
