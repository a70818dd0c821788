"""A computational graph: boxes, arrows and what is written on them.

Lengths are in points, y grows downwards, and (0, 0) is the upper left corner. Boxes have room for
what is written at the end of the walk, so that they stand still while it goes on.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Literal, TypeAlias, final

import numpy as np

from steepest.arrays import Floats
from steepest.graphs.graph import ComputationalGraph, Edge, Node
from steepest.graphs.layered_layout import ARROW, PORTS, layout
from steepest.graphs.names import derivative_name
from steepest.graphs.values import Value, written
from steepest.pictures.new_figure import new_figure
from steepest.pictures.style import (
    BLUE,
    GREEN,
    GRID,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    Axes,
    check_axes,
    shortened,
)
from steepest.wording.fact import Fact, fact, phrase, phrases, text_of

Point: TypeAlias = tuple[float, float]
State: TypeAlias = Literal["waiting", "gone", "none"]

READABLE = 60  # nodes
TITLE, NUMBER, LABEL = 10.0, 9.5, 8.0  # sizes of letters
LINE = 1.32  # of a letter's size
GAP = 5.0  # between the two parts of an edge's label
_PAD = 6.0
_MARGIN, _HEAD, _FOOT = 12.0, 26.0, 18.0  # points
_NARROWEST = 330.0  # what the legend needs
_LARGEST = 29.0 * 72.0
_SMALLEST = 1.5  # letters that nobody reads are not drawn
_TINT = "#e8f1f8"
_ARROWHEAD = np.array([(0.0, 0.0), (-7.5, -3.2), (-7.5, 3.2)])
_LONGEST = 24  # letters
_NARROW = frozenset("ijltfI.,:;|!'()[]/ ")
_WIDE = frozenset("mwMW@%…×∂")


@final
@dataclass(frozen=True)
class Box:
    """A node: its centre, width and height, and its lines, of which the first begins at y = `top`.

    `value` and `gradient` are "" where the walk has not been; `latest`: it has just been here.
    """

    node: int
    centre: Point
    size: Point
    top: float
    kind: Literal["leaf", "constant", "operation"]
    title: str
    value: str
    gradient: str
    result: bool
    latest: bool


@final
@dataclass(frozen=True, eq=False)
class Arrow:
    """An edge: its way `points` (k, 2), as in `graph.layout.Layout`, and what is written on it.

    - `state`: "gone", the walk has come back along it; "waiting", it will; "none", there is no
      gradient to flow
    - `derivative`: the local derivative; `back`: what flowed back, where the node it flowed to is
      used more than once. Both stand side by side above the arrow, `room` wide in all, and end at
      `place`
    """

    edge: int
    points: Floats
    state: State
    derivative: str
    back: str
    place: Point
    room: float
    latest: bool


@final
@dataclass(frozen=True, eq=False)
class GraphView:
    """Boxes and arrows of a graph, as far as its walk has come, on a sheet of `size`."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    size: Point
    notes: tuple[Fact, ...]

    @staticmethod
    def of(graph: ComputationalGraph) -> "GraphView":
        """The picture of a graph.

        >>> from steepest.api.graph import graph
        >>> view = GraphView.of(graph("3*x", x=2))
        >>> [box.title for box in view.boxes], [arrow.state for arrow in view.arrows]
        (['x', '3', 'J = 3 · x'], ['none', 'waiting'])
        """
        end, now, last = graph.finished(), graph.nodes, graph.last
        nodes, edges = end.nodes, end.edges
        uses = Counter(edge.source for edge in edges if edge.carries)
        rooms = [_room(_labels(edge, uses)) for edge in edges]
        texts = [_text_size(_lines(nodes, node, graph.result), node.kind) for node in nodes]
        sizes = [_size(text, node) for text, node in zip(texts, nodes, strict=True)]
        places = layout(sizes, [(edge.source, edge.target) for edge in edges], rooms)
        boxes = tuple(
            Box(
                node.id,
                (float(places.centres[node.id, 0]), float(places.centres[node.id, 1])),
                sizes[node.id],
                float(places.centres[node.id, 1]) - texts[node.id][1] / 2.0,
                node.kind,
                *_lines(now, node, graph.result),
                node.id == graph.result,
                last is not None and last.node == node.id,
            )
            for node in now
        )
        latest = None if last is None else last.edge
        arrows = tuple(
            _arrow(number, edge, uses, places.routes[number], latest)
            for number, edge in enumerate(graph.edges)
        )
        notes = (fact("many nodes", count=len(nodes)),) if len(nodes) > READABLE else ()
        return GraphView(boxes, arrows, places.size, notes)


def text_width(text: str, size: float) -> float:
    """About how wide a text is, rather too much than too little.

    >>> text_width("", 10.0), text_width("ab", 10.0) < text_width("abc", 10.0)
    (0.0, True)
    """
    return size * sum(map(_letter_width, text))


def plot(view: GraphView, ax: Axes | None = None) -> Axes:
    """Draw boxes with values and gradients, and arrows with local derivatives.

    A new figure has the size of the graph; on given axes the graph and its letters are made to fit.
    """
    foot = _FOOT if view.notes else 0.0
    check_axes(ax)
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
    if view.notes:
        place = (view.size[0] / 2.0, view.size[1] + foot / scale)
        _text(ax, place, text_of(view.notes), NUMBER * small, MUTED)
    return ax


