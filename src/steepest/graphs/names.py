"""Short names for what a person has not named: u, v, w, … between the leaves, J for the result."""

import re
from collections.abc import Iterator
from itertools import count

from steepest.graphs.tape import Tape
from steepest.graphs.values import plain, written

_BETWEEN = "uvwpqrst"
_RESULTS = ("J", "L", "F", "result")
_WORD = re.compile(r"\w+")


def short_names(tape: Tape) -> tuple[str, ...]:
    """A name for each cell: no two of leaves and operations share one.

    Leaves keep theirs, and a constant without one is called by its number.
    """
    taken = {cell.name for cell in tape.cells if cell.kind == "leaf"}
    between = sum(cell.kind == "operation" for cell in tape.cells) - 1
    free = _free(taken, between)
    names: list[str] = []
    for place, cell in enumerate(tape.cells):
        if cell.kind == "leaf":
            names.append(cell.name)
        elif cell.kind == "constant":
            names.append(cell.name or written(plain(cell.output), few=3))
        elif place == tape.result:
            names.append(next(name for name in _results() if name not in taken))
        else:
            names.append(next(free))
    return tuple(names)


def derivative_name(of: str, by: str) -> str:
    """The derivative of one named value by another.

    >>> derivative_name("J", "u"), derivative_name("J", "0.weight")
    ('dJ/du', 'dJ/d(0.weight)')
    """
    return f"d{_simple(of)}/d{_simple(by)}"


def _simple(name: str) -> str:
    return name if _WORD.fullmatch(name) else f"({name})"


def _free(taken: set[str], needed: int) -> Iterator[str]:
    letters = [letter for letter in _BETWEEN if letter not in taken]
    if needed <= len(letters):
        yield from letters
    yield from (name for name in (f"v{i}" for i in count(1)) if name not in taken)


def _results() -> Iterator[str]:
    yield from _RESULTS
    yield from (f"J{i}" for i in count(1))
