"""The certificate of a minimum at a vertex: where a loss made of straight pieces has its only one.

At the minimum of absolute, quantile and hinge loss as many rows as parameters have residual 0, and
those equations determine it. It is the only one if the rows' multipliers are inside their ends
(`descent/interior_point.py`). How far θ is from it follows from the residuals of these rows, which
are computed exactly: Z_A δ = r_A.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.diagnosis.certificate import Certificate, linear_map
from steepest.problems.kinked_rows import KinkedRows
from steepest.problems.linear import LinearProblem

_EPS = float(np.finfo(np.float64).eps)
# Residuals below this share of the middle one are those of active rows.
_ACTIVE = 1e-9
# Multipliers are inside their ends by this share of the room between them.
_INSIDE = 1e-6
# More active rows for each parameter are not looked at: their residuals are sums of fractions.
_MOST_ROWS = 4


def certify_vertex(problem: LinearProblem, parameters: Floats) -> Certificate | None:
    """How far `parameters` (d,), in the descent's coordinates, are from the only minimum of a loss
    with kinks and without penalty; None where this is no vertex, or may not be the only minimum.
    """
    penalty, features = problem.penalty, problem.features
    if penalty.absolute or penalty.squared or not isinstance(features, np.ndarray):
        return None
    rows = KinkedRows.of(problem)
    theta = rows.from_descent(parameters)
    residuals = rows.residuals(theta)
    sizes = np.abs(residuals)
    places = np.flatnonzero(sizes <= _ACTIVE * float(np.median(sizes)))
    if not len(theta) <= len(places) <= _MOST_ROWS * len(theta):
        return None
    z = rows.chosen(places)
    scale = rows.spread
    inverse = np.linalg.pinv(z / scale)
    if np.linalg.matrix_rank(z / scale) < len(theta) or not _inside(rows, residuals, places):
        return None
    user = problem.to_user(parameters)
    left = _exact_residuals(rows, places, user)
    gaps = np.abs(linear_map(rows.problem) @ (inverse @ left / scale))
    none = np.zeros(len(user))
    return Certificate(problem.names, user, gaps, none, _EPS * np.abs(user), None, False, True, 0.0)


def _inside(rows: KinkedRows, residuals: Floats, places: NDArray[np.intp]) -> bool:
    """Whether multipliers that balance all rows are inside their ends at the active `places`."""
    multipliers = np.where(residuals > 0.0, rows.above, -rows.below)
    middle = (rows.above - rows.below)[places] / 2.0
    multipliers[places] = middle
    scale = rows.spread
    z = rows.chosen(places) / scale
    change = np.linalg.lstsq(z.T, -rows.pulled(multipliers) / scale, rcond=None)[0]
    left = z.T @ change + rows.pulled(multipliers) / scale
    inside = np.abs(change) <= (0.5 - _INSIDE) * rows.weight[places]
    return bool(inside.all() and (np.abs(left) <= 1e-9 * rows.total).all())


def _exact_residuals(rows: KinkedRows, places: NDArray[np.intp], user: Floats) -> Floats:
    """tᵢ − xᵢᵀb − a (k,) of the rows at `places`, each rounded once."""
    problem = rows.problem
    line = [Fraction(value) for value in user.tolist()]
    offset = line[problem.columns] if problem.coordinates.intercept else Fraction(0)
    table = problem.features[places].astype(np.float64).tolist()
    found = [
        Fraction(target)
        - offset
        - sum((Fraction(x) * b for x, b in zip(row, line, strict=False)), Fraction(0))
        for target, row in zip(rows.target[places].tolist(), table, strict=True)
    ]
    return np.array([float(value) for value in found])
