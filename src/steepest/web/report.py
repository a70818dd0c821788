"""The report: one HTML file that needs no network and runs no script."""

from importlib.resources import files
from os import PathLike

from steepest.model.fit import Fit
from steepest.path.words import capitalized, count
from steepest.storage import write_text
from steepest.web.html import Html, join, tag
from steepest.web.pictures import picture_sections
from steepest.web.tables import coefficient_table, facts, settings_table, steps_table

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_BAD = ("diverged", "oscillating", "cycle")


def write_report(
    fit: Fit, path: str | PathLike[str], parameters: tuple[str, str] | None = None
) -> None:
    """Write the report of a fit to `path`, whole or not at all. Raises OutputError.

    `parameters` are the two that the contour is drawn over; by default the two stiffest.
    """
    write_text(path, render_report(fit, parameters))


def render_report(fit: Fit, parameters: tuple[str, str] | None = None) -> str:
    """The report as a text of HTML."""
    title = f"{fit.target} – a fit by gradient descent"
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", title),
        tag("style", _style()),
    )
    body = tag("body", tag("main", _contents(fit, parameters)))
    return f'<!DOCTYPE html>\n<html lang="en">\n{head}\n{body}\n</html>\n'


def _style() -> Html:
    return Html(files("steepest.web").joinpath("report.css").read_text(encoding="utf-8"))


def _contents(fit: Fit, parameters: tuple[str, str] | None) -> Html:
    return join(
        [
            tag("h1", _heading(fit)),
            tag("p", fit.description, class_="source"),
            facts(fit),
            tag("div", tag("div", _verdict(fit), _rows(fit)), _forecast(fit), class_="two"),
            coefficient_table(fit),
            picture_sections(fit, parameters),
            steps_table(fit),
            settings_table(fit),
            _footer(),
        ]
    )


def _heading(fit: Fit) -> str:
    names = fit.encoding.columns
    more = len(names) - 4
    told = ", ".join(names) if more <= 0 else f"{', '.join(names[:4])} and {more} more"
    return f"{fit.target} explained by {told or 'its mean'}"


def _verdict(fit: Fit) -> Html:
    verdict = fit.verdict
    tone = "bad" if verdict.kind in _BAD else "" if verdict.kind == "converged" else "open"
    kind = tag(
        "span",
        f"{capitalized(verdict.kind)} at epoch {count(float(verdict.epoch))}.",
        class_="word",
    )
    parts = [tag("h2", "What happened"), tag("p", kind, f" {verdict.reason} {verdict.advice}")]
    if fit.epochs != fit.path.epochs:
        parts.append(
            tag(
                "p",
                f"Epoch {count(float(fit.epochs))} was chosen: there the objective on held-out "
                "rows is lowest.",
            )
        )
    return tag("section", parts, class_=f"verdict {tone}".strip())


def _forecast(fit: Fit) -> Html:
    sentences = fit.forecast.sentences()
    return tag("section", tag("h2", "What curvature forecast"), [tag("p", s) for s in sentences])


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


def _footer() -> Html:
    from steepest import __version__

    return tag("footer", f"Made by steepest {__version__}. This page needs no network.")
