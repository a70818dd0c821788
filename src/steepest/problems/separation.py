"""Separation: a direction along which the objective falls for ever, so that there is no minimum.

A logistic loss goes to 0 where the linear predictor of its class goes to infinity, and a Poisson
loss of a count of 0 where it goes to minus infinity. If a direction v moves no row the other way,
and at least one row this way, the objective falls along v without end (Albert and Anderson 1984).
With x̃ᵢ the row in the descent's coordinates, v has to fulfil

    logistic       x̃ᵢᵀv ≥ 0 where yᵢ = 1,  x̃ᵢᵀv ≤ 0 where yᵢ = 0
    multinomial    x̃ᵢᵀ(v_c − v_k) ≥ 0 for the row's class c and every other class k
    Poisson,       x̃ᵢᵀv ≤ 0 where yᵢ = 0,  x̃ᵢᵀv = 0 elsewhere
    Tweedie

Whether there is one is a linear programme, max Σ x̃ᵢᵀv within −1 ≤ v ≤ 1 (Konis 2007). It is solved
on few of the rows; those that its answer moves the wrong way are added, until none is left. Of rows
that are elsewhere one look tells whether a direction that is at hand is one, such as Newton's last
step, which turns into it.
"""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.losses import Logistic, Multinomial, Poisson, Tweedie
from steepest.problems.design_matrix import measure_coordinates
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel

# Rows, of length 1, that the direction moves by less than this are not moved at all.
_UNMOVED = 1e-7
# What rounding may leave of a row that is not to be moved.
_ROUNDING = 1e-10
# A direction must move some row by this much.
_MOVED = 1e-5
# Changes of parameters below this share of the largest are rounding of a direction at hand.
_STRAY = 1e-5
# So many rows are constraints at first, and so many are added at a time.
_ROWS = 1000
_ROUNDS = 50


@final
@dataclass(frozen=True, eq=False)
class Separation:
    """A direction (d,), in the descent's coordinates, along which the objective falls for ever.

    - `columns`: names of the parameters that it changes, intercepts left out
    - `rows`, `of`: how many rows it moves, of how many
    """

    direction: Floats
    columns: tuple[str, ...]
    rows: int
    of: int


def find_separation(
    problem: LinearProblem, lower: Floats | None = None, end: Floats | None = None
) -> Separation | None:
    """The separation of the problem's rows; None where there is none, and so is a minimum.

    - `lower` (d,): bounds of the parameters, −inf where there is none
    - `end` (d,): where a descent has gone; if it classifies every row rightly, it is a direction

    >>> from steepest.losses import Logistic
    >>> apart = LinearProblem.of([[1.0], [2], [3], [4]], [0, 0, 1, 1], loss=Logistic())
    >>> mixed = LinearProblem.of([[1.0], [2], [3], [4]], [0, 1, 0, 1], loss=Logistic())
    >>> find_separation(apart).columns, find_separation(mixed)
    (('x',), None)
    """
    if problem.penalty.absolute or problem.penalty.squared:
        return None  # the penalty grows along every direction but the intercept's
    falls = isinstance(problem.loss, Logistic | Multinomial | Poisson | Tweedie)
    if falls and problem.columns and (problem.coordinates.spread == 1.0).all():
        return _standardized(problem, lower, end)
    return _find(problem, lower, end)


def _standardized(
    problem: LinearProblem, lower: Floats | None, end: Floats | None
) -> Separation | None:
    """The same of columns in any units: it is found where they have mean 0 and spread 1."""
    intercept = problem.coordinates.intercept
    coordinates = measure_coordinates(
        problem.features, problem.weights, standardize=True, intercept=intercept
    )
    whole = replace(problem, coordinates=coordinates)
    there = None if end is None else whole.from_user(problem.to_user(end))
    found = _find(whole, lower, there)
    if found is None:
        return None
    return replace(found, direction=problem.from_user(whole.to_user(found.direction)))


def _find(problem: LinearProblem, lower: Floats | None, end: Floats | None) -> Separation | None:
    if end is not None and (found := _complete(problem, end)) is not None:
        return found
    forward, level = _constraints(problem)
    if not len(forward):
        return None
    basis = _null_space(level, forward.shape[1])
    if not basis.shape[1]:
        return None
    direction = _direction(forward @ basis, basis, lower)
    if direction is None:
        return None
    direction = _cleaned(direction, forward, level)
    if direction is None:
        return None
    moved = forward @ direction > _UNMOVED
    per_row = problem.predictors - 1 if isinstance(problem.loss, Multinomial) else 1
    rows = int(moved.reshape(-1, per_row).any(axis=1).sum())
    return Separation(direction, _changed(problem, direction), rows, len(problem.target))


