"""The report of a fit: one HTML file that needs no network and runs no script."""

from os import PathLike

from steepest.results.fit import Fit
from steepest.storage.atomic_write import write_text
from steepest.web.boxes import forecast_box, verdict_box
from steepest.web.html import Child, Html, tag
from steepest.web.page import page
from steepest.web.pictures import picture_sections
from steepest.web.tables import coefficient_table, facts, settings_table, steps_table
from steepest.wording.numbers import capitalized, count


def write_report(
    fit: Fit, path: str | PathLike[str], parameters: tuple[str, str] | None = None
) -> None:
    """Write the report of a fit to `path`, whole or not at all. Raises OutputError.

    `parameters` are the two that the contour is drawn over; by default the two stiffest.
    """
    write_text(path, render_report(fit, parameters))


def render_report(fit: Fit, parameters: tuple[str, str] | None = None) -> str:
    """The report as a text of HTML."""
    return page(f"{fit.target} – a fit by gradient descent", _contents(fit, parameters))


def _contents(fit: Fit, parameters: tuple[str, str] | None) -> list[Child]:
    verdict = verdict_box(fit.verdict, *_choice(fit))
    boxes = tag("div", verdict, _rows(fit)), forecast_box(fit.forecast)
    return [
        tag("h1", _heading(fit)),
        tag("p", fit.description, class_="source"),
        facts(fit),
        tag("div", boxes, class_="two"),
        coefficient_table(fit),
        picture_sections(fit, parameters),
        steps_table(fit),
        settings_table(fit),
    ]


def _heading(fit: Fit) -> str:
    names = fit.encoding.columns
    more = len(names) - 4
    told = ", ".join(names) if more <= 0 else f"{', '.join(names[:4])} and {more} more"
    return f"{fit.target} explained by {told or 'its mean'}"


def _choice(fit: Fit) -> list[str]:
    if fit.epochs == fit.path.epochs:
        return []
    return [
        f"Epoch {count(float(fit.epochs))} was chosen: there the objective on held-out rows is "
        "lowest."
    ]


def _rows(fit: Fit) -> Html:
    notes = [capitalized(note).removesuffix(".") + "." for note in fit.notes]
    first = f"{fit.rows:,} rows were used"
    validation = fit.validation
    if validation is not None and validation.folds is not None:
        first += f", each held out once in {validation.folds} folds"
    elif validation is not None:
        first += f", {validation.rows:,} of them held out"
    items = [tag("li", text) for text in (first + ".", *notes)]
    return tag("section", tag("h2", "Rows"), tag("ul", items))
