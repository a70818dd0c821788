"""The best constant for a sample: its mean, a quantile, or where its slopes balance."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses.loss import ScalarLoss

_ROUNDING = float(np.finfo(np.float64).eps)
_MOST_STEPS = 300  # bisection alone needs about 60 from the widest bracket to the last bit


def weighted(y: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    """Targets and weights (m,) of the rows that weigh anything.

    Raises InputError if there is none.
    """
    y = np.asarray(y, dtype=np.float64)
    w = np.ones(y.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    counted = w > 0.0
    if not counted.any():
        raise InputError("no row has weight: a loss needs at least one row to start from.")
    return y[counted], w[counted]


def weighted_mean(y: Floats, weights: Floats | None) -> float:
    """Σ w y / Σ w."""
    if weights is None and len(y):
        return float(np.mean(y, dtype=np.float64))
    y, w = weighted(y, weights)
    return float(np.average(y, weights=w))


def weighted_quantile(y: Floats, weights: Floats | None, quantile: float) -> float:
    """The point with that share of the weight below it; the middle, where an interval has it.

    >>> weighted_quantile(np.array([4.0, 1.0, 2.0, 9.0]), None, 0.5)
    3.0
    """
    y, w = weighted(y, weights)
    order = np.argsort(y)
    below = np.cumsum(w[order])
    share = quantile * below[-1]
    last = len(y) - 1
    left = min(int(np.searchsorted(below, share, side="left")), last)
    right = min(int(np.searchsorted(below, share, side="right")), last)
    return float(y[order[left]] + 0.5 * (y[order[right]] - y[order[left]]))


class Pull(NamedTuple):
    """Σ w ∂ℓ/∂η, Σ w ∂²ℓ/∂η² and Σ w |∂ℓ/∂η| at one η for all rows."""

    slope: float
    curvature: float
    size: float


def balance(loss: ScalarLoss, y: Floats, weights: Floats | None) -> float:
    """The η where Σ w ∂ℓ/∂η = 0, for a convex loss whose least is at η = y."""
    y, w = weighted(y, weights)

    def pull(point: float) -> Pull:
        eta = np.full(y.shape, point)
        slopes = loss.slope(eta, y)
        return Pull(float(w @ slopes), float(w @ loss.curvature(eta, y)), float(w @ np.abs(slopes)))

    return balance_of(pull, float(y.min()), float(y.max()), weighted_quantile(y, w, 0.5))


def balance_of(pull: Callable[[float], Pull], lower: float, upper: float, first: float) -> float:
    """The η from `lower` to `upper` where a pull that rises with η is 0.

    Newton's method from `first`, with bisection where it leaves the bracket or is slow.
    """
    point, walked = first, upper - lower
    for _ in range(_MOST_STEPS):
        slope, curvature, size = pull(point)
        if abs(slope) <= _ROUNDING * size:
            break
        lower, upper = (lower, point) if slope > 0.0 else (point, upper)
        following = point - slope / curvature if curvature > 0.0 else upper + 1.0
        if not lower < following < upper or abs(following - point) > 0.5 * walked:
            following = lower + 0.5 * (upper - lower)
        walked = abs(following - point)
        if walked <= np.spacing(abs(point)):
            break
        point = following
    return point
