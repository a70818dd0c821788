"""Places in a report where the browser module draws a picture; without scripts its words stand."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from steepest.arrays import Array
from steepest.errors import InputError, printable
from steepest.pictures.chart import Chart, Ground, Numbers, Series, numbers
from steepest.pictures.objective_grid import ObjectiveGrid
from steepest.reports.html import Html, join, note, section, tag
from steepest.reports.module import words
from steepest.wording.fact import phrase
from steepest.wording.numbers import capitalized

HUES = 7  # colours of runs that the page has
_DIGITS, _FEW_DIGITS = 7, 4  # of what is drawn, and of heights between contours
_MOST = 1200  # points of a curve
_TURNS = re.compile("[\u007f-\u009f\u202a-\u202e\u2066-\u2069]")
DATA, WORDS = "steepest-charts", "steepest-words"  # ids


def pictures(charts: Iterable[Chart], described: str = "") -> Html:
    """The pictures under their headings, two beside each other where there is room.

    `described`: what a reader without pictures learns of the first.
    """
    sections: list[Html] = []
    for chart in charts:
        sections.append(_section(chart, chart.heading, "chart", described))
        if isinstance(chart.ground, Ground) and chart.ground.surface:
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


def json_text(data: object) -> str:
    """As JSON; characters that turn the direction of text become blanks, as in reports, and halves
    of letters, which are no text, are written out.
    """
    try:
        text = msgspec.json.encode(data)
    except UnicodeEncodeError:
        text = msgspec.json.encode(_written_out(msgspec.to_builtins(data)))
    return _TURNS.sub(" ", text.decode())


def _written_out(data: Any) -> Any:
    """Plain data with every text printable."""
    if isinstance(data, dict):
        return {_written_out(name): _written_out(each) for name, each in data.items()}
    if isinstance(data, list | tuple):
        return [_written_out(each) for each in data]
    return printable(data) if isinstance(data, str) else data


def chart_or_reason(
    name: str,
    heading: str,
    draw: Callable[[], Chart],
    refused: type[InputError] = InputError,
    surface: str = "",
) -> Chart:
    """The picture for the page under its heading, or why it is refused."""
    try:
        return sent(draw(), name, heading, surface)
    except refused as reason:
        return Chart(name=name, heading=heading, note=capitalized(str(reason)))


def sent(chart: Chart, name: str, heading: str, surface: str = "") -> Chart:
    """The picture as it is sent: no more points and digits than are seen. `surface`: the heading
    of its ground as a surface.
    """
    grid = chart.ground
    ground = _ground(grid, surface) if isinstance(grid, ObjectiveGrid) else grid
    drawn = [_sent(one) for one in chart.series]
    return replace(chart, name=name, heading=heading, series=drawn, ground=ground)


def _ground(grid: ObjectiveGrid, surface: str) -> Ground:
    """The grid, as far above its least as digits are seen."""
    base = grid.least if np.isfinite(grid.objective).any() else 0.0
    return Ground(
        columns=len(grid.x),
        rows=len(grid.y),
        excess=_short(numbers((grid.objective - base).ravel()), _FEW_DIGITS),
        base=base,
        levels=[float(height) - base for height in grid.levels],
        equal=grid.equal,
        label=grid.objective_label,
        surface=surface,
    )


def _sent(one: Series) -> Series:
    """Curves keep their highest and lowest points; beyond the page's colours they are dashed."""
    x, y, look = one.x, one.y, one.look
    if look in ("line", "dashes"):
        kept = _telling(np.array(y, dtype=float)).tolist()
        x, y, look = (
            [x[k] for k in kept],
            [y[k] for k in kept],
            "dashes" if one.colour >= HUES else look,
        )
    return replace(
        one, x=_short(x), y=_short(y), look=look, sizes=_short(one.sizes, _FEW_DIGITS),
        objectives=_short(one.objectives),
    )  # fmt: skip


def _short(values: Numbers, digits: int = _DIGITS) -> Numbers:
    return [None if value is None else float(f"{value:.{digits}g}") for value in values]


def _telling(values: Array) -> Array:
    """The places that are drawn: all, or of each of many stretches its lowest and its highest."""
    count = len(values)
    if count <= _MOST:
        return np.arange(count)
    parts = np.array_split(np.arange(count), _MOST // 2)
    seen = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    ends = [part[[seen[part].argmin(), seen[part].argmax()]] for part in parts]
    return np.unique(np.concatenate([[0], *ends, [count - 1]]))
