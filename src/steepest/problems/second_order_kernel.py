"""Value, gradient and second derivative of a loss over rows, in one look at them, as machine code.
Importing this imports numba: do so where it is used.

A tile of a few hundred rows is copied into the cache as it is for the moments
(`moments/block_products_kernel.py`). There it serves three times: for the predictors η, for the
gradient, and, each row times √ℓ'', for the products. In a tile of float32 predictors are known to
six digits, and the sums, which are added up in float64 tile by tile, to about eight.
"""

import numpy as np
from numba import njit

from steepest.arrays import Array, Floats
from steepest.losses.tile_kernel import CURVATURE, SLOPE, losses_of_tile
from steepest.moments.block_products_kernel import (
    TILE_ROWS,
    fetch_between,
    following_rows,
    multiply_tile,
    share_of,
    tile_of_rows,
)

_SQUARE = 3  # beside those of `losses_of_tile`
_fast = {"reassoc", "contract", "nsz"}
_compile = njit(nogil=True, cache=True, error_model="numpy", fastmath=_fast)
_inline = njit(inline="always", error_model="numpy", fastmath=_fast)


@_compile
def second_order_of_tiles(
    features: Array,
    target: Floats,
    weights: Floats,
    shift: Floats,
    scale: Floats,
    line: Floats,
    code: int,
    option: float,
    curved: bool,
    tile: Floats,
    roots: Floats,
    totals: Floats,
    lines: Floats,
    products: Floats,
) -> None:
    """Add sums over rows z = (x − shift)·scale with predictors η = z·line[:-1] + line[-1], weighed
    by w, all 1 where there are none:

        Σ w ℓ, Σ w ℓ', Σ w ℓ'', Σ w ℓ'²  (4,)      Σ w ℓ' z and Σ w ℓ'' z  (2, d)      Σ w ℓ'' z zᵀ

    `features` is (n, p), with each row in one piece; the last sum is (d, d), of which the lower
    triangle is added to; `tile` (d, TILE_ROWS) and `roots` are `new_tile`'s, of either kind. `code`
    and `option` tell a loss that `losses_of_tile` knows. Unless it is `curved` asked for, what has
    z zᵀ or ℓ'' z in it is 0, which takes half the time. What weighs nothing adds nothing, even if
    infinite.
    """
    rows, width = len(target), len(shift)
    found = np.empty((4, TILE_ROWS))
    eta, y, terms = np.empty(TILE_ROWS), np.empty(TILE_ROWS), np.empty_like(roots)
    for r in range(TILE_ROWS):
        y[r] = 0.0
    steep = np.empty(len(tile) + 1, tile.dtype)
    for j in range(len(steep)):  # a slice brings a check of shapes, compiled for three seconds
        steep[j] = line[j] if j < width else 0.0
    steep[-1] = line[-1]
    for start in range(0, rows, TILE_ROWS):
        stop = min(start + TILE_ROWS, rows)
        if stop - start < TILE_ROWS:
            tile[:] = 0.0
        tile_of_rows(features, start, stop, tile, shift, scale)
        first, last = following_rows(features, stop)
        # Products leave time enough to fetch it all.
        half = first if curved else first + (last - first) // 2
        _predict(tile, steep, terms, first, half)
        for r in range(TILE_ROWS):
            eta[r] = terms[r]
        for r in range(stop - start):
            y[r] = target[start + r]
        losses_of_tile(code, option, eta, y, found)
        _weigh(found, weights[start:stop], stop - start, totals)
        _pull(tile, found, terms, lines[0], half, first if curved else last)
        if curved:
            _stretch(tile, found, roots)
            multiply_tile(tile, roots, lines[1], products, first, last)


@_inline
def _predict(tile: Floats, line: Floats, eta: Floats, first: int, last: int) -> None:
    """η of the rows, three columns at a time: `line` holds as many as the tile, and the offset.
    Meanwhile the memory from `first` to `last` is fetched, a share with every three columns.
    """
    eta[:] = line[-1]
    share = share_of(first, last, len(tile) // 3)
    for j in range(0, len(tile), 3):
        fetch_between(first, min(first + share, last))
        first += share
        a, b, c = line[j], line[j + 1], line[j + 2]
        for r in range(TILE_ROWS):
            eta[r] += a * tile[j, r] + b * tile[j + 1, r] + c * tile[j + 2, r]


@_inline
def _weigh(found: Floats, weights: Floats, rows: int, totals: Floats) -> None:
    """Weigh what is known of the rows, the squares of the slopes beside it, and add it up."""
    for r in range(rows):
        found[_SQUARE, r] = found[SLOPE, r] * found[SLOPE, r]
    found[:, rows:] = 0.0
    for i in range(len(found)):
        for r in range(len(weights)):
            found[i, r] = found[i, r] * weights[r] if weights[r] > 0.0 else 0.0
        total = 0.0
        for r in range(TILE_ROWS):
            total += found[i, r]
        totals[i] += total


@_inline
def _pull(
    tile: Array, found: Floats, slopes: Array, gradient: Floats, first: int, last: int
) -> None:
    """Add to the gradient, with room for the slopes as numbers of the tile's kind; and fetch as
    `_predict` does.
    """
    share = share_of(first, last, len(tile) // 3)
    for r in range(TILE_ROWS):
        slopes[r] = found[SLOPE, r]
    for j in range(0, len(tile), 3):
        fetch_between(first, min(first + share, last))
        first += share
        a = b = c = tile.dtype.type(0.0)
        for r in range(TILE_ROWS):
            slope = slopes[r]
            a += slope * tile[j, r]
            b += slope * tile[j + 1, r]
            c += slope * tile[j + 2, r]
        gradient[j] += a
        gradient[j + 1] += b
        gradient[j + 2] += c


@_inline
def _stretch(tile: Array, found: Floats, roots: Array) -> None:
    """Multiply the rows by √ℓ''."""
    for r in range(TILE_ROWS):
        roots[r] = np.sqrt(found[CURVATURE, r])
    for j in range(len(tile)):
        for r in range(TILE_ROWS):
            tile[j, r] *= roots[r]
