"""A chart drawn with matplotlib."""

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.chart import FAINT, PLAIN, Axis, Chart, Series
from steepest.pictures.drawn_steps import drawn_steps
from steepest.pictures.objective_grid import ObjectiveGrid, draw_contours
from steepest.pictures.style import (
    GREEN,
    INK,
    MUTED,
    PAPER,
    SIZE,
    SQUARE,
    STYLES,
    Axes,
    arrows_along,
    axes_or_new,
    caption,
    direction_arrows,
    label,
    legend,
    plot_steps,
    point_size,
    run_styles,
    shortened,
    step_size,
)
from steepest.pictures.ticks import epoch_axis, log_ticks, marks, scale_heights
from steepest.wording.fact import phrase

_FEW = 5  # names across that have room to be long
_DARK = 0.55  # a box so full has pale text
_FULL = 0.6  # of colour, is a box that is not told how full it is
_DOT = (4.0, 5.0)  # diameter of the smallest sized dot, and what the largest has more
_DOTTED = 40  # epochs of a curve that has a dot at each
_TANGENT = 0.11  # of the picture's width and height, to both sides of a tangent's point
_LONGEST = 48
Looks = dict[str, Any]


def draw_chart(chart: Chart, ax: Axes | None = None) -> Axes:
    """Draw a chart on `ax`, or with its note as caption on a new figure, and return the axes."""
    axes = plot_chart(chart, ax)
    if ax is None:
        caption(axes, chart.note)
    return axes


def plot_chart(chart: Chart, ax: Axes | None = None, named: bool = True) -> Axes:
    """The same without its note; its marks may be `named` by a legend."""
    ax = axes_or_new(ax, _size(chart))
    _draw(chart, ax, chart.series)
    if named:
        legend(ax)
    return ax


def draw_background(chart: Chart, ax: Axes) -> None:
    """What is there before the first step."""
    _draw(chart, ax, [one for one in chart.series if _is_still(one)])


def draw_steps(chart: Chart, ax: Axes) -> None:
    """All the rest, on axes that the background is drawn on."""
    _draw_series(chart, ax, [one for one in chart.series if not _is_still(one)])


def _is_still(one: Series) -> bool:
    return one.look in ("level", "minimum") or (one.look == "line" and one.colour == PLAIN)


def _size(chart: Chart) -> tuple[float, float]:
    """Inches of a new figure."""
    width, height = SIZE
    down = len(chart.y.names)
    if chart.square or not down:
        return SQUARE if chart.square else SIZE
    if chart.x.names:
        return width, height if down <= _FEW else height + 1.1
    return width, min(1.6 + 0.27 * down, 9.5)


def _draw(chart: Chart, ax: Axes, series: Sequence[Series]) -> None:
    for axis, limit in ((chart.x, ax.set_xlim), (chart.y, ax.set_ylim)):
        if axis.low is not None and axis.high is not None and not axis.steps:
            limit(axis.low, axis.high)
    if isinstance(chart.ground, ObjectiveGrid):
        draw_contours(chart.ground, ax, _in_the_way(chart, chart.ground))
    _draw_series(chart, ax, series)
    _scale_x(chart.x, ax)
    _scale_y(chart, ax)
    if chart.square:
        ax.set_aspect("equal", adjustable="box")
    if chart.x.names and chart.y.names:  # a table
        ax.grid(False)
        ax.tick_params(length=0)
        ax.spines[["left", "bottom"]].set_visible(False)
    label(ax, chart.x.label, chart.y.label)


def _draw_series(chart: Chart, ax: Axes, series: Sequence[Series]) -> None:
    colours, styles = run_styles(chart.runs), cycle(STYLES)
    several = sum(one.look == "path" for one in chart.series) > 1
    for one in series:
        is_run = one.look == "line" and one.colour >= 0
        looks: Looks = {"color": MUTED, "label": shortened(one.name, _LONGEST) or None}
        if one.colour >= 0:
            looks["color"] = colours[one.colour % len(colours)][0]
        if is_run:
            looks["ls"] = next(styles)
        if chart.x.steps and one.look in ("line", "dashes"):
            looks |= marks(_points(one)[1], _DOTTED if is_run else 1)
        if one.look == "path":
            looks["plane"] = chart.ground is not None
            looks["run"] = colours[one.colour % len(colours)][1] if several else ""
        _LOOKS[one.look](ax, one, looks)


