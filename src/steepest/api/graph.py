"""`graph` takes a formula, a function or a module and returns its computational graph."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from steepest.formula.formula import Formula
from steepest.formula.parse import parse
from steepest.graphs.build import tape_of
from steepest.problems.known_functions import KnownFunction, is_known, known
from steepest.results.graph import Graph


def graph(source: str | KnownFunction | Formula | Callable[..., Any], /, **values: Any) -> Graph:
    """The computational graph of a formula, or of one call of a Python function or torch module.

    - `source`: a formula, the name of a known function ("rosenbrock"; see `steepest.functions`),
      a function of torch tensors or a torch module
    - `values`: of the formula's variables, or the arguments of the call; numbers and lists of
      numbers become float64 tensors (for a module, of its parameters' type)

    `graph.next()` takes one step: the value of one node, then the gradient along one edge;
    `forward()` and `backward()` take all that remain. A function runs once, and the graph is the
    way it took; where numbers leave torch in it (`x.item()`, `float(x)`), once more, and once for
    each such call, to see that the value does not depend on them.

    Raises InputError where a name or a value cannot be used, for more than 3000 nodes, and for a
    function whose value depends on numbers that left torch.

    >>> lesson = graph("3*(a + b*c)", a=5, b=3, c=2)
    >>> lesson.forward(), lesson.backward()
    (33.0, {'a': 3.0, 'b': 6.0, 'c': 9.0})
    """
    if isinstance(source, str) and is_known(source):
        source = known(source, None if len(values) in (0, 2) else len(values))
    if isinstance(source, KnownFunction):
        source = source.formula
    made = Graph(tape_of(source, values))
    made.page_state = _page_state(source, values)
    return made


def _page_state(source: object, values: dict[str, Any]) -> str:
    """The address of the graph room that shows this graph; "" where it has none such."""
    formula = parse(source) if isinstance(source, str) else source
    numbers = all(type(value) in (int, float) for value in values.values())
    if not isinstance(formula, Formula) or not numbers:
        return ""
    inputs = ",".join(repr(values[name]) for name in formula.names)
    graph = urlencode({"formula": formula.text, "inputs": inputs})
    return urlencode({"room": "graph", "graph": graph})
