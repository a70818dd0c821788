"""Descent over a tile of rows, as machine code. Importing this imports numba: do so where it is
used.

A tile is some thousand rows as lines of float64, with zeros up to a width that vectors fit: see
`dense_rows.py`. `beside` (2 + k, t) holds each row's target and weight, and has room for the
slopes of its k predictors. Where the descent stands is `walk` of `parameter_update.py`.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from steepest.arrays import Floats, Integers
from steepest.descent.kernels.parameter_update import (
    GRADIENT,
    PENDING,
    PLAIN,
    THETA,
    UPDATES,
    Rule,
    inline,
    update,
)
from steepest.losses.kernel import (
    UNWRAPPED,
    loss_slope,
    loss_value,
    multinomial_slope,
    multinomial_value,
)
from steepest.losses.tile_kernel import slopes_of_tile

TARGET, WEIGHT, SLOPE = 0, 1, 2
MULTINOMIAL = -1

compiled = njit(
    nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"}
)
slope_of = njit(forceinline=True, error_model="numpy", **UNWRAPPED)(loss_slope.py_func)


class Errors(NamedTuple):
    """The loss of a row: a scalar loss by code and option, or MULTINOMIAL.

    - `share`: 1 / the mean weight of all rows
    """

    code: int
    option: float
    share: float


class Batches(NamedTuple):
    """How many rows make an update, and whether one that is not full is made after a tile."""

    rows: int
    ends: bool


@compiled
def descend_tile(
    tile: Floats,
    beside: Floats,
    batches: Batches,
    rates: Floats,
    errors: Errors,
    rule: Rule,
    costs: Floats,
    walk: Floats,
    counts: Integers,
    used: int,
) -> int:
    """Visit the tile's rows until they or the rates are used up; how many were visited.

    - `rates`: of these updates
    - `used`: the first columns, that are parameters
    """
    size, r, made = len(tile), 0, 0
    if batches.rows == 1 and alone(rule) and errors.code != MULTINOMIAL:
        fours = min(size, len(rates)) // 4
        for i in range(fours):
            _four_updates(tile, beside, 4 * i, rates, errors, walk)
        r = made = 4 * fours
        counts[UPDATES] += 4 * fours
    while r < size and made < len(rates):
        last = min(size, r + batches.rows - counts[PENDING])
        accumulate(tile, beside, r, last, walk, errors)
        counts[PENDING] += last - r
        r = last
        if counts[PENDING] == batches.rows or (batches.ends and r == size):
            if alone(rule):
                _step(walk, counts, rates[made])
            else:
                update(walk, counts, rates[made], rule, costs, used)
            made += 1
    return r


@inline
def alone(rule: Rule) -> Any:
    """Whether an update is θ − lr·g and nothing else."""
    bare = rule.decay == 0.0 and not rule.smooth and not rule.proximal
    return rule.code == PLAIN and bare and rule.spared < 0


@inline
def _step(walk: Floats, counts: Integers, lr: float) -> None:
    """`update` where it is plain: what lies beyond the parameters is 0, and stays so."""
    share = 1.0 / np.float64(counts[PENDING])
    for k in range(walk.shape[1]):
        for j in range(walk.shape[2]):
            walk[THETA, k, j] -= lr * (walk[GRADIENT, k, j] * share)
            walk[GRADIENT, k, j] = 0.0
    counts[PENDING] = 0
    counts[UPDATES] += 1


@inline
def _four_updates(
    tile: Floats,
    beside: Floats,
    r: int,
    rates: Floats,
    errors: Errors,
    walk: Floats,
) -> None:
    """Four updates θ ← θ − lr·s·x, of one row each, without waiting for each other's θ.

    After update i the predictor of row j has moved by −lr·s_i·(x_i·x_j): with the products of the
    four rows the slopes follow one from another, and all that waits is a multiplication.
    """
    e0 = e1 = e2 = e3 = 0.0
    g10 = g20 = g30 = g21 = g31 = g32 = 0.0
    for j in range(tile.shape[1]):
        theta = walk[THETA, 0, j]
        x0, x1, x2, x3 = tile[r, j], tile[r + 1, j], tile[r + 2, j], tile[r + 3, j]
        e0 += x0 * theta
        e1 += x1 * theta
        e2 += x2 * theta
        e3 += x3 * theta
        g10 += x1 * x0
        g20 += x2 * x0
        g30 += x3 * x0
        g21 += x2 * x1
        g31 += x3 * x1
        g32 += x3 * x2
    s0 = rates[r] * _slope(beside, r, e0, errors)
    s1 = rates[r + 1] * _slope(beside, r + 1, e1 - s0 * g10, errors)
    s2 = rates[r + 2] * _slope(beside, r + 2, (e2 - s0 * g20) - s1 * g21, errors)
    e3 = ((e3 - s0 * g30) - s1 * g31) - s2 * g32
    s3 = rates[r + 3] * _slope(beside, r + 3, e3, errors)
    for j in range(tile.shape[1]):
        walk[THETA, 0, j] -= (s0 * tile[r, j] + s1 * tile[r + 1, j]) + (
            s2 * tile[r + 2, j] + s3 * tile[r + 3, j]
        )


@inline
def _slope(beside: Floats, r: int, eta: float, errors: Errors) -> Any:
    slope = slope_of(errors.code, errors.option, eta, beside[TARGET, r])
    return (beside[WEIGHT, r] * errors.share) * slope


@compiled
def sum_tile(tile: Floats, beside: Floats, errors: Errors, walk: Floats) -> float:
    """Σ s·ℓ / s̄ over the tile; its gradient is added to the batch's."""
    total, size = 0.0, len(tile)
    first = np.int64(0)  # for a literal 0, what is called is compiled once more
    for k in range(walk.shape[1]):
        _predict(tile, beside, first, size, walk, k)
    for r in range(size):
        total += value_of(beside, r, errors)
    slopes_of(beside, first, size, errors)
    for k in range(walk.shape[1]):
        _add(tile, beside, first, size, walk, k)
    return total


