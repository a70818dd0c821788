"""Sums and products of one block of rows about a fixed shift: the inner loop of every fit.

For rows `x` with weights `w`, `z = (x - shift) * scale` in float64 and

    sums[i] = Σ w z_i            products[i, j] = Σ w z_i z_j

where the last index stands for the target. `scale` holds powers of two, so scaling is exact.
The compiled kernel shifts, scales and multiplies a tile of rows while it is in the cache; very
many columns, and tables of one block, are shifted tile by tile and multiplied by BLAS.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array, Floats, read_only
from steepest.tables.blocks import Features

# The kernel was the faster as far as `benchmarks/roofline.py --crossing` measured.
MOST_COMPILED_COLUMNS = 3000
TILE_ROWS = 256
TILE_NUMBERS = 1 << 17


class Sums(NamedTuple):
    """Sums (q,) and products (q, q) of q shifted, scaled columns; the target is the last."""

    sums: Floats
    products: Floats


class Kernel(Protocol):
    """Sums of one block. An empty `weights` means that every row weighs 1."""

    def __call__(
        self, features: Features, target: Array, weights: Floats, shift: Floats, scale: Floats
    ) -> Sums: ...


def choose_kernel(columns: int, first_block_is_all: bool) -> Kernel:
    """The faster way; for a table that fits one block, importing a compiler would cost more."""
    if first_block_is_all or columns > MOST_COMPILED_COLUMNS:
        return tiled_products
    return compiled_products


def tiled_products(
    features: Features, target: Array, weights: Floats, shift: Floats, scale: Floats
) -> Sums:
    """Shift tiles of rows that fit the cache, and let BLAS multiply them."""
    if not isinstance(features, np.ndarray):
        features = np.stack(features).T
    rows, columns = features.shape
    sums, products = np.zeros(columns + 1), np.zeros((columns + 1, columns + 1))
    step = max(TILE_ROWS, TILE_NUMBERS // (columns + 1))
    tile = np.empty((columns + 1, min(step, rows)))  # a column lies in one piece
    for start in range(0, rows, step):
        stop = min(start + step, rows)
        part, some = tile[:, : stop - start], features[start:stop].T
        np.subtract(some, shift[:-1, None], out=part[:-1], dtype=np.float64)
        np.subtract(target[start:stop], shift[-1], out=part[-1], dtype=np.float64)
        part *= scale[:, None]
        if weights.size:
            root = np.sqrt(weights[start:stop])
            part *= root
            sums += part @ root
        else:
            sums += part.sum(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):  # noticed by who merges the sums
            products += part @ part.T
    return Sums(sums, products)


def load_kernel() -> None:
    """Import the compiler, and load the kernel that files need, before the first block is there."""
    compiled_products([np.zeros(1)], np.zeros(1), np.empty(0), np.zeros(2), np.ones(2))


def compiled_products(
    features: Features, target: Array, weights: Floats, shift: Floats, scale: Floats
) -> Sums:
    """The same sums by a kernel compiled for the block's type and layout."""
    from steepest.moments.block_products_kernel import new_tile, products_of_tiles, symmetric

    columns = features
    if isinstance(columns, np.ndarray):
        if columns.flags.f_contiguous and columns.dtype == target.dtype:
            columns = list(columns.T)
        else:
            columns = read_only(columns)
    if not isinstance(columns, np.ndarray):
        columns = places_of(columns)
    width = len(shift)
    tile, roots = new_tile(width)
    sums, products = np.zeros(len(tile)), np.zeros((len(tile), len(tile)))
    products_of_tiles(
        columns, read_only(target), read_only(weights), shift, scale, tile, roots, sums, products
    )
    return Sums(sums[:width], symmetric(products, width))


def places_of(columns: Sequence[Array]) -> NDArray[np.intp]:
    """The addresses (p,) of columns that each lie in one piece, for compiled code."""
    return np.array([column.ctypes.data for column in columns], dtype=np.intp)
