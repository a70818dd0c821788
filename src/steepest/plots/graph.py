"""A computational graph, drawn."""

from collections.abc import Sequence
from io import StringIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch
from matplotlib.path import Path

from steepest.plots.style import BLUE, GREEN, GRID, INK, MUTED, ORANGE, PAPER, shown
from steepest.views.graph import (
    GAP,
    LABEL,
    LINE,
    NUMBER,
    TITLE,
    Arrow,
    Box,
    Floats,
    GraphView,
    Point,
    text_width,
)

_MARGIN, _HEAD, _FOOT = 12.0, 26.0, 18.0  # points
_NARROWEST = 330.0  # what the legend needs
_LARGEST = 30.0 * 72.0
_SMALLEST = 1.5  # letters that nobody reads are not drawn
_TINT = "#e8f1f8"
_HEAD_SHAPE = np.array([(0.0, 0.0), (-7.5, -3.2), (-7.5, 3.2)])


def plot(view: GraphView, ax: Axes | None = None) -> Axes:
    """Draw boxes with values and gradients, and arrows with local derivatives.

    A new figure has the size of the graph; on given axes the graph and its letters are made to fit.
    """
    width = max(view.size[0], _NARROWEST) + 2 * _MARGIN
    height = view.size[1] + 2 * _MARGIN + _HEAD + (_FOOT if view.note else 0.0)
    ax = ax or _new_axes(width, height)
    scale = _scale(ax, width, height)
    left = (width - view.size[0]) / 2.0
    ax.set_xlim(-left, width - left)
    ax.set_ylim(height - _HEAD - _MARGIN, -_HEAD - _MARGIN)
    ax.set_aspect("equal", adjustable="box")
    ax.set_axis_off()
    _draw_arrows(ax, view.arrows, scale)
    for box in view.boxes:
        _draw_box(ax, box, scale)
    _legend(ax, scale)
    if view.note:
        _text(ax, (view.size[0] / 2.0, view.size[1] + _FOOT), view.note, NUMBER * scale, MUTED)
    return ax


def svg(view: GraphView) -> str:
    """The picture as SVG text, for notebooks."""
    figure = plot(view).figure
    assert isinstance(figure, Figure)
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def _new_axes(width: float, height: float) -> Axes:
    """Axes that fill a figure of so many points, or of the largest size of that shape."""
    scale = min(1.0, _LARGEST / max(width, height))
    figure = Figure(figsize=(width * scale / 72.0, height * scale / 72.0), facecolor=PAPER)
    return figure.add_axes((0.0, 0.0, 1.0, 1.0))


def _scale(ax: Axes, width: float, height: float) -> float:
    """The size of the graph's points on these axes."""
    figure = ax.figure
    box = ax.get_position(original=True)
    size = figure.get_size_inches() * 72.0 if isinstance(figure, Figure) else (width, height)
    return float(min(box.width * size[0] / width, box.height * size[1] / height))


def _draw_box(ax: Axes, box: Box, scale: float) -> None:
    """A frame and up to three lines; those that are still to come keep their room below."""
    lines = [(box.title, NUMBER, MUTED), (box.value, NUMBER, BLUE)]
    if box.kind != "constant":
        lines = [(box.title, TITLE, INK), (box.value, NUMBER, BLUE), (box.gradient, NUMBER, ORANGE)]
        _draw_frame(ax, box, scale)
    x, y = box.centre[0], box.top
    for text, size, color in lines:
        if text:
            _text(ax, (x, y + LINE * size / 2.0), text, size * scale, color, bold=size == TITLE)
            y += LINE * size


def _draw_frame(ax: Axes, box: Box, scale: float) -> None:
    (x, y), (width, height) = box.centre, box.size
    ax.add_patch(
        FancyBboxPatch(
            (x - width / 2.0, y - height / 2.0),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=5",
            facecolor=_TINT if box.kind == "leaf" else PAPER,
            edgecolor=ORANGE if box.latest and box.gradient else BLUE if box.latest else MUTED,
            linewidth=(2.2 if box.latest or box.result else 1.0) * scale,
            zorder=2,
        )
    )


def _draw_arrows(ax: Axes, arrows: Sequence[Arrow], scale: float) -> None:
    """All at once, those that the walk has come back along on top; there may be thousands."""
    arrows = sorted(arrows, key=lambda one: (one.state == "gone", one.latest))
    colors = [{"gone": ORANGE, "waiting": MUTED, "none": GRID}[one.state] for one in arrows]
    widths = [(2.2 if one.latest else 1.2) * scale for one in arrows]
    paths = [_path(one.points) for one in arrows]
    ax.add_collection(
        PathCollection(paths, facecolors="none", edgecolors=colors, linewidths=widths, zorder=1.2),
        autolim=False,
    )
    heads = [_HEAD_SHAPE + one.points[-1] for one in arrows]
    ax.add_collection(PolyCollection(heads, facecolors=colors, zorder=1.4), autolim=False)
    for arrow in arrows:
        x, y = arrow.place
        for text, shade in ((arrow.back, ORANGE), (arrow.derivative, GREEN)):
            if text:
                _text(ax, (x, y), text, LABEL * scale, shade, label=True)
                x -= text_width(text, LABEL) + GAP


def _path(points: Floats) -> Path:
    """Straight within layers, curved between them."""
    vertices, codes = [tuple(points[0])], [Path.MOVETO]
    for place in range(1, len(points)):
        start, end = points[place - 1], points[place]
        if place % 2:
            vertices.append(tuple(end))
            codes.append(Path.LINETO)
        else:
            middle = (start[0] + end[0]) / 2.0
            vertices += [(middle, start[1]), (middle, end[1]), tuple(end)]
            codes += [Path.CURVE4] * 3
    return Path(vertices, codes)


def _text(
    ax: Axes, place: Point, text: str, size: float, color: str, *, bold: bool = False,
    label: bool = False,
) -> None:  # fmt: skip
    """A text in the middle of its place, or (a label of an edge) left of it and above the edge,
    where the edge does not look like a minus sign.
    """
    if size < _SMALLEST:
        return
    ax.text(
        *place, shown(text, 60), fontsize=size, color=color, zorder=3, parse_math=False,
        weight="bold" if bold else "normal", ha="right" if label else "center",
        va="bottom" if label else "center", clip_on=False,
    )  # fmt: skip


def _legend(ax: Axes, scale: float) -> None:
    marks = [("value", BLUE, "s"), ("gradient", ORANGE, "s"), ("local derivative", GREEN, "s")]
    handles = [
        Line2D([], [], color=color, marker=mark, ls="", ms=6 * scale, label=label)
        for label, color, mark in marks
    ]
    handles.append(Line2D([], [], color=ORANGE, lw=1.6 * scale, label="gone back along"))
    ax.legend(
        handles=handles, loc="upper left", ncols=4, frameon=False, fontsize=8.5 * scale,
        borderaxespad=0.4, handletextpad=0.3, columnspacing=1.0, handlelength=1.2, labelcolor=INK,
    )  # fmt: skip
