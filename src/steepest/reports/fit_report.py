"""The report of a fit: one HTML file that needs no network and runs no script."""

from os import PathLike

from steepest.models.fit_data import FitData
from steepest.reports.boxes import forecast_box, verdict_box
from steepest.reports.fit_pictures import picture_sections
from steepest.reports.fit_tables import (
    class_table,
    coefficient_table,
    facts,
    metrics_table,
    settings_table,
    steps_table,
)
from steepest.reports.html import Child, Html, tag
from steepest.reports.page import page
from steepest.storage.atomic_write import write_text
from steepest.wording.numbers import capitalized, count

_MOST_NAMES = 4


def write_report(
    fit: FitData, path: str | PathLike[str], parameters: tuple[str, str] | None = None
) -> None:
    """Write the report of a fit to `path`, whole or not at all. Raises OutputError.

    `parameters` are the two that the contour is drawn over.
    """
    write_text(path, render_report(fit, parameters))


def render_report(fit: FitData, parameters: tuple[str, str] | None = None) -> str:
    """The report as a text of HTML: sections put together by what the fit has."""
    return page(f"{fit.target} – a fit by gradient descent", _contents(fit, parameters))


def _contents(fit: FitData, parameters: tuple[str, str] | None) -> list[Child]:
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


def _heading(fit: FitData) -> str:
    names = fit.encoding.columns
    more = len(names) - _MOST_NAMES
    told = ", ".join(names) if more <= 0 else f"{', '.join(names[:_MOST_NAMES])} and {more} more"
    return f"{fit.target} explained by {told or 'a constant'}"


def _choice(fit: FitData) -> list[str]:
    if fit.settings.average:
        return ["The fit's parameters are the mean of the later steps."]
    if not fit.is_early:
        return []
    return [
        f"Epoch {count(float(fit.epochs))} was chosen: there the objective on held-out rows is "
        "lowest."
    ]


def _rows(fit: FitData) -> Html:
    notes = [capitalized(note).removesuffix(".") + "." for note in fit.notes]
    first, held = f"{fit.rows:,} rows were used", fit.validation
    if held is not None and held.folds is not None:
        first += f", each held out once in {held.folds} folds"
    elif held is not None:
        first += f", {held.rows:,} of them held out"
    items = [tag("li", text) for text in (first + ".", *notes)]
    return tag("section", tag("h2", "Rows"), tag("ul", items))
