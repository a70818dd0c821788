"""The page around every report: one HTML file that needs no network and runs no script."""

from collections.abc import Iterable
from importlib.resources import files

from steepest.reports.html import Child, Html, join, tag
from steepest.wording.fact import phrase

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(title: str, contents: Iterable[Child]) -> str:
    """The contents as a text of HTML, with a head before them and a footer after them."""
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", title),
        tag("style", _style()),
    )
    body = tag("body", tag("main", join(contents), _footer()))
    return f'<!DOCTYPE html>\n<html lang="en">\n{head}\n{body}\n</html>\n'


def _style() -> Html:
    return Html(files("steepest.reports").joinpath("report.css").read_text(encoding="utf-8"))


def _footer() -> Html:
    from steepest import __version__

    return tag("footer", phrase("made by", version=__version__))
