"""What a recorder does not do at most steps, and the log of their losses meanwhile.

Within a loop of small steps each call of Python finds its caches cold, and costs a share of a step:
at rest a loss is a line of a list, and all else is done when the rest ends.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias, final

from steepest.watching.record.pace import Pace
from steepest.watching.record.pending_losses import PendingLoss

# The step, its loss, the rows of its batch, whether the loop handed it in, and whether another
# model's optimizer has stepped since.
Line: TypeAlias = tuple[int, float, int, bool, bool]
Logged: TypeAlias = tuple[int, Sequence[PendingLoss]]

# So many lines are kept of losses that no step follows.
_LINES = 2**16


@final
@dataclass(eq=False, slots=True)
class Rest:
    """What a recorder does not do at most steps.

    - `steps` made so far;   `pace`: which of them are recorded
    - `looks`: whether the hooks of a recorded step are on;   `bare`: whether of a loss the number
      alone is taken
    - `left`: steps that are only counted, with the one that ends it;   `log` of their losses
    - `ahead`: to which step after the present one a loss that is handed in belongs
    """

    pace: Pace
    steps: int = 0
    looks: bool = False
    bare: bool = False
    left: int = 0
    ahead: int = 0
    log: deque[Line] | None = None
    began: int = 0

    def begin(self, waiting: Iterable[PendingLoss]) -> None:
        """Only count the steps before the next that is recorded; of this one some losses came."""
        self.left, self.began = self.pace.due - self.steps, self.steps
        lines = [
            (self.steps, float(each.value), each.rows, each.given, each.used) for each in waiting
        ]
        self.log = deque(lines, maxlen=_LINES)

    def hurry(self) -> None:
        """Let the next step be recorded, if any may be."""
        self.pace.hurry(self.steps + 1)
        self.left = min(self.left, 1)

    def other_stepped(self) -> None:
        """What `PendingLosses.other_stepped` says, of the losses in the log."""
        log, lines = self.log, []
        while log and log[-1][0] >= self.steps:
            step, value, rows, given, _ = log.pop()
            lines.append((step, value, rows, given, True))
        if log is not None:
            log.extend(reversed(lines))

    def end(self, *, scaled: bool) -> list[Logged]:
        """Look at each step again; the losses of steps that have not ended."""
        lines, self.log, self.left = self.log or (), None, 0
        return _by_step(lines, scaled=scaled)

    def ended(self, *, scaled: bool) -> list[Logged]:
        """The losses of the steps that have ended, taken out of the log."""
        log, lines = self.log, []
        while log and log[0][0] < self.steps:
            lines.append(log.popleft())
        return _by_step(lines, scaled=scaled)


def _by_step(lines: Iterable[Line], *, scaled: bool) -> list[Logged]:
    """With whether those that are not handed in are scaled parts of a loss."""
    return [
        (step, [PendingLoss(value, given, rows, None, (), scaled and not given, used)
                for _, value, rows, given, used in group])
        for step, group in groupby(lines, itemgetter(0))
    ]  # fmt: skip
