"""Whether a model is one linear module under squared loss, and the batches that it saw."""

from typing import Any, final

from torch import Tensor
from torch.nn import Linear, Module
from torch.utils.hooks import RemovableHandle

from steepest.watching.measure.linear_batch import Batch, LinearBatch
from steepest.watching.record.hook import Hook
from steepest.watching.record.optimized_parameters import Moved, inner_module

_MEAN, _SUM = 1, 2


@final
class LinearModule:
    """Sees through a model whose only parameters are those of one `nn.Linear`, if all are moved.

    - `batch`: the batch seen last; None: none, or the loss is not the squared error of the
      module's output
    - `several`: whether batches differed
    """

    def __init__(self, model: Any, moved: Moved) -> None:
        self.linear = _only_linear(model, moved)
        # Hooks inside what torch.compile made are not called; those on the outside are.
        self._hooked = model if self.linear and inner_module(model) is self.linear else self.linear
        self.moved = moved
        self.batch: Batch | None = None
        self.several = False
        self._first: Batch | None = None
        self._seen: tuple[Tensor, int] | None = None
        self._blind = False

    def hooks(self) -> list[RemovableHandle]:
        """A hook that sees what the module is given."""
        if self._hooked is None or self._blind:
            return []
        return [self._hooked.register_forward_hook(Hook(self._forward))]

    def _forward(self, _: Module, given: tuple[Any, ...], output: Tensor) -> None:
        if given:
            self._seen = given[0].detach(), output.data_ptr()

    def loss_came(self, loss: Any) -> None:
        """The loss (a tensor) that came of it; its graph says what it was compared with."""
        seen, self._seen = self._seen, None
        if seen is None or self._blind:
            return
        made = getattr(loss, "grad_fn", None)
        if made is None:
            return
        # A loss of another kind: what is minimised is not the squared error alone.
        if made.name() != "MseLossBackward0" or made._saved_self.data_ptr() != seen[1]:
            self._blind, self.batch, self._first = True, None, None
            return
        batch = Batch(seen[0], made._saved_target.detach(), made._saved_reduction == _MEAN)
        if batch.target.shape != made._saved_self.shape:
            return
        if self._first is None:
            self._first = batch
        self.several = self.several or not self._first.same(batch)
        self.batch = batch

    def problem(self) -> LinearBatch | None:
        """The squared loss on the batch seen last."""
        if self.linear is None or self.batch is None:
            return None
        return LinearBatch(self.moved.layout.names, self.batch, bias=self.linear.bias is not None)


def _only_linear(model: Any, moved: Moved) -> Linear | None:

    if not isinstance(model, Module):
        return None
    holders = [
        m
        for m in inner_module(model).modules()
        if next(m.parameters(recurse=False), None) is not None
    ]
    if len(holders) != 1 or type(holders[0]) is not Linear:
        return None
    linear = holders[0]
    wanted = [p for p in (linear.weight, linear.bias) if p is not None]
    same = len(wanted) == len(moved.tensors) and all(
        a is b for a, b in zip(wanted, moved.tensors, strict=True)
    )
    return linear if same and all(p.requires_grad for p in wanted) else None
