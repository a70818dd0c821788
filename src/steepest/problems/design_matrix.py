"""The rows of a linear model in memory, walked in blocks that fit the cache: dense or sparse.

Products are those of the centred table X̃ = X − m, in float64, with no copy of the rows beyond the
block at work. Dense blocks are centred before they are multiplied, so that a column far from 0
loses no digits; sparse ones stay sparse, and m is taken off the product.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.moments.moments import CentredMoments
from steepest.moments.one_pass import block_rows, moments_of_blocks
from steepest.problems.coordinates import ROUNDING, Coordinates
from steepest.problems.second_order_sums import LEAST_NUMBERS
from steepest.tables.column_encoding import Block as Rows

# So many numbers of a block, and of what is computed beside it, are in memory at once: 2 MiB.
_BLOCK_NUMBERS = 2**18
# Of so many columns all products take as long as three passes without them.
_MOST_MULTIPLIED = 64
# Of a mean beyond so many spreads, what rounding takes off it is no longer nothing beside them.
_FAR = 1e-6


class Block(ABC):
    """Consecutive rows `at` of the centred table X̃, r of them with p columns."""

    at: slice

    @abstractmethod
    def times(self, weights: Floats) -> Floats:
        """weights · X̃ᵀ for `weights` (m, p), shape (m, r)."""

    @abstractmethod
    def weighed(self, slopes: Floats) -> Floats:
        """slopes · X̃ for `slopes` (m, r), shape (m, p)."""

    @abstractmethod
    def squares(self, shares: Floats) -> Floats:
        """shares · X̃², the squares being of each entry, for `shares` (r,); shape (p,)."""

    @abstractmethod
    def dense(self) -> Floats:
        """X̃ itself, (r, p)."""


class Design(ABC):
    """A table (n, p) and the centre (p,) that is taken off it."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """n and p."""

    @abstractmethod
    def blocks(self, beside: int = 0) -> Iterator[Block]:
        """All rows in order; `beside` is how many more numbers a row needs. A block is good until
        the next one is asked for.
        """


@final
@dataclass(frozen=True, eq=False)
class DenseBlock(Block):
    """A block of float64 numbers, centred."""

    at: slice
    values: Floats

    def times(self, weights: Floats) -> Floats:
        return weights @ self.values.T

    def weighed(self, slopes: Floats) -> Floats:
        return slopes @ self.values

    def squares(self, shares: Floats) -> Floats:
        return shares @ np.square(self.values)

    def dense(self) -> Floats:
        return self.values


@final
@dataclass(frozen=True, eq=False)
class DenseDesign(Design):
    """An array of float32 or float64; float64 without a centre is used where it lies."""

    features: NDArray[Any]
    centre: Floats

    @property
    def shape(self) -> tuple[int, int]:
        return self.features.shape[0], self.features.shape[1]

    def blocks(self, beside: int = 0) -> Iterator[Block]:
        rows, columns = self.shape
        size = _block_rows(rows, columns + beside)
        as_it_is = self.features.dtype == np.float64 and not self.centre.any()
        room = np.empty((0 if as_it_is else size, columns))
        for first in range(0, rows, size):
            at = slice(first, min(first + size, rows))
            values = self.features[at]
            if not as_it_is:
                values = self._centred(values, room[: len(values)])
            yield DenseBlock(at, values)

    def _centred(self, values: NDArray[Any], room: Floats) -> Floats:
        room[...] = values
        if self.centre.any():
            room -= self.centre
        return room


@final
@dataclass(frozen=True, eq=False)
class SparseBlock(Block):
    """Rows of a SciPy CSR matrix that is not centred, and the centre."""

    at: slice
    values: Any
    centre: Floats

    def times(self, weights: Floats) -> Floats:
        product: Floats = (self.values @ weights.T).T
        return product - (weights @ self.centre)[:, None]

    def weighed(self, slopes: Floats) -> Floats:
        product: Floats = (self.values.T @ slopes.T).T
        return np.asarray(product - slopes.sum(axis=1)[:, None] * self.centre)

    def squares(self, shares: Floats) -> Floats:
        squared = self.values.astype(np.float64)
        # (x − m)² is m² but where there is an entry.
        squared.data *= squared.data - 2.0 * self.centre[squared.indices]
        found: Floats = squared.T @ shares + np.square(self.centre) * shares.sum()
        return np.maximum(found, 0.0)

    def dense(self) -> Floats:
        rows: Floats = self.values.toarray() - self.centre
        return rows


@final
@dataclass(frozen=True, eq=False)
class SparseDesign(Design):
    """A SciPy CSR matrix or array of float32 or float64."""

    features: Any
    centre: Floats

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.features.shape
        return int(rows), int(columns)

    def blocks(self, beside: int = 0) -> Iterator[Block]:
        rows, _ = self.shape
        # An entry is a number and its column.
        filled = 2 * self.features.nnz // max(rows, 1)
        size = _block_rows(rows, filled + beside)
        for first in range(0, rows, size):
            at = slice(first, min(first + size, rows))
            yield SparseBlock(at, self.features[at], self.centre)


def design_of(features: Any, centre: Floats) -> Design:
    """The design of an array (n, p) or a sparse matrix, less the centre (p,).

    >>> design = design_of(np.array([[1.0, 10.0], [3.0, 14.0]]), np.array([2.0, 12.0]))
    >>> [block.dense().tolist() for block in design.blocks()]
    [[[-1.0, -2.0], [1.0, 2.0]]]
    """
    if isinstance(features, np.ndarray):
        return DenseDesign(features, centre)
    return SparseDesign(features, centre)


def table_of(features: Any) -> Any:
    """Features as an array of float32 or float64, or as CSR of such; copied only if need be."""
    if hasattr(features, "tocsr"):
        sparse = features.tocsr()
        if not sparse.has_canonical_format:
            sparse = sparse.copy()
            sparse.sum_duplicates()
        return sparse if sparse.dtype in (np.float32, np.float64) else sparse.astype(np.float64)
    table = np.asarray(features)
    if table.ndim != 2:
        raise InputError(
            "features must be a table, n rows of p columns, not {shape}.", shape=table.shape
        )
    return table if table.dtype in (np.float32, np.float64) else table.astype(np.float64)


def measure_coordinates(
    table: Any, weights: Floats | None, *, standardize: bool, intercept: bool
) -> Coordinates:
    """Coordinates in which the columns of a table have mean 0 and mean square 1, without an
    intercept about 0; those that they have where nothing is standardised.

    A column that never varies has spread 1.

    >>> measure_coordinates(np.array([[1.0], [5.0]]), None, standardize=True, intercept=True)
    Coordinates(centre=array([3.]), spread=array([2.]), intercept=True)
    """
    centre, spread = np.zeros(table.shape[1]), np.ones(table.shape[1])
    if standardize:
        known = compiled_moments(table, None, weights)
        if known is not None:
            return Coordinates.of_moments(known, standardize=True, intercept=intercept)
        # The mean of what the first mean leaves is its rounding.
        for _ in range(2 if intercept else 0):
            centre = centre + weighted_mean(table, centre, weights, squared=False)
        with np.errstate(over="ignore"):  # `Coordinates.checked` sees what is beyond float64
            squares = weighted_mean(table, centre, weights, squared=True)
            if intercept and (squares < np.square(_FAR * centre)).any():
                # So far from 0 the centre is a mean that was rounded: the spread is about the mean.
                squares -= np.square(weighted_mean(table, centre, weights, squared=False))
            spread = np.sqrt(squares)
        # What rounding leaves of a constant column is no spread.
        spread[spread <= ROUNDING * np.abs(centre)] = 1.0
    return Coordinates(centre, spread, intercept)


def suits_moments(table: Any) -> bool:
    """Whether a look at the rows gathers all products of their columns about as fast as any."""
    many = isinstance(table, np.ndarray) and table.size > LEAST_NUMBERS
    return many and table.shape[1] <= _MOST_MULTIPLIED


def compiled_moments(
    table: Any, target: Floats | None, weights: Floats | None
) -> CentredMoments | None:
    """The moments of many rows of few columns, and their target or 0: the compiled pass over all
    products takes a third of the time of three of NumPy's. None for other tables, and beyond
    float64.
    """
    if not suits_moments(table):
        return None
    target = np.zeros(len(table)) if target is None else target
    size = block_rows(table.shape[1] + 1)
    parts = (slice(first, first + size) for first in range(0, len(table), size))
    blocks = (
        Rows(at.start, table[at], target[at], None if weights is None else weights[at])
        for at in parts
    )
    try:
        return moments_of_blocks(blocks, ("",) * (table.shape[1] + 1))
    except InputError:
        return None


def weighted_mean(table: Any, centre: Floats, weights: Floats | None, *, squared: bool) -> Floats:
    """The weighted mean of x − centre, or of its square, (p,)."""
    total, weight = np.zeros(table.shape[1]), 0.0
    for block in design_of(table, centre).blocks():
        rows = block.at.stop - block.at.start
        shares = np.ones(rows) if weights is None else weights[block.at]
        total += block.squares(shares) if squared else block.weighed(shares[None])[0]
        weight += float(shares.sum())
    return np.asarray(total / weight)


def _block_rows(rows: int, numbers: int) -> int:
    return max(1, min(rows, _BLOCK_NUMBERS // max(numbers, 1)))
