"""Means and squares of a block's columns, and squares of its rows, as machine code. Importing this
imports numba: do so where it is used.
"""

import numpy as np
from numba import njit

from steepest.arrays import Array, Floats

# Each line of sums takes so many rows: rounding then grows with their number and that of lines.
_LINE_ROWS = 256

_compile = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "nsz"})
_inline = njit(inline="always", error_model="numpy", fastmath={"contract", "nsz"})


@_compile
def column_moments(features: Array, shares: Floats, weight: float) -> tuple[Floats, Floats]:
    """Means Σ s x / w and Σ s (x − mean)² of the columns of rows (n, p); `weight` is w = Σ s.

    nan where a value is not finite, whatever it weighs. Without BLAS, so that the sums are the same
    however many threads there are.
    """
    rows, width = features.shape
    mean, centre, sums, squares = np.empty(width), np.empty(width), np.empty(width), np.empty(width)
    for j in range(width):  # array expressions bring checks of shapes, compiled for four seconds
        mean[j] = features[0, j]
    for _ in range(2):  # the second time about the first mean: what it leaves is its rounding
        for j in range(width):
            centre[j], sums[j], squares[j] = mean[j], 0.0, 0.0
        for first in range(0, rows, _LINE_ROWS):
            last = min(first + _LINE_ROWS, rows)
            _add_line(features, shares, first, last, centre, sums, squares)
        for j in range(width):
            mean[j] += sums[j] / weight
    for j in range(width):
        squares[j] -= weight * (mean[j] - centre[j]) ** 2
    return mean, squares


@_inline
def _add_line(
    features: Array,
    shares: Floats,
    first: int,
    last: int,
    centre: Floats,
    sums: Floats,
    squares: Floats,
) -> None:
    """Add rows `first` to `last`, about `centre`, to sums and squares of the columns."""
    line, line_squares = np.zeros(len(centre)), np.zeros(len(centre))
    for r in range(first, last):
        share = shares[r]
        for j in range(len(centre)):
            away = np.float64(features[r, j]) - centre[j]
            line[j] += share * away
            line_squares[j] += share * (away * away)
    for j in range(len(centre)):
        sums[j] += line[j]
        squares[j] += line_squares[j]


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