@inline
def value_of(beside: Floats, r: int, errors: Errors) -> Any:
    """s·ℓ / s̄ of a row whose predictors stand where its slopes will."""
    y, weight = beside[TARGET, r], beside[WEIGHT, r] * errors.share
    if errors.code == MULTINOMIAL:
        return weight * multinomial_value(beside[SLOPE:, r], int(y))
    return weight * loss_value(errors.code, errors.option, beside[SLOPE, r], y)


@inline
def slopes_of(beside: Floats, first: int, last: int, errors: Errors) -> None:
    """Slopes times weights in the place of the predictors."""
    if errors.code != MULTINOMIAL:
        eta, y = beside[SLOPE, first:last], beside[TARGET, first:last]
        weight = beside[WEIGHT, first:last]
        slopes_of_tile(errors.code, errors.option, eta, y)
        for r in range(len(eta)):
            eta[r] *= weight[r] * errors.share
    else:
        for r in range(first, last):
            slopes = beside[SLOPE:, r]
            multinomial_slope(slopes, int(beside[TARGET, r]), slopes)
            for k in range(len(slopes)):
                slopes[k] *= beside[WEIGHT, r] * errors.share


@inline
def accumulate(
    tile: Floats, beside: Floats, first: int, last: int, walk: Floats, errors: Errors
) -> None:
    """Add the weighted gradients of the tile's rows `first` to `last` to the batch's."""
    for k in range(walk.shape[1]):
        _predict(tile, beside, first, last, walk, k)
    slopes_of(beside, first, last, errors)
    for k in range(walk.shape[1]):
        _add(tile, beside, first, last, walk, k)


@inline
def _predict(tile: Floats, beside: Floats, first: int, last: int, walk: Floats, k: int) -> None:
    """Write x·θ of a class where its slopes will stand; four rows at a time share each θ."""
    # Of a slice the compiler knows that no index is negative.
    rows, eta = tile[first:last], beside[SLOPE + k, first:last]
    fours = len(rows) // 4 * 4
    for r in range(0, fours, 4):
        e0 = e1 = e2 = e3 = 0.0
        for j in range(rows.shape[1]):
            theta = walk[THETA, k, j]
            e0 += rows[r, j] * theta
            e1 += rows[r + 1, j] * theta
            e2 += rows[r + 2, j] * theta
            e3 += rows[r + 3, j] * theta
        eta[r], eta[r + 1], eta[r + 2], eta[r + 3] = e0, e1, e2, e3
    for r in range(fours, len(rows)):
        e0 = 0.0
        for j in range(rows.shape[1]):
            e0 += rows[r, j] * walk[THETA, k, j]
        eta[r] = e0


@inline
def _add(tile: Floats, beside: Floats, first: int, last: int, walk: Floats, k: int) -> None:
    """Add rows times slopes; four at a time, so that the sum is loaded and stored less often."""
    rows, slopes = tile[first:last], beside[SLOPE + k, first:last]
    fours = len(rows) // 4 * 4
    for r in range(0, fours, 4):
        s0, s1, s2, s3 = slopes[r], slopes[r + 1], slopes[r + 2], slopes[r + 3]
        for j in range(rows.shape[1]):
            walk[GRADIENT, k, j] += (s0 * rows[r, j] + s1 * rows[r + 1, j]) + (
                s2 * rows[r + 2, j] + s3 * rows[r + 3, j]
            )
    for r in range(fours, len(rows)):
        s0 = slopes[r]
        for j in range(rows.shape[1]):
            walk[GRADIENT, k, j] += s0 * rows[r, j]
