"""Which steps of a loop are recorded: each, every so many, or as many as a share of time allows."""

from typing import Literal, TypeAlias, final

from steepest.errors import InputError
from steepest.number_checks import is_whole

Every: TypeAlias = int | Literal["auto"]

# The share of the run's time that recording may take, as far as it is measured. Calls of hooks and
# a cache that holds other numbers afterwards cost as much again.
SHARE = 0.01
# The first ten steps are recorded whatever they cost, and later ones at distances that grow 1.7
# times: a short loop is recorded almost to its end, and in a long one they are few.
_FIRST, _FURTHER = 10, 1.7
# At most so many records' time is saved up: after a pause they do not come in one burst.
_SAVED = 20.0


@final
class Pace:
    """Says after each step whether the next one is to be recorded.

    >>> pace = Pace(3)
    >>> [pace.next_is_due(step) for step in range(7)]
    [True, False, False, True, False, False, True]
    """

    def __init__(self, every: Every) -> None:
        if every != "auto" and not is_whole(every, least=1):
            raise InputError(f'every must be "auto" or a whole number above 0, not {every!r}.')
        self.every = every
        # Before this step none is due.
        self.rests_until = 0
        self._saved = 0.0
        self._cost = 0.0
        self._open = 0.0
        self._asked = (0, 0.0)
        self._always_at = float(_FIRST)
        self._promised = False

    def next_is_due(self, step: int, now: float = 0.0) -> bool:
        """Whether step number `step`, the next, is to be recorded; `now` in seconds."""
        if self._promised:
            self._promised = False
            return True
        if self.every != "auto":
            self.rests_until = (step // self.every + 1) * self.every
            return step % self.every == 0
        before, since = self._asked
        self._asked = step, now
        passed = now - since if since else 0.0
        self._saved = min(self._saved + SHARE * passed, _SAVED * self._cost)
        if step >= self._always_at:
            self._always_at *= _FURTHER
            return True
        if step < _FIRST or self._saved >= self._cost:
            return True
        self.rests_until = step + self._steps_to_wait(SHARE * passed / max(step - before, 1))
        return False

    def promise(self, step: int, now: float) -> bool:
        """Whether a step is to be recorded, asked a step ahead: a yes is kept."""
        self._promised = self.next_is_due(step, now)
        if self._promised:
            self.rests_until = step
        return self._promised

    def _steps_to_wait(self, saved_in_each: float) -> int:
        """Half the steps that saving up for the next record is expected to take."""
        missing = self._cost - self._saved
        way = missing / saved_in_each if saved_in_each > 0.0 else 1.0
        return max(1, int(min(way, self._always_at - self._asked[0]) / 2.0))

    def spent(self, seconds: float, *, part: bool = False) -> None:
        """Add the seconds that a record took, or the first `part` of one."""
        self._open += seconds
        self._saved -= seconds
        if not part:
            self._cost = 0.9 * self._cost + 0.1 * self._open if self._cost else self._open
            self._open = 0.0
