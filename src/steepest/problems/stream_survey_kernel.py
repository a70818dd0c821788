"""Means and squares of a block's columns, and squares of its rows, as machine code. Importing this
imports numba: do so where it is used.
"""

import numpy as np
from numba import njit

from steepest.arrays import Array, Floats

# Each line of sums takes so many rows: rounding then grows with their number and that of lines.
_LINE_ROWS = 256

_compile = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "nsz"})


@_compile
def column_moments(features: Array, shares: Floats, weight: float) -> tuple[Floats, Floats]:
    """Means Σ s x / w and Σ s (x − mean)² of the columns of rows (n, p); `weight` is w = Σ s.

    nan where a value is not finite, whatever it weighs. Without BLAS, so that the sums are the same
    however many threads there are.
    """
    centre = features[0].astype(np.float64)
    mean, squares = centre.copy(), np.zeros(len(centre))
    for _ in range(2):  # the second time about the first mean: what it leaves is its rounding
        sums = np.zeros_like(mean)
        squares[:] = 0.0
        centre[:] = mean
        for first in range(0, len(features), _LINE_ROWS):
            line, line_squares = np.zeros_like(mean), np.zeros_like(mean)
            for r in range(first, min(first + _LINE_ROWS, len(features))):
                share = shares[r]
                for j in range(len(mean)):
                    away = np.float64(features[r, j]) - centre[j]
                    line[j] += share * away
                    line_squares[j] += share * (away * away)
            sums += line
            squares += line_squares
        mean += sums / weight
    squares -= weight * np.square(mean - centre)
    return mean, squares


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz"})
def squared_norms(features: Array, centre: Floats, shares: Floats) -> Floats:
    """Σ_j shares_j (x_j − centre_j)² of each row, (n,)."""
    norms = np.empty(len(features))
    for r in range(len(features)):
        total = 0.0
        for j in range(len(centre)):
            away = np.float64(features[r, j]) - centre[j]
            total += shares[j] * (away * away)
        norms[r] = total
    return norms
