"""A computational graph: as text for the terminal, plain data for JSON, and files."""

from pathlib import Path
from typing import Any

from steepest.cli.outputs import PICTURES, save_picture
from steepest.graphs.local_derivatives import Derivative
from steepest.graphs.names import derivative_name
from steepest.graphs.values import Value, written
from steepest.problems.known_functions import is_known, known
from steepest.results.graph import Graph
from steepest.storage.atomic_write import write_text
from steepest.wording.fact import phrase
from steepest.wording.numbers import in_turn
from steepest.wording.text_table import labelled

TEXTS = {".mmd": Graph.to_mermaid, ".dot": Graph.to_dot}
ENDINGS = (*PICTURES, *TEXTS)


def formula_of(text: str, values: int) -> str:
    """The formula itself, also where a known function's name was given for it.

    >>> formula_of("matyas", 2), formula_of("a*b", 2)
    ('0.26*(x^2 + y^2) - 0.48*x*y', 'a*b')
    """
    return known(text, None if values in (0, 2) else values).formula if is_known(text) else text


def save_graph(graph: Graph, file: str) -> None:
    """A picture, or the text of Mermaid or DOT, by the ending of the name."""
    text = TEXTS.get(Path(file).suffix.lower())
    if text is None:
        from steepest.pictures.graph import GraphView, plot

        save_picture(plot(GraphView.of(graph)), file)
    else:
        write_text(file, text(graph) + "\n")


def summarize(graph: Graph, formula: str, events: list[str]) -> str:
    """The result, the nodes with their values and gradients, the edges, and the steps taken."""
    name, value = graph.nodes[graph.result].name, graph.forward()
    # A formula may be no more than a name or a number.
    said = [" = ".join(dict.fromkeys([name, formula, written(value)]))]
    said += [
        f"{derivative_name(name, by)} = {written(gradient)}"
        for by, gradient in graph.gradients.items()
        if gradient is not None
    ]
    heading = labelled(phrase("Graph"), in_turn(said))
    return "\n\n".join(filter(None, [heading, graph.text(), "\n".join(events)]))


def to_dict(graph: Graph, formula: str, events: list[str]) -> dict[str, object]:
    """Plain data, under the keys of docs/json.md."""
    return {
        "formula": formula,
        "result": graph.result,
        "value": _plain(graph.value),
        "gradients": {name: _plain(value) for name, value in graph.gradients.items()},
        "nodes": [
            {
                "id": node.id,
                "name": node.name,
                "kind": node.kind,
                "operation": node.operation,
                "expression": node.expression,
                "value": _plain(node.value),
                "gradient": _plain(node.gradient),
                "parents": list(node.parents),
            }
            for node in graph.nodes
        ],
        "edges": [
            {
                "source": edge.source,
                "target": edge.target,
                "slot": edge.slot,
                "carries": edge.carries,
                "derivative": _derivative(edge.derivative),
                "gradient": _plain(edge.gradient),
            }
            for edge in graph.edges
        ],
        "steps": events,
    }


def _derivative(derivative: Derivative | None) -> Any:
    return None if derivative is None else _plain(derivative.values)


def _plain(value: Value | None) -> Any:
    return value if value is None or isinstance(value, float) else value.tolist()
