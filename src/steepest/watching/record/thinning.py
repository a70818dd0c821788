"""What is kept of many records: the first, the last, and others evenly between."""

from collections import deque
from typing import final

from steepest.errors import InputError
from steepest.number_checks import is_whole
from steepest.watching.record.step_record import Record

# By default: at most and at least so many records, as fit into so many bytes.
_MOST, _LEAST, _BYTES = 1000, 100, 64 * 2**20
# The latest records of edits are kept beside the others.
_EDITS = 100


def capacity(keep: int | None, numbers: int) -> int:
    """How many records of `numbers` numbers each are kept; None chooses.

    >>> capacity(None, 4), capacity(None, 20_000), capacity(50, 4)
    (1000, 419, 50)
    """
    if keep is None:
        return int(min(_MOST, max(_LEAST, _BYTES // (8 * max(numbers, 1)))))
    if not is_whole(keep, least=2):
        raise InputError("keep must be None or a whole number above 1, not {keep!r}.", keep=keep)
    return keep


@final
class ThinnedRecords:
    """Records in order, at most `keep` of them beside those of edits: `thinned()`.

    Of each optimizer the first record in every stretch of `stride` steps is kept, and always the
    last that came. Where they grow too many the stretch is doubled: what stays was there before.
    Each optimizer keeps its first record, even where they are more than `keep`.

    - `stride`: steps between records at first, so that regular ones stay evenly spaced
    """

    def __init__(self, keep: int, stride: int = 1) -> None:
        self.keep = keep
        self.stride = stride
        self._even: list[Record] = []
        self._ends: dict[int, int] = {}  # of each optimizer, where its last stretch ends
        self._edits: deque[Record] = deque(maxlen=_EDITS)
        self._latest: Record | None = None

    def add(self, record: Record) -> None:
        """Add a record."""
        self._latest = record
        if record.edited:
            self._edits.append(record)
        self._add_if_first(record)
        while self._is_crowded():
            self.stride *= 2
            before, self._even, self._ends = self._even, [], {}
            for earlier in before:
                self._add_if_first(earlier)

    def _add_if_first(self, record: Record) -> None:
        """Keep the first record of its optimizer in its stretch."""
        if record.index >= self._ends.get(record.optimizer, 0):
            self._ends[record.optimizer] = (record.index // self.stride + 1) * self.stride
            self._even.append(record)

    def _is_crowded(self) -> bool:
        count = len(self._even) + (self._even[-1] is not self._latest)
        return count > self.keep and len(self._even) > len(self._ends)

    def thinned(self) -> tuple[Record, ...]:
        """The first, the last, others evenly between, and the latest edits."""
        last = () if self._latest is None else (self._latest,)
        records = {record.index: record for record in (*self._even, *self._edits, *last)}
        return tuple(records[index] for index in sorted(records))

    @property
    def latest(self) -> Record:
        """The record that came last."""
        assert self._latest is not None
        return self._latest
