"""The page around every report: one HTML file that needs no network.

The only script that may run is the module that draws the pictures; the policy names it by its hash.
"""

from collections.abc import Iterable, Sequence
from importlib.resources import files

from steepest.pictures.chart import Chart
from steepest.reports.drawn import data_of
from steepest.reports.html import Child, Html, join, section, tag
from steepest.reports.kinds import explanations
from steepest.reports.module import digest, module
from steepest.reports.terms import terms_in
from steepest.translation import spoken
from steepest.wording.fact import phrase

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(title: str, contents: Iterable[Child], charts: Sequence[Chart]) -> str:
    """The contents as a text of HTML, with a head before them and a footer after them.

    `charts` are what the module draws in the places that the contents have for them.
    """
    script = module()
    allowed = f"{_POLICY}; script-src '{digest(script)}'"
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{allowed}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", title),
        tag("style", _style()),
    )
    main = join(contents)
    drawn = [data_of(charts), Html(f'<script type="module">{script}</script>')]
    body = tag("body", tag("main", main, _legend(main), _footer()), drawn)
    return f'<!DOCTYPE html>\n<html lang="{spoken()}">\n{head}\n{body}\n</html>\n'


def _legend(contents: str) -> Html:
    """What the words of this page mean, and the kinds that it has links to."""
    said = [tag("p", term.sentence()) for term in terms_in(contents)]
    said += explanations(contents)
    return section(phrase("Words of this page"), *said) if said else Html("")


def _style() -> Html:
    return Html(files("steepest.reports").joinpath("report.css").read_text(encoding="utf-8"))


def _footer() -> Html:
    from steepest import __version__

    return tag("footer", phrase("made by", version=__version__))
