"""The compiled kernel of `block_products.py`. It imports numba: import it where it is used.

A tile is a few hundred rows, shifted, scaled and transposed: each column is one line of float64.
It stays in the cache while squares of 3 x 3 columns are multiplied: their 9 running sums and the
numbers they take in fit the 16 vector registers that every x86 processor with AVX has.
"""

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # ships no types, like numba
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from steepest.arrays import Array, Floats

TILE_ROWS = 192
COPIED_ROWS = 128
# The next tile's rows are fetched while this one's are multiplied, unless they would drive it out
# of the cache: so many columns are not bound by memory. Without this a pass over 3 to 40 columns
# takes 1.15 times the processor's time (median; 0.84 of 3 float32 columns to 1.54 of 40 float64).
MOST_FETCHED_BYTES = 1 << 16
CACHE_LINE = 64

# Sums may be reordered (that is what lets them run in vector registers); NaN and infinity must
# stay what they are, because they are how a bad row is noticed.
_fast = {"reassoc", "contract", "nsz"}
_compile = njit(nogil=True, cache=True, fastmath=_fast)
# Only within the kernel does the compiler see that its buffers do not overlap.
_inline = njit(inline="always", fastmath=_fast)


@_compile
def products_of_tiles(
    features: Array,
    target: Array,
    weights: Floats,
    shift: Floats,
    scale: Floats,
    tile: Floats,
    roots: Floats,
    sums: Floats,
    products: Floats,
) -> None:
    """Add sums and products of one block: see `block_products.py`.

    - `features`: a matrix (n, p), or the addresses (p,) of columns that each lie in one piece and
      hold numbers of the target's type
    - `tile` (d, TILE_ROWS), `roots` (TILE_ROWS,): `new_tile`'s
    - `sums` (d,), `products` (d, d): only the lower triangle is added to
    """
    rows, width = len(target), len(shift)
    for start in range(0, rows, TILE_ROWS):
        stop = min(start + TILE_ROWS, rows)
        if stop - start < TILE_ROWS:
            tile[:] = 0.0
        if features.ndim == 2:  # known when this is compiled
            tile_of_rows(features, start, stop, tile, shift, scale)
        else:
            _tile_of_columns(features, target, start, stop, tile, shift, scale)
        _fill_line(target[start:stop], tile[width - 1], shift[width - 1], scale[width - 1])
        if weights.size:
            _weigh(weights[start:stop], tile[:width], roots)
        first, last = following_rows(features, stop)
        multiply_tile(tile, roots, sums, products, first, last)