def _points(one: Series) -> tuple[Floats, Floats]:
    return np.array(one.x, dtype=float), np.array(one.y, dtype=float)


def _line(ax: Axes, one: Series, looks: Looks) -> None:
    widths = {FAINT: {"lw": 0.7, "alpha": 0.6}, PLAIN: {"lw": 1.2}}
    ax.plot(*_points(one), **(looks | widths.get(one.colour, {"lw": 1.6})))


def _level(ax: Axes, one: Series, looks: Looks) -> None:
    looks |= {"lw": 1.2, "ls": ":"}
    if one.colour == PLAIN:
        looks |= {"color": INK, "lw": 1.0, "ls": (0, (4, 3))}
    if one.x[0] is not None:
        ax.axvline(one.x[0], **looks)
    elif one.y[0] is not None:
        ax.axhline(one.y[0], **looks)


def _dots(ax: Axes, one: Series, looks: Looks) -> None:
    if one.sizes:
        sizes = _DOT[0] + _DOT[1] * np.array(one.sizes, dtype=float)
        ax.scatter(*_points(one), s=sizes**2, lw=0, zorder=3, **looks)
    else:
        few: Looks = {"ms": 5.0} if not one.name else {"ms": point_size(len(one.x)), "alpha": 0.55}
        ax.plot(*_points(one), "o", mew=0, **few, **looks)


def _mark(marker: str, **fixed: Any) -> Callable[[Axes, Series, Looks], None]:
    def draw(ax: Axes, one: Series, looks: Looks) -> None:
        x, y = _points(one)
        (left, right), (low, high) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
        # At the edge it is drawn whole; what lies outside is not.
        inside = len(x) > 0 and bool(((x >= left) & (x <= right) & (y >= low) & (y <= high)).all())
        ax.plot(x, y, marker, clip_on=not inside, **(looks | fixed))

    return draw


def _spans(ax: Axes, one: Series, looks: Looks) -> None:
    x, y = _points(one)
    right, up = np.reshape(one.ends, (-1, 2)).T
    looks |= {"lw": 2.2, "alpha": 0.6, "solid_capstyle": "butt"}
    ax.plot([x, x + right], [y, y + up], **looks)


def _boxes(ax: Axes, one: Series, looks: Looks) -> None:
    from matplotlib.patches import Rectangle

    full = np.array(one.sizes or [_FULL] * len(one.x), dtype=float)
    for k, (x, y, (width, height)) in enumerate(zip(*_points(one), one.ends, strict=True)):
        ax.add_patch(Rectangle((x, y), width, height, alpha=full[k], lw=0, aa=False, **looks))
        looks |= {"label": None}
        if one.texts:
            ax.text(
                x + width / 2, y + height / 2, one.texts[k], ha="center", va="center",
                color=PAPER if full[k] > _DARK else INK,
                fontsize=10 if len(full) <= _FEW**2 else 7.5,
            )  # fmt: skip
    ax.autoscale_view()


def _path(ax: Axes, one: Series, looks: Looks) -> None:
    points, defined = (
        np.column_stack(_points(one)),
        np.isfinite(np.array(one.objectives, dtype=float)),
    )
    off = np.isin(np.arange(len(points)), one.off) & defined
    dots, line = drawn_steps(tuple(one.steps), points, *np.array([ax.get_xlim(), ax.get_ylim()]).T)
    if looks["run"]:  # one of several
        run: Looks = {"color": looks["color"], "ls": looks["run"], "alpha": 0.9, "zorder": 3}
        ax.plot(*line.T, lw=1.2, **run)
        run |= {"marker": "o", "ms": 0.75 * step_size(len(points))}
        ax.plot(*points[dots].T, **(run | {"ls": ""}))
        ax.plot([], [], label=looks["label"], **run)
        return
    if looks["plane"]:
        ax.plot(*line.T, color=looks["color"], lw=0.8, alpha=0.7, zorder=3)
    hollow = phrase("steps, projected" if looks["plane"] else "steps, off the section")
    plot_steps(ax, points, defined & ~off & dots, off & dots, hollow, color=looks["color"])


