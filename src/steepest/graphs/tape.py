"""What was computed, in order: each value with its parents, and its operation kept ready to be
differentiated by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from steepest.errors import InputError
from steepest.graphs.phrase import Phrase

if TYPE_CHECKING:
    from torch import Tensor

Kind: TypeAlias = Literal["leaf", "constant", "operation"]

MOST_CELLS = 3000
MOST_NUMBERS = 1_000_000


@final
@dataclass(frozen=True, eq=False)
class Cell:
    """One value of the tape.

    - `name`: of a leaf, and of a constant that has one
    - `parents`: places in the tape, one for each argument; a value used twice stands twice
    - `inputs`: for each argument the operation's own copy, which torch differentiates by; None
      where no gradient flows
    - `output`: the operation's result from these copies; a leaf's or constant's own value
    """

    kind: Kind
    name: str
    operation: str
    phrase: Phrase
    parents: tuple[int, ...]
    inputs: tuple["Tensor | None", ...]
    output: "Tensor"

    @property
    def needs_gradient(self) -> bool:
        """Whether the result may depend on it smoothly."""
        return self.output.requires_grad


def leaf(name: str, value: "Tensor", needs_gradient: bool) -> Cell:
    """What the graph begins with: a variable, an input, a parameter of a module."""
    own = value.detach().clone().requires_grad_(needs_gradient)
    return Cell("leaf", name, "leaf", (), (), (), own)


def constant(name: str, value: "Tensor") -> Cell:
    """A value that nothing is differentiated by."""
    return Cell("constant", name, "constant", (), (), (), value.detach().clone())


@final
@dataclass(frozen=True, eq=False)
class Tape:
    """The cells, parents before what uses them, and the place of the result."""

    cells: tuple[Cell, ...]
    result: int

    @staticmethod
    def of(cells: Sequence[Cell], result: int, inputs: int = 0) -> "Tape":
        """The cells that the result is made of, and the first `inputs` cells in any case."""
        reached = {result}
        for place in range(result, -1, -1):
            if place in reached:
                reached.update(cells[place].parents)
        kept = [i for i in range(len(cells)) if i in reached or i < inputs]
        renumbered = {old: new for new, old in enumerate(kept)}
        return Tape(
            tuple(
                replace(cells[i], parents=tuple(renumbered[parent] for parent in cells[i].parents))
                for i in kept
            ),
            renumbered[result],
        )


def check_room(count: int, output: "Tensor", operation: str) -> None:
    """InputError where a graph has too many nodes, or a value too many numbers, to be looked at."""
    if count >= MOST_CELLS:
        raise InputError(
            "The graph has more than {MOST_CELLS} nodes. Hand in a smaller part: fewer turns "
            "of a loop, or one layer.",
            MOST_CELLS=MOST_CELLS,
        )
    if output.numel() > MOST_NUMBERS:
        raise InputError(
            "The value of {operation} holds {output} numbers; a graph is for small tensors, "
            "up to {MOST_NUMBERS} numbers. Use fewer rows.",
            operation=operation,
            output=output.numel(),
            MOST_NUMBERS=MOST_NUMBERS,
        )
