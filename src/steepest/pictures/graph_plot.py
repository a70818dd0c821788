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

from steepest.arrays import Floats
from steepest.pictures.graph import (
    GAP,
    LABEL,
    LINE,
    NUMBER,
    TITLE,
    Arrow,
    Box,
    GraphView,
    Point,
    text_width,
)
from steepest.pictures.style import BLUE, GREEN, GRID, INK, MUTED, ORANGE, PAPER, shown

_MARGIN, _HEAD, _FOOT = 12.0, 26.0, 18.0  # points
_NARROWEST = 330.0  # what the legend needs
_LARGEST = 29.0 * 72.0
_SMALLEST = 1.5  # letters that nobody reads are not drawn
_TINT = "#e8f1f8"
_HEAD_SHAPE = np.array([(0.0, 0.0), (-7.5, -3.2), (-7.5, 3.2)])


def plot(view: GraphView, ax: Axes | None = None) -> Axes:
    """Draw boxes with values and gradients, and arrows with local derivatives.

    A new figure has the size of the graph; on given axes the graph and its letters are made to fit.
    """
    foot = _FOOT if view.note else 0.0
    ax = ax or _new_axes(view.size, foot)
    width, height = _points(ax)
    scale = _scale(view.size, width - 2 * _MARGIN, height - 2 * _MARGIN - _HEAD - foot)
    left = (width / scale - view.size[0]) / 2.0
    spare = max(0.0, height / scale - view.size[1] - (2 * _MARGIN + _HEAD + foot) / scale)
    top = (_HEAD + _MARGIN) / scale + spare / 2.0
    ax.set_xlim(-left, width / scale - left)
    ax.set_ylim(height / scale - top, -top)
    ax.set_aspect("equal", adjustable="box")
    ax.set_axis_off()
    _draw_arrows(ax, view.arrows, scale)
    for box in view.boxes:
        _draw_box(ax, box, scale)
    small = min(1.0, width / _NARROWEST)
    _legend(ax, small)
    if view.note:
        place = (view.size[0] / 2.0, view.size[1] + foot / scale)
        _text(ax, place, view.note, NUMBER * small, MUTED)
    return ax


def svg(view: GraphView) -> str:
    """The picture as SVG text, for notebooks."""
    figure = plot(view).figure
    assert isinstance(figure, Figure)
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def _new_axes(size: Point, foot: float) -> Axes:
    """Axes that fill a figure of a graph's size, or as large as figures get."""
    scale = min(1.0, _LARGEST / max(size))
    width = max(size[0] * scale, _NARROWEST) + 2 * _MARGIN
    height = size[1] * scale + 2 * _MARGIN + _HEAD + foot
    figure = Figure(figsize=(width / 72.0, height / 72.0), facecolor=PAPER)
    return figure.add_axes((0.0, 0.0, 1.0, 1.0))


def _points(ax: Axes) -> Point:
    """Width and height of the axes on the page."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    box = ax.get_position(original=True)
    width, height = figure.get_size_inches() * 72.0
    return float(box.width * width), float(box.height * height)


def _scale(size: Point, width: float, height: float) -> float:
    """How large a point of the graph is; never nothing, however small the axes."""
    return max(min(width / size[0], height / size[1]), 1e-3)


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
        *place, shown(text, 90), fontsize=size, color=color, zorder=3, parse_math=False,
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
