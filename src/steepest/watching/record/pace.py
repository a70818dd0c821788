"""Which steps of a loop are recorded: each, every so many, or as many as a share of time allows."""

from typing import Literal, TypeAlias, final

from steepest.errors import InputError
from steepest.number_checks import is_whole

Every: TypeAlias = int | Literal["auto"]

# Of the run's time this much is spent on measured work. What is not measured costs as much again:
# calls of hooks, and a cache that holds other numbers afterwards.
SHARE = 0.01
# The first steps are recorded whatever they cost, and then those each 1.7 times as far as the one
# before: a short loop is seen almost to its end, and in a long one they are few.
_FIRST, _FURTHER = 10, 1.7
# So many records' time is saved up at most: a loop that rested is not recorded in one burst.
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
        # Before this step there is nothing to ask.
        self.rests_until = 0
        self._saved = 0.0
        self._cost = 0.0
        self._open = 0.0
        self._asked = (0, 0.0)
        self._certain = float(_FIRST)

    def next_is_due(self, step: int, now: float = 0.0) -> bool:
        """Whether step number `step`, the next, is to be recorded; `now` in seconds."""
        if self.every != "auto":
            self.rests_until = (step // self.every + 1) * self.every
            return step % self.every == 0
        before, since = self._asked
        self._asked = step, now
        passed = now - since if since else 0.0
        self._saved = min(self._saved + SHARE * passed, _SAVED * self._cost)
        if step >= self._certain:
            self._certain *= _FURTHER
            return True
        if step < _FIRST or self._saved >= self._cost:
            return True
        self.rests_until = step + self._steps_off(SHARE * passed / max(step - before, 1))
        return False

    def _steps_off(self, saved_in_each: float) -> int:
        """Half the way to the next record, as far as can be told."""
        missing = self._cost - self._saved
        way = missing / saved_in_each if saved_in_each > 0.0 else 1.0
        return max(1, int(min(way, self._certain - self._asked[0]) / 2.0))

    def spent(self, seconds: float, *, part: bool = False) -> None:
        """A record took so long, or the first `part` of one."""
        self._open += seconds
        self._saved -= seconds
        if not part:
            self._cost = 0.9 * self._cost + 0.1 * self._open if self._cost else self._open
            self._open = 0.0
