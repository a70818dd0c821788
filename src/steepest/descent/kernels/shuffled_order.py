"""The order in which an epoch visits the rows of a block: computed as it goes, nothing is moved.
Importing this imports numba: do so where it is used.

Rows that lie side by side are read together, or memory would be the bottleneck. So the rows are
cut into chunks of CHUNK_ROWS; the chunks are visited in a random order; and the rows of each group
of GROUP_ROWS (64 chunks from all over the block) are shuffled among themselves. A block of up to
GROUP_ROWS rows is shuffled completely. Where the first chunk begins changes from epoch to epoch.

The order follows from (seed, epoch, block) alone, and the rows of any group are known without the
groups before it. Everything is made of unsigned integers of 64 bits, so the order is the same on
every machine.
"""

from typing import Any

import numpy as np
from numba import njit

from steepest.arrays import Integers
from steepest.descent.kernels import CHUNK_ROWS, GROUP_ROWS
from steepest.losses.kernel import UNWRAPPED

_compile = njit(nogil=True, cache=True, error_model="numpy")
_inline = njit(forceinline=True, error_model="numpy", **UNWRAPPED)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_HALF = np.uint64(32)
_FEISTEL_ROUNDS = 4


@_compile
def fill_starts(starts: Integers, group: int, rows: int, key: int, shuffled: bool) -> int:
    """Write the first row of each chunk of a group; how many rows the group has.

    A chunk that reaches the block's end goes on at its beginning.

    - `starts` (GROUP_ROWS / CHUNK_ROWS,)
    - `group`: the place of its first row in the epoch's order, a multiple of GROUP_ROWS
    - `key`: `order_key`'s
    """
    secret, chunks, offset = np.uint64(key), rows // CHUNK_ROWS, 0
    count = min(GROUP_ROWS, rows - group)
    if shuffled:
        offset = _below(_mixed(secret), (rows + CHUNK_ROWS - 1) // CHUNK_ROWS) * CHUNK_ROWS
    for i in range((count + CHUNK_ROWS - 1) // CHUNK_ROWS):
        chunk = group // CHUNK_ROWS + i
        if shuffled and chunk < chunks:
            chunk = _place(chunk, chunks, secret)
        start = chunk * CHUNK_ROWS + offset
        starts[i] = start if start < rows else start - rows
    return count


@_compile
def fill_visits(visits: Integers, group: int, count: int, key: int, shuffled: bool) -> None:
    """Write which of a group's rows are visited, in this order; the first chunk's come first."""
    for i in range(count):
        visits[i] = i
    if shuffled:
        _shuffle(visits, count, _mixed(np.uint64(key) ^ _mixed(np.uint64(group))))


@_compile
def order_of(rows: int, place: int, count: int, key: int, shuffled: bool) -> Integers:
    """The rows that are visited at `place`, …, `count` of them."""
    order = np.empty(count, np.int64)
    starts, visits = np.empty(GROUP_ROWS // CHUNK_ROWS, np.int64), np.empty(GROUP_ROWS, np.int64)
    for group in range(place // GROUP_ROWS * GROUP_ROWS, place + count, GROUP_ROWS):
        there = fill_starts(starts, group, rows, key, shuffled)
        fill_visits(visits, group, there, key, shuffled)
        for at in range(max(place, group), min(place + count, group + there)):
            order[at - place] = row_at(starts, visits[at - group], rows)
    return order


@_inline
def row_at(starts: Integers, i: int, rows: int) -> Any:
    """The row that is the i-th of a group's chunks."""
    row = starts[i // CHUNK_ROWS] + i % CHUNK_ROWS
    return row if row < rows else row - rows


@_inline
def _shuffle(visits: Integers, count: int, seed: np.uint64) -> None:
    """Fisher and Yates' shuffle, the last exchange first, which gives its inverse; numbers by
    Steele, Lea and Flood's SplitMix64 (2014), each of which serves twice.
    """
    for i in range(1 + count % 2, count, 2):
        bits = _mixed(seed + _GOLDEN * np.uint64((count + 1 - i) // 2))
        j = _below(bits << _HALF, i)
        visits[i - 1], visits[j] = visits[j], visits[i - 1]
        j = _below(bits, i + 1)
        visits[i], visits[j] = visits[j], visits[i]


@_inline
def _place(chunk: int, chunks: int, key: np.uint64) -> Any:
    """A permutation of 0, …, chunks − 1, computed for one of them.

    A Feistel network permutes a square of side² ≥ chunks numbers; what leaves the range is sent
    through again until it is back (Black and Rogaway 2002).
    """
    side: Any = np.int64(np.ceil(np.sqrt(np.float64(chunks))))
    while True:
        left, right = chunk // side, chunk % side
        for turn in range(_FEISTEL_ROUNDS):
            seed = key + _GOLDEN * np.uint64(4 * right + turn + 1)
            left, right = right, left + _below(_mixed(seed), side)
            if right >= side:
                right -= side
        chunk = left * side + right
        if chunk < chunks:
            return chunk


@_inline
def _below(random: np.uint64, limit: int) -> Any:
    """A number from 0 to limit − 1, from the upper half of the bits."""
    return np.int64(((random >> _HALF) * np.uint64(limit)) >> _HALF)


@_inline
def _mixed(bits: np.uint64) -> np.uint64:
    """Every bit depends on every bit: SplitMix64's last step."""
    bits += _GOLDEN
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
    return bits ^ (bits >> np.uint64(31))