def _tangent(ax: Axes, one: Series, looks: Looks) -> None:
    """Pieces of one length in the picture, whatever their slope."""
    width, height = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
    for x, y, (_, slope) in zip(*_points(one), one.ends, strict=True):
        half = _TANGENT / np.hypot(1.0 / width, slope / height)
        ends = np.array([-half, half])
        ax.plot(x + ends, y + slope * ends, lw=2.2, alpha=0.6, zorder=2.5, **looks)
        looks |= {"label": None}


def _arrow(ax: Axes, one: Series, looks: Looks) -> None:
    if one.ends:
        points = np.column_stack(_points(one))
        direction_arrows(ax, points, np.array(one.ends), INK, looks["label"])


_LOOKS: Mapping[str, Callable[[Axes, Series, Looks], object]] = {
    "line": _line,
    "dashes": lambda ax, one, looks: _line(ax, one, looks | {"ls": "--"}),
    "level": _level,
    "path": _path,
    "start": _mark("s", ms=7, color=INK, zorder=4),
    "last": _mark("D", ms=6, mfc=PAPER, mew=1.5, zorder=4.5),
    "minimum": _mark("P", ms=9, color=GREEN, mec=PAPER, zorder=4),
    "cross": _mark("x", ms=8, mew=2.0, zorder=3.5),
    "tangent": _tangent,
    "arrow": _arrow,
    "dots": _dots,
    "boxes": _boxes,
    "spans": _spans,
    "area": lambda ax, one, looks: ax.fill(*_points(one), alpha=0.18, lw=0, **looks),
}


def _in_the_way(chart: Chart, grid: ObjectiveGrid) -> list[Floats]:
    """The lines of paths, minima and arrows, over which nothing is to be written."""
    low, high = np.array([[grid.x[0], grid.y[0]], [grid.x[-1], grid.y[-1]]])
    width, height = high - low
    lines = []
    for one in chart.series:
        points = np.column_stack(_points(one))
        if one.look == "arrow" and len(points):
            arrows = arrows_along(np.array(one.ends), height, 1.0 if grid.equal else height / width)
            lines += [np.array([at, at + arrow]) for at, arrow in zip(points, arrows, strict=True)]
        elif one.look == "path":
            dots, line = drawn_steps(tuple(one.steps), points, low, high)
            lines += [line, points[dots]]
        elif one.look == "minimum":
            lines.append(points)
    return lines


def _scale_x(axis: Axis, ax: Axes) -> None:
    if axis.steps and axis.high is not None:
        epoch_axis(ax, axis.high, 0.0 if axis.kind == "symlog" else np.inf)
    elif axis.kind == "log":
        ax.set_xscale("log")
        log_ticks(ax.xaxis, *sorted(ax.get_xlim()))
    if axis.names:
        names = [shortened(name, 16 if len(axis.names) <= _FEW else 10) for name in axis.names]
        turned: Looks = {"rotation": 30, "ha": "right"} if sum(map(len, names)) > 60 else {}
        ax.set_xticks(range(len(names)), labels=names, parse_math=False, **turned)


def _scale_y(chart: Chart, ax: Axes) -> None:
    axis = chart.y
    if axis.names:
        ax.set_yticks(range(len(axis.names)), labels=axis.names, parse_math=False)
        return
    ends = None if axis.low is None or axis.high is None else (axis.low, axis.high)
    if axis.kind != "linear" or ends is None:
        heights = [value for one in chart.series for value in one.y if value is not None]
        scale_heights(ax, axis.kind, np.array(heights), axis.threshold, ends)
