"""A tree as a list of instructions, each distinct part once, and their values at a point."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from steepest.formula.functions import CONSTANTS, FUNCTIONS
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


def evaluate(instructions: Sequence[Instruction], values: Sequence[float]) -> list[float]:
    """The value of each instruction, for the values of the variables.

    >>> evaluate([("variable", 0), ("number", 2.0), ("pow", 0, 1)], [3.0])
    [3.0, 2.0, 9.0]
    """
    answers: list[float] = []
    for name, *rest in instructions:
        if name == "number":
            answers.append(float(rest[0]))
        elif name == "variable":
            answers.append(float(values[int(rest[0])]))
        else:
            answers.append(FUNCTIONS[str(name)].scalar(*(answers[int(i)] for i in rest)))
    return answers


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
