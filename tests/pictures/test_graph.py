"""The picture of a graph as data: what is written where, and that it stands still."""

import numpy as np
import pytest

from steepest.api.graph import graph
from steepest.pictures.graph import READABLE, Box, GraphView, text_width
from steepest.wording.fact import text_of

LESSON = "3*(a + b*c)"


def titles(view: GraphView) -> dict[str, Box]:
    return {box.title: box for box in view.boxes}


def test_the_lesson_on_its_way() -> None:
    walk = graph(LESSON, a=5, b=3, c=2)
    view = GraphView.of(walk)
    assert [box.title for box in view.boxes] == [
        "a", "b", "c", "u = b · c", "v = a + u", "3", "J = 3 · v",
    ]  # fmt: skip
    assert all(not box.value and not box.gradient and not box.latest for box in view.boxes)
    assert [arrow.state for arrow in view.arrows] == ["waiting"] * 4 + ["none", "waiting"]

    walk.forward()
    view = GraphView.of(walk)
    assert [box.value for box in view.boxes] == ["5", "3", "2", "6", "11", "", "33"]
    assert [box.latest for box in view.boxes] == [False] * 6 + [True]
    assert {arrow.derivative for arrow in view.arrows} == {""}

    for _ in range(4):
        walk.next()
    view = GraphView.of(walk)
    assert titles(view)["u = b · c"].gradient == "dJ/du = 3"
    assert titles(view)["u = b · c"].latest
    assert titles(view)["b"].gradient == ""
    states = [arrow.state for arrow in view.arrows]
    assert states == ["waiting", "waiting", "gone", "gone", "none", "gone"]
    assert [arrow.edge for arrow in view.arrows if arrow.latest] == [3]

    walk.backward()
    view = GraphView.of(walk)
    assert [box.gradient for box in view.boxes] == [
        "dJ/da = 3", "dJ/db = 6", "dJ/dc = 9", "dJ/du = 3", "dJ/dv = 3", "", "dJ/dJ = 1",
    ]  # fmt: skip
    assert [arrow.derivative for arrow in view.arrows] == ["2", "3", "1", "1", "", "3"]
    assert {arrow.back for arrow in view.arrows} == {""}


def test_boxes_stand_still_while_the_walk_goes_on() -> None:
    walk = graph("sigmoid(w*x + b)*x", w=0.3, x=1.7, b=-2)
    first = GraphView.of(walk)
    for _ in walk.steps():
        view = GraphView.of(walk)
        assert [box.centre for box in view.boxes] == [box.centre for box in first.boxes]
        assert [box.size for box in view.boxes] == [box.size for box in first.boxes]
        assert view.size == first.size


def test_parts_are_shown_where_they_are_summed() -> None:
    walk = graph("x*x + x", x=3)
    walk.backward()
    arrows = GraphView.of(walk).arrows
    assert [(arrow.derivative, arrow.back) for arrow in arrows] == [
        ("3", "3"),
        ("3", "3"),
        ("1", ""),
        ("1", "1"),
    ]


def test_long_names_and_tensors_are_short() -> None:
    weights = {"a_rather_long_name_of_a_weight": np.ones((3, 4)), "x": np.ones(4)}
    walk = graph(
        lambda a_rather_long_name_of_a_weight, x: (a_rather_long_name_of_a_weight @ x).sum(),
        **weights,
    )
    walk.backward()
    boxes = GraphView.of(walk).boxes
    assert boxes[0].title == "a_rather_long_name_of_a…"
    assert boxes[0].gradient == "gradient 3×4 tensor, norm 3.464"
    assert boxes[2].title == "u = matmul(…)"
    assert boxes[2].value == "[4, 4, 4]"


@pytest.mark.parametrize(("count", "told"), [(READABLE // 2 - 1, False), (READABLE, True)])
def test_many_nodes_are_noted(count: int, told: bool) -> None:
    view = GraphView.of(
        graph("+".join(f"x{i}" for i in range(count)), **{f"x{i}": 1 for i in range(count)})
    )
    assert bool(text_of(view.notes)) == told
    assert not told or text_of(view.notes) == (
        f"{2 * count - 1} nodes are hard to read in one picture; text() lists them."
    )


def test_labels_stand_on_the_straight_ends_and_apart() -> None:
    walk = graph("(a*x + b)*(x - a)/(1 + x^2) + max(a, b, x, 2)*norm(a, b)", a=0.1, b=0.2, x=-0.3)
    walk.backward()
    view = GraphView.of(walk)
    places = []
    for arrow in view.arrows:
        x, y = arrow.place
        assert y == arrow.points[-1, 1] == arrow.points[-2, 1]
        assert arrow.points[-2, 0] <= x - arrow.room and x < arrow.points[-1, 0]
        places.append((x - arrow.room, x, y))
    for i, (left, right, y) in enumerate(places):
        for other_left, other_right, other_y in places[:i]:
            assert right < other_left or other_right < left or abs(y - other_y) >= 10.0


def test_a_wide_text_has_room() -> None:
    assert text_width("mmmm", 10.0) > text_width("llll", 10.0) > 0.0
    assert text_width("速度", 10.0) > 20.0


def test_a_graph_without_gradients_has_its_picture() -> None:
    walk = graph(lambda x: x * 2, x=[1.0, 2.0])
    walk.forward()
    assert [box.value for box in GraphView.of(walk).boxes] == ["[1, 2]", "", "[2, 4]"]
    walk = graph(lambda x: x // 1 * x, x=2.5)
    walk.forward()
    assert [box.value for box in GraphView.of(walk).boxes if box.value] == ["2.5", "2", "5"]
