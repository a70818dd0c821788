"""Optimizers that step beside those that are watched, as one that the loop makes anew."""

from collections.abc import Sequence
from typing import Any, final
from weakref import WeakSet, ref

from torch import Tensor
from torch.compiler import is_compiling
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.hooks import RemovableHandle

from steepest.watching.record.hook import recording
from steepest.watching.record.pending_losses import PendingLosses
from steepest.watching.record.rest import Rest


@final
class OtherOptimizers:
    """Counts the steps of other optimizers since the last step of a watched one; `kind` is the name
    of their class.
    """

    def __init__(
        self,
        optimizers: Sequence[Optimizer],
        tensors: Sequence[Tensor],
        rest: Rest,
        losses: PendingLosses,
        faults: list[str],
    ) -> None:
        self.watched, self.rest, self.losses, self.faults = optimizers, rest, losses, faults
        self._first = optimizers[0]
        self._tensors = {id(tensor) for tensor in tensors}
        self._last: Any = None
        self._seen = WeakSet[Optimizer]()
        self._mover: Any = None  # the last that holds a watched tensor
        self._like: Any = None
        self._holds = False
        self.kind = ""
        self._steps = self._made = 0
        self._since = 0  # how many steps of watched ones there were when these were counted

    @property
    def steps(self) -> int:
        """Steps of those that hold a watched tensor, since the last of a watched one."""
        return self._steps if self._since == self.rest.steps else 0

    @property
    def made(self) -> int:
        """How often the last of them was made."""
        return self._made if self._since == self.rest.steps else 0

    def hook(self) -> RemovableHandle:
        """A hook on every optimizer; in a compiled step it does nothing."""
        return register_optimizer_step_post_hook(self._stepped)

    def held(self) -> frozenset[int]:
        """The `id`s of what the other optimizer that stepped last holds."""
        last = None if self._last is None else self._last()
        return frozenset() if last is None else frozenset(map(id, _tensors(last)))

    def _stepped(self, optimizer: Optimizer, *_: Any) -> None:
        if optimizer is self._first:  # at most steps; each further call costs a share of one
            return
        if is_compiling() or self.faults or any(optimizer is each for each in self.watched):
            return
        with recording(self.faults):
            self._count(optimizer)

    def _count(self, optimizer: Optimizer) -> None:
        if self._since != self.rest.steps:
            self._since, self._steps, self._made = self.rest.steps, 0, 0
        if self._last is None or self._last() is not optimizer:
            self._last, self.kind = ref(optimizer), type(optimizer).__name__
            self._holds = any(id(tensor) in self._tensors for tensor in _tensors(optimizer))
            if self._holds and (self._mover is None or self._mover() is not optimizer):
                self._count_made(optimizer)
        self._steps += self._holds
        if not self._holds:
            self.losses.other_stepped()
            self.rest.other_stepped()

    def _count_made(self, optimizer: Optimizer) -> None:
        """One that steps again was not made anew, nor one of another class or other tensors."""
        like = type(optimizer), self.held()
        is_anew = like == self._like and optimizer not in self._seen
        self._made = self._made + 1 if is_anew else 1
        self._like, self._mover = like, ref(optimizer)
        self._seen.add(optimizer)


def _tensors(optimizer: Optimizer) -> list[Tensor]:
    return [tensor for group in optimizer.param_groups for tensor in group["params"]]
