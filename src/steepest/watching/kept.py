"""What is kept of many records: the first, the last, and others evenly between."""

from collections.abc import Iterator
from typing import final

import numpy as np

from steepest.descent.checks import is_whole
from steepest.errors import InputError
from steepest.watching.record import Record

# Without a number, so many records are kept, if they fit into so many bytes.
_MOST, _LEAST, _BYTES = 1000, 100, 64 * 2**20
# Records of edits are kept beside the others, the latest of them.
_EDITS = 100


def how_many(keep: int | None, numbers: int) -> int:
    """How many records of so many numbers each are kept; None chooses.

    >>> how_many(None, 4), how_many(None, 20_000), how_many(50, 4)
    (1000, 419, 50)
    """
    if keep is None:
        return int(min(_MOST, max(_LEAST, _BYTES // (8 * max(numbers, 1)))))
    if not is_whole(keep, least=2):
        raise InputError(f"keep must be None or a whole number above 1, not {keep!r}.")
    return keep


@final
class Kept:
    """Records in order; `thinned()` gives at most `keep` of them, and those of edits.

    Up to twice as many are held at a time.
    """

    def __init__(self, keep: int) -> None:
        self.keep = keep
        self._records: list[Record] = []

    def add(self, record: Record) -> None:
        """One more."""
        self._records.append(record)
        if len(self._records) >= 2 * self.keep + _EDITS:
            self._records = list(self.thinned())

    def thinned(self) -> tuple[Record, ...]:
        """The first, the last, others evenly between, and the latest edits."""
        records = self._records
        if len(records) <= self.keep:
            return tuple(records)
        indices = np.array([record.index for record in records])
        wanted = np.linspace(indices[0], indices[-1], self.keep)
        places = _nearest(indices, wanted)
        edits = [place for place, record in enumerate(records) if record.edited][-_EDITS:]
        return tuple(records[place] for place in sorted({*places, *edits}))

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


def _nearest(indices: np.ndarray, wanted: np.ndarray) -> list[int]:
    above = np.searchsorted(indices, wanted).clip(1, len(indices) - 1)
    below = above - 1
    closer = wanted - indices[below] <= indices[above] - wanted
    places: list[int] = np.where(closer, below, above).tolist()
    return places
