"""The minimum of a quadratic model and an L1 penalty within bounds: the step of proximal Newton."""

import numpy as np

from steepest.arrays import Floats, principal
from steepest.curvature.newton_step import inverse_of_regular
from steepest.descent.active_set import active_set_minimum, cornered

_ROUNDING = 4.0 * np.finfo(float).eps
# What moves the predictors by less than this share of what others do is nothing.
_NOTHING = 64.0 * np.finfo(float).eps
_SWEEPS = 50
# Where that is not enough, free parameters are found one by one; each takes a factorisation.
_MOST_ACTIVE = 2000


def model_minimum(
    parameters: Floats,
    gradient: Floats,
    hessian: Floats,
    strengths: Floats,
    lower: Floats,
    upper: Floats,
) -> Floats:
    """argmin over lower ≤ z ≤ upper of gᵀ(z − θ) + ½(z − θ)ᵀH(z − θ) + Σ aⱼ|zⱼ|, shape (d,).

    The equations of the parameters that are free are solved, and while one wants to leave its
    place, cyclic coordinate descent finds others. All arrays are (d,), the `strengths` are a, H is
    (d, d) and positive semidefinite.

    >>> one, wide = np.ones(2), np.full(2, np.inf)
    >>> model_minimum(0 * one, np.array([-3.0, -0.5]), np.eye(2), one, -wide, wide)
    array([2., 0.])
    """
    z = _free_minimum(parameters.copy(), gradient.copy(), hessian, strengths, lower, upper)
    z = _at_ends(z, hessian, strengths, lower, upper)
    there = gradient + hessian @ (z - parameters)
    return cornered(z, there, hessian, strengths, lower, upper)


def _free_minimum(
    z: Floats, slope: Floats, hessian: Floats, strengths: Floats, lower: Floats, upper: Floats
) -> Floats:
    """Such a z, of several any."""
    tried, begun = None, (z.copy(), slope.copy())
    for _ in range(_SWEEPS):
        # Which parameters are free, and their signs, is all that the equations take from z; near
        # the end of a walk they are those of the step before.
        places = (np.sign(z), z <= lower, z >= upper)
        if tried is None or not np.array_equal(places, tried):
            tried = places
            solved = _solved(z, slope, hessian, strengths, lower, upper)
            if solved is not None:
                return solved
        elif len(z) <= _MOST_ACTIVE:
            break
        _sweep(z, slope, hessian, strengths, lower, upper)
    if len(z) <= _MOST_ACTIVE:
        free = (z > lower) & (z < upper) & ((z != 0.0) | (strengths == 0.0))
        if inverse_of_regular(principal(hessian, free)) is None:
            # An active set takes in no column that those in it explain: it ends with few of them.
            z, slope = begun
        return active_set_minimum(z, slope, hessian, strengths, lower, upper)
    return z


def _at_ends(z: Floats, hessian: Floats, strengths: Floats, lower: Floats, upper: Floats) -> Floats:
    """z with those at 0 or a bound that are there but for what rounds the predictors."""
    root = np.sqrt(np.maximum(hessian.diagonal(), 0.0))
    nothing = _NOTHING * np.abs(root * z).max(initial=0.0)
    for end, holds in ((0.0, strengths > 0.0), (lower, True), (upper, True)):
        z = np.where(holds & (root * np.abs(z - end) <= nothing) & (root > 0.0), end, z)
    return z


def _sweep(
    z: Floats,
    slope: Floats,
    hessian: Floats,
    strengths: Floats,
    lower: Floats,
    upper: Floats,
) -> None:
    """Minimise over one parameter after the other; `z` and the model's `slope` change in place."""
    # `shrink` on Python's floats, of which NumPy's functions take ten times as long.
    each = zip(z.tolist(), hessian.diagonal().tolist(), strengths.tolist(), strict=True)
    sides = list(zip(lower.tolist(), upper.tolist(), strict=True))
    for j, (old, curvature, strength) in enumerate(each):
        if curvature > 0.0:
            new, threshold = old - float(slope[j]) / curvature, strength / curvature
            new -= min(max(new, -threshold), threshold)
            new = min(max(new, sides[j][0]), sides[j][1])
            if new != old:
                slope += hessian[j] * (new - old)
                z[j] = new


def _solved(
    z: Floats, slope: Floats, hessian: Floats, strengths: Floats, lower: Floats, upper: Floats
) -> Floats | None:
    """The minimum, if the parameters that are free at z are those that are free there; None where
    some of them explain others.
    """
    free = (z > lower) & (z < upper) & ((z != 0.0) | (strengths == 0.0))
    pull = strengths * np.sign(z)
    solution = z.copy()
    if free.any():
        inverse = inverse_of_regular(principal(hessian, free))
        if inverse is None:
            return None
        solution[free] -= inverse((slope + pull)[free])
    same = np.sign(solution) == np.sign(z)
    inside = (solution >= lower) & (solution <= upper)
    if not (inside & (same | (strengths == 0.0)))[free].all():
        return None
    there = slope + hessian @ (solution - z)
    step = len(z) * np.abs(solution - z) + np.abs(z)  # which is rounded as z is
    noise = _ROUNDING * (np.abs(hessian) @ step + len(z) * np.abs(slope))
    noise += 1e-12 * (np.abs(there) + strengths)
    if (np.abs(there + pull) > noise)[free].any():
        return None  # along a direction without curvature it falls further
    rests = np.abs(there) <= strengths + noise
    held = np.where(solution == 0.0, rests, False)
    at_lower = (solution <= lower) & (there + pull >= -noise)
    at_upper = (solution >= upper) & (there + pull <= noise)
    return solution if (held | at_lower | at_upper)[~free].all() else None
