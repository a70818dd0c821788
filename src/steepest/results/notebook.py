"""Paths and studies as a notebook shows them: a small table, and the verdict in words."""

from collections.abc import Iterable
from html import escape

from steepest.errors import printable
from steepest.path.path import DescentPath
from steepest.path.step_excerpt import MOST_ROWS, as_html, chosen_steps, html_row
from steepest.path.step_table import StepTable
from steepest.results.study import Study
from steepest.wording.numbers import capitalized, number, place

_NAMED = 4  # parameters of a watched loop


def path_html(path: DescentPath) -> str:
    """A few steps, without what the optimizer remembers, and the verdict below them."""
    return f"{as_html(_told(path))}{_paragraph(str(path.verdict))}"


def study_html(study: Study) -> str:
    """A row for each run: its epochs, its end and its verdict; then the best."""
    heads = ("run", "epochs", "objective", "end", "verdict", "how it went")
    rows = [_run(label, path) for label, path in list(study.items())[:MOST_ROWS]]
    body = "".join(html_row("td", row) for row in rows)
    table = f"<table><thead>{html_row('th', heads)}</thead><tbody>{body}</tbody></table>"
    more = len(study) - len(rows)
    best = f"The lowest end: {study.labels[study.paths.index(study.best)]}."
    return f"{table}{_paragraph(f'… and {more} more.') if more > 0 else ''}{_paragraph(best)}"


def _told(path: DescentPath) -> StepTable:
    table = path.table(chosen_steps(path.epochs))
    # Of a model with many parameters a few of them say nothing.
    names = () if path.unit == "step" and len(path.names) > _NAMED else path.names
    known = {"index", *names, "objective", "learning_rate", "validation"}
    slopes = {f"gradient_{name}" for name in names}
    return StepTable({name: table[name] for name in table if name in known | slopes})


def _run(label: str, path: DescentPath) -> Iterable[str]:
    last, verdict = path.last, path.verdict
    end = place(last.names, last.parameters)
    cells = (label, str(path.epochs), number(last.objective), end)
    return map(printable, (*cells, capitalized(verdict.kind), verdict.manner))


def _paragraph(text: str) -> str:
    return f"<p>{escape(printable(text))}</p>"
