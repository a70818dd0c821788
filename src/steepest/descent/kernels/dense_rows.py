"""Mini-batch descent over dense rows, as machine code. Importing this imports numba: do so where it
is used.

Rows are copied into a tile that stays in the cache, in the order in which they are visited and
standardised on the way, and `row_tile.py` descends over it. With each row that is copied one of
the next group is prefetched: as many at once would wait for each other, or be left out. The block
itself is not written to.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # ships no types, like numba
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from steepest.arrays import Array, Floats, Integers
from steepest.descent.kernels import CHUNK_ROWS, GROUP_ROWS, Stretch
from steepest.descent.kernels.parameter_update import UPDATES, Rule, inline
from steepest.descent.kernels.row_tile import (
    TARGET,
    WEIGHT,
    Batches,
    Errors,
    compiled,
    descend_tile,
    sum_tile,
)
from steepest.descent.kernels.shuffled_order import fill_starts, fill_visits, row_at
from steepest.moments.block_products_kernel import CACHE_LINE, fetch

LANES = 4  # float64 in a vector register
SINGLE, DOUBLE = 4, 8  # bytes of a number


class Features(NamedTuple):
    """Where a matrix lies: number (r, j) is at `first` + r·`across` + j·`along`.

    By addresses, since each type, order and protection of an array would be compiled for seconds.

    - `single`: whether the numbers are float32, not float64
    """

    first: int
    columns: int
    across: int
    along: int
    single: bool


def place_of(features: Array) -> Features:
    """Where a matrix of float32 or float64 lies; it must be held as long as this is used."""
    _, columns = features.shape
    across, along = features.strides
    return Features(features.ctypes.data, columns, across, along, features.itemsize == SINGLE)


@compiled
def descend_rows(
    features: Features,
    target: Array,
    weights: Array,
    scales: Floats,
    stretch: Stretch,
    turned: Floats,
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
    """Visit rows until they or the rates are used up; the place reached.

    - `features`: of a matrix (n, p); `target` (n,), `weights` (n,), or empty where all weigh 1
    - `scales` (2, p): x is read as (x − scales[0])·scales[1]
    - `turned` (GROUP_ROWS, p): room for a group, where columns lie in one piece; else of no rows
    - `tile` (t, d) with its column of ones, `beside` (2 + k, t): room; t divides GROUP_ROWS
    - the rest: `descend_tile`'s
    """
    rows, begun = len(target), counts[UPDATES]
    starts = np.empty(GROUP_ROWS // CHUNK_ROWS, np.int64)
    coming = np.empty(GROUP_ROWS // CHUNK_ROWS, np.int64)
    visits = np.empty(GROUP_ROWS, np.int64)
    place: int = stretch.first
    group, count, after = -1, 0, 0
    while place < stretch.stop and counts[UPDATES] - begun < len(rates):
        if place // GROUP_ROWS * GROUP_ROWS != group:
            group = place // GROUP_ROWS * GROUP_ROWS
            count = fill_starts(starts, group, rows, stretch.key, stretch.shuffled)
            fill_visits(visits, group, count, stretch.key, stretch.shuffled)
            _turn(features, scales, starts, rows, turned[:count])
            after = 0
            if group + GROUP_ROWS < rows:
                after = fill_starts(coming, group + GROUP_ROWS, rows, stretch.key, stretch.shuffled)
        stop: int = min(stretch.stop, group + count, (place // len(tile) + 1) * len(tile))
        first, size = place - group, stop - place
        for r in range(size):
            i = visits[first + r]
            row = row_at(starts, i, rows)
            if len(turned):
                for j in range(features.columns):
                    tile[r, j] = turned[i, j]
            else:
                _copy_row(features, row, scales, tile, r)
            _copy_beside(target, weights, row, beside, r)
            if first + r < after:
                _fetch_row(features, target, row_at(coming, first + r, rows))
        done: int = descend_tile(
            tile[:size], beside, Batches(batches.rows, batches.ends and stop == stretch.stop),
            rates[counts[UPDATES] - begun :], errors, rule, costs, walk, counts, used,
        )  # fmt: skip
        place += done
    return place


@compiled
def sum_rows(
    features: Features,
    target: Array,
    weights: Array,
    scales: Floats,
    first: int,
    stop: int,
    tile: Floats,
    beside: Floats,
    errors: Errors,
    walk: Floats,
) -> float:
    """Σ s·ℓ / s̄ over the rows `first` to `stop`; their gradient is added to the batch's."""
    total = 0.0
    for place in range(first, stop, len(tile)):
        size = min(len(tile), stop - place)
        for r in range(size):
            _copy_row(features, place + r, scales, tile, r)
            _copy_beside(target, weights, place + r, beside, r)
        total += sum_tile(tile[:size], beside, errors, walk)
    return total


