"""From what a user hands in to the problem that is minimised, and its start."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError, nearest
from steepest.formula.parse import parse
from steepest.formula.tree import Variable
from steepest.problems.function import FunctionProblem
from steepest.problems.known_functions import KNOWN, KnownFunction, is_known, known
from steepest.translation import joined, say

Objective: TypeAlias = str | KnownFunction | Callable[..., Any]
Start: TypeAlias = Any  # a number, numbers by position, numbers by name, or "random"


def pose(objective: Objective, start: Start, seed: int = 0) -> tuple[FunctionProblem, Floats]:
    """The problem, and the start (d,).

    >>> problem, begin = pose("x^2 - 4x + 5", 7)
    >>> problem.names, begin
    (('x',), array([7.]))
    """
    if isinstance(objective, str | KnownFunction):
        problem, customary = pose_text(objective, _count(start))
        start = customary if start is None else start
    elif callable(objective):
        problem, start = _pose_function(objective, start, seed)
    else:
        raise InputError(
            "what is minimised is a formula or a function, not {name}",
            name=type(objective).__name__,
        )
    if start is None:
        near = nearest(problem.text.casefold(), map(str.casefold, KNOWN))
        raise InputError(
            "a descent of {names} needs a start: a number for each, by place ({names_2}) or "
            "by name ({names_3}), or 'random'.{near}{names_4}",
            names=joined(problem.names),
            names_2=_example(problem.names, ""),
            names_3=_example(problem.names, "{}="),
            near=near,
            names_4=_joined(problem.names),
        )
    try:
        return problem, problem.start(start, seed=seed)
    except InputError as error:
        raise InputError(f"{error}{_joined(problem.names)}") from None


def _example(names: Sequence[str], before: str) -> str:
    """A start as it is typed.

    >>> _example(("x", "y"), "{}="), _example(("x", "y"), "")
    ('x=1,y=1', '1,1')
    """
    return ",".join(f"{before.format(name)}1" for name in names[:3]) + ",…" * (len(names) > 3)


def _joined(names: Sequence[str]) -> str:
    """Where a name may have been meant for the product of others, how that is written.

    >>> _joined(("xy", "x", "y")), _joined(("rate", "x"))
    (" Here 'xy' is one name; the product is x*y.", '')
    """
    for name in names:
        if len(name) > 1 and all(letter in names for letter in name):
            return say(
                " Here {name!r} is one name; the product is {name_2}.",
                name=name,
                name_2="*".join(name),
            )
    return ""


def pose_text(
    objective: str | KnownFunction, dimensions: int | None = None
) -> tuple[FunctionProblem, tuple[float, ...] | None]:
    """The problem of a formula or a known function, and a known function's customary start.

    A known function that comes in any number of dimensions takes on those that are asked for.
    """
    if isinstance(objective, str) and is_known(objective):
        objective = known(objective, None if dimensions == 2 else dimensions)
    if isinstance(objective, KnownFunction):
        least = objective.minima[0] if len(objective.minima) == 1 else None
        return FunctionProblem.of_formula(
            parse(objective.formula), minimizer=least
        ), objective.start
    formula = parse(objective)
    if isinstance(formula.tree, Variable):  # no formula to minimise; a function's name, mistyped
        near = nearest(formula.tree.name.casefold(), map(str.casefold, KNOWN))
        if near:
            raise InputError(
                "no known function is named {objective!r}.{near}",
                objective=objective.strip(),
                near=near,
            )
    return FunctionProblem.of_formula(formula), None


def _pose_function(
    function: Callable[..., Any], start: Start, seed: int
) -> tuple[FunctionProblem, Start]:
    if start is None:
        raise InputError(
            "a descent of a function needs a start, one number, vector or matrix for each argument"
        )
    return FunctionProblem.of_callable(function, start, seed=seed), start


def _count(start: Start) -> int | None:
    """How many numbers a start has, where it says."""
    if isinstance(start, np.ndarray):
        return start.size
    if isinstance(start, Mapping | Sequence) and not isinstance(start, str):
        return len(start)
    return None
