"""Which steps of a loop are recorded: each, every so many, or as many as a share of time allows."""

from typing import Literal, TypeAlias, final

from steepest.descent.checks import is_whole
from steepest.errors import InputError

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
        self._saved = 0.0
        self._cost = 0.0
        self._open = 0.0
        self._seen = 0.0
        self._certain = float(_FIRST)

    def next_is_due(self, step: int, now: float = 0.0) -> bool:
        """Whether step number `step`, the next, is to be recorded; `now` in seconds."""
        if self.every != "auto":
            return step % int(self.every) == 0
        passed, self._seen = now - self._seen if self._seen else 0.0, now
        self._saved = min(self._saved + SHARE * passed, _SAVED * self._cost)
        if step >= self._certain:
            self._certain *= _FURTHER
            return True
        return step < _FIRST or self._saved >= self._cost

    def spent(self, seconds: float, *, part: bool = False) -> None:
        """A record took so long, or the first `part` of one."""
        self._open += seconds
        self._saved -= seconds
        if not part:
            self._cost = 0.9 * self._cost + 0.1 * self._open if self._cost else self._open
            self._open = 0.0
