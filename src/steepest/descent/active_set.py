"""The minimum of a quadratic with an L1 penalty and bounds, by an active set.

    q(z) = gᵀ(z − z₀) + ½(z − z₀)ᵀH(z − z₀) + Σ aⱼ|zⱼ|        lower ≤ z ≤ upper

The free parameters have a sign each, so that q is a quadratic of them. Its minimum is gone to; if a
parameter meets 0 or a bound on the way, it stays there and is free no more. At the minimum of the
free ones the parameter that most wants to leave its place is set free, until none wants to. Each
step lowers q, so no set of free parameters comes twice (Osborne, Presnell and Turlach 2000).
"""

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats, principal
from steepest.curvature.newton_step import ScaledAxes, inverse_of_regular

# A slope along axes without curvature below this share of the steepest is 0.
_LEVEL = 1e-10
_STEPS_PER_PARAMETER = 20
# What the slope of a parameter, and of a direction, may be where it is nothing, as a share of what
# the terms of a predictor weigh.
_IDLE, _ROUNDING = 1e-9, 1e-14
# Of more parameters, or with more level directions, as where there are fewer rows than columns, any
# of the minima will do: each direction takes eigenvectors.
_MOST_PARAMETERS, _MOST_LEVEL = 500, 20
# A direction has no part in parameters with less of it.
_A_PART = 1e-6
_EPS = 4.0 * float(np.finfo(float).eps)


def active_set_minimum(
    start: Floats, slope: Floats, hessian: Floats, strengths: Floats, lower: Floats, upper: Floats
) -> Floats:
    """argmin of q, shape (d,). `slope` (d,) is that of the quadratic at `start`, H is (d, d) and
    positive semidefinite, the `strengths` are a.

    >>> one, wide = np.ones(2), np.full(2, np.inf)
    >>> active_set_minimum(0 * one, np.array([-3.0, -0.5]), np.eye(2), one, -wide, wide)
    array([2., 0.])
    """
    z, slope = start.copy(), slope.copy()
    noise = _EPS * (np.abs(slope) + np.abs(hessian) @ np.abs(z))
    root = np.sqrt(np.maximum(hessian.diagonal(), 0.0))
    steepest = _LEVEL * float((np.abs(slope)[root > 0.0] / root[root > 0.0]).max(initial=0.0))
    level = noise + steepest * root
    sign = np.sign(z)
    free = (z > lower) & (z < upper) & ((z != 0.0) | (strengths == 0.0))
    for _ in range(_STEPS_PER_PARAMETER * len(z)):
        if free.any():
            index = np.flatnonzero(free)
            pull = slope[index] + (strengths * sign)[index]
            size = float(np.abs(slope[index]).max())
            step, whole = _step(principal(hessian, index), pull, size, level[index])
            length, first, place = _length(z, step, index, sign, strengths, lower, upper)
            length = min(length, 1.0) if whole else length
            if not np.isfinite(length):
                return z  # q falls for ever: there is no minimum
            z[index] += length * step
            slope += hessian[:, index] @ (length * step)
            if not whole or length < 1.0:
                z[first], free[first] = place, False
                continue
        leaving = _most_wanting(z, slope, free, strengths, lower, upper, noise)
        if leaving is None:
            return z
        free[leaving], sign[leaving] = True, -np.sign(slope[leaving])
        if z[leaving] != 0.0:
            sign[leaving] = np.sign(z[leaving])
    return z


