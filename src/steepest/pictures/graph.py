"""A computational graph as a picture in plain data: boxes, arrows and what is written on them.

Lengths are in points, y grows downwards, and (0, 0) is the upper left corner. Boxes have room for
what is written at the end of the walk, so that they stand still while it goes on.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from steepest.arrays import Floats
from steepest.graphs.graph import ComputationalGraph, Edge, Node
from steepest.graphs.layered_layout import ARROW, PORTS, layout
from steepest.graphs.names import derivative_name
from steepest.graphs.values import Value, written

Point: TypeAlias = tuple[float, float]
State: TypeAlias = Literal["waiting", "gone", "none"]

READABLE = 60  # nodes
TITLE, NUMBER, LABEL = 10.0, 9.5, 8.0  # sizes of letters
LINE = 1.32  # of a letter's size
GAP = 5.0  # between the two parts of an edge's label
_PAD = 6.0
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
    """Boxes and arrows of a graph, as far as its walk has come, on a sheet of `size`.

    `note` says what a reader should know, or is "".
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    size: Point
    note: str

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
        made = layout(sizes, [(one.source, one.target) for one in edges], rooms)
        boxes = tuple(
            Box(
                node.id,
                (float(made.centres[node.id, 0]), float(made.centres[node.id, 1])),
                sizes[node.id],
                float(made.centres[node.id, 1]) - texts[node.id][1] / 2.0,
                node.kind,
                *_lines(now, node, graph.result),
                node.id == graph.result,
                last is not None and last.node == node.id,
            )
            for node in now
        )
        latest = None if last is None else last.edge
        arrows = tuple(
            _arrow(place, edge, uses, made.routes[place], latest)
            for place, edge in enumerate(graph.edges)
        )
        return GraphView(boxes, arrows, made.size, _note(len(nodes)))


def text_width(text: str, size: float) -> float:
    """About how wide a text is, rather too much than too little.

    >>> text_width("", 10.0), text_width("ab", 10.0) < text_width("abc", 10.0)
    (0.0, True)
    """
    return size * sum(map(_letter_width, text))


def _letter_width(letter: str) -> float:
    if letter in _NARROW:
        return 0.42
    if letter in _WIDE or unicodedata.east_asian_width(letter) in "WF":
        return 1.02
    return 0.74 if letter.isupper() or letter in "=+<>≤≥≠·-" else 0.65


def _note(count: int) -> str:
    if count <= READABLE:
        return ""
    return f"{count} nodes are hard to read in one picture; text() lists them."


def _lines(nodes: Sequence[Node], node: Node, result: int) -> tuple[str, str, str]:
    """Title, value and gradient of a box."""
    told = "" if node.value is None else _written(node.value)
    title = _short(node.name)
    if node.kind == "constant":
        return title, told if node.named else "", ""
    if node.expression:
        title = f"{node.name} = {node.expression}"
        if len(title) > _LONGEST:
            title = f"{node.name} = {_short(node.operation)}(…)"
    if node.gradient is None:
        return title, told, ""
    name = derivative_name(nodes[result].name, node.name)
    said = f"{name} =" if len(name) <= _LONGEST // 2 else "gradient"
    return title, told, f"{said} {_written(node.gradient)}"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


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
    width = sum(text_width(one, LABEL) for one in labels)
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
