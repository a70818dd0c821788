"""The certificate of a minimum at a vertex: where a loss made of straight pieces has its only one.

At the minimum of absolute, quantile and hinge loss as many rows as parameters have residual 0, and
those equations determine it. It is the only one if the rows' multipliers are inside their ends
(`descent/interior_point.py`). How far θ is from it follows from the residuals of these rows, which
are computed exactly: Z_A δ = r_A.

Where they do not determine it, the minimum is a whole face: along a direction v with Z_A v = 0 the
objective stays as it is until the first other residual is 0.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space

from steepest.arrays import Floats
from steepest.descent.penalized_update import Proximal
from steepest.diagnosis.certificate import Certificate, linear_map
from steepest.problems.kinked_rows import KinkedRows
from steepest.problems.linear import LinearProblem
from steepest.wording.fact import Fact, fact

_EPS = float(np.finfo(np.float64).eps)
# Residuals below this share of the middle one are those of active rows.
_ACTIVE = 1e-9
# Multipliers are inside their ends by this share of the room between them.
_INSIDE = 1e-6
# More active rows for each parameter are not looked at: their residuals are sums of fractions.
_MOST_ROWS = 4
# Nor are more than these, of many equal rows, looked at for the directions that they leave free.
_MOST_NUMBERS = 10**7
_ROUNDING = 16.0 * _EPS
# What counts as 0 beside the sizes of what is summed.
_LEVEL = 1e-10


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


def other_minima(
    problem: LinearProblem, parameters: Floats, proximal: Proximal | None
) -> Fact | None:
    """That there are other minima beside `parameters` (d,), a minimum of a loss with kinks in the
    descent's coordinates: how far one parameter may move, in the user's units, and which move with
    it. None where this is the only one, or where that is not certain.
    """
    rows = KinkedRows.of(problem, None if proximal is None else proximal.sides)
    theta = rows.from_descent(parameters)
    residuals, scale = rows.residuals(theta), rows.spread
    sizes = np.abs(residuals)
    own = sizes[: rows.own]
    active = sizes <= max(_ACTIVE * float(np.median(own)), _ROUNDING * float(own.mean()))
    if active.sum() * len(theta) > _MOST_NUMBERS:
        return None
    bent = np.diag(np.sqrt(rows.curvature))[rows.curvature > 0.0]
    held = np.concatenate([rows.chosen(np.flatnonzero(active)), bent]) / scale
    free = null_space(held)
    shares = np.square(free).sum(axis=1)
    shares[problem.columns :] *= _LEVEL  # where a coefficient moves, it is named
    place = int(shares.argmax())
    if not shares[place] > 0.0:
        return None
    direction = free @ free[place]
    direction[np.abs(direction) <= _ACTIVE * np.abs(direction[place])] = 0.0
    along = rows.times(direction / scale)
    along[active] = 0.0
    slopes = np.where(residuals > 0.0, rows.above, -rows.below) * along
    if abs(float(slopes.sum())) > _LEVEL * float(np.abs(rows.weight * along).sum()):
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = np.where(along == 0.0, np.nan, residuals / along)
    user, moved = problem.to_user(parameters), linear_map(rows.problem) @ (direction / scale)
    room = np.array(
        [reached[reached < 0.0].max(initial=-np.inf), reached[reached > 0.0].min(initial=np.inf)]
    )
    low, high = sorted((user[place] + room * moved[place]).tolist())
    names = [problem.names[i] for i in np.flatnonzero(moved).tolist() if i != place]
    return fact("other minima", name=problem.names[place], low=low, high=high, others=names)


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