def new_tile(width: int, kind: type = np.float64) -> tuple[Array, Array]:
    """A tile (d, TILE_ROWS) of zeros for `width` columns, in whole squares of 3 x 3, and the roots
    of its rows' weights. (Arrays that compiled code makes are compiled for half a second.)

    In float32 twice as many numbers are multiplied at a time, and products are added up in it
    within a tile only.
    """
    return np.zeros(((width + 2) // 3 * 3, TILE_ROWS), kind), np.ones(TILE_ROWS, kind)


def symmetric(products: Floats, width: int) -> Floats:
    """The sums of products (width, width), of which the lower triangle was added to zeros."""
    whole = products[:width, :width] + products[:width, :width].T
    whole.flat[:: width + 1] *= 0.5
    return whole


@_inline
def tile_of_rows(
    features: Array,
    start: int,
    stop: int,
    tile: Floats,
    shift: Floats,
    scale: Floats,
) -> None:
    columns, whole = features.shape[1], start
    if columns >= 4 and features.strides[1] == features.itemsize:
        whole = start + (stop - start) // 4 * 4
        for first in range(0, columns, 4):
            # The last four may be columns that have been copied before. max() tells the compiler
            # that no index is negative.
            j = max(0, min(first, columns - 4))
            # Taken out of the arrays here, so that they stay in registers.
            shifts = shift[j], shift[j + 1], shift[j + 2], shift[j + 3]
            scales = scale[j], scale[j + 1], scale[j + 2], scale[j + 3]
            for r in range(start, whole, 4):
                _transpose_square(features, r, j, tile, r - start, shifts, scales)
    for j in range(columns):
        _fill_line(features[whole:stop, j], tile[j, whole - start :], shift[j], scale[j])


@_inline
def _tile_of_columns(
    features: Array,
    target: Array,
    start: int,
    stop: int,
    tile: Floats,
    shift: Floats,
    scale: Floats,
) -> None:
    for j in range(len(features)):
        column = carray(_pointer(features[j], target), stop)
        _fill_line(column[start:stop], tile[j], shift[j], scale[j])


@_compile
def copy_to_rows(places: Array, like: Array, rows: Array) -> None:
    """Copy columns into `rows` (n, p), four at a time, some rows of all before the next ones.

    `places` (p,) are the addresses of columns that each lie in one piece and hold numbers of the
    type of `like`.
    """
    count, columns = rows.shape
    for start in range(0, count, COPIED_ROWS):
        stop = min(start + COPIED_ROWS, count)
        if columns < 4:
            for j in range(columns):
                column = carray(_pointer(places[j], like), count)
                for r in range(start, stop):
                    rows[r, j] = column[r]
            continue
        for first in range(0, columns, 4):
            j = max(0, min(first, columns - 4))  # the last four may have been copied before
            a = carray(_pointer(places[j], like), count)
            b = carray(_pointer(places[j + 1], like), count)
            c = carray(_pointer(places[j + 2], like), count)
            d = carray(_pointer(places[j + 3], like), count)
            for r in range(start, stop):
                # All are read before one is written: so they are written by one instruction.
                at, bt, ct, dt = a[r], b[r], c[r], d[r]
                rows[r, j], rows[r, j + 1], rows[r, j + 2], rows[r, j + 3] = at, bt, ct, dt


@intrinsic
def _pointer(typing: Any, address: Any, like: Any) -> tuple[Any, Any]:
    """The address as a pointer to numbers like those of an array."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], context.get_value_type(signature.return_type))

    return types.CPointer(like.dtype)(types.intp, like), emit


@intrinsic
def _transpose_square(
    typing: Any, part: Any, r: Any, j: Any, tile: Any, t: Any, shift: Any, scale: Any
) -> tuple[Any, Any]:
    """`tile[j:j+4, t:t+4] = ((part[r:r+4, j:j+4] - shift) * scale).T` in vector registers.

    `shift` and `scale` are four numbers each.
    The compiler finds this transposition by itself only where it knows how far apart rows are.
    """
    wide = ir.VectorType(ir.DoubleType(), 4)

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        number, kept = context.get_data_type(part.dtype), context.get_data_type(tile.dtype)
        room = ir.VectorType(kept, 4)

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

        def everywhere(numbers: Any, i: int) -> Any:
            one = builder.insert_element(
                ir.Constant(wide, ir.Undefined),
                builder.extract_value(numbers, i),
                ir.Constant(ir.IntType(32), 0),
            )
            return pick(one, one, 0, 0, 0, 0)

        _, r, j, _, t, shifts, scales = values
        four = ir.VectorType(number, 4)
        rows = [builder.load(place(0, four, plus(r, i), j), align=4) for i in range(4)]
        columns = []
        for halves in ((0, 4, 1, 5), (2, 6, 3, 7)):
            above, below = pick(*rows[:2], *halves), pick(*rows[2:], *halves)
            columns += [pick(above, below, 0, 1, 4, 5), pick(above, below, 2, 3, 6, 7)]
        for i, column in enumerate(columns):
            z = column if number == wide.element else builder.fpext(column, wide)
            z = builder.fsub(z, everywhere(shifts, i))
            z = builder.fmul(z, everywhere(scales, i))
            z = z if kept == wide.element else builder.fptrunc(z, room)
            builder.store(z, place(3, room, plus(j, i), t), align=4)
        return context.get_dummy_value()

    index = types.intp
    return types.void(part, index, index, tile, index, shift, scale), emit


@_inline
def _fill_line(column: Array, line: Floats, shift: float, scale: float) -> None:
    for r in range(len(column)):
        line[r] = (np.float64(column[r]) - shift) * scale


@_inline
def following_rows(features: Array, stop: int) -> tuple[int, int]:
    """First and last address of the next tile's rows, where they are to be fetched."""
    if features.ndim == 2 and features.flags.c_contiguous:
        row = features.strides[0]
        size = min(len(features) - stop, TILE_ROWS) * row
        if size <= MOST_FETCHED_BYTES:
            first = features.ctypes.data + stop * row
            return first, first + size
    return 0, 0


@_inline
def share_of(first: int, last: int, parts: int) -> int:
    """Bytes, in whole lines of the cache, of each of some parts of the memory between."""
    return CACHE_LINE * ((last - first) // (CACHE_LINE * parts) + 1)


@_inline
def fetch_between(first: int, last: int) -> None:
    for address in range(first, last, CACHE_LINE):
        fetch(address)


@intrinsic
def fetch(typing: Any, address: Any) -> tuple[Any, Any]:
    """Ask for a line of the cache; the processor does not wait for it."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        to_read, keep, data = (ir.Constant(number, option) for option in (0, 3, 1))
        builder.call(fetch, [builder.inttoptr(values[0], byte), to_read, keep, data])
        return context.get_dummy_value()

    return types.void(types.intp), emit


@_inline
def _weigh(weights: Floats, tile: Floats, roots: Floats) -> None:
    for r in range(len(weights)):
        roots[r] = np.sqrt(weights[r])
    for j in range(len(tile)):
        for r in range(len(weights)):
            tile[j, r] *= roots[r]


@_inline
def multiply_tile(
    tile: Floats, roots: Floats, sums: Floats, products: Floats, first: int, last: int
) -> None:
    """Add the lower triangle; 9 running sums stay in registers for 6 loads.

    Meanwhile the memory from `first` to `last` is fetched, a share with every square.
    """
    squares = len(tile) // 3 * (len(tile) // 3 - 1) // 2
    share = share_of(first, last, max(1, squares))
    for i in range(0, len(tile), 3):
        for j in range(0, i, 3):
            fetch_between(first, min(first + share, last))
            first += share
            a0 = a1 = a2 = b0 = b1 = b2 = c0 = c1 = c2 = tile.dtype.type(0.0)
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
    aa = ba = bb = ca = cb = cc = a1 = b1 = c1 = tile.dtype.type(0.0)
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
