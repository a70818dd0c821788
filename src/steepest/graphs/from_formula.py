"""A formula as a tape: each distinct operation once, in float64."""

import math
from collections.abc import Mapping, Sequence
from reprlib import repr as shortened
from typing import TYPE_CHECKING

from steepest.errors import InputError, nearest
from steepest.formula.formula import Formula
from steepest.formula.functions import CONSTANTS
from steepest.graphs.phrase import usual
from steepest.graphs.tape import Cell, Tape, check_room, constant, leaf
from steepest.translation import joined, say

if TYPE_CHECKING:
    from torch import Tensor


def formula_tape(formula: Formula, values: Mapping[str, object]) -> Tape:
    """The tape of a formula at the values of its variables.

    A number that is used twice stands twice, each beside its use.
    Raises InputError where a value is missing, has another name or is no number.
    """
    import torch

    numbers = _checked(formula, values)
    cells: list[Cell] = []
    places: list[int | float] = []  # of an instruction: its cell, or its number if it is one
    for name, *rest in formula.instructions():
        if name == "number":
            places.append(float(rest[0]))
            continue
        if name == "variable":
            own = formula.names[int(rest[0])]
            made = leaf(own, torch.tensor(numbers[own], dtype=torch.float64), True)
        else:
            made = _operation(str(name), [_cell(cells, places[int(i)]) for i in rest], cells)
        check_room(len(cells), made.output, made.operation)
        cells.append(made)
        places.append(len(cells) - 1)
    return Tape.of(cells, _cell(cells, places[-1]))


def _cell(cells: list[Cell], place: int | float) -> int:
    """The place of a cell; a number gets a new cell at each use."""
    import torch

    if isinstance(place, int):
        return place
    named = [name for name, value in CONSTANTS.items() if value == place]
    name = named[0] if named else ""
    cells.append(constant(name, torch.tensor(place, dtype=torch.float64)))
    return len(cells) - 1


def _operation(name: str, parents: Sequence[int], cells: Sequence[Cell]) -> Cell:
    from steepest.formula.to_torch import tensor_functions

    inputs = [_own(cells[parent]) for parent in parents]
    output = tensor_functions()[name](*inputs)
    return Cell(
        "operation",
        "",
        name,
        usual(name, len(parents)),
        tuple(parents),
        tuple(one if one.requires_grad else None for one in inputs),
        output,
    )


def _own(cell: Cell) -> "Tensor":
    return cell.output.detach().clone().requires_grad_(cell.needs_gradient)


def _checked(formula: Formula, values: Mapping[str, object]) -> dict[str, float]:
    for name in values:
        if name not in formula.names:
            has = (
                say("it has {names}", names=joined(formula.names))
                if formula.names
                else say("it has none")
            )
            raise InputError(
                "the formula has no variable {name!r}; {has}.{name_2}",
                name=name,
                has=has,
                name_2=nearest(name, formula.names),
            )
    missing = [name for name in formula.names if name not in values]
    if missing:
        raise InputError(
            "the formula needs a value for {missing}, as in {missing_2}=1",
            missing=joined(missing),
            missing_2=missing[0],
        )
    return {name: _number(name, values[name]) for name in formula.names}


def _number(name: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]  # what is no number is told so below
    except (TypeError, ValueError, RuntimeError, OverflowError):
        number = math.nan
    if math.isnan(number):
        raise InputError("{name} needs a number, not {value}", name=name, value=shortened(value))
    return number
