"""A chart drawn with matplotlib."""

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.chart import FAINT, PLAIN, Axis, Chart, Series
from steepest.pictures.style import (
    COLORS,
    INK,
    MUTED,
    PAPER,
    SIZE,
    SQUARE,
    STYLES,
    Axes,
    axes_or_new,
    caption,
    label,
    legend,
    point_size,
    shortened,
)
from steepest.pictures.ticks import log_ticks

_FEW = 5  # names across that have room to be long
_DARK = 0.55  # a box so full has pale text
_DOT = (4.0, 5.0)  # diameter of the smallest sized dot, and what the largest has more


def draw_chart(chart: Chart, ax: Axes | None = None) -> Axes:
    """Draw a chart on `ax`, or with its note as caption on a new figure, and return the axes."""
    axes = plot_chart(chart, axes_or_new(ax, _size(chart)))
    if ax is None:
        caption(axes, chart.note)
    return axes


def plot_chart(chart: Chart, ax: Axes) -> Axes:
    """Draw a chart without its note on axes that are there."""
    axes_or_new(ax)
    if chart.x.names and chart.y.names:  # a table
        ax.grid(False)
        ax.tick_params(length=0)
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
    styles = cycle(STYLES)
    for one in chart.series:
        is_run = one.look == "line" and one.colour >= 0
        _LOOKS[one.look](ax, one, _colour(one), next(styles) if is_run else "-")
    _scale(ax, "x", chart.x)
    _scale(ax, "y", chart.y)
    if chart.square:
        ax.set_aspect("equal", adjustable="box")
    label(ax, chart.x.label, chart.y.label)
    legend(ax)
    return ax


def _size(chart: Chart) -> tuple[float, float]:
    """Inches of a new figure."""
    if chart.square:
        return SQUARE
    width, height = SIZE
    if not chart.y.names:
        return SIZE
    count = len(chart.y.names)
    if chart.x.names:
        return width, height if count <= _FEW else height + 1.1
    return width, min(1.6 + 0.27 * count, 9.5)


def _colour(one: Series) -> str:
    return MUTED if one.colour < 0 else COLORS[one.colour % len(COLORS)]


def _points(one: Series) -> tuple[Floats, Floats]:
    return np.array(one.x, dtype=float), np.array(one.y, dtype=float)


def _line(ax: Axes, one: Series, color: str, style: str) -> None:
    looks: dict[str, Any] = {"lw": 0.7, "alpha": 0.6} if one.colour == FAINT else {"lw": 1.6}
    ax.plot(*_points(one), color=color, ls=style, label=one.name or None, **looks)


def _dashes(ax: Axes, one: Series, color: str, _: str) -> None:
    ax.plot(*_points(one), color=color, ls="--", lw=1.2, label=one.name or None)


def _level(ax: Axes, one: Series, color: str, _: str) -> None:
    looks: dict[str, Any] = {"color": color, "lw": 1.2, "ls": ":", "label": one.name or None}
    if one.colour == PLAIN:
        looks |= {"color": INK, "lw": 1.0, "ls": (0, (4, 3))}
    if one.x[0] is not None:
        ax.axvline(one.x[0], **looks)
    elif one.y[0] is not None:
        ax.axhline(one.y[0], **looks)


def _dots(ax: Axes, one: Series, color: str, _: str) -> None:
    if one.sizes:
        sizes = _DOT[0] + _DOT[1] * np.array(one.sizes, dtype=float)
        ax.scatter(*_points(one), s=sizes**2, color=color, lw=0, zorder=3, label=one.name or None)
        return
    looks: dict[str, Any] = {"ms": point_size(len(one.x)), "alpha": 0.55} if one.name else {"ms": 5}
    ax.plot(*_points(one), "o", color=color, mew=0, label=one.name or None, **looks)


def _last(ax: Axes, one: Series, color: str, _: str) -> None:
    ax.plot(
        *_points(one), "D", color=color, mfc=PAPER, mew=1.5, ms=6, label=one.name or None,
        clip_on=False, zorder=4,
    )  # fmt: skip


def _minimum(ax: Axes, one: Series, color: str, _: str) -> None:
    color = COLORS[2]
    ax.plot(*_points(one), "P", color=color, mec=PAPER, ms=9, label=one.name or None, zorder=4)


def _spans(ax: Axes, one: Series, color: str, _: str) -> None:
    starts = np.column_stack(_points(one))
    ends = starts + np.array(one.ends).reshape(-1, 2)
    (x, y), (right, top) = starts.T, ends.T
    ax.plot([x, right], [y, top], color=color, lw=2.2, alpha=0.6, solid_capstyle="butt")


def _area(ax: Axes, one: Series, color: str, _: str) -> None:
    ax.fill(*_points(one), color=color, alpha=0.18, lw=0, label=one.name or None)


def _boxes(ax: Axes, one: Series, color: str, _: str) -> None:
    from matplotlib.patches import Rectangle

    x, y = _points(one)
    full = np.array(one.sizes or [0.6] * len(x), dtype=float)
    name: str | None = one.name or None
    for place, (left, foot, (width, height)) in enumerate(zip(x, y, one.ends, strict=True)):
        looks: dict[str, Any] = {"color": color, "alpha": full[place], "lw": 0}
        ax.add_patch(Rectangle((left, foot), width, height, label=name, aa=False, **looks))
        name = None
        if one.texts:
            ax.text(
                left + width / 2, foot + height / 2, one.texts[place], ha="center", va="center",
                color=PAPER if full[place] > _DARK else INK,
                fontsize=10 if len(x) <= _FEW**2 else 7.5,
            )  # fmt: skip
    ax.autoscale_view()


_LOOKS: Mapping[str, Callable[[Axes, Series, str, str], None]] = {
    "line": _line,
    "dashes": _dashes,
    "level": _level,
    "dots": _dots,
    "last": _last,
    "minimum": _minimum,
    "spans": _spans,
    "area": _area,
    "boxes": _boxes,
}


def _scale(ax: Axes, of: str, axis: Axis) -> None:
    """The kind of an axis, its limits and its names."""
    if axis.kind == "log":
        getattr(ax, f"set_{of}scale")("log")
        low, high = sorted(getattr(ax, f"get_{of}lim")())
        log_ticks(getattr(ax, f"{of}axis"), low, high)
    if axis.low is not None and axis.high is not None:
        getattr(ax, f"set_{of}lim")(axis.low, axis.high)
    if axis.names:
        _name_ticks(ax, of, axis.names)


def _name_ticks(ax: Axes, of: str, names: Sequence[str]) -> None:
    looks: dict[str, Any] = {"parse_math": False}
    if of == "x":
        names = [shortened(name, 16 if len(names) <= _FEW else 10) for name in names]
        if sum(map(len, names)) > 60:
            looks |= {"rotation": 30, "ha": "right"}
    getattr(ax, f"set_{of}ticks")(range(len(names)), labels=names, **looks)
