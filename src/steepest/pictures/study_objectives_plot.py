"""The objectives of several paths over the epochs."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from steepest.pictures.epoch_axis import epoch_axis
from steepest.pictures.study_objectives import ObjectivesView
from steepest.pictures.style import (
    GREEN,
    MUTED,
    SERIES,
    axes_or_new,
    label,
    log_ticks,
    shown,
    symlog_ticks,
)

MOST_NAMED = 14
_LEADER = {"arrowstyle": "-", "lw": 0.6, "alpha": 0.6, "shrinkB": 0.0, "relpos": (0.0, 0.5)}
_WIDE = 6.0  # of so few epochs the first is wide enough for its updates
_DASHED = (0, (5, 3))
_GAP = 0.062  # between the names of two curves, of the picture's height


def plot(view: ObjectivesView, ax: Axes | None = None) -> Axes:
    """Draw a curve for each path, named at its end, the least objective, and floors of noise."""
    ax = axes_or_new(ax, (6.8, 4.3))
    styles = series(len(view.labels))
    wide = max(float(epochs[-1]) for epochs in view.epochs) <= _WIDE
    for epochs, values, (color, style) in zip(view.epochs, view.values, styles, strict=True):
        ends = epochs % 1.0 == 0.0
        ends[-1] = True
        ax.plot(epochs[ends], values[ends], color=color, ls=style, lw=1.6)
        if wide and not ends.all():
            early = epochs <= 1.0
            ax.plot(epochs[early], values[early], color=color, lw=0.8, alpha=0.5)
    for place, floor in view.floors:
        ax.axhline(floor, color=styles[place][0], lw=1.1, ls=_DASHED, alpha=0.8)
    _scale(view, ax)
    label(ax, view.epoch_label, view.label)
    _names(view, ax, styles)
    return ax


def series(count: int) -> list[tuple[str, str]]:
    """Colour and line style of each of several paths; of many, shades in their order."""
    if count <= MOST_NAMED:
        return list(SERIES[:count])
    shades = colormaps["viridis"](np.linspace(0.0, 0.85, count))
    return [(to_hex(shade), "-") for shade in shades]


def evenly(count: int, most: int) -> list[int]:
    """At most so many of the places 0 to count − 1, evenly spread, both ends included."""
    return sorted(set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()))


def _scale(view: ObjectivesView, ax: Axes) -> None:
    last = max(float(epochs[-1]) for epochs in view.epochs)
    epoch_axis(ax, last, view.log_epochs)
    if not view.log_epochs and last:
        ax.set_xlim(0.0, last)
    drawn = np.concatenate(view.values)
    drawn = drawn[np.isfinite(drawn)]
    if view.axis == "symlog":
        ax.set_yscale("symlog", linthresh=view.threshold)
        symlog_ticks(ax.yaxis, view.threshold, float(drawn.min()), float(drawn.max()))
    elif view.axis == "log" and len(drawn):
        ax.set_yscale("log")
        highest = drawn.max() if view.heights is None else view.heights[1]
        log_ticks(ax.yaxis, float(drawn.min()), float(highest))
    elif view.minimum is not None:
        ax.axhline(view.minimum, color=GREEN, lw=1.2, ls=":")
    if view.heights is not None:
        ax.set_ylim(*view.heights)


def _names(view: ObjectivesView, ax: Axes, styles: list[tuple[str, str]]) -> None:
    """Each curve's label on the right, joined to the curve's end where it had to move."""
    ends = [_end(ax, *curve) for curve in zip(view.epochs, view.values, strict=True)]
    named = _some(len(ends))
    places = _apart([min(max(ends[i][1], 0.0), 1.0) for i in named])
    for i, place in zip(named, places, strict=True):
        color = styles[i][0]
        name = shown(view.labels[i], 26)
        ax.annotate(
            name, xy=ends[i], xytext=(1.05, place), xycoords="axes fraction",
            textcoords="axes fraction", color=color, fontsize=8.5, va="center", parse_math=False,
            annotation_clip=False, arrowprops={**_LEADER, "color": color},
        )  # fmt: skip
    if len(named) < len(ends):
        note = f"{len(named)} of {len(ends)} are named"
        ax.text(1.05, -0.06, note, transform=ax.transAxes, fontsize=7.5, color=MUTED, va="top")


def _end(ax: Axes, epochs: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Where a curve leaves the picture, in shares of the axes."""
    finite = np.flatnonzero(np.isfinite(values))
    if not len(finite):
        return 1.0, 0.0
    points = np.column_stack([epochs[finite], values[finite]])
    shares = ax.transAxes.inverted().transform(ax.transData.transform(points))
    inside = np.flatnonzero((shares[:, 1] >= 0.0) & (shares[:, 1] <= 1.0))
    x, y = shares[inside[-1] if len(inside) else 0]
    return float(x), float(y)


def _some(count: int) -> list[int]:
    if count <= MOST_NAMED:
        return list(range(count))
    return evenly(count, MOST_NAMED - 2)


def _apart(wanted: list[float]) -> list[float]:
    """The places nearest to those wanted that leave room for a line of text each."""
    order = np.argsort(wanted, kind="stable")
    gap = min(_GAP, 1.0 / max(len(wanted), 1))
    places = np.array(wanted, dtype=np.float64)
    lowest = 0.0
    for i in order:
        places[i] = lowest = max(places[i], lowest)
        lowest += gap
    highest = 1.0
    for i in order[::-1]:
        places[i] = highest = min(places[i], highest)
        highest -= gap
    return [float(place) for place in places]
