"""How fast a pass over a stream goes, told a few times a second."""

import math
import time
from collections.abc import Callable
from typing import final

from steepest.problems.row_stream import StreamPace

_PERIOD = 0.1


@final
class Meter:
    """Counts the rows of a pass, and tells `progress` now and then, and at the end.

    - `total`: rows of a pass, None where not known;   `further`: passes that follow
    """

    def __init__(
        self,
        progress: Callable[[StreamPace], object] | None,
        epoch: int,
        total: int | None,
        further: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.progress, self.epoch, self.total, self.further = progress, epoch, total, further
        self.clock, self.begin = clock, clock()
        self.rows, self.told = 0, self.begin
        self.costs, self.looks = 0.0, 0

    def add(self, rows: int, cost: Callable[[], float] | None = None) -> None:
        """So many more rows are done; `cost` says what they cost, if it is asked."""
        self.rows += rows
        now = self.clock()
        if self.progress is None or (now < self.told + _PERIOD and self.rows != self.total):
            return
        self.told = now
        if cost is not None:
            self.costs, self.looks = self.costs + cost(), self.looks + 1
        self.progress(self._pace(now - self.begin))

    def _pace(self, seconds: float) -> StreamPace:
        speed = self.rows / seconds if seconds > 0.0 else math.nan
        left = math.nan
        if self.total is not None and speed > 0.0:
            left = (self.total * (1 + self.further) - self.rows) / speed
        objective = self.costs / self.looks if self.looks else math.nan
        return StreamPace(self.epoch, self.rows, self.total, speed, objective, left)
