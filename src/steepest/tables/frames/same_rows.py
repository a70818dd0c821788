"""Whether an engine gives the same rows in every pass: a source may change, or be drawn anew."""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from steepest.errors import ChangedError
from steepest.tables.table import RawBlock

# Of the sum of a column's sizes. Values that an engine adds up itself differ in their last digits
# from query to query; n rows drawn anew differ by 1/sqrt(n), which is 1e-6 for 10^12 of them.
_SAME = 1e-9


@final
@dataclass
class RowsSeen:
    """How many rows a pass has seen; of each column of numbers the sum, and that of the sizes."""

    rows: int = 0
    sums: dict[str, tuple[float, float]] = field(default_factory=dict)

    def see(self, block: RawBlock, names: tuple[str, ...]) -> None:
        """Count a block of these columns."""
        self.rows += len(block)
        for name, values in block.named(names).items():
            if values.dtype.kind in "biuf":
                missing = block.missing.get(name)
                present = (values if missing is None else values[~missing]).astype(np.float64)
                present = present[np.isfinite(present)]
                self._add(name, float(present.sum()), float(np.abs(present).sum()))

    def plus(self, other: "RowsSeen") -> "RowsSeen":
        """With what another part of the pass has seen counted too."""
        self.rows += other.rows
        for name, (total, size) in other.sums.items():
            self._add(name, total, size)
        return self

    def _add(self, name: str, total: float, size: float) -> None:
        before = self.sums.get(name, (0.0, 0.0))
        self.sums[name] = before[0] + total, before[1] + size


@final
class SameRows:
    """What the first whole pass over a frame has seen, and every later one must see again."""

    def __init__(self) -> None:
        self._first: RowsSeen | None = None

    def check(self, seen: RowsSeen, frame: str) -> None:
        """Raise ChangedError where a whole pass has seen other rows."""
        first = self._first
        if first is None:
            self._first = seen
            return
        if first.rows != seen.rows:
            raise ChangedError(
                "{frame} gave {rows:,} rows in one query and {others:,} in a later one; its rows "
                "are needed several times: write them to a table or a file, and fit that",
                frame=frame,
                rows=first.rows,
                others=seen.rows,
            )
        for name, (total, size) in seen.sums.items():
            before = first.sums.setdefault(name, (total, size))
            if abs(total - before[0]) > _SAME * (size + before[1]):
                raise ChangedError(
                    "{frame} gave other values of {name!r} in a later query; its rows are needed "
                    "several times: write them to a table or a file, and fit that",
                    frame=frame,
                    name=name,
                )
