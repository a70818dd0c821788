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


@final
class OtherOptimizers:
    """Counts the steps of other optimizers since the last step of a watched one.

    - `steps`: of those that hold a watched tensor;   `made`: how often the last was made
    - `kind`: the name of their class
    """

    def __init__(
        self, optimizers: Sequence[Optimizer], tensors: Sequence[Tensor], faults: list[str]
    ) -> None:
        self.watched, self.faults = optimizers, faults
        self._tensors = {id(tensor) for tensor in tensors}
        self._last: Any = None
        self._seen = WeakSet[Optimizer]()
        self._mover: Any = None  # the last that holds a watched tensor
        self._like: Any = None
        self._holds = False
        self.kind = ""
        self.steps = self.made = 0

    def hook(self) -> RemovableHandle:
        """A hook on every optimizer; in a compiled step it does nothing."""
        return register_optimizer_step_post_hook(self._stepped)

    def held(self) -> frozenset[int]:
        """The `id`s of what the other optimizer that stepped last holds."""
        last = None if self._last is None else self._last()
        return frozenset() if last is None else frozenset(map(id, _tensors(last)))

    def _stepped(self, optimizer: Optimizer, *_: Any) -> None:
        if is_compiling() or self.faults:
            return
        for each in self.watched:
            if optimizer is each:
                self.steps = self.made = 0
                return
        with recording(self.faults):
            self._count(optimizer)

    def _count(self, optimizer: Optimizer) -> None:
        if self._last is None or self._last() is not optimizer:
            self._last, self.kind = ref(optimizer), type(optimizer).__name__
            self._holds = any(id(tensor) in self._tensors for tensor in _tensors(optimizer))
            if self._holds and (self._mover is None or self._mover() is not optimizer):
                self._count_made(optimizer)
        self.steps += self._holds

    def _count_made(self, optimizer: Optimizer) -> None:
        """One that steps again was not made anew, nor one of another class or other tensors."""
        like = type(optimizer), self.held()
        is_anew = like == self._like and optimizer not in self._seen
        self.made = self.made + 1 if is_anew else 1
        self._like, self._mover = like, ref(optimizer)
        self._seen.add(optimizer)


def _tensors(optimizer: Optimizer) -> list[Tensor]:
    return [tensor for group in optimizer.param_groups for tensor in group["params"]]
