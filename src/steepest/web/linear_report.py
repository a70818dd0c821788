"""The report of a fit of any loss: one HTML file that needs no network and runs no script."""

from os import PathLike

from steepest.results.linear_fit import LinearFit
from steepest.storage.atomic_write import write_text
from steepest.web.boxes import forecast_box, verdict_box
from steepest.web.html import Child, Html, tag
from steepest.web.linear_pictures import picture_sections
from steepest.web.linear_tables import (
    class_table,
    coefficient_table,
    facts,
    metrics_table,
    settings_table,
    steps_table,
)
from steepest.web.page import page
from steepest.wording.numbers import capitalized, count

_MOST_NAMES = 4


def write_linear_report(
    fit: LinearFit, path: str | PathLike[str], parameters: tuple[str, str] | None = None
) -> None:
    """Write the report of a fit to `path`, whole or not at all. Raises OutputError.

    `parameters` are the two that the contour is drawn over; by default the two that moved most.
    """
    write_text(path, render_linear_report(fit, parameters))


def render_linear_report(fit: LinearFit, parameters: tuple[str, str] | None = None) -> str:
    """The report as a text of HTML."""
    return page(f"{fit.target} – a fit by gradient descent", _contents(fit, parameters))


def _contents(fit: LinearFit, parameters: tuple[str, str] | None) -> list[Child]:
    verdict = verdict_box(fit.verdict, *_choice(fit))
    boxes = tag("div", verdict, _rows(fit)), forecast_box(fit.forecast)
    return [
        tag("h1", _heading(fit)),
        tag("p", fit.description, class_="source"),
        facts(fit),
        tag("div", boxes, class_="two"),
        metrics_table(fit),
        class_table(fit),
        coefficient_table(fit),
        picture_sections(fit, parameters),
        steps_table(fit),
        settings_table(fit),
    ]


def _heading(fit: LinearFit) -> str:
    names = fit.encoding.columns
    more = len(names) - _MOST_NAMES
    told = ", ".join(names) if more <= 0 else f"{', '.join(names[:_MOST_NAMES])} and {more} more"
    return f"{fit.target} explained by {told or 'a constant'}"


def _choice(fit: LinearFit) -> list[str]:
    if fit.plan.average:
        return ["The fit's parameters are the mean of the later steps."]
    if fit.step.index == fit.path.epochs:
        return []
    return [
        f"Epoch {count(float(fit.epochs))} was chosen: there the objective on held-out rows is "
        "lowest."
    ]


def _rows(fit: LinearFit) -> Html:
    notes = [capitalized(note).removesuffix(".") + "." for note in fit.notes]
    first = f"{fit.rows:,} rows were used"
    if fit.held_out is not None:
        first += f", {fit.held_out.rows:,} of them held out"
    items = [tag("li", text) for text in (first + ".", *notes)]
    return tag("section", tag("h2", "Rows"), tag("ul", items))
