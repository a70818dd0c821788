"""A table's rows as one matrix in memory, for descents that look at them again and again."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from steepest.arrays import Array, Floats
from steepest.errors import InputError
from steepest.moments.moments import CentredMoments
from steepest.moments.one_pass import Progress, block_rows, moments_of_blocks
from steepest.problems.design_matrix import suits_moments
from steepest.tables.column_encoding import Block, Encoding, Tally
from steepest.tables.from_arrays import ArrayTable
from steepest.tables.table import Table
from steepest.tables.whole_rows import check_whole_rows


@final
@dataclass(frozen=True, eq=False)
class MemoryRows:
    """Rows: `features` (n, p), float32 if all numbers are, `target` (n,), `weights` (n,) or None.

    `numbers` (n,) are the rows' places in the source; None means 0 to n − 1. `moments`, the
    target's last, are known where a look at many rows has gathered them. `keys` (n,) are what a
    split goes by, where that is not their numbers. The features may be the user's own array: never
    write to it.
    """

    features: Array
    target: Floats
    weights: Floats | None
    numbers: NDArray[np.int64] | None = None
    moments: CentredMoments | None = None
    keys: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.target)

    @property
    def weighing(self) -> int:
        """How many rows weigh more than 0: the others say nothing, and do not count."""
        return len(self) if self.weights is None else int(np.count_nonzero(self.weights))

    def number(self, position: int) -> int:
        """The place in the source of the row at this position."""
        return position if self.numbers is None else int(self.numbers[position])

    def where(self, mask: NDArray[np.bool_]) -> "MemoryRows":
        """Some of the rows."""
        places = np.flatnonzero(mask)
        return MemoryRows(
            self.features[places],
            self.target[places],
            None if self.weights is None else self.weights[places],
            places if self.numbers is None else self.numbers[places],
            keys=None if self.keys is None else self.keys[places],
        )

    def blocks(self) -> Iterator[Block]:
        """The rows in blocks, as a pass over them takes them."""
        size = block_rows(self.features.shape[1] + 1)
        for first in range(0, len(self), size):
            at = slice(first, first + size)
            weights = None if self.weights is None else self.weights[at]
            features: Any = self.features[at]
            dense = features.toarray() if issparse(features) else features
            yield Block(first, dense, self.target[at], weights)

    @property
    def split_keys(self) -> NDArray[np.int64]:
        """By what a split sends the rows to their parts."""
        if self.keys is not None:
            return self.keys
        return np.arange(len(self), dtype=np.int64) if self.numbers is None else self.numbers


def memory_bytes() -> float:
    """The machine's memory; inf where the system does not tell."""
    if not hasattr(os, "sysconf"):
        return inf
    return float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")


def gather_rows(
    table: Table,
    encoding: Encoding,
    tally: Tally,
    progress: Progress | None = None,
    most: float = inf,
    *,
    keyed: bool = False,
) -> MemoryRows | None:
    """All rows of a table, encoded: an array's own where it can be used as it is. None where they
    would take more than `most` bytes. `keyed` ones are to be split.

    Raises InputError for an empty table, and for a value that is not finite, with its place.
    """
    width = len(encoding.names)
    size, whole = block_rows(width), None
    if isinstance(table, ArrayTable) and table.count:
        size = table.count  # one block, which is a view
    elif table.count is not None and table.count * width * 4 > most:
        return None
    parts = _Parts(table.count, width)
    for block in encoding.blocks(table, size, tally=tally):
        if len(block) == table.count and suits_moments(block.features):
            whole = block
        else:
            _check(block, encoding, table.where)
        parts.add(block, keyed and table.unordered)
        if size != table.count and parts.rows * width * block.features.itemsize > most:
            return None
        if progress is not None:
            progress(block.row(len(block) - 1) + 1, table.count)
    check_whole_rows(table, encoding, tally)
    rows = parts.together()
    if whole is None:
        return rows
    return _with_moments(rows, encoding, lambda: encoding.check_block(whole, table.where))


def _with_moments(rows: MemoryRows, encoding: Encoding, check: Callable[[], None]) -> MemoryRows:
    """Rows and their moments, which are not finite where a value is not: the `check` names it."""
    try:
        moments = moments_of_blocks(rows.blocks(), (*encoding.names, ""))
    except InputError:
        check()
        return rows  # whose squares are beyond float64
    return replace(rows, moments=moments)


def _check(block: Block, encoding: Encoding, where: Callable[[int], str]) -> None:
    """Refuse what is not finite; a sum tells whether there may be some."""
    values = [block.features, block.target, block.weights]
    with np.errstate(over="ignore", invalid="ignore"):
        sums = [float(each.sum()) for each in values if each is not None]
    if not np.isfinite(sums).all():
        encoding.check_block(block, where)


@final
class _Parts:
    """Blocks on their way to one matrix: into room for all rows, where their number is known."""

    def __init__(self, count: int | None, width: int) -> None:
        self.count, self.width, self.rows = count, width, 0
        self.room: Array | None = None
        self.blocks: list[Array] = []
        self.targets: list[Array] = []
        self.weights: list[Array] = []
        self.numbers: list[NDArray[np.int64] | range] = []
        self.keys: list[NDArray[np.int64]] = []

    def add(self, block: Block, keyed: bool) -> None:
        """Take a block, with the keys of its rows where it shall be `keyed`."""
        if keyed:
            self.keys.append(block.keys)
        assert block.target is not None
        rows, whole = len(block), len(block) == self.count
        if whole or self.count is None:
            self.blocks.append(block.features)
        else:
            if self.room is None:
                self.room = np.empty((self.count, self.width), dtype=block.features.dtype)
            self.room[self.rows : self.rows + rows] = block.features
        self.rows += rows
        self.targets.append(block.target)
        if block.weights is not None:
            self.weights.append(block.weights)
        places = range(block.start, block.start + rows)
        self.numbers.append(places if block.index is None else block.index)

    def together(self) -> MemoryRows:
        """The rows of all blocks."""
        return MemoryRows(
            _joined(self.blocks) if self.room is None else self.room[: self.rows],
            _joined(self.targets).astype(np.float64, copy=len(self.targets) == 1),
            _joined(self.weights).astype(np.float64) if self.weights else None,
            self._places(),
            keys=np.concatenate(self.keys) if self.keys else None,
        )

    def _places(self) -> NDArray[np.int64] | None:
        """The rows' numbers, where some are left out."""
        if all(isinstance(each, range) for each in self.numbers):
            return None
        return np.concatenate(
            [np.arange(each.start, each.stop) if isinstance(each, range) else each
             for each in self.numbers]
        )  # fmt: skip


def _joined(parts: list[Array]) -> Array:
    """All rows, each in one piece, as every look at them takes them."""
    if len(parts) == 1:
        return parts[0]
    rows, kind = sum(map(len, parts)), np.result_type(*parts)
    return np.concatenate(parts, out=np.empty((rows, *parts[0].shape[1:]), kind))
