"""The compiled kernel behind `gram.py`. Importing this imports numba: do so where it is used.

A tile is a few hundred rows, shifted, scaled and turned so that each column is one line of float64.
It stays in the cache while squares of 3 x 3 columns are multiplied: their 9 running sums and the
numbers they take in fit the 16 vector registers that every x86 processor with AVX has.
"""

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # ships no types, like numba
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
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
    padded = (width + 2) // 3 * 3  # whole squares of 3 x 3; the columns beyond stay zero
    sums = np.zeros(padded)
    products = np.zeros((padded, padded))
    tile = np.zeros((padded, TILE_ROWS))
    roots = np.ones(TILE_ROWS)  # of the rows' weights
    for start in range(0, rows, TILE_ROWS):
        stop = min(start + TILE_ROWS, rows)
        if stop - start < TILE_ROWS:
            tile[:] = 0.0
        _turn(features[start:stop], tile, shift, scale)
        _turn_column(target[start:stop], tile[columns], shift[columns], scale[columns])
        if weights.size:
            _weigh(weights[start:stop], tile[:width], roots)
        _multiply(tile, roots, sums, products)
    for i in range(width):
        for j in range(i):
            products[j, i] = products[i, j]
    return sums[:width].copy(), products[:width, :width].copy()


@_inline
def _turn(part: Array, tile: Floats, shift: Floats, scale: Floats) -> None:
    rows, columns = part.shape
    turned = 0
    if columns >= 4 and part.strides[1] == part.itemsize:
        turned = rows // 4 * 4
        for start in range(0, columns, 4):
            # The last four may be columns that have been turned before. max() tells the compiler
            # that no index is negative.
            j = max(0, min(start, columns - 4))
            for r in range(0, turned, 4):
                _turn_square(part, r, j, tile, shift, scale)
    for j in range(columns):
        _turn_column(part[turned:, j], tile[j, turned:], shift[j], scale[j])


@intrinsic
def _turn_square(
    typing: Any, part: Any, r: Any, j: Any, tile: Any, shift: Any, scale: Any
) -> tuple[Any, Any]:
    """`tile[j:j+4, r:r+4] = ((part[r:r+4, j:j+4] - shift) * scale).T` in vector registers.

    The compiler finds this turn by itself only where it knows how far apart rows are.
    """
    wide = ir.VectorType(ir.DoubleType(), 4)

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        number = context.get_data_type(part.dtype)

        def place(which: int, vector: Any, *index: Any) -> Any:
            kind = signature.args[which]
            array = context.make_array(kind)(context, builder, values[which])
            at = cgutils.get_item_pointer(context, builder, kind, array, index)
            return builder.bitcast(at, vector.as_pointer())

        def plus(index: Any, step: int) -> Any:
            return builder.add(index, ir.Constant(index.type, step))

        def pick(a: Any, b: Any, *order: int) -> Any:
            return builder.shuffle_vector(
                a, b, ir.Constant(ir.VectorType(ir.IntType(32), 4), order)
            )

        _, r, j, *_ = values
        four = ir.VectorType(number, 4)
        rows = [builder.load(place(0, four, plus(r, i), j), align=4) for i in range(4)]
        columns = []
        for halves in ((0, 4, 1, 5), (2, 6, 3, 7)):
            above, below = pick(*rows[:2], *halves), pick(*rows[2:], *halves)
            columns += [pick(above, below, 0, 1, 4, 5), pick(above, below, 2, 3, 6, 7)]
        shifts, scales = (builder.load(place(which, wide, j), align=8) for which in (4, 5))
        for i, column in enumerate(columns):
            z = column if number == wide.element else builder.fpext(column, wide)
            z = builder.fsub(z, pick(shifts, shifts, *[i] * 4))
            z = builder.fmul(z, pick(scales, scales, *[i] * 4))
            builder.store(z, place(3, wide, plus(j, i), r), align=8)
        return context.get_dummy_value()

    return types.void(part, types.intp, types.intp, tile, shift, scale), emit


@_inline
def _turn_column(column: Array, line: Floats, shift: float, scale: float) -> None:
    for r in range(len(column)):
        line[r] = (np.float64(column[r]) - shift) * scale


@_inline
def _weigh(weights: Floats, tile: Floats, roots: Floats) -> None:
    for r in range(len(weights)):
        roots[r] = np.sqrt(weights[r])
    for j in range(len(tile)):
        for r in range(len(weights)):
            tile[j, r] *= roots[r]


@_inline
def _multiply(tile: Floats, roots: Floats, sums: Floats, products: Floats) -> None:
    """Add the lower triangle; 9 running sums stay in registers for 6 loads."""
    for i in range(0, len(tile), 3):
        for j in range(0, i, 3):
            a0 = a1 = a2 = b0 = b1 = b2 = c0 = c1 = c2 = 0.0
            for r in range(TILE_ROWS):
                p, q, s = tile[j, r], tile[j + 1, r], tile[j + 2, r]
                a, b, c = tile[i, r], tile[i + 1, r], tile[i + 2, r]
                a0 += a * p
                a1 += a * q
                a2 += a * s
                b0 += b * p
                b1 += b * q
                b2 += b * s
                c0 += c * p
                c1 += c * q
                c2 += c * s
            products[i, j] += a0
            products[i, j + 1] += a1
            products[i, j + 2] += a2
            products[i + 1, j] += b0
            products[i + 1, j + 1] += b1
            products[i + 1, j + 2] += b2
            products[i + 2, j] += c0
            products[i + 2, j + 1] += c1
            products[i + 2, j + 2] += c2
        _multiply_diagonal(tile, roots, sums, products, i)


@_inline
def _multiply_diagonal(tile: Floats, roots: Floats, sums: Floats, products: Floats, i: int) -> None:
    """The square where i = j needs 6 products; the 3 weighted sums take the place of the rest."""
    aa = ba = bb = ca = cb = cc = a1 = b1 = c1 = 0.0
    for r in range(TILE_ROWS):
        a, b, c, root = tile[i, r], tile[i + 1, r], tile[i + 2, r], roots[r]
        aa += a * a
        ba += b * a
        bb += b * b
        ca += c * a
        cb += c * b
        cc += c * c
        a1 += a * root
        b1 += b * root
        c1 += c * root
    products[i, i] += aa
    products[i + 1, i] += ba
    products[i + 1, i + 1] += bb
    products[i + 2, i] += ca
    products[i + 2, i + 1] += cb
    products[i + 2, i + 2] += cc
    sums[i] += a1
    sums[i + 1] += b1
    sums[i + 2] += c1
