"""A tree as a list of instructions: what is evaluated, in order, each distinct part once."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from steepest.formula.functions import CONSTANTS
from steepest.formula.tree import Apply, Constant, Node, Number, Variable

Instruction: TypeAlias = tuple[str | int | float, ...]


def instructions(tree: Node, names: Sequence[str]) -> list[Instruction]:
    """The instructions of a tree; the last one is its value.

    An instruction is `("number", value)`, `("variable", i)` for `names[i]`, or the name of a
    function followed by the places of its arguments in the list, which stand before it.

    >>> x = Variable("x")
    >>> square = Apply("mul", (x, x))
    >>> instructions(Apply("add", (square, square)), ["x"])
    [('variable', 0), ('mul', 0, 0), ('add', 1, 1)]
    """
    places: dict[Instruction, int] = {}
    waiting: list[int] = []
    for node in arguments_first(tree):
        instruction = _instruction(node, names, waiting)
        waiting.append(places.setdefault(instruction, len(places)))
    return list(places)


def arguments_first(tree: Node) -> Iterator[Node]:
    """The nodes, arguments before what uses them, left to right."""
    waiting: list[tuple[Node, bool]] = [(tree, False)]
    while waiting:
        node, ready = waiting.pop()
        if ready or not isinstance(node, Apply):
            yield node
        else:
            waiting.append((node, True))
            waiting.extend((argument, False) for argument in reversed(node.arguments))


def _instruction(node: Node, names: Sequence[str], waiting: list[int]) -> Instruction:
    """The instruction of a node, whose arguments are the last of `waiting` and leave it."""
    if isinstance(node, Number):
        return ("number", node.value)
    if isinstance(node, Constant):
        return ("number", CONSTANTS[node.name])
    if isinstance(node, Variable):
        return ("variable", names.index(node.name))
    first = len(waiting) - len(node.arguments)
    arguments = waiting[first:]
    del waiting[first:]
    return (node.function, *arguments)
