"""The compiled kernel behind `gram.py`. Importing this imports numba: do so where it is used.

A tile is a few hundred rows, shifted, scaled and turned so that each column is one line of float64.
It stays in the cache while squares of 4 x 4 columns are multiplied.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from steepest.rows.table import Array

Floats = NDArray[np.float64]

TILE_ROWS = 256

# Sums may be reordered (that is what lets them run in vector registers); NaN and infinity must
# stay what they are, because they are how a bad row is noticed.
_fast = {"reassoc", "contract", "nsz"}
_compile = njit(nogil=True, cache=True, fastmath=_fast)
# Only within the kernel does the compiler see that its buffers do not overlap.
_inline = njit(inline="always", fastmath=_fast)


@_compile
def products_of_tiles(
    features: Array, target: Array, weights: Floats, shift: Floats, scale: Floats
) -> tuple[Floats, Floats]:
    """Sums (q,) and products (q, q) of one block: see `gram.py`."""
    rows, columns = features.shape
    width = columns + 1
    padded = (width + 3) // 4 * 4  # whole squares of 4 x 4; the columns beyond stay zero
    sums = np.zeros(padded)
    products = np.zeros((padded, padded))
    tile = np.zeros((padded, TILE_ROWS))
    four = np.empty(4 * TILE_ROWS, features.dtype)
    for start in range(0, rows, TILE_ROWS):
        stop = min(start + TILE_ROWS, rows)
        if stop - start < TILE_ROWS:
            tile[:] = 0.0
        _turn(features[start:stop], four, tile, shift, scale)
        _turn_column(target[start:stop], tile[columns], shift[columns], scale[columns])
        if weights.size:
            _weigh(weights[start:stop], tile[:width], sums)
        else:
            _add_up(tile[:width], sums)
        _multiply(tile, products)
    for i in range(width):
        for j in range(i):
            products[j, i] = products[i, j]
    return sums[:width].copy(), products[:width, :width].copy()


@_inline
def _turn(part: Array, four: Array, tile: Floats, shift: Floats, scale: Floats) -> None:
    rows, columns = part.shape
    if columns < 4:
        for j in range(columns):
            _turn_column(part[:, j], tile[j], shift[j], scale[j])
        return
    # Four columns at a time by way of a small buffer: its stride of 4 is known to the compiler,
    # which then turns it in registers. The last four may be columns that have been turned before.
    # max() tells it that no index is negative.
    for start in range(0, columns, 4):
        j = max(0, min(start, columns - 4))
        for r in range(rows):
            a, b, c, d = part[r, j], part[r, j + 1], part[r, j + 2], part[r, j + 3]
            four[4 * r] = a
            four[4 * r + 1] = b
            four[4 * r + 2] = c
            four[4 * r + 3] = d
        p, q, s, t = tile[j], tile[j + 1], tile[j + 2], tile[j + 3]
        shift_p, shift_q, shift_s, shift_t = shift[j], shift[j + 1], shift[j + 2], shift[j + 3]
        scale_p, scale_q, scale_s, scale_t = scale[j], scale[j + 1], scale[j + 2], scale[j + 3]
        for r in range(rows):
            p[r] = (np.float64(four[4 * r]) - shift_p) * scale_p
            q[r] = (np.float64(four[4 * r + 1]) - shift_q) * scale_q
            s[r] = (np.float64(four[4 * r + 2]) - shift_s) * scale_s
            t[r] = (np.float64(four[4 * r + 3]) - shift_t) * scale_t


@_inline
def _turn_column(column: Array, line: Floats, shift: float, scale: float) -> None:
    for r in range(len(column)):
        line[r] = (np.float64(column[r]) - shift) * scale


@_inline
def _add_up(tile: Floats, sums: Floats) -> None:
    for j in range(len(tile)):
        total = 0.0
        for r in range(TILE_ROWS):
            total += tile[j, r]
        sums[j] += total


@_inline
def _weigh(weights: Floats, tile: Floats, sums: Floats) -> None:
    """Add the weighted sums, and multiply every row by the root of its weight."""
    for j in range(len(tile)):
        total = 0.0
        for r in range(len(weights)):
            total += weights[r] * tile[j, r]
            tile[j, r] *= np.sqrt(weights[r])
        sums[j] += total


@_inline
def _multiply(tile: Floats, products: Floats) -> None:
    """Add the lower triangle; 16 running sums stay in registers for 8 loads."""
    for i in range(0, len(tile), 4):
        for j in range(0, i + 1, 4):
            a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = 0.0
            c0 = c1 = c2 = c3 = d0 = d1 = d2 = d3 = 0.0
            for r in range(TILE_ROWS):
                p, q, s, t = tile[j, r], tile[j + 1, r], tile[j + 2, r], tile[j + 3, r]
                a, b, c, d = tile[i, r], tile[i + 1, r], tile[i + 2, r], tile[i + 3, r]
                a0 += a * p
                a1 += a * q
                a2 += a * s
                a3 += a * t
                b0 += b * p
                b1 += b * q
                b2 += b * s
                b3 += b * t
                c0 += c * p
                c1 += c * q
                c2 += c * s
                c3 += c * t
                d0 += d * p
                d1 += d * q
                d2 += d * s
                d3 += d * t
            products[i, j] += a0
            products[i, j + 1] += a1
            products[i, j + 2] += a2
            products[i, j + 3] += a3
            products[i + 1, j] += b0
            products[i + 1, j + 1] += b1
            products[i + 1, j + 2] += b2
            products[i + 1, j + 3] += b3
            products[i + 2, j] += c0
            products[i + 2, j + 1] += c1
            products[i + 2, j + 2] += c2
            products[i + 2, j + 3] += c3
            products[i + 3, j] += d0
            products[i + 3, j + 1] += d1
            products[i + 3, j + 2] += d2
            products[i + 3, j + 3] += d3
