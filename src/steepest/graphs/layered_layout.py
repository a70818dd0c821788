"""Where the boxes of a graph stand: layers from left to right, few crossings, nothing overlaps.

Sugiyama's way. Layer of an operation: the longest way to it; what has no parents stands just before
its first use. Edges over several layers run through places of their own in the layers between; all
edges of one node share these. Lengths are in points; y grows downwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from steepest.arrays import Floats
from steepest.graphs.order import Layers, crossings, ordered, turns

Edges: TypeAlias = Sequence[tuple[int, int]]

_BETWEEN = 30.0  # from layer to layer, besides the straight ends of edges
_CROWD = 1.2  # more for each edge there
_MOST_CROWDED = 60
ARROW = 12.0  # of an edge's straight end: what the label leaves free
_SPACING = 16.0  # from box to box
_LANE = 10.0  # height of an edge that passes a layer
_STILL = 0.1  # of a move that no eye sees
PORTS = 0.8  # of a box's height, for the ends of its edges


@final
@dataclass(frozen=True, eq=False)
class Layout:
    """Centres of the boxes (n, 2), and for each edge its way (k, 2): straight pieces within layers
    and, from every second point to the next, one piece between layers, where curves are drawn. The
    last straight piece has room for the edge's label and `ARROW`.

    `size` is width and height of the whole, which begins at (0, 0).
    """

    centres: Floats
    routes: tuple[Floats, ...]
    size: tuple[float, float]
    crossings: int


def layout(sizes: Sequence[tuple[float, float]], edges: Edges, rooms: Sequence[float]) -> Layout:
    """The layout of boxes of given widths and heights.

    `edges` lead from a box to a later one in the list; `rooms` are the widths of their labels.
    Nothing is random.

    >>> two = layout([(20.0, 10.0), (20.0, 10.0)], [(0, 1)], [30.0])
    >>> two.centres.tolist(), two.size
    ([[10.0, 5.0], [103.2, 5.0]], (113.2, 10.0))
    """
    return _Sheet(sizes, edges, rooms).layout()


def layers_of(count: int, edges: Edges) -> list[int]:
    """The layer of each node, from 0.

    >>> layers_of(4, [(0, 2), (1, 3), (2, 3)])
    [0, 1, 1, 2]
    """
    layers = [0] * count
    fed = {target for _, target in edges}
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        layers[target] = max(layers[target], layers[source] + 1)
    first: dict[int, int] = {}
    for source, target in edges:
        if source not in fed:
            first[source] = min(first.get(source, layers[target]), layers[target])
    for source, use in first.items():
        layers[source] = use - 1
    return layers


class _Sheet:
    """The graph with places for edges in all the layers they pass."""

    def __init__(
        self, sizes: Sequence[tuple[float, float]], edges: Edges, rooms: Sequence[float]
    ) -> None:
        self._count = len(sizes)
        self._edges = edges
        self._rooms = rooms
        self._heights = [height for _, height in sizes]
        self._widths = [width for width, _ in sizes]
        self._layer = layers_of(len(sizes), edges)
        self._lanes: dict[tuple[int, int], int] = {}  # (node, layer): where its edges pass
        self._links: dict[tuple[int, int], float] = {}  # pairs in neighbouring layers, and weights
        for source, target in edges:
            way = [self._station(source, layer) for layer in self._passed(source, target)]
            for upper, lower in zip([source, *way], [*way, target], strict=True):
                self._links[upper, lower] = self._weight(upper, lower)
        self._before: dict[int, list[int]] = {}
        self._after: dict[int, list[int]] = {}
        for upper, lower in self._links:
            self._after.setdefault(upper, []).append(lower)
            self._before.setdefault(lower, []).append(upper)

    def layout(self) -> Layout:
        layers = ordered(self._given(), self._before, self._after)
        y = _heights_of(layers, self._heights, self._links)
        starts, ends, stubs = self._columns(layers)
        middle = [(starts[layer] + ends[layer]) / 2.0 for layer in self._layer]
        starts = [start - stub for start, stub in zip(starts, stubs, strict=True)]
        bottom = max((y[i] + self._heights[i] / 2.0 for i in range(len(y))), default=0.0)
        centres = np.column_stack([middle[: self._count], y[: self._count]])
        return Layout(
            centres,
            tuple(self._routes(starts, ends, middle, y)),
            (ends[-1] if ends else 0.0, float(bottom)),
            crossings(layers, self._after),
        )

    def _passed(self, source: int, target: int) -> range:
        return range(self._layer[source] + 1, self._layer[target])

    def _station(self, source: int, layer: int) -> int:
        if (source, layer) not in self._lanes:
            self._lanes[source, layer] = len(self._layer)
            self._layer.append(layer)
            self._heights.append(_LANE)
            self._widths.append(0.0)
        return self._lanes[source, layer]

    def _weight(self, upper: int, lower: int) -> float:
        """Long edges are to be straight, short ones may bend."""
        return (1.0, 2.0, 40.0)[(upper >= self._count) + (lower >= self._count)]

    def _given(self) -> Layers:
        """The layers in an order without crossings in a tree: down the parents, from the end."""
        layers: Layers = [[] for _ in range(max(self._layer, default=-1) + 1)]
        seen: set[int] = set()
        sinks = [i for i in range(len(self._layer)) if i not in self._after]
        waiting = sinks[::-1]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                layers[self._layer[node]].append(node)
                waiting.extend(reversed(self._before.get(node, [])))
        return layers

    def _columns(self, layers: Layers) -> tuple[list[float], list[float], list[float]]:
        """Where the boxes of each layer begin and end, and how long edges run straight to them."""
        stubs = [0.0] * len(layers)
        for (_, target), room in zip(self._edges, self._rooms, strict=True):
            layer = self._layer[target]
            stubs[layer] = max(stubs[layer], room + ARROW)
        starts: list[float] = []
        ends: list[float] = []
        for members, stub in zip(layers, stubs, strict=True):
            edges = sum(len(self._before.get(node, ())) for node in members)
            gap = _BETWEEN + _CROWD * min(edges, _MOST_CROWDED)
            starts.append(ends[-1] + gap + stub if ends else 0.0)
            ends.append(starts[-1] + max(self._widths[node] for node in members))
        return starts, ends, stubs

    def _routes(
        self, starts: list[float], ends: list[float], middle: list[float], y: Floats
    ) -> list[Floats]:
        ports = self._ports(y)
        routes = []
        for edge, (source, target) in enumerate(self._edges):
            points = [(middle[source] + self._widths[source] / 2.0, y[source])]
            points.append((ends[self._layer[source]], y[source]))
            for layer in self._passed(source, target):
                lane = y[self._lanes[source, layer]]
                points += [(starts[layer], lane), (ends[layer], lane)]
            points.append((starts[self._layer[target]], ports[edge]))
            points.append((middle[target] - self._widths[target] / 2.0, ports[edge]))
            routes.append(np.array(points))
        return routes

    def _ports(self, y: Floats) -> list[float]:
        """Heights at which edges arrive at their boxes, in the order in which they come."""
        ports = [0.0] * len(self._edges)
        arriving: dict[int, list[int]] = {}
        for edge, (_, target) in enumerate(self._edges):
            arriving.setdefault(target, []).append(edge)
        for target, several in arriving.items():
            several.sort(key=lambda edge: (self._comes_from(edge, y), edge))
            room = PORTS * self._heights[target]
            for place, edge in enumerate(several):
                share = (place + 0.5) / len(several) - 0.5
                ports[edge] = y[target] + share * room
        return ports

    def _comes_from(self, edge: int, y: Floats) -> float:
        source, target = self._edges[edge]
        return float(y[self._lanes.get((source, self._layer[target] - 1), source)])


def _heights_of(
    layers: Layers, heights: Sequence[float], links: dict[tuple[int, int], float]
) -> Floats:
    """The y of every member: near to what it is linked to, in order and without overlaps.

    Each layer in turn takes the places that are best for it in least squares, the others held.
    """
    y = np.zeros(len(heights))
    for members in layers:
        y[members] = _spread(np.zeros(len(members)), np.ones(len(members)), _gaps(members, heights))
    sides = _sides(links)
    rounds = turns(len(heights))
    for turn in range(2 * rounds):
        # First each layer follows one neighbour, then, to settle, both.
        settling = turn >= rounds
        which = [*sides] if settling else [sides[turn % 2]]
        before = y.copy()
        for members in layers if turn % 2 == 0 else layers[::-1]:
            wishes, weights = _wishes(members, y, which)
            y[members] = _spread(wishes, weights, _gaps(members, heights))
        if settling and np.abs(y - before).max(initial=0.0) < _STILL:
            break
    tops = y - np.array(heights) / 2.0
    return np.asarray(y - tops.min(initial=np.inf)) if len(y) else y


def _wishes(
    members: Sequence[int], y: Floats, sides: Sequence[Mapping[int, list[tuple[int, float]]]]
) -> tuple[Floats, Floats]:
    """The mean places of what the members are linked to, and how strongly they are drawn there."""
    wishes, weights = y[members], np.full(len(members), 1e-3)
    for place, node in enumerate(members):
        pulls = [pull for side in sides for pull in side.get(node, ())]
        if pulls:
            weights[place] = sum(weight for _, weight in pulls)
            wishes[place] = sum(weight * y[other] for other, weight in pulls) / weights[place]
    return wishes, weights


def _sides(
    links: dict[tuple[int, int], float],
) -> tuple[dict[int, list[tuple[int, float]]], dict[int, list[tuple[int, float]]]]:
    """For each member, what it is linked to before and after it."""
    before: dict[int, list[tuple[int, float]]] = {}
    after: dict[int, list[tuple[int, float]]] = {}
    for (upper, lower), weight in links.items():
        before.setdefault(lower, []).append((upper, weight))
        after.setdefault(upper, []).append((lower, weight))
    return before, after


def _gaps(members: Sequence[int], heights: Sequence[float]) -> Floats:
    """The least distances of the centres of neighbours."""
    own = np.array([heights[node] for node in members])
    return np.asarray((own[1:] + own[:-1]) / 2.0 + _SPACING)


def _spread(wishes: Floats, weights: Floats, gaps: Floats) -> Floats:
    """The places nearest to the wishes, in weighted least squares, that keep their distances."""
    from scipy.optimize import isotonic_regression

    shifts = np.concatenate([[0.0], np.cumsum(gaps)])
    return np.asarray(isotonic_regression(wishes - shifts, weights=weights).x + shifts)
