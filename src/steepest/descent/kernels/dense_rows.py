"""Mini-batch descent over dense rows, as machine code. Importing this imports numba: do so where it
is used.

Rows are copied into a tile that stays in the cache, standardised on the way, and `row_tile.py`
descends over it; meanwhile the next rows are prefetched. The block itself is not written to.
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
from steepest.descent.kernels.shuffled_order import fill_spots, fill_starts
from steepest.moments.block_products_kernel import CACHE_LINE, fetch

# After so many rows, as many of the next group are prefetched: more at once would wait for each
# other. Without prefetching, a shuffled epoch takes 1.38 times the processor's time of 3 columns,
# 1.18 of 10, 1.06 of 30 and the same of 60.
SLICE_ROWS = 64
# What is longer the processor fetches by itself, once it has met its beginning.
MOST_FETCHED_BYTES = 4096
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
    - `tile` (t, d) with its column of ones, `beside` (t, 2 + k): room; t divides GROUP_ROWS
    - the rest: `descend_tile`'s
    """
    rows, begun = len(target), counts[UPDATES]
    starts = np.empty(GROUP_ROWS // CHUNK_ROWS, np.int64)
    coming = np.empty(GROUP_ROWS // CHUNK_ROWS, np.int64)
    spots = np.empty(GROUP_ROWS, np.int64)
    place: int = stretch.first
    group, count, after = -1, 0, 0
    while place < stretch.stop:
        if place // GROUP_ROWS * GROUP_ROWS != group:
            group = place // GROUP_ROWS * GROUP_ROWS
            count = fill_starts(starts, group, rows, stretch.key, stretch.shuffled)
            fill_spots(spots, group, count, stretch.key, stretch.shuffled)
            after = 0
            if group + GROUP_ROWS < rows:
                after = fill_starts(coming, group + GROUP_ROWS, rows, stretch.key, stretch.shuffled)
        stop: int = min(stretch.stop, group + count, (place // len(tile) + 1) * len(tile))
        first, size = place - group, stop - place
        _copy_rows(
            features, target, weights, scales, starts, spots[:count], first, tile[:size], beside
        )
        for r in range(0, size, SLICE_ROWS):
            last = min(r + SLICE_ROWS, size)
            for i in range((first + r) // CHUNK_ROWS, min(first + last, after) // CHUNK_ROWS):
                _fetch_chunk(features, coming[i])
                _fetch_column(target, coming[i])
            ends = batches.ends and place + last == stretch.stop
            left = rates[counts[UPDATES] - begun :]
            done: int = descend_tile(
                tile[r:last], beside[r:last], Batches(batches.rows, ends), left, errors, rule,
                costs, walk, counts, used,
            )  # fmt: skip
            if done < last - r or (counts[UPDATES] - begun == len(rates) and last < size):
                return place + r + done
        place = stop
        if counts[UPDATES] - begun == len(rates):
            break
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
    total, starts = 0.0, np.empty((len(tile) + CHUNK_ROWS - 1) // CHUNK_ROWS, np.int64)
    spots = np.empty(len(tile), np.int64)
    for r in range(len(tile)):
        spots[r] = r
    begin = np.int64(0)  # for a literal 0, what is called is compiled once more
    for place in range(first, stop, len(tile)):
        size = min(len(tile), stop - place)
        for i in range(len(starts)):
            starts[i] = place + i * CHUNK_ROWS
        _copy_rows(
            features, target, weights, scales, starts, spots[:size], begin, tile[:size], beside
        )
        total += sum_tile(tile[:size], beside[:size], errors, walk)
    return total


@inline
def _copy_rows(
    features: Features,
    target: Array,
    weights: Array,
    scales: Floats,
    starts: Integers,
    spots: Integers,
    first: int,
    tile: Floats,
    beside: Floats,
) -> None:
    """Copy the rows of a group that are visited from its place `first` on, as many as fit.

    They are read in the order in which they lie, and written where they are visited.
    """
    rows, size = len(target), len(tile)
    everything = first == 0 and size == len(spots)
    for i in range(0, len(spots), CHUNK_ROWS):
        start, count = starts[i // CHUNK_ROWS], min(CHUNK_ROWS, len(spots) - i)
        if everything and start + count <= rows:
            _copy_chunk(features, start, count, scales, spots, i, tile)
            for r in range(count):
                _copy_beside(target, weights, start + r, beside, spots[i + r])
        else:
            for r in range(count):
                to, row = spots[i + r] - first, start + r
                row = row if row < rows else row - rows
                if 0 <= to < size:
                    for j in range(features.columns):
                        x = _number(features, row, j)
                        tile[to, j] = (x - scales[0, j]) * scales[1, j]
                    _copy_beside(target, weights, row, beside, to)


@inline
def _copy_chunk(
    features: Features,
    start: int,
    count: int,
    scales: Floats,
    spots: Integers,
    first: int,
    tile: Floats,
) -> None:
    """Copy rows that lie side by side, in the order that the memory has."""
    columns, size = features.columns, SINGLE if features.single else DOUBLE
    if features.along == size and columns >= LANES:
        for r in range(count):
            to, row = spots[first + r], features.first + (start + r) * features.across
            for j in range(0, columns, LANES):
                i = min(j, columns - LANES)  # the last may have been copied before
                if features.single:
                    copy_lanes(row + i * size, np.float32(0.0), i, scales, tile, to)
                else:
                    copy_lanes(row + i * size, 0.0, i, scales, tile, to)
    else:
        for j in range(columns):
            centre, scale = scales[0, j], scales[1, j]
            for r in range(count):
                x = _number(features, start + r, j)
                tile[spots[first + r], j] = (x - centre) * scale


@inline
def _number(features: Features, row: int, j: int) -> Any:
    address = features.first + row * features.across + j * features.along
    if features.single:
        return np.float64(number_at(address, np.float32(0.0)))
    return number_at(address, 0.0)


@inline
def _copy_beside(target: Array, weights: Array, row: int, beside: Floats, to: int) -> None:
    beside[to, TARGET] = target[row]
    if weights.size:
        beside[to, WEIGHT] = weights[row]


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
def _fetch_chunk(features: Features, start: int) -> None:
    """Prefetch a chunk of rows."""
    first = features.first + start * features.across
    if features.along == (SINGLE if features.single else DOUBLE):
        for line in range(0, min(CHUNK_ROWS * features.across, MOST_FETCHED_BYTES), CACHE_LINE):
            fetch(first + line)
    else:
        for j in range(min(features.columns, MOST_FETCHED_BYTES // CACHE_LINE)):
            fetch(first + j * features.along)


@inline
def _fetch_column(column: Array, start: int) -> None:
    """Prefetch a chunk of one column."""
    for line in range(0, CHUNK_ROWS * column.itemsize + 1, CACHE_LINE):
        fetch(column.ctypes.data + start * column.itemsize + line)
