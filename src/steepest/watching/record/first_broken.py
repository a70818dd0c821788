"""Watches for the first number that is not finite, and finds out where it was born.

Of a step that is not recorded one small gradient is looked at, that of a layer near the input: what
is not finite in a backward pass comes to it. When it has, model and loss are run once more; and
where these show nothing, what the loop calls during its next step is taken down and computed again
at the point of before.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, nan
from typing import Any, final

import numpy as np
from torch import Tensor
from torch.nn import Module, ParameterList

from steepest.arrays import Floats
from steepest.watching.measure.isolated import isolated
from steepest.watching.record.inspector import Inspector
from steepest.watching.record.not_finite_source import (
    Pass,
    Source,
    source_in_data,
    source_in_parameters,
    source_in_pass,
    tensors_in,
)
from steepest.watching.record.optimized_parameters import inner_module
from steepest.watching.record.origin import origin_of
from steepest.watching.record.tape import Tape

_SMALL = 4096
_CERTAIN = ("input", "target", "parameter", "operation")


@final
class FirstBroken:
    """`source` is where the first number that is not finite came from; None while there is none.

    Call `loss(…)` for losses, `gradients(…)` before a step, and `end()` at last; `stepped()` after
    a step where it `waits`, and `gradients(…)` before the next where it `takes` that down.
    """

    def __init__(
        self,
        inspector: Inspector,
        names: Sequence[str],
        tensors: Sequence[Tensor],
        faults: list[str],
    ) -> None:
        model, self.inspector = inspector.model, inspector
        self.model = None if model is None else inner_module(model)
        self.names, self.tensors, self.faults = names, tensors, faults
        self.source: Source | None = None
        self._loss: Module | None = None
        self._given_at = -1
        self._shape: Any = None
        self._target: tuple[Any, ...] = ()
        small = [tensor for tensor in tensors if tensor.numel() <= _SMALL]
        self._looked_at = [*small, *sorted(tensors, key=Tensor.numel)]
        self._seen: Tensor | None = None  # the first of them that had a gradient when last asked
        self.waits = self.takes = False
        self._was_taken = False  # a step was taken down: later ones only hold what follows
        self._before: dict[int, Tensor] = {}
        self._inputs_before: list[Tensor] = []
        self._tape: Tape | None = None

    def given(self, loss: Module | None, given: Sequence[Any], index: int) -> None:
        """What a loss module was called with at a step, the model's output first."""
        if loss is not None and given:
            self._loss, self._given_at = loss, index
            self._shape, self._target = getattr(given[0], "shape", None), tuple(given[1:])

    def loss(self, value: Tensor, index: int) -> None:
        """A loss came, before its backward pass."""
        if self.source is None and not bool(value.detach().isfinite().all()):
            self.source = self._find(index, backward=False) or Source(index, "loss")

    def gradients(
        self, index: int, losses: tuple[float, int] = (nan, 0), norms: Floats | None = None
    ) -> None:
        """Gradients came, and step `index` is about to be made.

        - `losses`: the mean of those of this step, and how many they were
        - `norms` (t,): of all gradients, where they were read
        """
        self._look_at_tape()
        if self.is_certain or self._was_taken:
            return
        loss_broken = bool(losses[1]) and not isfinite(losses[0])
        i = self._first_broken(norms)
        if i is None and not loss_broken:
            return
        if self.source is None:
            name = "" if i is None else self.names[i]
            unknown = Source(index, "gradient", name, None, "nan", None, losses[0])
            unknown = Source(index, "loss") if loss_broken else unknown
            self.source = self._find(index, backward=True) or unknown
        if not self.is_certain:
            self._was_taken = self.waits = True
            self._before = {id(tensor): tensor.detach().clone() for tensor in self.tensors}
            self._inputs_before = list(tensors_in(self.inspector.inputs))

    def may_have_come(self) -> bool:
        """Whether `gradients` is to be called before a step at rest, on the processor. It is one
        function, as what is called at each step is.
        """
        seen = self._seen
        if seen is None or (gradient := seen.grad) is None:
            return True
        total: float = gradient.sum().item()
        return total - total != 0.0

    def stepped(self) -> None:
        """A step was made that showed no origin: take the next one down."""
        self.waits, self._tape = False, Tape(self.model, self.faults)
        self.takes = self._tape.begin()

    def end(self) -> None:
        """The loop has ended."""
        self._look_at_tape()

    @property
    def is_certain(self) -> bool:
        """Whether the source is known to its end, and not the part alone that it is in."""
        return self.source is not None and self.source.kind in _CERTAIN

    def _first_broken(self, norms: Floats | None) -> int | None:
        """The first tensor whose gradient is not finite, as far as it was looked at."""
        if norms is not None and np.isfinite(norms).all():
            return None
        if norms is None:
            seen = next((each for each in self._looked_at if each.grad is not None), None)
            self._seen = seen
            if seen is None or not seen.is_cpu or _is_finite(seen.grad):
                return None
        grads = (tensor.grad for tensor in self.tensors)
        return next((i for i, grad in enumerate(grads) if _is_broken(grad)), None)

    def _find(self, index: int, *, backward: bool) -> Source | None:
        named = zip(self.names, self.tensors, strict=True)
        inputs = self.inspector.inputs
        if self.model is None or inputs is None:
            return source_in_parameters(named, index)
        given = Pass(self.model, *inputs)
        if self._given_at == index:
            given = replace(given, loss=self._loss, shape=self._shape, target=self._target)
        return source_in_data(given, index) or source_in_pass(given, index, backward=backward)

    def _look_at_tape(self) -> None:
        if not self.takes or self._tape is None or self.source is None:
            return
        self.takes, tape, values = False, self._tape, self._before
        tape.end()
        inputs = list(tensors_in(self.inspector.inputs))
        for old, new in zip(self._inputs_before, inputs, strict=False):
            if old.shape == new.shape:
                values[id(new)] = old
        with isolated(ParameterList(self.tensors)):
            origin = origin_of(tape, values)
        if origin is not None:
            index = self.source.index
            self.source = Source(index, "operation", origin.module, None, origin.value, origin)


def _is_finite(gradient: Tensor | None) -> bool:
    """Whether a sum is, which may only fail where no number is missing: it is looked at again."""
    return gradient is None or isfinite(float(gradient.sum()))


def _is_broken(gradient: Tensor | None) -> bool:
    if gradient is None:
        return False
    numbers = gradient.coalesce().values() if gradient.is_sparse else gradient
    return not bool(numbers.isfinite().all())