def svg(view: GraphView) -> str:
    """The picture as SVG text, for notebooks."""
    out, figure = StringIO(), plot(view).get_figure(root=True)
    assert figure is not None
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def _letter_width(letter: str) -> float:
    if letter in _NARROW:
        return 0.42
    if letter in _WIDE or unicodedata.east_asian_width(letter) in "WF":
        return 1.02
    return 0.74 if letter.isupper() or letter in "=+<>≤≥≠·-" else 0.65


def _lines(nodes: Sequence[Node], node: Node, result: int) -> tuple[str, str, str]:
    """Title, value and gradient of a box."""
    value = "" if node.value is None else _written(node.value)
    title = shortened(node.name, _LONGEST)
    if node.kind == "constant":
        return title, value if node.named else "", ""
    if node.expression:
        title = f"{node.name} = {node.expression}"
        if len(title) > _LONGEST:
            title = f"{node.name} = {shortened(node.operation, _LONGEST)}(…)"
    if node.gradient is None:
        return title, value, ""
    name = derivative_name(nodes[result].name, node.name)
    left = f"{name} =" if len(name) <= _LONGEST // 2 else phrase("gradient")
    return title, value, f"{left} {_written(node.gradient)}"


def _written(value: Value) -> str:
    return written(value, digits=5, few=3)


def _text_size(lines: tuple[str, str, str], kind: str) -> Point:
    first = NUMBER if kind == "constant" else TITLE
    sizes = [size for text, size in zip(lines, (first, NUMBER, NUMBER), strict=True) if text]
    widths = [text_width(text, size) for text, size in zip(filter(None, lines), sizes, strict=True)]
    return max(widths), LINE * sum(sizes)


def _size(text: Point, node: Node) -> Point:
    """Width and height of a box around a text."""
    if node.kind == "constant":
        return text[0] + _PAD, text[1] + _PAD / 2.0
    # Labels of arriving edges stand above each other.
    height = max(text[1] + 1.5 * _PAD, len(node.parents) * LINE * LABEL / PORTS)
    return max(text[0], 24.0) + 2.0 * _PAD, height


def _labels(edge: Edge, uses: Mapping[int, int]) -> tuple[str, str]:
    """Local derivative, and what flowed back where it is one part of several."""
    if edge.derivative is None or edge.gradient is None:
        return "", ""
    local = edge.derivative.written(digits=5, few=3).replace(" Jacobian", "")
    return local, _written(edge.gradient) if uses[edge.source] > 1 else ""


def _room(labels: tuple[str, str]) -> float:
    """The width of an edge's label."""
    width = sum(text_width(text, LABEL) for text in labels)
    return width + GAP if all(labels) else width


def _arrow(
    place: int, edge: Edge, uses: Mapping[int, int], points: Floats, latest: int | None
) -> Arrow:
    state: State = "none"
    if edge.carries:
        state = "waiting" if edge.derivative is None else "gone"
    labels = _labels(edge, uses)
    end = float(points[-1, 0]) - ARROW + 1.0, float(points[-1, 1])
    return Arrow(place, points, state, *labels, end, _room(labels), place == latest)


def _new_axes(size: Point, foot: float) -> Axes:
    """Axes that fill a figure of a graph's size, or as large as figures get."""
    scale = min(1.0, _LARGEST / max(size))
    width = max(size[0] * scale, _NARROWEST) + 2 * _MARGIN
    height = size[1] * scale + 2 * _MARGIN + _HEAD + foot
    figure = new_figure((width / 72.0, height / 72.0), facecolor=PAPER)
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
    from matplotlib.patches import FancyBboxPatch

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
    from matplotlib.collections import PathCollection, PolyCollection

    arrows = sorted(arrows, key=lambda arrow: (arrow.state == "gone", arrow.latest))
    shades = {"gone": ORANGE, "waiting": MUTED, "none": GRID}
    colors = [shades[arrow.state] for arrow in arrows]
    widths = [(2.2 if arrow.latest else 1.2) * scale for arrow in arrows]
    paths = [_path(arrow.points) for arrow in arrows]
    ax.add_collection(
        PathCollection(paths, facecolors="none", edgecolors=colors, linewidths=widths, zorder=1.2),
        autolim=False,
    )
    heads = [_ARROWHEAD + arrow.points[-1] for arrow in arrows]
    ax.add_collection(PolyCollection(heads, facecolors=colors, zorder=1.4), autolim=False)
    for arrow in arrows:
        x, y = arrow.place
        for text, shade in ((arrow.back, ORANGE), (arrow.derivative, GREEN)):
            if text:
                _text(ax, (x, y), text, LABEL * scale, shade, label=True)
                x -= text_width(text, LABEL) + GAP


def _path(points: Floats) -> Any:
    """Straight within layers, curved between them."""
    from matplotlib.path import Path

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
        *place, shortened(text, 90), fontsize=size, color=color, zorder=3, parse_math=False,
        weight="bold" if bold else "normal", ha="right" if label else "center",
        va="bottom" if label else "center", clip_on=False,
    )  # fmt: skip


def _legend(ax: Axes, scale: float) -> None:
    from matplotlib.lines import Line2D

    names = phrases("value", "gradient", "local derivative")
    handles = [
        Line2D([], [], color=color, marker="s", ls="", ms=6 * scale, label=name)
        for name, color in zip(names, (BLUE, ORANGE, GREEN), strict=True)
    ]
    handles.append(Line2D([], [], color=ORANGE, lw=1.6 * scale, label=phrase("gone back along")))
    ax.legend(
        handles=handles, loc="upper left", ncols=4, frameon=False, fontsize=8.5 * scale,
        borderaxespad=0.4, handletextpad=0.3, columnspacing=1.0, handlelength=1.2, labelcolor=INK,
    )  # fmt: skip
