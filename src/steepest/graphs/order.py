"""The order within layers in which few edges cross (Sugiyama's second step)."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

Layers: TypeAlias = list[list[int]]
Links: TypeAlias = Mapping[int, Sequence[int]]

_SWEEPS = 24
_WORK = 40_000  # members times sweeps; beyond that, few sweeps have to do
_EXCHANGED = 600  # up to so many in all, neighbours are also tried the other way round
_PATIENCE = 6


def ordered(layers: Layers, before: Links, after: Links) -> Layers:
    """The layers with their members in an order of few crossings, never more than as given.

    `before` and `after` are the members of the neighbouring layers that each is linked to.
    """
    members = [node for layer in layers for node in layer]
    best, fewest = layers, crossings(layers, after)
    current, idle = layers, 0
    for sweep in range(turns(len(members))):
        current = _swept(current, before if sweep % 2 == 0 else after, sweep % 2 == 0)
        if len(members) <= _EXCHANGED:
            current = _exchanged(current, before, after)
        count = crossings(current, after)
        idle = 0 if count < fewest else idle + 1
        if count < fewest:
            best, fewest = current, count
        if not fewest or idle == _PATIENCE:
            break
    return best


def turns(members: int) -> int:
    """How many sweeps are made over a graph of `members` nodes.

    >>> turns(100), turns(5000), turns(10**6)
    (24, 8, 4)
    """
    return max(4, min(_SWEEPS, _WORK // max(members, 1)))


def crossings(layers: Layers, after: Links) -> int:
    """How many pairs of links cross between neighbouring layers.

    >>> crossings([[0, 1], [2, 3]], {0: [3], 1: [2]}), crossings([[0, 1], [2, 3]], {0: [2, 3]})
    (1, 0)
    """
    return sum(_between(first, second, after) for first, second in pairwise(layers))


def _between(first: Sequence[int], second: Sequence[int], after: Links) -> int:
    place = {node: i for i, node in enumerate(second)}
    ends = [end for node in first for end in sorted(place[other] for other in after.get(node, ()))]
    # Links are in the order of their starts: two cross where their ends are in the other order.
    earlier: list[int] = []
    total = 0
    for end in ends:
        place_among = bisect_right(earlier, end)
        total += len(earlier) - place_among
        earlier.insert(place_among, end)
    return total


def _swept(layers: Layers, links: Links, forward: bool) -> Layers:
    """Each layer in turn, sorted by the mean place of what its members are linked to."""
    swept = [list(layer) for layer in layers]
    turns = range(1, len(layers)) if forward else range(len(layers) - 2, -1, -1)
    for turn in turns:
        fixed = {node: i for i, node in enumerate(swept[turn - 1 if forward else turn + 1])}
        swept[turn] = _by_mean(swept[turn], fixed, links)
    return swept


def _by_mean(layer: list[int], fixed: Mapping[int, int], links: Links) -> list[int]:
    """Those without a link stay where they stand; the others are sorted among their places."""
    means = {
        node: sum(fixed[other] for other in links[node]) / len(links[node])
        for node in layer
        if links.get(node)
    }
    sorted_ones = iter(sorted(means, key=means.__getitem__))
    return [next(sorted_ones) if node in means else node for node in layer]


def _exchanged(layers: Layers, before: Links, after: Links) -> Layers:
    """Neighbours change places as long as that removes a crossing."""
    places = {node: i for layer in layers for i, node in enumerate(layer)}
    better = True
    while better:
        better = False
        for layer in layers:
            for i in range(len(layer) - 1):
                node, neighbour = layer[i], layer[i + 1]
                gain = sum(
                    _crossed(links.get(node, ()), links.get(neighbour, ()), places)
                    - _crossed(links.get(neighbour, ()), links.get(node, ()), places)
                    for links in (before, after)
                )
                if gain > 0:
                    layer[i], layer[i + 1] = neighbour, node
                    places[node], places[neighbour] = i + 1, i
                    better = True
    return layers


def _crossed(upper: Sequence[int], lower: Sequence[int], places: Mapping[int, int]) -> int:
    """Crossings of the links of two neighbours, the first one above the second."""
    return sum(places[a] > places[b] for a in upper for b in lower)
