"""Which rows are held out: decided by a seeded hash of the row's number, not by its place; of rows
that have no order, in an engine, by one of its values.

The hash is SplitMix64 (Steele, Lea and Flood 2014). It needs no state, so that any block of any
pass, on any number of threads, sends a row to the same part.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array
from steepest.errors import InputError
from steepest.number_checks import given, is_number, is_whole


@dataclass(frozen=True)
class Split:
    """Rows in parts: `folds` equal ones, or 2 of which the second holds `fraction` of the rows.

    >>> Split.validation(0.25, seed=0).part(np.arange(8)).tolist()
    [0, 0, 1, 0, 1, 0, 1, 0]
    >>> Split.cross_validation(3, seed=0).parts
    3
    """

    parts: int = 1
    fraction: float | None = None
    seed: int = 0

    @staticmethod
    def validation(fraction: float, seed: int = 0) -> "Split":
        """Hold out a fraction of the rows, 0 < fraction < 1."""
        if not isinstance(fraction, Real):
            kind = type(fraction).__name__
            raise InputError(
                "validation is of type {kind}; give a fraction between 0 and 1", kind=kind
            )
        if not 0.0 < fraction < 1.0:
            size = f"{fraction:g}" if is_number(fraction) else given(fraction)
            raise InputError("validation is {size}; give a fraction between 0 and 1", size=size)
        return Split(2, float(fraction), seed)

    @staticmethod
    def cross_validation(folds: int, seed: int = 0) -> "Split":
        """Send every row to one of `folds` parts, at least 2."""
        if not is_whole(folds, 2, 1000):
            raise InputError("folds is {folds}; give a number from 2 to 1000", folds=given(folds))
        return Split(folds, None, seed)

    def part(self, rows: NDArray[np.int64]) -> NDArray[np.intp]:
        """The part (0, 1, …) of each row, by its index in the source."""
        hashed = hash_rows(rows, self.seed)
        if self.fraction is not None:
            return (hashed < np.uint64(int(self.fraction * 2.0**64))).astype(np.intp)
        return (hashed % np.uint64(self.parts)).astype(np.intp)


def hash_rows(rows: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """SplitMix64 of row indices: 64 well-mixed bits for each."""
    with np.errstate(over="ignore"):
        mixed = rows.astype(np.uint64) + np.uint64(seed % 2**32) * np.uint64(0xD1B54A32D192ED03)
        mixed = (mixed + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))


def hash_values(columns: Iterable[Array]) -> NDArray[np.int64]:
    """One number of each row, from the values in its columns (n,): equal rows have the same.

    >>> rows = np.array([1.0, 2.0, 1.0]), np.array([0.0, 0.0, -0.0])
    >>> len(set(hash_values(rows).tolist()))
    2
    """
    mixed = np.zeros(1, dtype=np.int64)
    for column in columns:
        values = np.asarray(column, dtype=np.float64) + 0.0  # −0 is 0
        mixed = hash_rows(mixed ^ values.view(np.int64), 0).view(np.int64)
    return mixed
