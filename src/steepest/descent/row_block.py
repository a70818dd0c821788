"""Rows in memory for a mini-batch descent: a dense or sparse matrix, not copied."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np
from numpy.typing import ArrayLike

from steepest.arrays import Array, Floats, Integers, read_only
from steepest.descent.kernels import GROUP_ROWS, Stretch
from steepest.descent.schedules import Schedule
from steepest.errors import InputError

if TYPE_CHECKING:
    from steepest.descent.kernels.parameter_update import Rule
    from steepest.descent.kernels.row_tile import Batches, Errors


TILE_ROWS = 1 << 7  # of 20 columns they stay in the processor's first cache
STRETCH_NUMBERS = 1 << 22
SPARSE_ROWS = 1 << 14
LANES = 8  # a tile's width is a multiple of what vector registers hold


class Machine(NamedTuple):
    """Settings of a descent for compiled code: see `kernels/row_tile.py` and `parameter_update.py`.

    - `scales` (2, p): x is read as (x − scales[0])·scales[1]
    - `used`: parameters of a class; their lines in `costs` and in a walk are longer
    """

    errors: "Errors"
    rule: "Rule"
    costs: Floats
    scales: Floats
    used: int


class Pace(NamedTuple):
    """How many rows make an update and at which rates; `ends`: whether a batch that is not full
    makes one after the stretch; `most_updates`: None for no limit.
    """

    batch: int
    schedule: Schedule
    ends: bool
    most_updates: int | None


class RowBlock(ABC):
    """Rows with their targets (n,), and weights (n,), empty where all weigh 1."""

    target: Floats
    weights: Floats

    @staticmethod
    def of(features: Any, target: ArrayLike, weights: ArrayLike | None = None) -> "RowBlock":
        """A block of the rows of a float32 or float64 matrix (n, p), or of a SciPy CSR matrix.

        The features are used where they lie, in C or in column order; never copied or written to.
        Raises InputError for anything else, and for lengths that differ.

        >>> RowBlock.of(np.ones((3, 2), dtype=np.float32), [1, 2, 3])
        DenseRows(3 rows, 2 columns)
        """
        y = np.ascontiguousarray(target, dtype=np.float64)
        s = np.empty(0) if weights is None else np.ascontiguousarray(weights, dtype=np.float64)
        rows, _ = _shape(features)
        for what, values in (("targets", y), ("weights", s)):
            if values.shape != (rows,) and not (values is s and weights is None):
                raise InputError(
                    "the block has {rows: row}, but {what} of shape {shape}.",
                    rows=rows,
                    what=what,
                    shape=values.shape,
                )
        y, s = read_only(y), read_only(s)
        if isinstance(features, np.ndarray):
            return DenseRows(features, y, s)
        pointers, indices = read_only(features.indptr), read_only(features.indices)
        return SparseRows(pointers, indices, read_only(features.data), features.shape[1], y, s)

    def __len__(self) -> int:
        return len(self.target)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} rows, {self.columns} columns)"

    @property
    @abstractmethod
    def columns(self) -> int:
        """The number of features."""

    @abstractmethod
    def width(self, used: int) -> int:
        """How long the lines of a walk must be for `used` parameters."""

    def descend(
        self, stretch: Stretch, pace: Pace, machine: Machine, walk: Floats, counts: Integers
    ) -> int:
        """Visit rows until they or the updates are used up; the place reached.

        `walk` and `counts` are those of `kernels/parameter_update.py`, and are written to.
        """
        from steepest.descent.kernels.parameter_update import PENDING, UPDATES
        from steepest.descent.kernels.row_tile import Batches

        place, most = stretch.first, pace.most_updates
        for piece in self._pieces(stretch, machine):
            size = piece[0]
            updates = -(-(int(counts[PENDING]) + size) // pace.batch)
            if most is not None:
                updates = min(updates, most)
                most -= updates
            rates = pace.schedule.rates(int(counts[UPDATES]), updates)
            batches = Batches(pace.batch, pace.ends and place + size == stretch.stop)
            place += self._visit(piece, batches, rates, machine, walk, counts)
            if most == 0:
                break
        return place

    @abstractmethod
    def sum(self, first: int, stop: int, machine: Machine, walk: Floats) -> float:
        """Σ s·ℓ / s̄ over rows `first` to `stop`; their gradient is added to the walk's."""

    @abstractmethod
    def _pieces(self, stretch: Stretch, machine: Machine) -> Iterator[tuple[Any, ...]]:
        """What compiled code takes at once: how many rows there are, and whatever it needs."""

    @abstractmethod
    def _visit(
        self,
        piece: tuple[Any, ...],
        batches: "Batches",
        rates: Floats,
        machine: Machine,
        walk: Floats,
        counts: Integers,
    ) -> int:
        """Visit the piece's rows until they or the rates are used up; how many were visited."""


