"""What is known of a loop when mistakes are looked for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from steepest.arrays import Floats
from steepest.diagnosis.course import change_of
from steepest.diagnosis.thresholds import NOISY
from steepest.path.objective_curve import ObjectiveCurve
from steepest.watching.record.hand_written import HandWritten
from steepest.watching.record.inspector import Look
from steepest.watching.record.not_finite_source import Source
from steepest.watching.record.optimized_parameters import inner_module
from steepest.watching.record.other_optimizers import OtherOptimizers
from steepest.watching.record.step_record import Layout, Record

_FALLEN = 0.05
_FEW = 8
_SAME = 1e-9  # sums of the same numbers in another order


@final
@dataclass(frozen=True, eq=False)
class Evidence:
    """The records of a loop's steps, looks at some of them, and the model as it is now.

    - `records`: one for each recorded step;   `layout`: of their tensors
    - `pending`: backward passes since the last step, by optimizer, where they were seen
    - `named`: parameters of the model, of which some may be in no optimizer
    - `faults`: what our own code raised; the recording ended then, and the loop went on
    - `others`: optimizers that stepped and are not watched
    - `first_rates`: the learning rates when the watch began, where a schedule held them already
    - `loss_fn`, `batch`: what the curvature is measured of, where they are known
    - `curves`: of each optimizer the losses of every step
    """

    records: Sequence[Record]
    layout: Layout
    model: Module | None = None
    optimizers: Sequence[Optimizer] = ()
    named: Sequence[tuple[str, Tensor]] = ()
    looks: Sequence[Look] = ()
    source: Source | None = None
    pending: Sequence[int] = ()
    loss_fn: Callable[..., Tensor] | None = None
    batch: Any = None
    faults: Sequence[str] = ()
    others: OtherOptimizers | None = None
    first_rates: Sequence[float] = ()
    curves: Sequence[ObjectiveCurve] = ()

    @cached_property
    def steps(self) -> tuple[Record, ...]:
        """Records of steps that were made, in order."""
        return tuple(record for record in self.records if not record.last)

    def of(self, optimizer: int) -> list[Record]:
        """The steps of one optimizer."""
        return [record for record in self.steps if record.optimizer == optimizer]

    @property
    def by_optimizer(self) -> Iterator[list[Record]]:
        """The steps of each optimizer that made some."""
        for number in sorted({record.optimizer for record in self.steps}):
            yield self.of(number)

    @cached_property
    def falls(self) -> bool:
        """Whether the objective, or that of one of several optimizers, falls by more than its own
        noise, and by a share of itself.
        """
        return any(_falls(curve.values[np.isfinite(curve.values)]) for curve in self.curves)

    @cached_property
    def loss_lost(self) -> int | None:
        """The step from which on no loss is finite, of the optimizer where it came first."""
        lost = [curve.lost_since for curve in self.curves]
        return min((step for step in lost if step is not None), default=None)

    def gradient_norms(self, tensor: int) -> Floats:
        """The gradient's norm of one tensor, at each step of the optimizer that holds it."""
        norms = [step.gradient_norms[tensor] for step in self.steps if step.held[tensor]]
        return np.array(norms, dtype=np.float64)

    @cached_property
    def learns(self) -> tuple[bool, ...]:
        """Which tensors ask for a gradient."""
        asks = {name: tensor.requires_grad for name, tensor in self.named}
        return tuple(asks.get(name, True) for name in self.layout.tensors)

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """Tensors of two or more sizes that are no embeddings: the layers, in their order."""
        return tuple(
            i
            for i, (name, shape) in enumerate(
                zip(self.layout.tensors, self.layout.shapes, strict=True)
            )
            if len(shape) > 1 and min(shape) > 0 and name not in self._embeddings
        )

    @cached_property
    def _embeddings(self) -> frozenset[str]:
        if self.model is None:
            return frozenset()

        modules = inner_module(self.model).named_modules()
        return frozenset(f"{name}.weight" for name, m in modules if "Embedding" in type(m).__name__)

    @cached_property
    def is_full_batch(self) -> bool:
        """Whether several batches were inspected, and all had the same rows in some order."""
        marks = [look.mark for look in self.looks if np.isfinite(look.mark)]
        return len(marks) > 1 and bool(np.ptp(marks) <= _SAME * np.abs(marks).max())

    @property
    def hand_written(self) -> HandWritten | None:
        """What stands for the optimizer of a loop that has none."""
        first = self.optimizers[0] if self.optimizers else None
        return first if isinstance(first, HandWritten) else None

    @property
    def is_plain_descent(self) -> bool:
        """Whether every optimizer's update is proportional to the gradient, as torch's SGD's."""
        if self.hand_written is not None:
            return self.hand_written.is_plain
        return bool(self.optimizers) and all(
            type(optimizer).__name__ in ("SGD", "ASGD") for optimizer in self.optimizers
        )

    @cached_property
    def train_mode_layers(self) -> tuple[str, ...]:
        """Which of "dropout" and "batch norm" the model has, where they ought to train.

        Not those of a frozen part, nor those that are in train mode while the model is not: these
        were set on purpose.
        """
        parts = list(self._meant_to_train())
        kinds = (("dropout", _drops), ("batch norm", _is_batch_norm))
        return tuple(kind for kind, is_kind in kinds if any(map(is_kind, parts)))

    def _meant_to_train(self) -> Iterator[Module]:
        if self.model is None:
            return
        for parent in self.model.modules():
            parts = [parent, *parent.children()] if parent is self.model else parent.children()
            for part in parts:
                own = next(part.parameters(), None)
                owner = parent if own is None else part
                learns = any(tensor.requires_grad for tensor in owner.parameters())
                if learns and (self.model.training or not part.training):
                    yield part


@np.errstate(over="ignore", invalid="ignore")
def _falls(values: Floats) -> bool:
    """Whether they fall from their first quarter, or their first few, to their last quarter, to
    below where they began: a rise in the first steps is no start to fall from.
    """
    if len(values) < 2:
        return False
    count = max(len(values) // 4, 1)
    leapt = values[:count].mean() > 2.0 * abs(values[0])
    if leapt and not float(np.median(values[-count:])) < (1.0 - _FALLEN) * values[0]:
        return False
    least = _FALLEN * float(np.median(np.abs(values)))
    starts = {count, min(count, max(len(values) // 16, _FEW))}
    changes = [change_of(values, start) for start in starts]
    return any(change < -max(NOISY * error, least) for change, error in changes)


def _drops(module: Module) -> bool:
    """Whether it leaves out some of its numbers at random while it trains."""
    share = getattr(module, "p", 0.0) if "Dropout" in type(module).__name__ else 0.0
    inner = getattr(module, "dropout", 0.0)  # of recurrent layers and attention a number
    return any(isinstance(each, int | float) and each > 0.0 for each in (share, inner))


def _is_batch_norm(module: Module) -> bool:
    return "BatchNorm" in type(module).__name__
