"""A path as a notebook shows it: a small table, and the verdict in words."""

from html import escape

from steepest.errors import printable
from steepest.path.path import DescentPath
from steepest.path.step_excerpt import as_html, chosen_steps
from steepest.path.step_table import StepTable

_NAMED = 4  # parameters of a watched loop


def path_html(path: DescentPath) -> str:
    """A few steps, without what the optimizer remembers, and the verdict below them."""
    return f"{as_html(_told(path).columns)}{paragraph(str(path.verdict))}"


def _told(path: DescentPath) -> StepTable:
    table = path.table(chosen_steps(path.epochs))
    # Of a model with many parameters a few of them say nothing.
    names = () if path.unit == "step" and len(path.names) > _NAMED else path.names
    known = {"index", *names, "objective", "learning_rate", "validation"}
    slopes = {f"gradient_{name}" for name in names}
    return StepTable({name: table[name] for name in table if name in known | slopes})


def paragraph(text: str) -> str:
    """A paragraph of HTML."""
    return f"<p>{escape(printable(text))}</p>"