@final
@dataclass(frozen=True, eq=False, repr=False)
class DenseRows(RowBlock):
    """The rows of a matrix (n, p) of float32 or float64."""

    features: Array
    target: Floats
    weights: Floats

    @property
    def columns(self) -> int:
        return int(self.features.shape[1])

    def width(self, used: int) -> int:
        return -(-used // LANES) * LANES

    def sum(self, first: int, stop: int, machine: Machine, walk: Floats) -> float:
        from steepest.descent.kernels.dense_rows import place_of, sum_rows

        errors, _, _, scales, _ = machine
        rows = (place_of(self.features), self.target, self.weights, scales)
        return float(sum_rows(*rows, first, stop, *self._room(machine), errors, walk))

    def _pieces(self, stretch: Stretch, machine: Machine) -> Iterator[tuple[Any, ...]]:
        room = self._room(machine)
        # Ctrl-C is handled between calls; so many numbers take far less than 0.2 s.
        rows = max(GROUP_ROWS, STRETCH_NUMBERS // machine.costs[0].size // GROUP_ROWS * GROUP_ROWS)
        in_rows = self.features.strides[1] == self.features.itemsize
        turned = np.empty((0 if in_rows else GROUP_ROWS, self.columns))
        for piece in _cuts(stretch, rows):
            yield piece.stop - piece.first, piece, turned, *room

    def _visit(
        self,
        piece: tuple[Any, ...],
        batches: "Batches",
        rates: Floats,
        machine: Machine,
        walk: Floats,
        counts: Integers,
    ) -> int:
        from steepest.descent.kernels.dense_rows import descend_rows, place_of

        errors, rule, costs, scales, used = machine
        (_, stretch, *room), features = piece, place_of(self.features)
        rows = (features, self.target, self.weights, scales)
        rest = (batches, rates, errors, rule, costs, walk, counts, used)
        return int(descend_rows(*rows, stretch, *room, *rest)) - int(stretch.first)

    def _room(self, machine: Machine) -> tuple[Floats, Floats]:
        """Buffers for a tile, with its column of ones, and for its targets, weights and slopes."""
        _, classes, width = machine.costs.shape
        tile = np.zeros((TILE_ROWS, width))
        tile[:, self.columns : machine.used] = 1.0
        return tile, np.ones((2 + classes, TILE_ROWS))


@final
@dataclass(frozen=True, eq=False, repr=False)
class SparseRows(RowBlock):
    """The rows of a SciPy CSR matrix: `pointers` (n + 1,), and `indices` and `values` of entries.

    They are not centred, only divided by the spread: centred rows are dense.
    """

    pointers: Array
    indices: Array
    values: Array
    columns_count: int
    target: Floats
    weights: Floats

    @property
    def columns(self) -> int:
        return self.columns_count

    def width(self, used: int) -> int:
        return self.columns + 1

    def sum(self, first: int, stop: int, machine: Machine, walk: Floats) -> float:
        from steepest.descent.kernels.sparse_rows import sum_sparse

        return float(sum_sparse(*self._arrays(machine), first, stop, machine.errors, walk))

    def _pieces(self, stretch: Stretch, machine: Machine) -> Iterator[tuple[Any, ...]]:
        from steepest.descent.kernels.shuffled_order import order_of

        for first, end, key, shuffled in _cuts(stretch, SPARSE_ROWS):
            yield end - first, order_of(len(self), first, end - first, key, shuffled)

    def _visit(
        self,
        piece: tuple[Any, ...],
        batches: "Batches",
        rates: Floats,
        machine: Machine,
        walk: Floats,
        counts: Integers,
    ) -> int:
        from steepest.descent.kernels.sparse_rows import descend_sparse

        errors, rule, costs, _, used = machine
        rows = (*self._arrays(machine), piece[1])
        return int(descend_sparse(*rows, batches, rates, errors, rule, costs, walk, counts, used))

    def _arrays(self, machine: Machine) -> tuple[Array, ...]:
        if machine.scales[0].any():
            raise InputError(
                "sparse rows cannot be centred, only divided by the spread: centred rows are dense."
            )
        return (
            self.pointers, self.indices, self.values, self.target, self.weights, machine.scales[1],
        )  # fmt: skip


def _cuts(stretch: Stretch, rows: int) -> Iterator[Stretch]:
    """The stretch, cut at the multiples of `rows`."""
    place = stretch.first
    while place < stretch.stop:
        end = min(stretch.stop, (place // rows + 1) * rows)
        yield stretch._replace(first=place, stop=end)
        place = end


def _shape(features: Any) -> tuple[int, int]:
    dense = isinstance(features, np.ndarray)
    if not dense and getattr(features, "format", None) != "csr":
        raise InputError(
            "the features must be a NumPy matrix or a SciPy matrix in CSR format, not {name}.",
            name=type(features).__name__,
        )
    if len(features.shape) != 2 or features.dtype not in (np.float32, np.float64):
        raise InputError(
            "the features must be a matrix of float32 or float64, not an array of shape "
            "{shape} and type {dtype}.",
            shape=features.shape,
            dtype=features.dtype,
        )
    return int(features.shape[0]), int(features.shape[1])
