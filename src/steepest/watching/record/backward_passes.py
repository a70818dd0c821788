"""Counts backward passes by hooks on parameters, and sees whether gradients were cleared before."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeAlias, final

import numpy as np
from torch import Tensor
from torch._C import _current_graph_task_id as running_pass
from torch.utils.hooks import RemovableHandle

from steepest.arrays import Floats
from steepest.watching.record.hook import Hook, delete_empty_hooks, is_plain_tensor
from steepest.watching.record.loss_graph import adds_to_no_gradient
from steepest.watching.record.snapshot import dense_of

# A gradient's identity, and how often it had been written to.
Mark: TypeAlias = tuple[int, int]
# Of tensors up to this size the gradient that came is kept until the step.
_SMALL = 1024
# So many tensors of an optimizer are to say that a pass has come, each first in some pass before.
_HERALDS = 4


@final
class Passes:
    """Counts, for each of some optimizers, the backward passes since its last step.

    `owners` (t,) says which optimizer each tensor belongs to. `came` is called with the owner first
    when a gradient comes.
    """

    def __init__(
        self,
        tensors: Sequence[Tensor],
        owners: Sequence[int],
        optimizers: int,
        came: Callable[..., object],
        faults: list[str],
    ) -> None:
        self.faults = faults
        self.tensors, self.owners, self.came = tensors, owners, came
        self._heralds: list[list[int]] = [[] for _ in range(optimizers)]
        self._passes = [0] * optimizers
        self._came = [0] * len(tensors)
        self._hooked: set[int] = set()
        self._incoming: list[Tensor | None] = [None] * len(tensors)
        self._left: list[Mark | None] = [None] * len(tensors)
        self._cleared: list[bool | None] = [None] * optimizers
        self._dropped = [0] * optimizers
        self._looked = [0] * optimizers
        self._asked = -1, False  # torch's number of a pass, and whether it adds to no gradient
        self._stashed: list[Tensor | None] = []
        self._stashing: list[RemovableHandle] = []
        self._bare: list[Tensor] = []

    def hooks(self) -> list[RemovableHandle]:
        """Hooks on the parameters that learn; they see a gradient before it is added."""
        self.forget()
        self._hooked = {i for i, tensor in enumerate(self.tensors) if tensor.requires_grad}
        self._bare = [tensor for tensor in self.tensors if not _has_hooks(tensor)]
        return [
            tensor.register_hook(Hook(partial(self._comes, i), self.faults))
            for i, tensor in enumerate(self.tensors)
            if tensor.requires_grad and tensor.is_leaf
        ]

    def herald_hooks(self) -> list[RemovableHandle]:
        """Hooks on those tensors alone whose gradient came first in the passes seen so far."""
        heralds = [i for own in self._heralds for i in own if self.tensors[i].requires_grad]
        self._bare = [self.tensors[i] for i in heralds if not _has_hooks(self.tensors[i])]
        # These are not handed the gradient, which torch would have to make an object of.
        return [
            self.tensors[i].register_post_accumulate_grad_hook(partial(self.came, self.owners[i]))
            for i in heralds
        ]

    def unhooked(self) -> None:
        """After the hooks are removed."""
        for tensor in self._bare:
            delete_empty_hooks(tensor)
        self._bare = []

    def forget(self) -> None:
        """Count from 0; whether the gradients of before are cleared is not known."""
        self._came = [0] * len(self.tensors)
        self._left = [None] * len(self.tensors)
        self._incoming = [None] * len(self.tensors)
        self._passes = [0] * len(self._passes)

    def pulled(self, optimizer: int) -> bool | None:
        """Whether a gradient that came since its last step was not 0, of small tensors.

        None where none was seen. It tells gradients that were cleared from those that are 0.
        """
        pairs = zip(self._incoming, self.owners, strict=True)
        came = [
            gradient for gradient, owner in pairs if gradient is not None and owner == optimizer
        ]
        return any(not _is_gone(gradient) for gradient in came) if came else None

    def kept(self, optimizer: int, norms: Floats) -> float:
        """What is left, at the step, of the gradients that came, of small tensors; nan: unknown.

        `norms` (t,) are those that the step uses. A clip leaves less than 1.
        """
        came = left = 0.0
        for i, gradient in enumerate(self._incoming):
            if gradient is not None and self.owners[i] == optimizer and self._came[i] == 1:
                came += float(dense_of(gradient).double().square().sum())
                left += float(norms[i]) ** 2
        return float(np.sqrt(left / came)) if came > 0.0 else np.nan

    def seen(self, optimizer: int) -> tuple[int | None, bool | None, int]:
        """Passes since its last step, whether gradients were cleared before it, how often later.

        The number is not known where a tensor was thawed after the hooks were set, or where the
        loop has written a gradient itself.
        """
        own = [i for i, owner in enumerate(self.owners) if owner == optimizer]
        count: int | None = max((self._came[i] for i in own), default=0)
        if not count and any(self._may_come_unseen(i) for i in own):
            count = None
        return count, self._cleared[optimizer], self._dropped[optimizer]

    def _may_come_unseen(self, i: int) -> bool:
        if self.tensors[i].requires_grad and i not in self._hooked:
            return True
        now, left = self.tensors[i].grad, self._left[i]
        return _mark(now) != left and not _is_gone(now)

    def stepped(self, optimizer: int) -> None:
        """The optimizer has made its step: count from 0."""
        for i, owner in enumerate(self.owners):
            if owner == optimizer:
                self._came[i] = 0
                self._incoming[i] = None
                self._left[i] = _mark(self.tensors[i].grad)
        self._passes[optimizer] = 0
        self._cleared[optimizer] = None
        self._dropped[optimizer] = self._looked[optimizer] = 0

    def begins_with(self, i: int) -> bool:
        """Whether the next gradient of tensor i is the first of a further pass."""
        return self._came[i] == self._passes[self.owners[i]]

    def arrived(self, i: int) -> None:
        """Take down in which pass a gradient came to tensor i last."""
        owner = self.owners[i]
        self._passes[owner] += self.begins_with(i)
        self._came[i] = self._passes[owner]

    def each_reached_once(self, tensors: Iterable[int]) -> bool:
        """Whether there was one pass, which came to all of these."""
        return all(self._came[i] == 1 for i in tensors) and max(self._passes) == 1

    def found_cleared(self, cleared: bool | None) -> None:
        """Take whether gradients were cleared before the first pass of a loop by hand."""
        self._cleared[0] = cleared

    def _comes(self, i: int, gradient: Tensor) -> None:
        if not is_plain_tensor(gradient) or self._only_asks():
            return
        if gradient.numel() <= _SMALL and (self._incoming[i] is None or not self._came[i]):
            self._incoming[i] = gradient
        before, owner, count = self.tensors[i].grad, self.owners[i], self._came[i]
        own = self._heralds[owner]
        if self.begins_with(i) and i not in own and len(own) < _HERALDS:
            own.append(i)
        self.arrived(i)
        self.came(owner)
        if count == 0:
            self._look_at_first(i, before, owner)
        elif not self._stashing and self._looked[owner] < count:
            # One tensor speaks for all: a gradient that is 0 takes a look at each of its numbers.
            self._looked[owner] = count
            self._dropped[owner] += _is_gone(before)

    def _only_asks(self) -> bool:
        """Whether the pass that runs is one of `autograd.grad`, which leaves `grad` as it is."""
        number = running_pass()
        if number != self._asked[0]:
            self._asked = number, adds_to_no_gradient()
        return self._asked[1]

    def _look_at_first(self, i: int, before: Tensor | None, owner: int) -> None:
        """Whether what the last step used is gone."""
        left = self._left[i]
        if left is None or self._cleared[owner] is False:
            return
        if before is None or _is_gone(before):
            self._cleared[owner] = True
        elif _mark(before) == left or self._cleared[owner] is None:
            self._cleared[owner] = False

    def stash(self) -> None:
        """Copy the gradients of the next pass, the first evaluation of a closure."""
        self.finish()
        self._stashed = [None] * len(self.tensors)
        self._stashing = [
            tensor.register_post_accumulate_grad_hook(Hook(partial(self._copy, i), self.faults))
            for i, tensor in enumerate(self.tensors)
            if tensor.requires_grad and tensor.is_leaf
        ]

    def unstash(self) -> list[Tensor | None]:
        """The copies; None where no gradient came."""
        self.finish()
        copies, self._stashed = self._stashed, []
        return copies

    def finish(self) -> None:
        """Remove the copying hooks."""
        for hook in self._stashing:
            hook.remove()
        self._stashing = []

    def _copy(self, i: int, tensor: Tensor) -> None:
        if self._stashed[i] is None and tensor.grad is not None:
            self._stashed[i] = tensor.grad.detach().clone()


def _has_hooks(tensor: Tensor) -> bool:
    """Whether someone has hooked it, or had."""
    return tensor._backward_hooks is not None or tensor._post_accumulate_grad_hooks is not None


def _mark(gradient: Tensor | None) -> Mark | None:
    return None if gradient is None else (id(gradient), gradient._version)


def _is_gone(gradient: Tensor | None) -> bool:
    if gradient is None:
        return True
    numbers = gradient.detach()
    return not bool(((numbers._values() if numbers.is_sparse else numbers) != 0).any())
