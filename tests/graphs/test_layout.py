"""Layout: nothing overlaps, edges go forward, few of them cross."""

import itertools

import numpy as np
import pytest

from steepest.graphs.layered_layout import Layout, layers_of, layout
from steepest.graphs.order import crossings, ordered

Edges = list[tuple[int, int]]


def random_graph(seed: int, count: int, per_node: int = 2) -> Edges:
    """Every node but the first few uses some before it, and all but the last are used."""
    rng = np.random.default_rng(seed)
    edges = []
    for target in range(3, count):
        near = rng.integers(max(0, target - 12), target, per_node)
        edges += [(int(source), target) for source in near]
    used = {source for source, _ in edges}
    return edges + [(source, count - 1) for source in range(count - 1) if source not in used]


def sizes_for(count: int, seed: int = 0) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    return [(float(w), float(h)) for w, h in rng.uniform((20, 15), (140, 60), (count, 2))]


def placed(edges: Edges, count: int) -> tuple[Layout, list[tuple[float, float]]]:
    sizes = sizes_for(count)
    return layout(sizes, edges, [25.0] * len(edges)), sizes


GRAPHS = {
    "chain": ([(0, 1), (1, 2), (2, 3)], 4),
    "lesson": ([(1, 3), (2, 3), (0, 4), (3, 4), (5, 6), (4, 6)], 7),
    "used twice": ([(0, 1), (0, 1), (1, 2), (0, 2)], 3),
    "alone": ([], 1),
    "unused": ([(0, 2)], 3),
    "star": ([(i, 9) for i in range(9)], 10),
    **{f"random {seed}": (random_graph(seed, 60), 60) for seed in range(6)},
    "crowded": (random_graph(9, 40, 4), 40),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_no_two_boxes_overlap(name: str) -> None:
    edges, count = GRAPHS[name]
    made, sizes = placed(edges, count)
    for i, j in itertools.combinations(range(count), 2):
        apart = np.abs(made.centres[i] - made.centres[j])
        room = (np.array(sizes[i]) + np.array(sizes[j])) / 2.0
        assert (apart >= room + 5.0).any(), (i, j)
    low, high = made.centres - np.array(sizes) / 2.0, made.centres + np.array(sizes) / 2.0
    assert low.min() >= -1e-9 and (high <= np.array(made.size) + 1e-9).all()


@pytest.mark.parametrize("name", GRAPHS)
def test_edges_go_forward_and_around_boxes(name: str) -> None:
    edges, count = GRAPHS[name]
    made, sizes = placed(edges, count)
    for (source, target), route in zip(edges, made.routes, strict=True):
        assert (np.diff(route[:, 0]) >= -1e-9).all()
        assert route[0] == pytest.approx(made.centres[source] + [sizes[source][0] / 2.0, 0.0])
        assert route[-1, 0] == pytest.approx(made.centres[target, 0] - sizes[target][0] / 2.0)
        assert abs(route[-1, 1] - made.centres[target, 1]) < sizes[target][1] / 2.0
        # The label stands on the straight end.
        assert route[-1, 0] - route[-2, 0] >= 25.0 and route[-1, 1] == route[-2, 1]
        for box in set(range(count)) - {source, target}:
            outside = np.abs(route - made.centres[box]) >= np.array(sizes[box]) / 2.0
            assert outside.any(axis=1).all()


@pytest.mark.parametrize("name", GRAPHS)
def test_arrows_arrive_apart(name: str) -> None:
    edges, count = GRAPHS[name]
    made, _ = placed(edges, count)
    ends = [tuple(route[-1]) for route in made.routes]
    assert len(set(ends)) == len(ends)


def test_nothing_is_random() -> None:
    edges, count = GRAPHS["random 0"]
    first, second = placed(edges, count)[0], placed(edges, count)[0]
    assert np.array_equal(first.centres, second.centres) and first.crossings == second.crossings


def test_layers() -> None:
    # The second leaf stands just before its use, not at the far left.
    assert layers_of(5, [(0, 1), (1, 2), (3, 4), (2, 4)]) == [0, 1, 2, 2, 3]


@pytest.mark.parametrize("name", ["chain", "lesson", "used twice", "star"])
def test_planar_graphs_have_no_crossings(name: str) -> None:
    assert placed(*GRAPHS[name])[0].crossings == 0


@pytest.mark.parametrize("seed", range(10))
def test_trees_have_no_crossings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 50
    edges = [(node, int(rng.integers(node + 1, count))) for node in range(count - 1)]
    order = rng.permutation(len(edges))
    assert placed([edges[i] for i in order], count)[0].crossings == 0


def test_a_butterfly_has_its_one_crossing() -> None:
    assert placed([(0, 2), (0, 3), (1, 2), (1, 3), (2, 4), (3, 4)], 5)[0].crossings == 1


def by_hand(layers: list[list[int]], after: dict[int, list[int]]) -> int:
    """Crossings, pair by pair."""
    total = 0
    for first, second in itertools.pairwise(layers):
        links = [(first.index(a), second.index(b)) for a in first for b in after.get(a, [])]
        total += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in itertools.combinations(links, 2))
    return total


@pytest.mark.parametrize("seed", range(8))
def test_fewer_crossings_than_as_given(seed: int) -> None:
    rng = np.random.default_rng(seed)
    layers = [list(range(10 * k, 10 * k + 10)) for k in range(6)]
    after: dict[int, list[int]] = {}
    before: dict[int, list[int]] = {}
    for k in range(5):
        for one, two in sorted({(int(a), int(b)) for a, b in rng.integers(0, 10, (16, 2))}):
            after.setdefault(10 * k + one, []).append(10 * k + 10 + two)
            before.setdefault(10 * k + 10 + two, []).append(10 * k + one)
    naive = crossings(layers, after)
    assert naive == by_hand(layers, after)
    better = ordered([list(layer) for layer in layers], before, after)
    assert [sorted(layer) for layer in better] == layers
    assert crossings(better, after) == by_hand(better, after) < naive / 2
