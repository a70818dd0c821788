"""The walk through a graph: lesson L3's numbers, one thing a step, sums of a value used twice."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from steepest.api.graph import graph
from steepest.errors import InputError
from steepest.formula.parse import parse
from steepest.graphs.graph import Node
from steepest.results.graph import Graph

LESSON = "3*(a + b*c)"


def by_name(walk: Graph) -> dict[str, Node]:
    return {node.name: node for node in walk.nodes}


def test_the_lesson() -> None:
    walk = graph(LESSON, a=5, b=3, c=2)
    assert walk.forward() == 33.0
    nodes = by_name(walk)
    assert (nodes["u"].expression, nodes["u"].operation, nodes["u"].value) == ("b · c", "mul", 6.0)
    assert (nodes["v"].expression, nodes["v"].value) == ("a + u", 11.0)
    assert (nodes["J"].expression, nodes["J"].value) == ("3 · v", 33.0)
    assert walk.backward() == {"a": 3.0, "b": 6.0, "c": 9.0}
    nodes = by_name(walk)
    assert (nodes["v"].gradient, nodes["u"].gradient, nodes["J"].gradient) == (3.0, 3.0, 1.0)
    local = {
        (walk.nodes[edge.source].name, walk.nodes[edge.target].name): edge.derivative.values
        for edge in walk.edges
        if edge.derivative is not None
    }
    assert local == {("b", "u"): 2, ("c", "u"): 3, ("a", "v"): 1, ("u", "v"): 1, ("v", "J"): 3}


def test_the_lesson_in_words() -> None:
    assert [str(event) for event in graph(LESSON, a=5, b=3, c=2).steps()] == [
        "a = 5",
        "b = 3",
        "c = 2",
        "u = b · c = 3 · 2 = 6",
        "v = a + u = 5 + 6 = 11",
        "J = 3 · v = 3 · 11 = 33",
        "dJ/dJ = 1",
        "dJ/dv = 1 · 3 = 3",
        "dJ/da = dJ/dv · dv/da = 3 · 1 = 3",
        "dJ/du = dJ/dv · dv/du = 3 · 1 = 3",
        "dJ/db = dJ/du · du/db = 3 · 2 = 6",
        "dJ/dc = dJ/du · du/dc = 3 · 3 = 9",
    ]


def test_a_step_does_one_thing() -> None:
    walk = graph("x*y + sin(x)", x=0.5, y=2)
    before = known(walk)
    assert before == (0, 0, 0)
    while not walk.done:
        event = walk.next()
        after = known(walk)
        values, gradients, edges = (b - a for a, b in zip(before, after, strict=True))
        if event.kind == "value":
            assert (values, gradients, edges) == (1, 0, 0)
        else:
            # The first of several edges makes a gradient known, the others add to it.
            assert values == 0 and gradients in (0, 1)
            assert edges == (event.edge is not None)
        before = after
    assert known(walk) == (5, 5, 5)


def known(walk: Graph) -> tuple[int, int, int]:
    """Nodes with values (constants apart), nodes with gradients, edges gone back along."""
    nodes = [node for node in walk.nodes if node.kind != "constant"]
    return (
        sum(node.value is not None for node in nodes),
        sum(node.gradient is not None for node in nodes),
        sum(edge.gradient is not None for edge in walk.edges),
    )


def test_nothing_is_known_before_the_walk_and_after_reset() -> None:
    walk = graph(LESSON, a=5, b=3, c=2)
    for _ in range(2):
        assert walk.value is None and walk.last is None and not walk.done
        assert walk.gradients == {"a": None, "b": None, "c": None}
        assert [node.value for node in walk.nodes if node.kind != "constant"] == [None] * 6
        assert [node.value for node in walk.nodes if node.kind == "constant"] == [3.0]
        walk.backward()
        assert walk.done and walk.value == 33.0
        walk.reset()
    walk.next()
    assert walk.backward() == {"a": 3.0, "b": 6.0, "c": 9.0}


def test_a_step_beyond_the_end() -> None:
    walk = graph("x", x=2)
    assert [str(event) for event in walk.steps()] == ["x = 2", "dx/dx = 1"]
    with pytest.raises(InputError, match="the walk is at its end"):
        walk.next()


def test_a_value_used_twice_sums_what_comes_back() -> None:
    walk = graph("x*x + x", x=3)
    assert [str(event) for event in walk.steps()][-3:] == [
        "dJ/dx += 1 · 1 = 1, now 1",
        "dJ/dx += dJ/du · du/dx (1 of 2) = 1 · 3 = 3, now 4",
        "dJ/dx += dJ/du · du/dx (2 of 2) = 1 · 3 = 3, now 7",
    ]
    assert walk.gradients == {"x": 7.0}


def test_an_expression_that_stands_twice_is_one_node() -> None:
    walk = graph("(a+b)*sin(a+b)", a=0.25, b=0.5)
    assert [node.expression for node in walk.nodes if node.expression] == [
        "a + b",
        "sin(u)",
        "u · v",
    ]
    slope = math.sin(0.75) + 0.75 * math.cos(0.75)
    assert walk.backward() == {"a": pytest.approx(slope), "b": pytest.approx(slope)}
    assert by_name(walk)["u"].gradient == pytest.approx(slope)


def test_negative_numbers_stand_in_brackets() -> None:
    events = [str(event) for event in graph("a - b*c", a=1, b=-2, c=3).steps()]
    assert "u = b · c = (-2) · 3 = -6" in events
    assert "dJ/dc = dJ/du · du/dc = -1 · (-2) = 2" in events


def test_names_between_do_not_collide_with_the_users() -> None:
    walk = graph("u*J + v*w", u=1, J=2, v=3, w=4)
    names = [node.name for node in walk.nodes]
    assert len(set(names)) == len(names) == 7
    assert walk.backward() == {"u": 2.0, "J": 1.0, "v": 4.0, "w": 3.0}


def test_a_constant_has_no_gradient_and_is_not_stepped_to() -> None:
    walk = graph("pi*x^2 + 2*3", x=2)
    walk.backward()
    constants = [node for node in walk.nodes if node.kind == "constant"]
    assert [node.name for node in constants] == ["2", "pi", "2", "3"]
    assert {node.gradient for node in constants} == {None}
    six = next(node for node in walk.nodes if node.expression == "2 · 3")
    assert (six.value, six.gradient) == (6.0, None)
    assert walk.gradients == {"x": pytest.approx(4.0 * math.pi)}


def test_a_formula_without_variables() -> None:
    walk = graph("2 + 3")
    assert walk.forward() == 5.0 and walk.done
    assert walk.backward() == {}


FORMULAS = [
    "(1 - x)^2 + 100*(y - x^2)^2",
    "sigmoid(x*y) * tanh(x - y) / (1 + exp(-x))",
    "sqrt(x^2 + y^2) + log(1 + x^2) + log2(3 + y) + log10(5 + x)",
    "max(x, y, 0.1) * min(x, y) + abs(x - 2*y) + norm(x, y, 1)",
    "relu(x) + softplus(y) + sinh(x) + cosh(y) + asin(x/9) + acos(y/9) + atan(x)",
    "x^y + 2^x - -y + tan(x/4)",
]


@pytest.mark.parametrize("text", FORMULAS)
@settings(max_examples=20)
@given(x=st.floats(0.1, 3.0), y=st.floats(0.1, 3.0))
def test_formulas_against_torch(text: str, x: float, y: float) -> None:
    walk = graph(text, x=x, y=y)
    formula = parse(text)
    point = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
    value = formula.to_torch()(point)
    (slope,) = torch.autograd.grad(value, point)
    names = formula.names
    assert names == ("x", "y")
    assert walk.forward() == pytest.approx(value.item(), rel=1e-12)
    assert walk.backward() == pytest.approx(dict(zip(names, slope.tolist(), strict=True)), rel=1e-9)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_flows_back_is_the_product_and_sums_up(text: str) -> None:
    walk = graph(text, x=0.75, y=1.25)
    walk.backward()
    nodes = walk.nodes
    for node in nodes:
        if node.gradient is None or node.id == walk.result:
            continue
        parts = [edge for edge in walk.edges if edge.source == node.id and edge.carries]
        assert node.gradient == pytest.approx(sum(edge.gradient for edge in parts))  # type: ignore[misc]  # numbers
        for edge in parts:
            above = nodes[edge.target].gradient
            assert edge.derivative is not None and edge.derivative.values is not None
            assert above is not None and edge.gradient is not None
            assert edge.gradient == pytest.approx(above * edge.derivative.values)


def test_a_value_that_is_not_finite_is_shown_where_it_arises() -> None:
    walk = graph("log(x) + 1", x=-1)
    events = [str(event) for event in walk.steps()]
    assert events[1] == "u = log(x) = log(-1) = nan"
    assert np.isnan(walk.value)  # type: ignore[arg-type]  # a number after the walk


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("3*(a+b)", {"a": 1}, "the formula needs a value for b, as in b=1"),
        (
            "rate*x",
            {"rate": 1, "x": 1, "rat": 2},
            "the formula has no variable 'rat'; it has rate, x. Did you mean 'rate'?",
        ),
        ("2*a", {"a": "x"}, "a needs a number, not 'x'"),
        ("2*a", {"a": [1.0, 2.0]}, "a needs a number, not [1.0, 2.0]"),
        ("2+3", {"a": 1}, "the formula has no variable 'a'; it has none."),
    ],
)
def test_wrong_values(text: str, values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        graph(text, **values)
    assert str(error.value) == message


def test_what_is_no_formula_and_no_function() -> None:
    with pytest.raises(InputError, match="made from a formula, a function or a module, not 3"):
        graph(3)  # type: ignore[arg-type]  # that is the point


def test_too_many_nodes() -> None:
    with pytest.raises(InputError, match="more than 3000 nodes"):
        graph(lambda x: sum([x * i for i in range(2000)]), x=1.0)
