"""From an inner point to the minimum: the active rows, those with residual 0, are solved exactly.

Where the rows with rᵢ = 0 are known, and the sides on which the others lie, what is left is a
minimum of a quadratic under equations: θ moves until the active rows have residual 0 and, with
ridge, down the quadratic in the directions that they leave free; the others' multipliers are at
their ends, −b or a, and those of the active rows follow from Zᵀλ = Dθ. It is the minimum if no
multiplier is beyond its ends. Where the minimum is a whole face, θ moves to its nearest point.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.curvature.newton_step import pseudo_inverse
from steepest.problems.kinked_rows import KinkedRows

_EPS = float(np.finfo(float).eps)
# Of many active rows so many for each parameter are solved; the others have residual 0 with them.
_ROWS_PER_PARAMETER = 10
# What rounding may leave of Zᵀλ − Dθ, as a share of Σ|λᵢzᵢ|.
_ROUNDING = 64.0 * _EPS


class Solved(NamedTuple):
    """A minimum (d,) and its duality gap, which is rounding."""

    parameters: Floats
    gap: float


def solve_active_rows(
    rows: KinkedRows,
    parameters: Floats,
    x: Floats,
    s: Floats,
    active: NDArray[np.bool_],
    unit: float,
) -> Solved | None:
    """The minimum beside an inner point with dual x, s (n,), if these `active` rows (n,) are those
    of the minimum; else None. Residuals far below the `unit` are rounding.
    """
    places = np.flatnonzero(active)
    most = _ROWS_PER_PARAMETER * len(parameters) + len(rows.places)
    chosen = places
    if len(places) > most:
        spread = np.linspace(0, len(places) - 1, most).astype(np.intp)
        chosen = np.union1d(places[spread], places[places >= rows.own])
    z = rows.chosen(chosen)
    scale = rows.spread
    theta = parameters.copy()
    vectors, singular, basis = _factor(z / scale)
    for _ in range(2):  # the second takes off the rounding of the first
        residuals = rows.target[chosen] - z @ theta
        theta = theta + (basis.T @ ((vectors.T @ residuals) / singular)) / scale
    theta = rows.settled(theta, chosen)
    residuals = rows.residuals(theta)
    ends = np.where(residuals > 0.0, rows.above, -rows.below)
    multipliers = np.where(active, rows.multipliers(x, s), ends)
    if rows.curvature.any():
        theta = _down(rows, theta, multipliers, basis, scale)
        theta = rows.settled(theta, chosen)
        residuals = rows.residuals(theta)
        ends = np.where(residuals > 0.0, rows.above, -rows.below)
        multipliers = np.where(active, multipliers, ends)
    for _ in range(2):
        missing = rows.curvature * theta - rows.pulled(multipliers)
        multipliers[chosen] += _shares(z / scale, missing / scale, (rows.weight * x * s)[chosen])
        multipliers = np.clip(multipliers, -rows.below, rows.above)
    sizes = np.abs(rows.target[chosen]) + np.abs(z) @ np.abs(theta)
    noise = 8.0 * _EPS * float(rows.weight[active].sum()) * float(sizes.max(initial=unit))
    return _certified(rows, theta, residuals, multipliers, noise)


def solver(matrix: Floats) -> Callable[[Floats], Floats]:
    """b ↦ M⁺b for a positive semidefinite M (d, d), of which rounding alone counts as 0."""
    return pseudo_inverse(matrix, len(matrix) * _EPS)


def _factor(matrix: Floats) -> tuple[Floats, Floats, Floats]:
    """The singular value decomposition, without what is 0 but for rounding."""
    vectors, singular, basis = np.linalg.svd(matrix, full_matrices=False)
    kept = singular > max(matrix.shape) * _EPS * singular.max(initial=0.0)
    return vectors[:, kept], singular[kept], basis[kept]


def _shares(matrix: Floats, missing: Floats, room: Floats) -> Floats:
    """The multipliers (m,) with Zᵀλ = `missing` (d,) that are small beside their `room` (m,)."""
    vectors, singular, basis = _factor(room[:, None] * matrix)
    return np.asarray(room * (vectors @ ((basis @ missing) / singular)))


def _down(
    rows: KinkedRows, theta: Floats, multipliers: Floats, basis: Floats, scale: Floats
) -> Floats:
    """θ at the minimum of the quadratic over the directions that `basis` (k, d) leaves free."""
    dimension = len(theta)
    free = (
        np.linalg.svd(basis, full_matrices=True)[2][len(basis) :]
        if len(basis)
        else np.eye(dimension)
    )
    free = free / scale
    slope = rows.curvature * theta - rows.pulled(multipliers)
    solve = solver(free @ (rows.curvature[:, None] * free.T))
    return theta - free.T @ solve(free @ slope)


def _certified(
    rows: KinkedRows,
    theta: Floats,
    residuals: Floats,
    multipliers: Floats,
    noise: float,
) -> Solved | None:
    """The point and its gap, if that is rounding."""
    above, below = rows.above - multipliers, rows.below + multipliers
    gap = float(np.where(residuals > 0.0, above * residuals, -below * residuals).sum())
    pull = rows.pull
    missing = np.abs(rows.curvature * theta - rows.pulled(multipliers))
    if (missing <= _ROUNDING * (pull + rows.curvature * np.abs(theta))).all() and gap <= noise:
        return Solved(theta, gap)
    return None
