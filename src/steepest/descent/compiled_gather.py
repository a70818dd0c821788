"""Rows copied into a tile in the order in which they are visited, as machine code. Importing this
imports numba: do so where it is used.

The block itself is neither moved nor written to. Rows are standardised on the way.
"""

import numpy as np

from steepest.descent.compiled_shuffling import fill_group
from steepest.descent.compiled_tile import TARGET, WEIGHT, Floats, Integers, compiled
from steepest.descent.compiled_update import inline
from steepest.descent.shuffling import CHUNK_ROWS, GROUP_ROWS
from steepest.rows.compiled import CACHE_LINE, fetch
from steepest.rows.table import Array

# The next chunk is asked for while one is copied; what is longer the processor fetches by itself,
# once it has met its beginning.
FETCHED_CHUNKS = 4
MOST_FETCHED_BYTES = 4096


@compiled
def fill_tile(
    features: Array,
    target: Array,
    weights: Array,
    scales: Floats,
    place: int,
    key: int,
    shuffled: bool,
    tile: Floats,
    beside: Floats,
) -> None:
    """Copy the rows that are visited at `place`, `place` + 1, … into a tile, as many as it has.

    Rows are read in the order in which they lie and written where they are visited.

    - `features` (n, p), `target` (n,), `weights` (n,), or empty where all weigh 1
    - `scales` (2, p): x is written as (x − scales[0])·scales[1]
    - `key`, `shuffled`: `fill_group`'s
    """
    rows, size = len(target), len(tile)
    starts, spots = np.empty(GROUP_ROWS // CHUNK_ROWS, np.int64), np.empty(GROUP_ROWS, np.int64)
    for group in range(place // GROUP_ROWS * GROUP_ROWS, place + size, GROUP_ROWS):
        count = fill_group(starts, spots, group, rows, key, shuffled)
        for i in range(count):
            spots[i] += group - place
        for i in range(0, count, CHUNK_ROWS):
            if i + FETCHED_CHUNKS * CHUNK_ROWS < count:
                coming = starts[i // CHUNK_ROWS + FETCHED_CHUNKS]
                _fetch_chunk(features, coming)
                fetch(target.ctypes.data + coming * target.itemsize)
                fetch(target.ctypes.data + coming * target.itemsize + CACHE_LINE)
            last = min(i + CHUNK_ROWS, count)
            _copy(features, starts[i // CHUNK_ROWS], spots[i:last], scales, tile)
            for r in range(i, last):
                to, row = spots[r], starts[i // CHUNK_ROWS] + r - i
                if 0 <= to < size:
                    row = row if row < rows else row - rows
                    beside[to, TARGET] = target[row]
                    if weights.size:
                        beside[to, WEIGHT] = weights[row]


@inline
def _copy(features: Array, start: int, spots: Integers, scales: Floats, tile: Floats) -> None:
    """Copy the rows `start`, `start` + 1, … to these places of the tile, those that it has."""
    (rows, columns), size = features.shape, len(tile)
    if features.strides[1] == features.itemsize:
        for r in range(len(spots)):
            to, row = spots[r], start + r
            row = row if row < rows else row - rows
            if 0 <= to < size:
                for j in range(columns):
                    tile[to, j] = (np.float64(features[row, j]) - scales[0, j]) * scales[1, j]
    else:
        for j in range(columns):
            for r in range(len(spots)):
                to, row = spots[r], start + r
                row = row if row < rows else row - rows
                if 0 <= to < size:
                    tile[to, j] = (np.float64(features[row, j]) - scales[0, j]) * scales[1, j]


@inline
def _fetch_chunk(features: Array, start: int) -> None:
    """Ask for the memory of a chunk."""
    across, along = features.strides
    if along == features.itemsize:
        first = features.ctypes.data + start * across
        for line in range(0, min(CHUNK_ROWS * across, MOST_FETCHED_BYTES), CACHE_LINE):
            fetch(first + line)
    else:
        for j in range(features.shape[1]):
            fetch(features.ctypes.data + start * across + j * along)
