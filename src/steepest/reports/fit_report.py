"""The report of a fit: one HTML file that needs no network."""

from os import PathLike

from steepest.models.fit_data import FitData
from steepest.pictures.catalogue import objective_ends
from steepest.pictures.chart import Chart
from steepest.pictures.subject import Subject
from steepest.reports.boxes import forecast_box, verdict_box
from steepest.reports.drawn import pictures
from steepest.reports.fit_charts import fit_charts, fit_heading
from steepest.reports.fit_tables import (
    class_table,
    coefficient_table,
    figures,
    metrics_table,
    settings_table,
    steps_table,
    strengths_table,
)
from steepest.reports.html import Child, Html, tag
from steepest.reports.page import page
from steepest.storage.atomic_write import write_text
from steepest.wording.fact import phrase
from steepest.wording.numbers import sentence


def write_report(
    fit: FitData, path: str | PathLike[str], parameters: tuple[str, str] | None = None
) -> None:
    """Write the report of a fit to `path`, whole or not at all. Raises OutputError.

    `parameters` are the two that the contour is drawn over.
    """
    write_text(path, render_report(fit, parameters))


def render_report(fit: FitData, parameters: tuple[str, str] | None = None) -> str:
    """The report as a text of HTML: sections put together by what the fit has."""
    charts = fit_charts(fit, parameters)
    return page(phrase("title of fit", target=fit.target), _contents(fit, charts), charts)


def _contents(fit: FitData, charts: list[Chart]) -> list[Child]:
    verdict = verdict_box(fit.verdict, *_choice(fit))
    boxes = tag("div", verdict, _rows(fit)), forecast_box(fit.forecast)
    return [
        tag("h1", fit_heading(fit)),
        tag("p", fit.description, class_="source"),
        figures(fit),
        tag("div", boxes, class_="two"),
        metrics_table(fit),
        class_table(fit),
        coefficient_table(fit),
        pictures(charts, str(objective_ends(Subject.of_fit(fit)))),
        strengths_table(fit),
        steps_table(fit),
        settings_table(fit),
    ]


def _choice(fit: FitData) -> list[str]:
    if fit.settings.average:
        return [phrase("parameters are a mean")]
    return [phrase("epoch was chosen", epoch=fit.epochs)] if fit.is_early else []


def _rows(fit: FitData) -> Html:
    held = fit.validation
    folds, rows = (None, 0) if held is None else (held.folds, held.rows)
    used = phrase("rows used", rows=fit.rows, folds=folds, held_out=rows)
    items = [tag("li", text) for text in (used, *map(sentence, fit.notes))]
    return tag("section", tag("h2", phrase("Rows")), tag("ul", items))
