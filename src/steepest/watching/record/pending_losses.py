"""Losses that came in and wait for the step that they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from torch import Tensor

from steepest.watching.record.hook import Hook


@final
@dataclass(eq=False)
class PendingLoss:
    """A loss, after how many steps its backward pass ran (None: that was not seen), and the
    optimizers whose parameters this pass reached. `given`: whether the loop handed it in.
    """

    value: Tensor | float
    given: bool = True
    passed_after: int | None = None
    reached: set[int] = field(default_factory=set)


@final
class PendingLosses:
    """Of several optimizers each takes the losses whose backward pass ran for its step.

    These are the losses passed since the step before, whosever it was; where there is none, as if
    two optimizers share a loss, those passed since its own last step. Of several, those whose pass
    reached a parameter of this optimizer. `steps`: how many there were, kept by the recorder.
    """

    def __init__(self, optimizers: int, faults: list[str]) -> None:
        self.faults = faults
        self.waiting: list[list[PendingLoss]] = [[] for _ in range(optimizers)]
        self.steps = 0
        self._passing: list[PendingLoss] = []
        self._has_reached = False

    def take(self, value: Tensor | float, *, given: bool = True) -> None:
        """Take a loss, before its backward pass."""
        known = value if isinstance(value, int | float) else value.detach()
        loss = PendingLoss(known, given)
        for waiting in self.waiting:
            waiting.append(loss)
        if len(self.waiting) > 1 and isinstance(value, Tensor) and value.requires_grad:
            value.register_hook(Hook(lambda _: self._passes(loss), self.faults))

    def _passes(self, loss: PendingLoss) -> None:
        """The backward pass of a loss begins, or that of a sum that it is part of."""
        if self._has_reached:
            self._passing, self._has_reached = [], False
        loss.passed_after = self.steps
        self._passing.append(loss)

    @property
    def some_given(self) -> bool:
        """Whether the loop hands its losses in: one of them waits."""
        return any(loss.given for waiting in self.waiting for loss in waiting)

    def came_to(self, optimizer: int) -> None:
        """The backward pass that runs has reached a parameter of an optimizer."""
        self._has_reached = True
        for loss in self._passing:
            loss.reached.add(optimizer)

    def clear(self) -> None:
        """The loop has ended: nothing waits."""
        for waiting in self.waiting:
            waiting.clear()

    def of(self, optimizer: int) -> Sequence[PendingLoss]:
        """The losses of this optimizer's next step."""
        waiting = self.waiting[optimizer]
        if len(self.waiting) == 1:
            return waiting
        fresh = [loss for loss in waiting if loss.passed_after == self.steps]
        passed = fresh or [loss for loss in waiting if loss.passed_after is not None] or waiting
        own = [loss for loss in passed if optimizer in loss.reached]
        return own or passed


def mean_of(losses: Sequence[PendingLoss]) -> tuple[float, int]:
    """The mean of some losses, nan of none, and how many they are."""
    values = [float(loss.value) for loss in losses]
    return (float(np.mean(values)) if values else np.nan), len(values)
