"""Tables, Mermaid and DOT: complete, and safe for whatever a user has written."""

import re

import torch
from torch.nn import functional

from steepest.api.graph import graph

NASTY = 'a"b]\\n; --> n0 <b>&#x27;`%%{\n'


def test_the_table_of_the_lesson() -> None:
    walk = graph("3*(a + b*c)", a=5, b=3, c=2)
    walk.forward()
    lines = walk.text().splitlines()
    assert lines[0].split() == ["node", "operation", "value", "gradient"]
    assert lines[4].split() == ["u", "b", "·", "c", "6", "–"]
    assert "b → u  –                 –" in lines
    walk.backward()
    lines = walk.text().splitlines()
    assert lines[4].split() == ["u", "b", "·", "c", "6", "3"]
    assert "b → u  2                 6" in lines
    assert "3 → J" not in walk.text()  # nothing flows to a constant
    assert str(walk) == walk.text()
    assert repr(walk) == "Graph(7 nodes, 6 edges, step 12 of 12)"


def test_mermaid_of_the_lesson() -> None:
    walk = graph("3*(a + b*c)", a=5, b=3, c=2)
    walk.backward()
    lines = walk.to_mermaid().splitlines()
    assert lines[0] == "flowchart LR"
    assert '    n3["u = b · c<br/>value 6<br/>gradient 3"]' in lines
    assert '    n1 -->|"2"| n3' in lines
    assert "    n5 --> n6" in lines


def test_dot_of_the_lesson() -> None:
    walk = graph("3*(a + b*c)", a=5, b=3, c=2)
    walk.backward()
    lines = walk.to_dot().splitlines()
    assert lines[0] == "digraph {" and lines[-1] == "}"
    assert r'    n3 [label="u = b · c\nvalue 6\ngradient 3"];' in lines
    assert '    n5 [label="3", shape=plain];' in lines
    assert '    n1 -> n3 [label="2"];' in lines


def test_text_of_the_user_is_escaped() -> None:
    # A keyword may be any text; an option of an operation stands in its expression.
    walk = graph(
        lambda **values: functional.interpolate(
            values[NASTY], scale_factor=2, mode="nearest"
        ).sum(),
        **{NASTY: torch.ones(1, 1, 2, dtype=torch.float64)},
    )
    walk.backward()
    check_mermaid(walk.to_mermaid())
    check_dot(walk.to_dot())
    assert len(walk.text().splitlines()) == 8


def check_mermaid(text: str) -> None:
    """Nothing but nodes and edges, whose quoted texts hold no special sign but entities."""
    safe = r'"(?:[^"`<>&\\%{};#\[\]]|#\d+;|<br/>)*"'
    node, edge = rf"    n\d+\[{safe}\]", rf"    n\d+ -->(?:\|{safe}\|)? n\d+"
    for line in text.splitlines()[1:]:
        assert re.fullmatch(f"{node}|{edge}", line), line
    assert "#34;" in text and "#92;" in text


def check_dot(text: str) -> None:
    """Every line ends where it should: quotes and backslashes within texts are escaped."""
    quoted = r'"(?:[^"\\]|\\\\|\\"|\\n)*"'
    node, edge = (
        rf"    n\d+ \[label={quoted}(?:, shape=plain)?\];",
        rf"    n\d+ -> n\d+(?: \[label={quoted}\])?;",
    )
    for line in text.splitlines()[3:-1]:
        assert re.fullmatch(f"{node}|{edge}", line), line
    assert r"a\"b" in text


def test_where_a_value_is_no_longer_finite() -> None:
    walk = graph("log(x) + x*3/y", x=-2, y=0)
    assert "no finite value" not in str(walk)
    walk.forward()
    assert str(walk).endswith("\n\nu = log(x) has no finite value at x = -2.")
    assert "no finite value" not in str(graph("log(x)", x=2))
