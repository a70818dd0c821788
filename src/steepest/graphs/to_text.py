"""A graph as text: tables for people, Mermaid and DOT for other programs."""

import re
from collections.abc import Sequence

import numpy as np

from steepest.errors import printable
from steepest.graphs.graph import ComputationalGraph, Edge, Node
from steepest.graphs.values import Value, written
from steepest.wording.fact import fact, phrase, phrases
from steepest.wording.text_table import text_table

# What may have a meaning to Mermaid within quotes is written by number.
_SPECIAL = re.compile(r"[^\w .,=+\-*/():·×→≤≥≠…]")


def table(graph: ComputationalGraph) -> str:
    """The nodes, and the edges with their local derivatives; "–" is not there yet.

    >>> from steepest.api.graph import graph
    >>> lesson = graph("3*x", x=2)
    >>> values = lesson.backward()
    >>> print(table(lesson))
    node  operation  value  gradient
    x     leaf       2      3
    3     constant   3
    J     3 · x      6      1
    <BLANKLINE>
    edge   local derivative  flows back
    x → J  3                 3
    """
    nodes, edges = graph.nodes, [edge for edge in graph.edges if edge.carries]
    heads = phrases("node", "operation", "value", "gradient")
    parts = [_rows(heads, [_node_row(one) for one in nodes])]
    if edges:
        heads = phrases("edge of a graph", "local derivative", "flows back")
        parts.append(_rows(heads, [_edge_row(nodes, one) for one in edges]))
    parts += _first_fault(nodes)
    return "\n\n".join(parts)


def mermaid(graph: ComputationalGraph) -> str:
    """A Mermaid flowchart from left to right.

    >>> from steepest.api.graph import graph
    >>> print(mermaid(graph("3*x", x=2)))
    flowchart LR
        n0["x"]
        n1["3"]
        n2["J = 3 · x"]
        n1 --> n2
        n0 --> n2
    """
    lines = ["flowchart LR"]
    for node in graph.nodes:
        label = "<br/>".join(map(_mermaid, _label(node)))
        lines.append(f'    n{node.id}["{label}"]')
    for edge in graph.edges:
        label_part = "" if edge.derivative is None else f'|"{_mermaid(str(edge.derivative))}"|'
        lines.append(f"    n{edge.source} -->{label_part} n{edge.target}")
    return "\n".join(lines)


def dot(graph: ComputationalGraph) -> str:
    r"""A directed graph in DOT, from left to right.

    >>> from steepest.api.graph import graph
    >>> print(dot(graph("3*x", x=2)))
    digraph {
        rankdir=LR;
        node [shape=box];
        n0 [label="x"];
        n1 [label="3", shape=plain];
        n2 [label="J = 3 · x"];
        n1 -> n2;
        n0 -> n2;
    }
    """
    lines = ["digraph {", "    rankdir=LR;", "    node [shape=box];"]
    for node in graph.nodes:
        label = r"\n".join(map(_dot, _label(node)))
        shape = ", shape=plain" if node.kind == "constant" else ""
        lines.append(f'    n{node.id} [label="{label}"{shape}];')
    for edge in graph.edges:
        label_part = "" if edge.derivative is None else f' [label="{_dot(str(edge.derivative))}"]'
        lines.append(f"    n{edge.source} -> n{edge.target}{label_part};")
    return "\n".join([*lines, "}"])


def _label(node: Node) -> list[str]:
    """The lines of a node's box."""
    lines = [f"{node.name} = {node.expression}" if node.expression else node.name]
    if node.value is not None and node.named:
        lines.append(f"value {written(node.value)}")
    if node.gradient is not None:
        lines.append(f"gradient {written(node.gradient)}")
    return lines


def _mermaid(text: str) -> str:
    return _SPECIAL.sub(lambda letter: f"#{ord(letter[0])};", printable(text))


def _dot(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')


def _node_row(node: Node) -> tuple[str, ...]:
    gradient = "" if node.kind == "constant" else _or_dash(node.gradient)
    made = node.expression or phrase("leaf" if node.kind == "leaf" else "constant")
    return (node.name, made, _or_dash(node.value), gradient)


def _edge_row(nodes: Sequence[Node], edge: Edge) -> tuple[str, ...]:
    local = "–" if edge.derivative is None else str(edge.derivative)
    return (
        f"{nodes[edge.source].name} → {nodes[edge.target].name}",
        local,
        _or_dash(edge.gradient),
    )


def _first_fault(nodes: Sequence[Node]) -> list[str]:
    """Where the first value comes from that is not finite, though all it is made of is."""
    for node in nodes:
        parents = [nodes[place] for place in node.parents]
        if parents and not _finite(node) and all(map(_finite, parents)):
            at = {
                parent.name: _or_dash(parent.value)
                for parent in parents
                if parent.kind != "constant"
            }
            found = fact("no finite value", name=node.name, expression=node.expression, at=at)
            return [printable(str(found))]
    return []


def _finite(node: Node) -> bool:
    return node.value is None or bool(np.isfinite(node.value).all())


def _or_dash(value: Value | None) -> str:
    return "–" if value is None else written(value)


def _rows(heads: Sequence[str], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(text_table([heads, *rows], left=len(heads)))
