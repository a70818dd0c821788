"""Descent over sparse rows (CSR), as machine code. Importing this imports numba: do so where it is
used.

A row is used where it lies. Where an update leaves alone what no row of the batch has touched, only
the parameters that were touched are updated; else all of them.
"""

from typing import Any

import numpy as np

from steepest.arrays import Array, Floats, Integers
from steepest.descent.kernels.parameter_update import (
    ADAGRAD,
    GRADIENT,
    PENDING,
    PLAIN,
    THETA,
    Rule,
    finish,
    inline,
    move,
    update,
)
from steepest.descent.kernels.row_tile import (
    SLOPE,
    TARGET,
    WEIGHT,
    Batches,
    Errors,
    compiled,
    slopes_of,
    value_of,
)


@compiled
def descend_sparse(
    pointers: Array,
    columns: Array,
    values: Array,
    target: Array,
    weights: Array,
    scale: Floats,
    order: Integers,
    batches: Batches,
    rates: Floats,
    errors: Errors,
    rule: Rule,
    costs: Floats,
    walk: Floats,
    counts: Integers,
    used: int,
) -> int:
    """Visit the rows `order` until they or the rates are used up; how many were visited.

    - `pointers` (n + 1,), `columns`, `values`: CSR; x is read as x·scale
    - `rates`: of these updates
    - `used`: the first columns of `walk` that are parameters, the intercept the last
    """
    beside, made, begun = np.ones((SLOPE + walk.shape[1], 1)), 0, -counts[PENDING]
    for i in range(len(order)):
        if made == len(rates):
            return i
        row = order[i]
        _predict(pointers, columns, values, row, scale, beside, walk)
        beside[TARGET, 0] = target[row]
        if weights.size:
            beside[WEIGHT, 0] = weights[row]
        slopes_of(beside, 0, 1, errors)
        _add(pointers, columns, values, row, scale, beside, walk)
        counts[PENDING] += 1
        if counts[PENDING] == batches.rows or (batches.ends and i + 1 == len(order)):
            if _stays(rule) and begun >= 0:
                share = 1.0 / np.float64(counts[PENDING])
                for r in range(begun, i + 1):
                    lr = rates[made]
                    _update_touched(
                        pointers, columns, order[r], share, lr, rule, walk, counts, used
                    )
                finish(walk, counts, rule, used)
            else:
                update(walk, counts, rates[made], rule, costs, used)
            made, begun = made + 1, i + 1
    return len(order)


@compiled
def sum_sparse(
    pointers: Array,
    columns: Array,
    values: Array,
    target: Array,
    weights: Array,
    scale: Floats,
    first: int,
    last: int,
    errors: Errors,
    walk: Floats,
) -> float:
    """Σ s·ℓ / s̄ over the rows `first` to `last`; their gradient is added to the batch's."""
    beside, total = np.ones((SLOPE + walk.shape[1], 1)), 0.0
    for row in range(first, last):
        _predict(pointers, columns, values, row, scale, beside, walk)
        beside[TARGET, 0] = target[row]
        if weights.size:
            beside[WEIGHT, 0] = weights[row]
        total += value_of(beside, 0, errors)
        slopes_of(beside, 0, 1, errors)
        _add(pointers, columns, values, row, scale, beside, walk)
    return total


@inline
def _stays(rule: Rule) -> Any:
    """Whether a parameter whose gradient is 0 stays as it is."""
    bare = rule.decay == 0.0 and not rule.smooth and not rule.proximal
    return bare and rule.spared < 0 and (rule.code == PLAIN or rule.code == ADAGRAD)


@inline
def _predict(
    pointers: Array,
    columns: Array,
    values: Array,
    row: int,
    scale: Floats,
    beside: Floats,
    walk: Floats,
) -> None:
    """x·θ of every class; the last column of `walk` is the intercept's."""
    for k in range(walk.shape[1]):
        eta = walk[THETA, k, len(scale)]
        for i in range(pointers[row], pointers[row + 1]):
            j = columns[i]
            eta += np.float64(values[i]) * scale[j] * walk[THETA, k, j]
        beside[SLOPE + k, 0] = eta


@inline
def _add(
    pointers: Array,
    columns: Array,
    values: Array,
    row: int,
    scale: Floats,
    beside: Floats,
    walk: Floats,
) -> None:
    for k in range(walk.shape[1]):
        slope = beside[SLOPE + k, 0]
        for i in range(pointers[row], pointers[row + 1]):
            j = columns[i]
            walk[GRADIENT, k, j] += slope * (np.float64(values[i]) * scale[j])
        walk[GRADIENT, k, len(scale)] += slope


@inline
def _update_touched(
    pointers: Array,
    columns: Array,
    row: int,
    share: float,
    lr: float,
    rule: Rule,
    walk: Floats,
    counts: Integers,
    used: int,
) -> None:
    """Update what a row of the batch touches. What an earlier row has updated has gradient 0."""
    last = walk.shape[2] - 1
    for k in range(walk.shape[1]):
        for i in range(pointers[row], pointers[row + 1]):
            move(walk, counts, k, columns[i], share, lr, rule)
        if used > last:
            move(walk, counts, k, last, share, lr, rule)