def cornered(
    z: Floats, slope: Floats, hessian: Floats, strengths: Floats, lower: Floats, upper: Floats
) -> Floats:
    """Of a stretch of minima, on which z (d,) with its `slope` (d,) lies, the end at which columns
    that others explain are held by 0 or a bound: the later in the table's order first.

    >>> one, wide = np.ones(2), np.full(2, np.inf)
    >>> cornered(one, 0.0 * one, np.ones((2, 2)), 0.0 * one, 0.0 * one, wide)
    array([2., 0.])
    """
    z, root = z.copy(), np.sqrt(np.maximum(hessian.diagonal(), 0.0))
    size = np.abs(root * z).max(initial=0.0)
    movable = (z > lower) & (z < upper) & ((z != 0.0) | (strengths == 0.0))
    # A bound may hold a parameter that does not press against it.
    movable |= (strengths == 0.0) & (np.abs(slope) <= _IDLE * size * root)
    while movable.any():
        index, sign = np.flatnonzero(movable), np.sign(z)
        way = _level_way(principal(hessian, index), z[index])
        if way is None:
            break
        fall = float(-way @ (slope + strengths * sign)[index])
        told = abs(fall) > _ROUNDING * size * float(root[index] @ np.abs(way))
        sides = [np.sign(fall)] if told else [1.0, -1.0]
        found = [(s, *_length(z, s * way, index, sign, strengths, lower, upper)) for s in sides]
        side, length, first, place = min(found, key=lambda end: np.isinf(end[1]))
        if not np.isfinite(length):
            break
        z[index] += side * length * way
        z[first], movable[first] = place, False
    return z


def _level_way(block: Floats, z: Floats) -> Floats | None:
    """A direction without curvature in which the last parameter that has one goes to 0; None where
    there is none, or too many.
    """
    if len(block) > _MOST_PARAMETERS or inverse_of_regular(block) is not None:
        return None
    axes = ScaledAxes.of(block)
    level = axes.vectors[:, ~axes.curved]
    if level.shape[1] > _MOST_LEVEL:
        return None
    parts = np.flatnonzero(np.abs(level).max(axis=1, initial=0.0) > _A_PART)
    if not len(parts):
        return None
    way = level @ level[parts[-1]]
    way[np.abs(way) <= _A_PART * np.abs(way).max()] = 0.0
    return np.asarray(-np.sign(z[parts[-1]]) * way / axes.spread)


def _step(block: Floats, pull: Floats, size: float, noise: Floats) -> tuple[Floats, bool]:
    """The step to the minimum of the free parameters, and whether there is one: else a direction
    in which the quadratic falls without curvature, by more than the `noise` (d,) of slopes.
    """
    if (inverse := inverse_of_regular(block)) is not None:
        return -inverse(pull), True
    axes = ScaledAxes.of(block)
    slopes = axes.slopes(pull)
    level = np.where(axes.curved, 0.0, slopes)
    steepest = np.abs(slopes).max(initial=0.0) + size / axes.spread.max()
    rounding = np.linalg.norm(noise / axes.spread)
    if np.abs(level).max(initial=0.0) > _LEVEL * steepest + rounding:
        return -axes.step(level), False
    return -axes.solved(slopes), True


def _length(
    z: Floats,
    step: Floats,
    index: NDArray[np.intp],
    sign: Floats,
    strengths: Floats,
    lower: Floats,
    upper: Floats,
) -> tuple[float, int, float]:
    """How many steps lead to where the first parameter meets 0 or a bound; which, and where."""
    here = z[index]
    to_zero = (strengths[index] > 0.0) & (sign[index] * step < 0.0)
    ends = np.where(step < 0.0, lower[index], upper[index])
    ends = np.where(to_zero & (np.abs(here) <= np.abs(ends - here)), 0.0, ends)
    with np.errstate(divide="ignore", invalid="ignore"):
        lengths = np.where(step != 0.0, (ends - here) / step, np.inf)
    lengths = np.where(np.isnan(lengths), np.inf, lengths)
    first = int(lengths.argmin())
    return float(lengths[first]), int(index[first]), float(ends[first])


def _most_wanting(
    z: Floats,
    slope: Floats,
    free: NDArray[np.bool_],
    strengths: Floats,
    lower: Floats,
    upper: Floats,
    noise: Floats,
) -> int | None:
    """The parameter at 0 or at a bound whose move lowers q most steeply; None where none does by
    more than the `noise` (d,) of slopes.
    """
    right = slope + np.where(z >= 0.0, strengths, -strengths)
    left = slope - np.where(z <= 0.0, strengths, -strengths)
    gain = np.maximum(np.where(z < upper, -right, 0.0), np.where(z > lower, left, 0.0))
    gain[free] = 0.0
    noise = noise + 1e-12 * (np.abs(slope) + strengths) + 1e-15 * np.abs(slope).max(initial=0.0)
    gain = np.where(gain > noise, gain, 0.0)
    most = int(gain.argmax())
    return most if gain[most] > 0.0 else None
