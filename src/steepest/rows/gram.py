"""Sums and products of one block of rows about a fixed shift: the inner loop of every fit.

For rows `x` with weights `w`, `z = (x - shift) * scale` in float64 and

    sums[i] = Σ w z_i            products[i, j] = Σ w z_i z_j

where the last index stands for the target. `scale` holds powers of two, so scaling is exact.
Few columns go through a compiled kernel that shifts, scales and multiplies a tile of rows while it
is in the cache; many columns are shifted tile by tile and multiplied by BLAS.
"""

from functools import cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from steepest.rows.table import Array

Floats = NDArray[np.float64]

# Where the two ways cross, measured by `benchmarks/roofline.py` on 10 to 200 columns.
MOST_COMPILED_COLUMNS = 400
TILE_ROWS = 256
TILE_NUMBERS = 1 << 17


class Sums(NamedTuple):
    """Sums (q,) and products (q, q) of q shifted, scaled columns; the target is the last."""

    sums: Floats
    products: Floats


class Kernel(Protocol):
    """Sums of one block. An empty `weights` means that every row weighs 1."""

    def __call__(
        self, features: Array, target: Array, weights: Floats, shift: Floats, scale: Floats
    ) -> Sums: ...


def choose_kernel(columns: int, first_block_is_all: bool) -> Kernel:
    """The faster way; for a table that fits one block, importing a compiler would cost more."""
    if first_block_is_all or columns > MOST_COMPILED_COLUMNS:
        return tiled_products
    return compiled_products


def tiled_products(
    features: Array, target: Array, weights: Floats, shift: Floats, scale: Floats
) -> Sums:
    """Shift tiles of rows that fit the cache, and let BLAS multiply them."""
    rows, columns = features.shape
    sums, products = np.zeros(columns + 1), np.zeros((columns + 1, columns + 1))
    step = max(TILE_ROWS, TILE_NUMBERS // (columns + 1))
    tile = np.empty((min(step, rows), columns + 1))
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        part = tile[: stop - start]
        np.subtract(features[start:stop], shift[:-1], out=part[:, :-1], dtype=np.float64)
        np.subtract(target[start:stop], shift[-1], out=part[:, -1], dtype=np.float64)
        part *= scale
        if weights.size:
            root = np.sqrt(weights[start:stop])[:, None]
            part *= root
            sums += (root * part).sum(axis=0)
        else:
            sums += part.sum(axis=0)
        products += part.T @ part
    return Sums(sums, products)


def compiled_products(
    features: Array, target: Array, weights: Floats, shift: Floats, scale: Floats
) -> Sums:
    """The same sums by a kernel compiled for the block's type and layout."""
    sums, products = _kernel()(features, target, weights, shift, scale)
    return Sums(sums, products)


@cache
def _kernel() -> Any:  # numba's dispatcher has no static type
    from numba import njit

    # Sums may be reordered (that is what lets them run in vector registers); NaN and infinity
    # must stay what they are, because they are how a bad row is noticed.
    compile_ = njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz"})
    return compile_(_products_of_tiles)


def _products_of_tiles(
    features: Array, target: Array, weights: Floats, shift: Floats, scale: Floats
) -> tuple[Floats, Floats]:
    rows, columns = features.shape
    width = columns + 1
    padded = (width + 3) // 4 * 4  # whole squares of 4 x 4; the columns beyond stay zero
    sums = np.zeros(padded)
    products = np.zeros((padded, padded))
    tile = np.zeros((padded, TILE_ROWS))
    for start in range(0, rows, TILE_ROWS):
        count = min(TILE_ROWS, rows - start)
        for j in range(columns):
            origin, factor = shift[j], scale[j]
            column, row = features[start : start + count, j], tile[j]
            for r in range(count):
                row[r] = (np.float64(column[r]) - origin) * factor
        origin, factor = shift[columns], scale[columns]
        column, row = target[start : start + count], tile[columns]
        for r in range(count):
            row[r] = (np.float64(column[r]) - origin) * factor
        if count < TILE_ROWS:
            tile[:, count:] = 0.0
        if weights.size:
            for j in range(width):
                for r in range(count):
                    sums[j] += weights[start + r] * tile[j, r]
                    tile[j, r] *= np.sqrt(weights[start + r])
        else:
            for j in range(width):
                total = 0.0
                for r in range(TILE_ROWS):
                    total += tile[j, r]
                sums[j] += total
        # Squares of 4 x 4 columns: 16 running sums stay in registers for 8 loads.
        for i in range(0, padded, 4):
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
    for i in range(width):
        for j in range(i):
            products[j, i] = products[i, j]
    return sums[:width].copy(), products[:width, :width].copy()
