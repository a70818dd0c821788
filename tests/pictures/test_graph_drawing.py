"""The drawn graph: every text is there, as it is, and stands in its place."""

from collections.abc import Callable, Sequence
from io import BytesIO

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.transforms import Bbox
from torch import Tensor, nn
from torch.nn import functional

from steepest.api.graph import graph
from steepest.arrays import Floats
from steepest.pictures.graph import GraphView
from steepest.results.graph import Graph

MANY = (
    "(a*x+b)^2+sin(c*x-d)*exp(-x^2/2)+log(1+exp(a*y))*cos(b*y+c)+sqrt(x^2+y^2+1)/(1+(x-y)^2)"
    "+tanh(d*x*y)-max(x,y)*min(a,b)+abs(x-a)*sigmoid(y-b)"
)


def network() -> Graph:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))

    def loss(x: Tensor, y: Tensor) -> Tensor:
        return functional.mse_loss(layers(x), y)

    return graph(loss, x=torch.ones(4, 2), y=torch.ones(4, 1))


GRAPHS: dict[str, Callable[[], Graph]] = {
    "lesson": lambda: graph("3*(a + b*c)", a=5, b=3, c=2),
    "used twice": lambda: graph("x*x + x", x=3),
    "neuron": lambda: graph("sigmoid(w1*x1 + w2*x2 + b)", w1=0.5, x1=2, w2=-1.5, x2=1, b=0.25),
    "one leaf": lambda: graph("x", x=-1e-300),
    "network": network,
    "58 nodes": lambda: graph(MANY, a=1, b=2, c=3, d=4, x=0.5, y=-0.25),
    "dollars": lambda: graph(lambda **v: v["$x$"] * v["$\\frac{"], **{"$x$": 1, "$\\frac{": 2}),
    "not finite": lambda: graph("log(x)/x", x=0),
}
STAGES = ("before", "forward", "backward")


def drawn(walk: Graph, stage: str) -> Axes:
    if stage == "forward":
        walk.forward()
    elif stage == "backward":
        walk.backward()
    return walk.plot()


def extents(axes: Axes) -> tuple[list[tuple[str, Bbox]], list[Bbox]]:
    """Texts and boxes with the places that they take on the page, in points."""
    figure = axes.figure
    assert isinstance(figure, Figure)
    figure.set_dpi(72)
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's
    texts = [(text.get_text(), text.get_window_extent(renderer)) for text in axes.texts]
    boxes = [
        patch.get_window_extent() for patch in axes.patches if isinstance(patch, FancyBboxPatch)
    ]
    return texts, boxes


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", GRAPHS)
def test_no_text_leaves_its_box_or_meets_another(name: str, stage: str) -> None:
    said, boxes = extents(drawn(GRAPHS[name](), stage))
    texts, places = [text for text, _ in said], [place for _, place in said]
    for i, j in np.argwhere(np.triu(covered(places, places), 1) > 1.0):
        pytest.fail(f"{texts[i]!r} meets {texts[j]!r}")
    for i, j in np.argwhere(covered(places, boxes) >= 1.0):
        place, box = places[i], boxes[j]
        assert box.x0 <= place.x0 and place.x1 <= box.x1, texts[i]
        assert box.y0 - 1 <= place.y0 and place.y1 <= box.y1 + 1, texts[i]
    assert not np.triu(covered(boxes, boxes), 1).any()


def covered(ones: Sequence[Bbox], others: Sequence[Bbox]) -> Floats:
    """How deep each of some reaches into each of others, the way that is shorter."""
    one, other = (np.array([box.extents for box in boxes]) for boxes in (ones, others))
    first = np.maximum(one[:, None, :2], other[:, :2])
    last = np.minimum(one[:, None, 2:], other[:, 2:])
    return np.maximum((last - first).min(axis=-1), 0.0)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_text_of_the_view_is_drawn_as_it_is(name: str) -> None:
    walk = GRAPHS[name]()
    axes = drawn(walk, "backward")
    view = GraphView.of(walk)
    wanted = [text for box in view.boxes for text in (box.title, box.value, box.gradient)]
    wanted += [text for arrow in view.arrows for text in (arrow.derivative, arrow.back)]
    assert sorted(filter(None, wanted)) == sorted(text.get_text() for text in axes.texts)
    assert not any(text.get_parse_math() for text in axes.texts)
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "value", "gradient", "local derivative", "gone back along",
    ]  # fmt: skip


def test_on_the_users_axes() -> None:
    figure = Figure(figsize=(8.0, 6.0))
    left, right = figure.subplots(1, 2)
    walk = graph("3*(a + b*c)", a=5, b=3, c=2)
    walk.backward()
    assert walk.plot(left) is left and walk.plot(right) is right
    figure.savefig(BytesIO(), format="png", dpi=50)
    texts, boxes = extents(left)
    assert len(boxes) == 6 and len(texts) == 24
    for text, place in texts:
        assert (covered([place], boxes) >= 0.5).any() or text in "123", text


def test_a_hundred_nodes_are_drawn_with_a_note() -> None:
    def repeated(x: Tensor, w: Tensor) -> Tensor:
        for _ in range(50):
            x = torch.sin(w * x)
        return x

    axes = graph(repeated, x=0.5, w=1.1).plot()
    assert "102 nodes are hard to read in one picture; text() lists them." in [
        text.get_text() for text in axes.texts
    ]
    figure = axes.figure
    assert isinstance(figure, Figure)
    assert max(figure.get_size_inches()) <= 30.0


def test_a_notebook_shows_the_picture() -> None:
    text = graph("3*x", x=2)._repr_svg_()
    assert text.startswith("<svg") and text.rstrip().endswith("</svg>")
