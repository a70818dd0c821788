"""The step that is being made: its point before the update, and its record after it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, final

import numpy as np
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from steepest.arrays import Floats
from steepest.watching.record.backward_passes import Passes
from steepest.watching.record.coming_losses import ComingLosses
from steepest.watching.record.edits import Edits
from steepest.watching.record.first_broken import FirstBroken
from steepest.watching.record.histograms import step_histograms
from steepest.watching.record.optimized_parameters import OptimizedParameters
from steepest.watching.record.pending_losses import PendingLoss, loss_of
from steepest.watching.record.snapshot import Snapshot, dense_of, reader_for
from steepest.watching.record.step_record import Record


class OpenStep(NamedTuple):
    """A step whose update is being made; `gradient` is None where a closure will compute it.

    `slopes` are copies of the gradients, where histograms are made of them.
    """

    before: Snapshot
    gradient: Snapshot | None
    copies: list[Tensor] | None
    training: bool
    slopes: Sequence[Tensor | None] = ()


@final
class CurrentStep:
    """Of each step that is recorded `open` is called before its update and `close` after it."""

    def __init__(
        self,
        model: Module | None,
        parameters: OptimizedParameters,
        optimizers: Sequence[Optimizer],
        passes: Passes,
        coming: ComingLosses,
        edits: Edits,
        broken: FirstBroken,
        *,
        histograms: bool,
    ) -> None:
        self.model, self.parameters, self.optimizers = model, parameters, optimizers
        self.passes, self.coming, self.edits, self.broken = passes, coming, edits, broken
        self.tensors = list(parameters.tensors)
        self.reader = reader_for(parameters.layout)
        self.makes_histograms = histograms
        self.has_closure = self._evaluates_again = False
        self._opened: OpenStep | None = None

    def look_for_closure(self, number: int, given: Sequence[Any]) -> None:
        """Whether the optimizer's step is handed a closure, and calls it more than once."""
        self.has_closure = any(map(_is_closure, given))
        self._evaluates_again = self.has_closure and not evaluates_once(self.optimizers[number])
        if self._evaluates_again:
            self.coming.losses.waiting[number].clear()

    def open(self, number: int, index: int) -> None:
        """Read the point that the update of step `index` will leave."""
        before = self.reader.read(self.tensors)
        gradient = None
        slopes: list[Tensor | None] = []
        if self._evaluates_again:
            self.passes.stash()
        elif not self.has_closure:
            scale = _scale(self.optimizers[number])
            slopes = [tensor.grad for tensor in self.tensors]
            gradient = self.reader.read(slopes).divided(scale)
            slopes = _copies(slopes, scale) if self.makes_histograms else []
            losses = self.coming.losses.of(number)
            self.broken.gradients(index, (loss_of(losses), len(losses)), gradient.norms)
        copies = self.reader.copies(self.tensors)
        self.edits.step_opens(before)
        if self.makes_histograms and copies is None:
            copies = [tensor.detach().clone() for tensor in self.tensors]
        self._opened = OpenStep(before, gradient, copies, self._is_training(), slopes)

    def losses_of(self, number: int) -> Sequence[PendingLoss]:
        """Of a closure that is evaluated again and again the first, at the step's own point."""
        losses = self.coming.losses.of(number)
        return losses[:1] if self._evaluates_again else losses

    def take_opened(self) -> OpenStep | None:
        """The step that was opened, if one was."""
        opened, self._opened = self._opened, None
        return opened

    def ends(self) -> None:
        """What is known of its closure holds for no other."""
        self.has_closure = self._evaluates_again = False

    def close(self, number: int, index: int, opened: OpenStep) -> Record:
        """The record of step `index`, whose update has been made."""
        gradient, slopes = opened.gradient, opened.slopes
        if gradient is None:  # the closure has run the model, and may have set its mode
            opened = opened._replace(training=self._is_training())
            once = evaluates_once(self.optimizers[number])
            slopes = [each.grad for each in self.tensors] if once else self.passes.unstash()
            gradient = self.reader.read(slopes)
        after = self.reader.read(self.tensors)
        self.edits.step_ends(after)
        norms = self.reader.update_norms(opened.before, after, opened.copies, self.tensors)
        losses, edited = self.losses_of(number), self.edits.take()
        record = self._record(number, index, opened, gradient, losses, norms, edited)
        if self.makes_histograms and opened.copies is not None:
            made = step_histograms(opened.copies, slopes, self.tensors)
            record = replace(record, histograms=made)
        return record

    def standing(self, number: int, index: int, edited: tuple[str, ...] = ()) -> Record:
        """The present point: no update has left it yet, so it has no gradient."""
        here = self.reader.read(self.tensors)
        no_gradient = self.reader.read([None] * len(self.tensors))
        opened = OpenStep(here, no_gradient, None, self._is_training())
        no_update = np.full(len(self.tensors), np.nan)
        losses = [loss for loss in self.coming.losses.of(number) if not loss.used]
        record = self._record(number, index, opened, no_gradient, losses, no_update, edited)
        return replace(record, last=True)

    def rates(self) -> tuple[float, ...]:
        """The present learning rate of every group of every optimizer."""
        groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        return tuple(float(group.get("lr", np.nan)) for group in groups)

    def _record(
        self,
        number: int,
        index: int,
        opened: OpenStep,
        gradient: Snapshot,
        losses: Sequence[PendingLoss],
        update_norms: Floats,
        edited: tuple[str, ...],
    ) -> Record:
        backwards, cleared, dropped = self.passes.seen(number)
        is_scaled = self.coming.is_scaled
        return Record(
            index=index,
            optimizer=number,
            objective=loss_of(losses),
            learning_rates=self.rates(),
            parameters=opened.before.flat,
            gradient=gradient.flat,
            projection=opened.before.projection,
            gradient_projection=gradient.projection,
            parameter_norms=opened.before.norms,
            gradient_norms=gradient.norms,
            update_norms=update_norms,
            held=tuple(owner == number for owner in self.parameters.owners),
            backwards=backwards,
            cleared=cleared,
            dropped=dropped,
            pulled=self.passes.pulled(number),
            kept=np.nan if is_scaled else self.passes.kept(number, gradient.norms),
            edited=edited,
            by_rule=bool(edited) and self.edits.by_rule,
            training=opened.training,
            losses=len(losses),
        )

    def _is_training(self) -> bool:
        return bool(getattr(self.model, "training", True))


def evaluates_once(optimizer: Optimizer) -> bool:
    """Whether a closure is called once a step: then the update uses what it leaves in `grad`.

    Else the gradient of the step's point is that of the closure's first call.
    """
    kind = type(optimizer)
    return kind.__module__.startswith("torch.optim.") and kind.__name__ != "LBFGS"


def _scale(optimizer: Optimizer) -> float:
    """What the update divides the gradients by: GradScaler leaves that to fused optimizers."""
    scale = getattr(optimizer, "grad_scale", None)
    return 1.0 if scale is None else float(scale)


def _copies(slopes: Sequence[Tensor | None], scale: float) -> list[Tensor | None]:
    return [None if slope is None else dense_of(slope) / scale for slope in slopes]


def _is_closure(argument: object) -> bool:
    return callable(argument) and not isinstance(argument, Optimizer)
