"""Which tensors something other than the optimizer has written to, between two steps."""

from collections.abc import Sequence
from operator import attrgetter
from typing import final

import numpy as np
from torch import Tensor

from steepest.arrays import Floats
from steepest.watching.record.snapshot import Snapshot
from steepest.watching.record.step_record import Layout

# What is done at so many steps is done on purpose. Over a rest writings are counted instead, of
# which one edit may need a few, as a random start does.
_OFTEN, _OFTEN_AT_REST = 4, 8

# How often a tensor has been written to.
_version = attrgetter("_version")


@final
class Edits:
    """Edits since the last `take`. Where the last step's end was read, its numbers tell them.

    Else torch's counters do, of all writings to a tensor: they are compared around each step, or at
    the begin and the end of a rest, less what an optimizer of torch's writes in so many steps.

    - `by_rule`: whether what was taken last only drew tensors inwards, or is made at many steps
    """

    def __init__(self, names: Sequence[str], layout: Layout, tensors: Sequence[Tensor]) -> None:
        self.names, self.layout, self.tensors = names, layout, tensors
        self.by_rule = False
        self._after: Snapshot | None = None
        self._touched: set[str] = set()
        self._touches = 0
        self._ended = self._opened = self._versions()
        self._writings = [0] * len(tensors)  # of a step, at most
        self._at_rest, self._steps_at_rest = [0] * len(tensors), 0

    def look_for_none(self) -> None:
        """Take every change for a step."""
        self.tensors, self._ended = (), []

    def step_begins(self) -> None:
        """Compare with the end of the step before, if that was not read."""
        now = self._versions() if self._after is None else self._ended
        if now != self._ended:
            self._touches += 1
            self._add([old != new for old, new in zip(self._ended, now, strict=True)])

    def step_opens(self, before: Snapshot) -> None:
        """A step that is recorded begins here."""
        self._opened = self._versions()
        changed = [] if self._after is None else self._changed(self._after, before)
        self.by_rule = self._touches >= _OFTEN
        if self._after is not None:
            self.by_rule = bool(changed) and self._is_inward(self._after, before)
        self._touched.update(changed)

    def step_ends(self, after: Snapshot | None) -> None:
        """A step was made, to where it was read, if it was."""
        self._after, self._ended = after, self._versions()
        if after is not None:
            pairs = zip(self._writings, self._opened, self._ended, strict=False)
            self._writings = [max(most, new - old) for most, old, new in pairs]

    def forget_the_end(self) -> None:
        """The step that follows is not recorded."""
        self._after = None

    def rested(self, steps: int) -> None:
        """So many steps were made since the last `step_ends`, and nothing was compared."""
        now = self._versions()
        self._at_rest = [new - old for old, new in zip(self._ended, now, strict=True)]
        self._steps_at_rest, self._ended = steps, now

    def take(self, *, at_end: bool = False) -> tuple[str, ...]:
        """Those edited, in their order. Of a rest they are known when a step after it was seen: a
        tensor may have been thawed in between. `at_end` none follows, and nothing is said of such.
        """
        pairs = zip(self._at_rest, self._writings, strict=False)
        excess = [
            count - self._steps_at_rest * each if each or not at_end else 0 for count, each in pairs
        ]
        most = max(excess, default=0)
        if self._steps_at_rest and most > 0:
            self._touches += most if most >= _OFTEN_AT_REST else 1
            self.by_rule |= self._touches >= _OFTEN
            self._add([count > 0 for count in excess])
        touched, self._touched, self._steps_at_rest = self._touched, set(), 0
        return tuple(name for name in self.names if name in touched)

    def _versions(self) -> list[int]:
        return list(map(_version, self.tensors))

    def _add(self, are_touched: Sequence[bool]) -> None:
        pairs = zip(self.names, are_touched, strict=True)
        self._touched.update(name for name, is_touched in pairs if is_touched)

    def _is_inward(self, old: Snapshot, new: Snapshot) -> bool:
        """Whether what has changed was only drawn inwards. Tensors that hold the same number
        everywhere do not tell: they may have been set.
        """
        if old.flat is None or new.flat is None:
            return False
        parts = [self.layout.part(i) for i in range(len(self.names))]
        pairs = [(old.flat[part], new.flat[part]) for part in parts]
        told = [(a, b) for a, b in pairs if not np.array_equal(a, b) and np.ptp(b) > 0.0]
        return bool(told) and all(_is_drawn_in(a, b) for a, b in told)

    def _changed(self, old: Snapshot, new: Snapshot) -> list[str]:
        names, layout = self.names, self.layout
        if old.flat is None or new.flat is None:
            same = np.isclose(old.norms, new.norms, rtol=0.0, atol=0.0, equal_nan=True)
            return [name for name, equal in zip(names, same.tolist(), strict=True) if not equal]
        if old.flat.tobytes() == new.flat.tobytes():
            return []
        return [
            name
            for i, name in enumerate(names)
            if old.flat[layout.part(i)].tobytes() != new.flat[layout.part(i)].tobytes()
        ]


def _is_drawn_in(old: Floats, new: Floats) -> bool:
    """Whether numbers were drawn into bounds, or towards 0, or are the same."""
    clamped = np.array_equal(new, np.clip(old, new.min(), new.max()))
    return clamped or bool((np.abs(new) <= np.abs(old)).all() and (new * old >= 0.0).all())
