"""Losses that came in and wait for the step that they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import final

from torch import Tensor

from steepest.watching.record.hook import Hook

# Of an optimizer that never steps so many losses wait.
_WAITING = 4096


@final
@dataclass(eq=False, slots=True)
class PendingLoss:
    """A loss, after how many steps its backward pass ran (None: that was not seen), and the
    optimizers whose parameters this pass reached. `given`: whether the loop handed it in; `rows`
    of its batch, 0 where that is not known. `scaled`: whether it is the product that a pass of the
    loop started from. `used`: whether an optimizer that is not watched has stepped since. On an
    accelerator its value is a copy there.
    """

    value: Tensor | float
    given: bool = True
    rows: int = 0
    passed_after: int | None = None
    reached: tuple[int, ...] = ()
    scaled: bool = False
    used: bool = False


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
        self.ever_given = self.ever_scaled = False
        self._passing: list[PendingLoss] = []
        self._has_reached = False

    def take(self, value: Tensor | float, *, rows: int = 0) -> None:
        """Take a loss that the loop has handed in, before its backward pass."""
        loss = PendingLoss(_copied(value), True, rows)
        self.add(loss)
        if len(self.waiting) > 1 and isinstance(value, Tensor) and value.requires_grad:
            value.register_hook(Hook(lambda _: self._passes(loss), self.faults))

    def take_passing(self, value: Tensor, rows: int, *, scaled: bool) -> None:
        """Take a loss whose backward pass runs."""
        loss = PendingLoss(_copied(value), False, rows, scaled=scaled)
        self.add(loss)
        self._passes(loss)

    def add(self, loss: PendingLoss) -> None:
        """Let a loss wait for each optimizer."""
        if loss.given:
            self.ever_given = True
        elif loss.scaled:
            self.ever_scaled = True
        for waiting in self.waiting:
            waiting.append(loss)
            if len(waiting) > _WAITING:
                del waiting[0]

    def _passes(self, loss: PendingLoss) -> None:
        """The backward pass of a loss begins, or that of a sum that it is part of."""
        if self._has_reached:
            self._passing, self._has_reached = [], False
        loss.passed_after = self.steps
        self._passing.append(loss)

    @property
    def some_given(self) -> bool:
        """Whether the loop has handed in a loss that no step has used yet."""
        for waiting in self.waiting:
            for loss in waiting:
                if loss.given and loss.passed_after in (None, self.steps):
                    return True
        return False

    def came_to(self, optimizer: int) -> None:
        """The backward pass that runs has reached a parameter of an optimizer."""
        self._has_reached = True
        for loss in self._passing:
            if optimizer not in loss.reached:
                loss.reached = (*loss.reached, optimizer)

    def other_stepped(self) -> None:
        """An optimizer of another model has made a step: what waits was its loss, or shared."""
        for waiting in self.waiting:
            for loss in waiting:
                loss.used = True

    def clear(self) -> None:
        """The loop has ended: nothing waits."""
        for waiting in self.waiting:
            waiting.clear()

    def of(self, optimizer: int) -> Sequence[PendingLoss]:
        """The losses of this optimizer's next step."""
        waiting = not_used(self.waiting[optimizer])
        if len(self.waiting) == 1:
            return waiting
        fresh = [loss for loss in waiting if loss.passed_after == self.steps]
        passed = fresh or [loss for loss in waiting if loss.passed_after is not None] or waiting
        own = [loss for loss in passed if optimizer in loss.reached]
        return own or passed


def _copied(value: Tensor | float) -> Tensor | float:
    """The number; of a tensor on an accelerator a copy there. The loop may divide it in place."""
    if not isinstance(value, Tensor):
        return float(value)
    return value.item() if value.is_cpu else value.detach().clone()


def not_used(losses: Sequence[PendingLoss]) -> Sequence[PendingLoss]:
    """Those that no other model's optimizer has stepped by, if there are any."""
    return [loss for loss in losses if not loss.used] or losses


def of_one_step(losses: Sequence[PendingLoss]) -> Sequence[PendingLoss]:
    """Those of a step that count: not those of another model, where one is of this; and one that
    is not finite was skipped, where another is.
    """
    if len(losses) < 2:
        return losses
    losses = not_used(losses)
    return [loss for loss in losses if isfinite(float(loss.value))] or losses


def loss_of(losses: Sequence[PendingLoss]) -> float:
    """The mean of a step's losses, nan of none; their sum where the loop has scaled its parts."""
    if len(losses) == 1:
        return float(losses[0].value)
    losses = of_one_step(losses)
    total = sum([float(loss.value) for loss in losses])
    parts = any([loss.scaled for loss in losses])
    return total if parts else total / len(losses) if losses else nan
