"""The tree of a formula. Every consumer (torch, SymPy, graph, instructions) walks this one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, final

Node: TypeAlias = "Number | Constant | Variable | Apply"


@final
@dataclass(frozen=True)
class Number:
    """A number as it was typed: `text` keeps its exact decimal value."""

    text: str
    column: int = field(default=0, compare=False)

    @property
    def value(self) -> float:
        """The nearest float64."""
        return float(self.text)


@final
@dataclass(frozen=True)
class Constant:
    """`pi` or `e`."""

    name: str
    column: int = field(default=0, compare=False)


@final
@dataclass(frozen=True)
class Variable:
    """A parameter of the formula."""

    name: str
    column: int = field(default=0, compare=False)


@final
@dataclass(frozen=True)
class Apply:
    """A function of the table in `functions.py`, operators included, applied to its arguments.

    `column` counts from 1 and is where the function or operator stands in the text.
    """

    function: str
    arguments: tuple[Node, ...]
    column: int = field(default=0, compare=False)


def variables(tree: Node) -> tuple[str, ...]:
    """Names of the variables, in the order in which they first appear.

    >>> variables(Apply("add", (Variable("y"), Apply("mul", (Variable("x"), Variable("y"))))))
    ('y', 'x')
    """
    return tuple(dict.fromkeys(node.name for node in walk(tree) if isinstance(node, Variable)))


def walk(tree: Node) -> Iterator[Node]:
    """The nodes in the order in which they are written: a node, then its arguments."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Apply):
            waiting.extend(reversed(node.arguments))