def confirm_separation(problem: LinearModel, direction: Floats) -> Separation | None:
    """The separation along a direction (d,) that is at hand, if it moves no row backward: one look
    at the rows. None where it does, and with a penalty.
    """
    size = np.abs(direction).max(initial=0.0)
    penalty = problem.penalty
    if not (0.0 < size < np.inf) or penalty.absolute or penalty.squared:
        return None
    direction = np.where(np.abs(direction) > _STRAY * size, direction / size, 0.0)
    moved = problem.moved_rows(direction, _UNMOVED)
    if moved is None or moved.backward or not moved.forward:
        return None
    return Separation(direction, _changed(problem, direction), moved.forward, moved.of)


def _complete(problem: LinearProblem, end: Floats) -> Separation | None:
    """The separation along the parameters `end` (d,), if they move every row forward."""
    size = np.abs(end).max(initial=0.0)
    if not 0.0 < size < np.inf:
        return None
    moved = problem.moved_rows(end / size, _UNMOVED)
    if moved is None or moved.wholly < moved.of:
        return None
    return Separation(end / size, _changed(problem, end), moved.of, moved.of)


def _changed(problem: LinearModel, direction: Floats) -> tuple[str, ...]:
    """The names of the parameters that the direction changes, intercepts left out."""
    changed = np.abs(direction) > 1e-6 * np.abs(direction).max()
    places = np.flatnonzero(changed & problem.penalized)
    return tuple(problem.names[place] for place in places)


def _constraints(problem: LinearProblem) -> tuple[Floats, Floats]:
    """Rows of length 1 that the direction may only move forward, and rows it may not move."""
    loss, y = problem.loss, problem.target
    rows = np.concatenate(list(problem.rows()))
    if problem.weights is not None:
        rows, y = rows[problem.weights > 0.0], y[problem.weights > 0.0]
    none = np.empty((0, len(problem.names)))
    if isinstance(loss, Logistic):
        return _unit(rows * (2.0 * y - 1.0)[:, None]), none
    if isinstance(loss, Poisson) or (isinstance(loss, Tweedie) and loss.power < 2.0):
        return _unit(-rows[y == 0.0]), _unit(rows[y > 0.0])
    if isinstance(loss, Multinomial):
        return _unit(_between_classes(rows, y.astype(np.intp), problem.predictors)), none
    return none, none


def _between_classes(rows: Floats, codes: np.ndarray, classes: int) -> Floats:
    """x̃ᵀ(v_c − v_k) as rows of v, for the class c of each row and every other k."""
    count, width = rows.shape
    wide = np.zeros((count, classes - 1, classes, width))
    for i, own in enumerate(codes.tolist()):
        others = [k for k in range(classes) if k != own]
        wide[i, :, own] = rows[i]
        wide[i, np.arange(classes - 1), others] = -rows[i]
    return wide.reshape(count * (classes - 1), classes * width)


def _unit(rows: Floats) -> Floats:
    length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return np.asarray(rows / np.where(length > 0.0, length, 1.0))


def _null_space(level: Floats, width: int) -> Floats:
    """Orthonormal columns of directions that move none of these rows."""
    if not len(level):
        return np.eye(width)
    triangle = np.linalg.qr(level, mode="r")
    _, sizes, vectors = np.linalg.svd(triangle)
    full = np.zeros(width)
    full[: len(sizes)] = sizes
    return np.asarray(vectors[full <= _ROUNDING * full.max(initial=1.0)].T)


def _direction(forward: Floats, basis: Floats, lower: Floats | None) -> Floats | None:
    """A direction (d,) that moves rows forward and none backward; None where there is none."""
    from scipy.optimize import linprog

    gain = forward.sum(axis=0)
    least = np.full(len(basis), -1.0)
    if lower is not None:
        least[np.isfinite(lower)] = 0.0
    box = np.vstack([basis, -basis])
    limits = np.concatenate([np.ones(len(basis)), -least])
    used = np.zeros(len(forward), dtype=np.bool_)
    used[:: max(1, len(forward) // _ROWS)] = True
    for _ in range(_ROUNDS):
        found = linprog(
            -gain,
            A_ub=np.vstack([-forward[used], box]),
            b_ub=np.concatenate([np.zeros(int(used.sum())), limits]),
            bounds=(None, None),
            method="highs",
            options={"primal_feasibility_tolerance": 1e-10},
        )
        if found.x is None or -found.fun <= _MOVED:
            return None
        moves = forward @ found.x
        wrong = np.flatnonzero((moves < -_UNMOVED) & ~used)
        if not len(wrong):
            return np.asarray(basis @ found.x)
        used[wrong[np.argsort(moves[wrong])][:_ROWS]] = True
    return None


def _cleaned(direction: Floats, forward: Floats, level: Floats) -> Floats | None:
    """The direction without what rounding added; None where it then moves a row backward."""
    still = np.abs(forward @ direction) <= _UNMOVED
    basis = _null_space(np.vstack([level, forward[still]]), len(direction))
    direction = basis @ (basis.T @ direction)
    size = np.abs(direction).max(initial=0.0)
    if not size > 0.0:
        return None
    moves = forward @ (direction / size)
    good = moves.min() >= -_ROUNDING and moves.max() > _MOVED
    return direction / size if good else None
