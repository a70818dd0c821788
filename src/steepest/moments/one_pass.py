"""One pass over the rows: blocks in, moments out, one set for each part of the split."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from threading import Thread

import numpy as np

from steepest.arrays import Array, Floats
from steepest.errors import InputError
from steepest.moments.block_products import (
    Kernel,
    Sums,
    choose_kernel,
    compiled_products,
    load_kernel,
    tiled_products,
)
from steepest.moments.moments import UNIT_ROUNDOFF, CentredMoments
from steepest.moments.row_sample import MOST_ROWS, PART_NUMBERS, Sample, Sampler
from steepest.tables.blocks import Features
from steepest.tables.column_encoding import Block, Encoding, Tally
from steepest.tables.holdout_split import Split
from steepest.tables.prefetch import cores
from steepest.tables.table import Table
from steepest.tables.whole_rows import check_whole_rows
from steepest.translation import say

BLOCK_NUMBERS = 1 << 21
# Half of a row group of DuckDB's: what it hands over is then cut into blocks without a copy.
MOST_BLOCK_ROWS = 61_440
LEAST_BLOCK_ROWS = 240
SHIFT_ROWS = 512  # any point near the means serves as well as the means themselves
# Roundings that one block's centred products can have seen, against their magnitude: the shift of
# both factors, their product, running sums of a tile and of the tiles of a block, centring.
BLOCK_ROUNDINGS = 48.0
# Sums of blocks are merged many at a time, as long as they are few numbers.
MERGED_NUMBERS = 1 << 16

# Of more columns products and eigenvalues take more than some minutes: their time grows with the
# cube. Measured on two processors: 20 s for 2,000 columns.
MOST_COLUMNS = 4_000
_SECONDS_PER_CUBE = 2.5e-9
# So many squares of columns by columns are in memory at once, from moments to eigenvectors.
SQUARES = 8
# Called with the rows read so far, and how many there are where that is known.
Progress = Callable[[int, int | None], object]


@dataclass
class Gathered:
    """The result of a pass: moments by part, what was done to the rows, a sample of them, whether
    that is all of them, and the unit roundoff of the features.
    """

    parts: list[CentredMoments]
    tally: Tally = field(default_factory=Tally)
    sample: Sample | None = None
    sampled_whole: bool = False
    interrupted: bool = False
    unit: float = UNIT_ROUNDOFF

    def add(self, other: "Gathered") -> None:
        """Add what a pass over other rows has found, a part of the split to its own."""
        self.tally.add(other.tally)
        if not other.parts:
            return
        first = not self.parts
        pairs = zip(self.parts, other.parts, strict=not first)
        self.parts[:] = other.parts if first else [mine + its for mine, its in pairs]
        self.unit = max(self.unit, other.unit)
        if other.sample is not None:
            self.sample = other.sample if self.sample is None else self.sample.plus(other.sample)
        self.sampled_whole = other.sampled_whole and (first or self.sampled_whole)

    @property
    def total(self) -> CentredMoments:
        """Moments of all rows."""
        return merged(self.parts)


def merged(parts: Iterable[CentredMoments]) -> CentredMoments:
    """The sum of moments, in order."""
    first, *rest = parts
    for part in rest:
        first = first + part
    return first


def block_rows(columns: int) -> int:
    """Rows of a block: fewer for wide tables, the same for every source.

    >>> block_rows(10), block_rows(200), block_rows(100_000)
    (61440, 7680, 240)
    """
    rows = MOST_BLOCK_ROWS
    while rows > LEAST_BLOCK_ROWS and rows * (columns + 1) > BLOCK_NUMBERS:
        rows //= 2
    return rows


def gather(
    table: Table,
    encoding: Encoding,
    *,
    split: Split | None = None,
    progress: Progress | None = None,
    sampled: bool = False,
) -> Gathered:
    """Read every row once. Ctrl-C stops the pass and keeps what was read so far.

    Raises InputError for an empty table, and for a value that is not finite, with its place.
    """
    split = split or Split()
    if table.spread:
        return _gathered_where_they_are(table, encoding, split, progress, sampled)
    names = (*encoding.names, encoding.target or "y")
    _check_width(len(names))
    result = Gathered([])
    sampler = None
    if sampled:
        most = MOST_ROWS if table.whole else max(1, min(MOST_ROWS, PART_NUMBERS // len(names)))
        sampler = Sampler(len(names) - 1, split.seed, most, table.offset)
    if sampler is not None and table.count is not None:
        sampler.widen(table.count)  # the stride at the end, so that no row is kept in vain
    rows = block_rows(len(names))
    if table.awaited and table.count is not None:
        kernel = choose_kernel(len(names) - 1, table.count <= rows)
        if kernel is compiled_products:
            Thread(target=load_kernel).start()  # while the first rows are waited for
    blocks = encoding.blocks(table, rows, tally=result.tally)
    pass_ = _Pass(names, split, result.parts)
    try:
        for block, sums in pass_.run(blocks):
            pass_.add(block, sums, lambda bad: encoding.check_block(bad, table.where))
            if block.kind == np.float32:
                result.unit = float(np.finfo(np.float32).eps) / 2
            if sampler is not None:
                sampler.add(block)
            if progress is not None:
                progress(block.row(len(block) - 1) + 1, table.count)
        pass_.merge()
    except KeyboardInterrupt:
        pass_.merge()
        if not any(part.rows for part in result.parts):
            raise
        result.interrupted = True
    if table.whole and not result.interrupted:
        check_whole_rows(table, encoding, result.tally)
    if sampler is not None:
        result.sample, result.sampled_whole = sampler.sample(), sampler.whole
    return result


def _gathered_where_they_are(
    table: Table, encoding: Encoding, split: Split, progress: Progress | None, sampled: bool
) -> Gathered:
    """The same of rows in partitions, each of which is read once, where it is."""
    _check_width(len(encoding.names) + 1)
    result = Gathered([])
    work = partial(gather, encoding=encoding, split=split, sampled=sampled)
    try:
        for part in table.over(encoding.asked, work):
            result.add(part)
            if progress is not None:
                progress(result.tally.rows_read, None)
    except KeyboardInterrupt:
        if not any(part.rows for part in result.parts):
            raise
        result.interrupted = True
        return result
    encoding.check_pass(table, result.tally)
    check_whole_rows(table, encoding, result.tally)
    return result


def moments_of_blocks(blocks: Iterator[Block], names: tuple[str, ...]) -> CentredMoments | None:
    """Moments of blocks of rows, the target's name last, None of no rows; InputError where squares
    overflow.
    """
    pass_ = _Pass(names, Split(), [])
    for block, sums in pass_.run(blocks):
        pass_.add(block, sums, lambda bad: None)
    pass_.merge()
    return merged(pass_.parts) if pass_.parts else None


def _check_width(columns: int) -> None:
    """Refuse a table whose products would not fit the memory, or take hours."""
    if columns > MOST_COLUMNS:
        minutes = _SECONDS_PER_CUBE * columns**3 / 60.0
        time = (
            say("{minutes:.2g} minutes", minutes=minutes)
            if minutes < 100.0
            else say("{minutes:,.0f} hours", minutes=minutes / 60.0)
        )
        raise InputError(
            "{columns:,} columns need about {time} for their products and curvature; use at "
            "most {MOST_COLUMNS:,}, give ridge, or give a batch size, such as 256",
            columns=columns,
            time=time,
            MOST_COLUMNS=MOST_COLUMNS,
        )
    needed = 8.0 * SQUARES * columns**2
    if not hasattr(os, "sysconf"):
        return  # not every system tells
    memory = float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES")
    if needed > memory:
        raise InputError(
            "{columns} columns need about {needed:.4g} GiB for their products, and this "
            "machine has {memory:.4g} GiB; use fewer features",
            columns=columns,
            needed=needed / 2**30,
            memory=memory / 2**30,
        )


class _Pass:
    """The state of a pass: the shift and scale of the first block, and moments so far."""

    def __init__(self, names: tuple[str, ...], split: Split, parts: list[CentredMoments]) -> None:
        self.names, self.split, self.parts = names, split, parts
        self.shift = np.zeros(len(names))
        self.scale = np.ones(len(names))
        self.kernel: Kernel = tiled_products
        self.waiting: list[list[tuple[int, float, Sums]]] = []  # by block, then by part

    def run(self, blocks: Iterator[Block]) -> Iterator[tuple[Block, list[tuple[int, float, Sums]]]]:
        """Sums of each block, in block order; later blocks are computed while earlier ones wait."""
        first = next(blocks, None)
        if first is None:
            return
        second = next(blocks, None)
        alone = second is None
        blocks = chain([second], blocks) if second is not None else blocks
        self.kernel = choose_kernel(len(self.names) - 1, alone)
        self.shift, self.scale = _shift_and_scale(first)
        self.parts.extend(
            CentredMoments.empty(self.names, self.shift, self.scale)
            for _ in range(self.split.parts)
        )
        if alone or self.kernel is tiled_products or cores() == 1:
            yield first, self._sums(first)
            for block in blocks:
                yield block, self._sums(block)
            return
        with ThreadPoolExecutor(cores()) as pool:
            yield from self._in_order(first, blocks, pool)

    def _in_order(
        self, first: Block, blocks: Iterator[Block], pool: Executor
    ) -> Iterator[tuple[Block, list[tuple[int, float, Sums]]]]:
        waiting: deque[tuple[Block, Future[list[tuple[int, float, Sums]]]]] = deque()

        def finished(room: int) -> Iterator[tuple[Block, list[tuple[int, float, Sums]]]]:
            while len(waiting) > room:
                oldest, future = waiting[0]
                sums = future.result()
                waiting.popleft()
                yield oldest, sums

        try:
            for block in chain([first], blocks):
                waiting.append((block, pool.submit(self._sums, block)))
                yield from finished(cores() + 1)
        except KeyboardInterrupt:
            yield from finished(0)  # what has been read is kept
            raise
        yield from finished(0)

    def _sums(self, block: Block) -> list[tuple[int, float, Sums]]:
        """(rows, weight, sums) of the block, for each part of the split."""
        if block.target is None:
            raise InputError("rows without a target cannot be fitted")
        weights = np.empty(0) if block.weights is None else block.weights.astype(np.float64)
        if self.split.parts == 1:
            return [self._part_sums(block.columns or block.features, block.target, weights)]
        part = self.split.part(block.keys)
        chosen = (np.flatnonzero(part == number) for number in range(self.split.parts))
        return [
            self._part_sums(
                block.rows(rows), block.target[rows], weights[rows] if weights.size else weights
            )
            for rows in chosen
        ]

    def _part_sums(
        self, features: Features, target: Array, weights: Floats
    ) -> tuple[int, float, Sums]:
        weight = float(weights.sum()) if weights.size else float(len(target))
        # A row of weight 0 says nothing, and does not count.
        rows = int(np.count_nonzero(weights)) if weights.size else len(target)
        return rows, weight, self.kernel(features, target, weights, self.shift, self.scale)

    def add(
        self,
        block: Block,
        parts: list[tuple[int, float, Sums]],
        check: Callable[[Block], None],
    ) -> None:
        """Keep a block's sums until there are some to be merged."""
        if not all(np.isfinite(sums.products.diagonal()).all() for *_, sums in parts):
            check(block)
            raise InputError(
                "values are too far apart for float64 (their squares overflow): divide the "
                "columns of rows {start} and after by a constant",
                start=block.start + 1,
            )
        self.waiting.append(parts)
        if len(self.waiting) * len(self.names) ** 2 >= MERGED_NUMBERS:
            self.merge()

    def merge(self) -> None:
        """Add the sums that wait to the moments of each part, in block order."""
        for number, blocks in enumerate(zip(*self.waiting, strict=True)):
            with np.errstate(over="ignore", invalid="ignore"):  # noticed by who checks the sizes
                more = CentredMoments.of_blocks(
                    self.names, self.shift, self.scale, blocks, BLOCK_ROUNDINGS
                )
                self.parts[number] = self.parts[number] + more
        self.waiting.clear()


def _shift_and_scale(block: Block) -> tuple[Floats, Floats]:
    """Means of rows spread over the first block, and powers of two near 1 / their deviations."""
    some = np.arange(0, len(block), max(1, len(block) // SHIFT_ROWS))
    rows = np.column_stack([block.rows(some), np.asarray(block.target)[some]])
    # Means are taken about the first row: a constant column is then shifted to exact zeros.
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        origin = rows[0].astype(np.float64)
        offsets = rows.astype(np.float64) - origin
        mean = offsets.mean(axis=0)
        spread = np.abs(offsets - mean).mean(axis=0)  # squares of the smallest would vanish
        power = np.clip(-np.round(np.log2(spread)), -1000.0, 1000.0)
    # Where these are not finite the sums will not be either, and the row will be named.
    usable = np.isfinite(mean) & np.isfinite(spread)
    shift = np.where(usable, origin + mean, 0.0)
    scale = np.where(usable & (spread > 0.0), 2.0 ** np.where(usable, power, 0.0), 1.0)
    return shift, scale
