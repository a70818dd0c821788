"""Which steps of a loop are recorded: each, every so many, or ever rarer ones."""

from typing import Literal, TypeAlias, final

from steepest.errors import InputError
from steepest.number_checks import is_whole

Every: TypeAlias = int | Literal["auto"]

# Of "auto" the first fifty steps are recorded, and then one after each fifth of the steps so far:
# a short loop is recorded to its end. No more than 400 lie between two, and by then a record, which
# takes as long as some of the shortest steps, costs less than a percent. Nothing of this depends on
# a clock: what is said of a loop is the same however quick it is.
_FIRST, _SHARE, _FURTHEST = 50, 5, 400


@final
class Pace:
    """Says after each step whether the next one is to be recorded: `due` is the next that is.

    >>> pace = Pace(3)
    >>> [pace.next_is_due(step) for step in range(7)]
    [True, False, False, True, False, False, True]
    """

    def __init__(self, every: Every) -> None:
        if every != "auto" and not is_whole(every, least=1):
            raise InputError(
                'every must be "auto" or a whole number above 0, not {every!r}.', every=every
            )
        self.every = every
        self.due = 0

    def next_is_due(self, step: int) -> bool:
        """Whether step number `step`, the next, is to be recorded."""
        if step < self.due:
            return False
        if self.every == "auto":
            self.due = step + (1 if step < _FIRST else min(step // _SHARE, _FURTHEST))
        else:
            self.due = (step // self.every + 1) * self.every
        return True

    def hurry(self, step: int) -> None:
        """Of "auto" let step number `step` be due, if no earlier one is."""
        if self.every == "auto":
            self.due = min(self.due, step)
