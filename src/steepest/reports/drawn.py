"""Places in a report where the browser module draws a picture; without scripts its words stand."""

from collections.abc import Iterable, Sequence

from steepest.reports.chart import Chart, json_text
from steepest.reports.html import Html, join, note, section, tag
from steepest.reports.module import words
from steepest.wording.fact import phrase

DATA, WORDS = "steepest-charts", "steepest-words"  # ids


def pictures(charts: Iterable[Chart], described: str = "") -> Html:
    """The pictures under their headings, two beside each other where there is room.

    `described`: what a reader without pictures learns of the first.
    """
    sections: list[Html] = []
    for chart in charts:
        sections.append(_section(chart, chart.heading, "chart", described))
        if chart.ground is not None and chart.ground.surface:
            sections.append(_section(chart, chart.ground.surface, "relief"))
        described = ""
    return tag("div", sections, class_="two pictures")


def panels(heading: str, charts: Sequence[Chart], notes: str) -> Html:
    """Small pictures, three beside each other where there is room."""
    made = [
        tag("figure", tag("figcaption", tag("b", chart.heading)), _place(chart, "chart"))
        for chart in charts
    ]
    return section(heading, tag("div", made, class_="panels"), note(notes))


def data_of(charts: Sequence[Chart]) -> Html:
    """The numbers of the pictures, and what the module says in another language than English."""
    said = words()
    return join([_data(DATA, charts), *([_data(WORDS, said)] if said else [])])


def _data(name: str, data: object) -> Html:
    """JSON that can end no element."""
    text = json_text(data).replace("<", "\\u003c")
    return Html(f'<script type="application/json" id="{name}">{text}</script>')


def _section(chart: Chart, heading: str, kind: str, described: str = "") -> Html:
    below = [tag("figcaption", chart.note)] if chart.note and kind == "chart" else []
    if not chart.series:  # it is left out
        return tag("section", tag("h2", heading), note(chart.note))
    place = _place(chart, kind, described)
    return tag("section", tag("h2", heading), tag("figure", join([place, *below])))


def _place(chart: Chart, kind: str, described: str = "") -> Html:
    sentences = f"{phrase('drawn by a script')} {described}".strip()
    return tag("div", tag("p", sentences, class_="note"), data_draw=kind, data_of=chart.name)