@inline
def _turn(features: Features, scales: Floats, starts: Integers, rows: int, turned: Floats) -> None:
    """Copy a group, chunk by chunk, in the order that the memory has."""
    for first in range(0, len(turned), CHUNK_ROWS):
        start, count = starts[first // CHUNK_ROWS], min(CHUNK_ROWS, len(turned) - first)
        whole = min(count, rows - start)
        for j in range(features.columns):
            centre, scale = scales[0, j], scales[1, j]
            for i in range(whole):
                turned[first + i, j] = (_number(features, start + i, j) - centre) * scale
            for i in range(whole, count):
                turned[first + i, j] = (_number(features, start + i - rows, j) - centre) * scale


@inline
def _copy_row(features: Features, row: int, scales: Floats, tile: Floats, to: int) -> None:
    columns, size = features.columns, SINGLE if features.single else DOUBLE
    first = features.first + row * features.across
    if features.along == size and columns >= LANES:
        for j in range(0, columns, LANES):
            i = min(j, columns - LANES)  # the last may have been copied before
            if features.single:
                copy_lanes(first + i * size, np.float32(0.0), i, scales, tile, to)
            else:
                copy_lanes(first + i * size, 0.0, i, scales, tile, to)
    else:
        for j in range(columns):
            tile[to, j] = (_number(features, row, j) - scales[0, j]) * scales[1, j]


@inline
def _number(features: Features, row: int, j: int) -> Any:
    address = features.first + row * features.across + j * features.along
    if features.single:
        return np.float64(number_at(address, np.float32(0.0)))
    return number_at(address, 0.0)


@inline
def _copy_beside(target: Array, weights: Array, row: int, beside: Floats, to: int) -> None:
    beside[TARGET, to] = target[row]
    if weights.size:
        beside[WEIGHT, to] = weights[row]


@intrinsic
def number_at(typing: Any, address: Any, like: Any) -> tuple[Any, Any]:
    """The number at an address, of the type of `like`."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        number = context.get_data_type(signature.return_type)
        return builder.load(builder.inttoptr(values[0], number.as_pointer()), align=1)

    return like(types.intp, like), emit


@intrinsic
def copy_lanes(
    typing: Any, address: Any, like: Any, j: Any, scales: Any, tile: Any, to: Any
) -> tuple[Any, Any]:
    """`tile[to, j:j+4] = (x - scales[0, j:j+4]) * scales[1, j:j+4]` in one vector register: the
    compiler would ask at every row whether the two overlap.

    x are the four numbers at an address, of the type of `like`.
    """

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        wide = ir.VectorType(ir.DoubleType(), LANES)

        def place(which: int, *index: Any) -> Any:
            kind = signature.args[which]
            array = context.make_array(kind)(context, builder, values[which])
            at = cgutils.get_item_pointer(context, builder, kind, array, index)
            return builder.bitcast(at, wide.as_pointer())

        address, _, j, _, _, to = values
        zero, one = (ir.Constant(j.type, layer) for layer in (0, 1))
        four = ir.VectorType(context.get_data_type(like), LANES)
        x = builder.load(builder.inttoptr(address, four.as_pointer()), align=1)
        x = x if four.element == wide.element else builder.fpext(x, wide)
        x = builder.fsub(x, builder.load(place(3, zero, j), align=8))
        x = builder.fmul(x, builder.load(place(3, one, j), align=8))
        builder.store(x, place(4, to, j), align=8)
        return context.get_dummy_value()

    index = types.intp
    return types.void(index, like, index, scales, tile, index), emit


@inline
def _fetch_row(features: Features, target: Array, row: int) -> None:
    """Prefetch a row and its target; where columns lie in one piece, a share of its chunk."""
    size = SINGLE if features.single else DOUBLE
    first = features.first + row * features.across
    if features.along == size:
        for line in range(0, features.across, CACHE_LINE):
            fetch(first + line)
    else:
        part, columns = row % CHUNK_ROWS, features.columns
        for j in range(part * columns // CHUNK_ROWS, (part + 1) * columns // CHUNK_ROWS):
            begin = first - part * features.across + j * features.along
            for line in range(0, CHUNK_ROWS * size, CACHE_LINE):
                fetch(begin + line)
    fetch(target.ctypes.data + row * target.itemsize)
