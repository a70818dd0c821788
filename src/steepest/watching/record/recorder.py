"""Hooks on optimizers and parameters that record the steps of a loop and change nothing in it.

Between recorded steps the loop rests, if its optimizer is one of torch's: a step then costs two
short calls, which keep its loss. No random numbers are drawn, and nothing is written to.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, final
from weakref import ReferenceType, ref

import numpy as np
from torch import Tensor, is_grad_enabled
from torch._C import _current_graph_task_id as running_pass
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.compiler import disable
from torch.nn import Module
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from steepest.arrays import Floats
from steepest.watching.measure.isolated import is_isolated
from steepest.watching.measure.linear_module import LinearModule
from steepest.watching.record.backward_passes import Passes
from steepest.watching.record.edits import Edits
from steepest.watching.record.first_broken import FirstBroken
from steepest.watching.record.histograms import BINS, KINDS, step_histograms
from steepest.watching.record.hook import Hook, is_plain_tensor, recording
from steepest.watching.record.inspector import Inspector
from steepest.watching.record.loss_graph import (
    is_scaled,
    is_unscaling,
    running_loss,
    running_root,
)
from steepest.watching.record.loss_history import AT_ONCE, LossHistory
from steepest.watching.record.not_finite_source import tensors_in
from steepest.watching.record.optimized_parameters import OptimizedParameters
from steepest.watching.record.other_optimizers import OtherOptimizers
from steepest.watching.record.pace import Every, Pace
from steepest.watching.record.pending_losses import PendingLoss, PendingLosses, loss_of
from steepest.watching.record.snapshot import SMALL, Snapshot, dense_of, reader_for
from steepest.watching.record.step_record import Record
from steepest.watching.record.thinning import ThinnedRecords, capacity

Listener = Callable[[Record], object]

# A number that is not finite is looked for at each of the first steps, and later of those that are
# much work, by the operations or by parameters times rows: of others a look takes several percent.
_EARLY, _OPERATIONS, _PRODUCTS = 100, 150, 5_000_000


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
class Recorder:
    """Records from `start()` to `stop()`. `records` grows; `steps` counts the calls of `step()`.

    With several optimizers each call is a step; passes are counted since the last step of the same
    optimizer. `listeners` are called with each new record.
    """

    def __init__(
        self,
        model: Module | None,
        parameters: OptimizedParameters,
        optimizers: Sequence[Optimizer],
        loss: Module | None,
        every: Every,
        keep: int | None,
        *,
        histograms: bool = False,
    ) -> None:
        self.model, self.parameters = model, parameters
        self.makes_histograms = histograms
        self.optimizers, self.loss = optimizers, loss
        self.tensors = list(parameters.tensors)
        self.reader = reader_for(parameters.layout)
        self.pace = Pace(every)
        numbers = 3 * len(self.tensors) + 2 * min(parameters.layout.size, SMALL)
        numbers += len(KINDS) * (BINS + 2) * len(self.tensors) * histograms
        self.records = ThinnedRecords(capacity(keep, numbers), 1 if every == "auto" else every)
        self.faults: list[str] = []  # what ended the recording before the loop's end
        self.losses = PendingLosses(len(optimizers), self.faults)
        self.history = tuple(LossHistory() for _ in optimizers)
        self.passes = Passes(
            self.tensors,
            parameters.owners,
            len(optimizers),
            self._pass_reaches,
            self.faults,
        )
        self.linear_module = LinearModule(model, parameters, self.faults)
        self.others = OtherOptimizers(optimizers, self.tensors, self.faults)
        self.inspector = Inspector(model, self.faults, self._held)
        self.broken = FirstBroken(self.inspector, parameters.names, self.tensors, self.faults)
        self.edits = Edits(parameters.names, parameters.layout, self.tensors)
        self.listeners: list[Listener] = []
        self._lasting_hooks: list[RemovableHandle] = []
        self._step_hooks: list[RemovableHandle] = []
        self._herald_hooks: list[RemovableHandle] = []
        self._rows = 0  # of the batch that the model was called on last
        self.steps = 0
        self._left = 0  # steps of a rest, with the one that ends it
        self._rest_began = 0
        self._can_rest = len(optimizers) == 1 and _evaluates_once(optimizers[0])
        self._can_rest &= all(tensor.is_cpu for tensor in self.tensors)
        self._last_pass = -1  # torch's number of the last backward pass of a rest
        self._passing: ReferenceType[Tensor] | None = None
        self._takes_passing = self._takes_turns = len(optimizers) > 1
        self._has_closure = self._evaluates_again = False  # the step that is being made
        # Optimizers whose last step was seen, and those whose next step is to be recorded.
        self._followed: set[int] = set()
        self._due: set[int] = set()
        self._patience = 0
        self._open_step: OpenStep | None = None
        self._stepped_last = 0
        self._is_scaled = False  # the loss whose backward pass began last
        self.has_scaler = False  # a GradScaler's product was left out
        self.first_rates: tuple[float, ...] = ()  # where a schedule holds them, at the start
        self._looks_at_each = True  # at the gradients of steps that are not recorded

    def start(self) -> None:
        """Register the optimizers' hooks. The first step is recorded."""
        # A compiled `step` calls these hooks too, as they are, not traced; what they call is not
        # traced either. To say so for all at once takes longer than the hooks themselves do.
        before = disable(self._before_step, recursive=False)
        after = disable(self.after_step, recursive=False)
        self._untraced = disable(lambda call, *given: call(*given))
        for number, optimizer in enumerate(self.optimizers):
            self._lasting_hooks += [
                optimizer.register_step_pre_hook(partial(before, number)),
                optimizer.register_step_post_hook(partial(after, number)),
            ]
        self._lasting_hooks.append(self.others.hook())
        if self.loss is not None:
            came = Hook(self._loss_came, self.faults)
            self._lasting_hooks.append(self.loss.register_forward_hook(came))
        elif self.model is not None:
            called = Hook(self._model_called, self.faults)
            hook = self.model.register_forward_pre_hook(called, with_kwargs=True)
            self._lasting_hooks.append(hook)
        groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        if all("initial_lr" in group for group in groups):
            self.first_rates = self.rates()
        self.pace.next_is_due(0)
        self._add_step_hooks()
        self._followed = set(self._due)
        self.edits.step_ends(None)

    def every_change_is_a_step(self) -> None:
        """Look for no edits between steps: the loop moves its parameters itself."""
        self.edits.look_for_none()
        self._can_rest = True

    def stop(self) -> None:
        """Remove every hook, and record the point after the last update."""
        for hook in self._lasting_hooks:
            hook.remove()
        self._lasting_hooks.clear()
        self.passes.finish()
        with recording(self.faults):
            self._end_rest()
            self.edits.step_opens(self.reader.read(self.tensors))
            self.records.add(self.standing(self.edits.take(at_end=True)))
            self.broken.end()
        self._remove_step_hooks()
        self._remove_herald_hooks()
        self.inspector.keep_no_inputs()
        self.losses.clear()

    def take_loss(self, value: Tensor | float, given: Any = ()) -> None:
        """Take a value of the objective, at the present parameters."""
        if self.faults:
            return
        if self._is_resting and isinstance(value, Tensor) and value.is_cpu:
            if not (is_isolated() or is_functorch_wrapped_tensor(value)):
                self._take_number(value, given)
        elif not isinstance(value, Tensor) or is_plain_tensor(value):
            with recording(self.faults):
                self._take_plain(value, given)

    def _take_plain(self, value: Tensor | float, given: Any = ()) -> None:
        if self._step_hooks:
            self.linear_module.loss_came(value)
            self.inspector.loss(value, given, self.loss)
            self._look_for_broken(value, given)
        self.losses.take(value, rows=rows_of(given) or self._rows)

    def _look_for_broken(self, loss: Tensor | float, given: Any) -> None:
        if isinstance(loss, Tensor) and is_plain_tensor(loss):
            self.broken.given(self.loss, given, self.steps)
            self.broken.loss(loss, self.steps)

    def rests(self) -> bool:
        """Whether the step that is made next will only be counted, and none is due after it."""
        return not self._step_hooks and self.steps + 1 < self.pace.due

    def rates(self) -> tuple[float, ...]:
        """The present learning rate of every group of every optimizer."""
        groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        return tuple(float(group.get("lr", np.nan)) for group in groups)

    def standing(self, edited: tuple[str, ...] = ()) -> Record:
        """The present point: no update has left it yet, so it has no gradient."""
        here = self.reader.read(self.tensors)
        no_gradient = self.reader.read([None] * len(self.tensors))
        number = self._stepped_last
        opened = OpenStep(here, no_gradient, None, self._is_training())
        no_update = np.full(len(self.tensors), np.nan)
        losses = self.losses.of(number)
        return self._record(number, opened, no_gradient, losses, no_update, edited, last=True)

    def _add_step_hooks(self) -> None:
        self._remove_herald_hooks()
        self._is_resting = False
        self._step_hooks = [*self.passes.hooks(), *self.linear_module.hooks()]
        self.inspector.wake(self.steps)
        self._due = set(range(len(self.optimizers)))
        self._followed.clear()
        self._patience = 4 * len(self.optimizers)

    def _remove_step_hooks(self) -> None:
        for hook in self._step_hooks:
            hook.remove()
        self.passes.unhooked()
        self._step_hooks.clear()
        self._is_resting = not self._takes_turns
        self.inspector.sleep()
        self._followed.clear()
        self._due.clear()
        self.edits.forget_the_end()
        if self._takes_passing and not self.faults:
            self._herald_hooks = self.passes.herald_hooks()

    def _remove_herald_hooks(self) -> None:
        for hook in self._herald_hooks:
            hook.remove()
        if self._herald_hooks:
            self.passes.unhooked()
        self._herald_hooks = []

    def _pass_reaches(self, optimizer: int, *_: Any) -> None:
        """A backward pass has brought a gradient to a parameter of this optimizer."""
        if self._left:
            self.pass_at_rest()
            return
        if is_isolated():
            return
        loss = running_loss(accumulating=True)
        if loss is None or self._passing is None or self._passing() is not loss:
            self._pass_begins(loss)
        if self._takes_turns:
            self.losses.came_to(optimizer)

    def pass_at_rest(self) -> None:
        """Take the loss of a pass at one of most steps. Whether a factor comes last is as it was
        when that was seen.
        """
        number, waiting = running_pass(), self.losses.waiting[0]
        if number != self._last_pass and not (waiting and waiting[-1].given):
            self._last_pass = number
            root: Any = running_root()
            if root.__class__ is tuple and len(root) == 1:
                root = root[0]
            if root.__class__ is Tensor and not is_isolated():
                self._take_number(root, handed_in=False)

    def _pass_begins(self, loss: Tensor | None) -> None:
        """Take the loss of a pass, where the loop hands in none: the scalar that it started from.

        One that was scaled is not the loss where the loop hands in any. What its graph has saved is
        gone already, so that the factor is not known.
        """
        self._passing = None if loss is None else ref(loss)
        self._is_scaled = loss is not None and is_scaled(loss)
        if self._step_hooks:
            self.inspector.pass_began(loss, scaled=self._is_scaled)
        if loss is None or self.losses.some_given:
            return
        if self._is_scaled and self.losses.ever_given:
            return
        self._takes_passing = True
        if self._is_resting and loss.is_cpu:
            self._take_number(loss, handed_in=False)
        else:
            self.inspector.loss(loss)
            self.losses.take_passing(loss, self._rows, scaled=self._is_scaled)

    def _model_called(self, _: Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        if is_grad_enabled() and not is_isolated():
            self._rows = rows_of(given) or rows_of((given, named))

    def _loss_came(self, _: Module, given: Any, value: Any) -> None:
        if not self._is_resting or value.__class__ is not Tensor or not value.is_cpu:
            self._look_at_loss(given, value)
        elif value.requires_grad and not (is_isolated() or is_functorch_wrapped_tensor(value)):
            self._take_number(value, given)

    def _take_number(self, loss: Tensor, given: Any = (), *, handed_in: bool = True) -> None:
        """Of a loss the number alone, as at most steps: each further call costs a share of a small
        model's step.
        """
        try:
            number = loss.item()
        except RuntimeError:  # several numbers, or one that cannot be read
            return
        if number - number != 0.0 and self.broken.source is None:  # nan or inf
            self.pace.hurry(self.steps + 1)
            self._left = min(self._left, 1)
        rows = rows_of(given) if given else self._rows
        scaled = self._is_scaled and not handed_in
        self.losses.add(PendingLoss(number, handed_in, rows, None, (), scaled))

    def _look_at_loss(self, given: Any, value: Any) -> None:
        # Losses of held-out rows are computed without gradients; those of each row are no number.
        if not is_plain_tensor(value) or is_isolated():
            return
        if value.numel() == 1 and not value.requires_grad:
            self.inspector.loss_without_graph()
        elif value.numel() == 1:
            self._take_plain(value, given)

    def _before_step(self, number: int, _: Optimizer, given: Any, named: Any) -> None:
        if self._left:
            return
        self._untraced(self.edits.step_begins)
        if len(given) > 1 or named:  # torch hands the optimizer itself among them
            self._untraced(self._look_for_closure, number, (*given, *named.values()))
        if self.losses.ever_scaled:
            self._untraced(self._look_for_scaler, number)
        if number in self._due and number in self._followed and not self.faults:
            self._untraced(self._open, number)
        elif (self._looks_at_each or self.broken.takes) and not self.faults:
            self._untraced(self._look_at_gradients)

    def _look_at_gradients(self) -> None:
        with recording(self.faults):
            self.broken.gradients(self.steps)

    def _look_for_closure(self, number: int, given: Sequence[Any]) -> None:
        self._has_closure = any(map(_is_closure, given))
        self._evaluates_again = self._has_closure and not _evaluates_once(self.optimizers[number])
        if self._evaluates_again:
            self.losses.waiting[number].clear()

    def _look_for_scaler(self, number: int) -> None:
        """A GradScaler's product is no loss, nor is any where the loop hands in its own."""
        waiting = self.losses.waiting[number]
        if not any(loss.scaled for loss in waiting):
            return
        by_scaler = is_unscaling()
        self.has_scaler |= by_scaler
        if by_scaler or self.losses.ever_given:
            self.losses.waiting[number] = [loss for loss in waiting if not loss.scaled]

    def _open(self, number: int) -> None:
        with recording(self.faults):
            self._copy_before(number)

    def _copy_before(self, number: int) -> None:
        before = self.reader.read(self.tensors)
        gradient = None
        slopes: list[Tensor | None] = []
        if self._evaluates_again:
            self.passes.stash()
        elif not self._has_closure:
            slopes, scale = (
                [tensor.grad for tensor in self.tensors],
                _scale(self.optimizers[number]),
            )
            gradient = self.reader.read(slopes).divided(scale)
            slopes = _copies(slopes, scale) if self.makes_histograms else []
            losses = self.losses.of(number)
            known = loss_of(losses), len(losses)
            self.broken.gradients(self.steps, known, gradient.norms)
        copies = self.reader.copies(self.tensors)
        self.edits.step_opens(before)
        if self.makes_histograms and copies is None:
            copies = [tensor.detach().clone() for tensor in self.tensors]
        self._open_step = OpenStep(before, gradient, copies, self._is_training(), slopes)

    def after_step(self, number: int, *_: Any) -> None:
        """An optimizer has made its step."""
        if self._left > 1:
            self._left -= 1
            self.history[0].ended.append((self.steps, self.losses.waiting[0]))
            self.losses.waiting[0] = []
            self.steps += 1
            return
        is_awake = bool(self._step_hooks) or self.steps + 1 >= self.pace.due
        record = self._untraced(self._close, number) if is_awake else None
        if len(self.optimizers) > 1 or self._has_closure:
            self._untraced(self._add_to_history, number)
        else:
            self.history[number].ended.append((self.steps, self.losses.waiting[number]))
            if len(self.history[number].ended) > AT_ONCE:
                self._untraced(self._take_ended, number)
        self.steps += 1
        self.losses.steps = self.steps
        self.losses.waiting[number] = []
        self._has_closure = self._evaluates_again = False
        self._stepped_last = number
        self._end_rest()
        if record is None:
            self.edits.step_ends(None)
        if self.broken.waits:
            self._untraced(self.broken.stepped)
        if is_awake:
            self._untraced(self._go_on, number, record)
        self._begin_rest()

    def _begin_rest(self) -> None:
        """Until the next step that is recorded, if nothing is to be looked at before."""
        losses, looks = self.losses, self._looks_at_each or self.broken.takes or self.broken.waits
        is_unclear = self.has_scaler or (losses.ever_scaled and losses.ever_given)
        if self._can_rest and not (self._step_hooks or looks or is_unclear or self.faults):
            self._left, self._rest_began = self.pace.due - self.steps, self.steps

    def _end_rest(self) -> None:
        if self._left:
            self._left = 0
            self.edits.rested(self.steps - self._rest_began)

    def _close(self, number: int) -> Record | None:
        """The record of the step that was opened, if one was."""
        opened, self._open_step = self._open_step, None
        record = None
        with recording(self.faults):
            record = None if opened is None or self.faults else self._finish(number, opened)
        return record

    def _go_on(self, number: int, record: Record | None) -> None:
        if self.faults:
            self._remove_step_hooks()
            return
        self._prepare_next(number)
        if record is not None:
            for listener in self.listeners:
                listener(record)

    def _add_to_history(self, number: int) -> None:
        with recording(self.faults):
            self.history[number].ended.append((self.steps, self._losses_of_step(number)))
        if len(self.history[number].ended) > AT_ONCE:
            self._take_ended(number)

    def _take_ended(self, number: int) -> None:
        with recording(self.faults):
            self.history[number].take_ended()

    def _losses_of_step(self, number: int) -> Sequence[PendingLoss]:
        """Of a closure that is evaluated again and again the first, at the step's own point."""
        losses = self.losses.of(number)
        return losses[:1] if self._evaluates_again else losses

    def _finish(self, number: int, opened: OpenStep) -> Record:
        gradient = opened.gradient
        if gradient is None:  # the closure has run the model, and may have set its mode
            opened = opened._replace(training=self._is_training())
        slopes = opened.slopes
        if gradient is None and _evaluates_once(self.optimizers[number]):
            slopes = [tensor.grad for tensor in self.tensors]
            gradient = self.reader.read(slopes)
        elif gradient is None:
            slopes = self.passes.unstash()
            gradient = self.reader.read(slopes)
        after = self.reader.read(self.tensors)
        self.edits.step_ends(after)
        norms = self.reader.update_norms(opened.before, after, opened.copies, self.tensors)
        losses, edited = self._losses_of_step(number), self.edits.take()
        record = self._record(number, opened, gradient, losses, norms, edited)
        if self.makes_histograms and opened.copies is not None:
            made = step_histograms(opened.copies, slopes, self.tensors)
            record = replace(record, histograms=made)
        self.records.add(record)
        self.inspector.stepped(self.steps)
        return record

    def _prepare_next(self, number: int) -> None:
        """Keep the hooks if the next step is to be recorded; else remove them."""
        self._due.discard(number)
        self._patience -= 1
        if self.pace.next_is_due(self.steps):
            if not self._step_hooks:
                self._add_step_hooks()
            self._due = set(range(len(self.optimizers)))
            self._patience = 4 * len(self.optimizers)
        if self._step_hooks and (not self._due or not self._patience):
            self._remove_step_hooks()
            self._looks_at_each = self.steps < _EARLY or self._is_much_work()
            if not self._looks_at_each:
                self.inspector.keep_no_inputs()
            self.passes.forget()
        elif self._step_hooks:
            self.passes.stepped(number)
            self._followed.add(number)

    def _is_much_work(self) -> bool:
        """Whether a step takes so long that a look at one gradient is nothing beside it."""
        products = self.parameters.layout.size * self.inspector.places
        return products >= _PRODUCTS or self.inspector.operations >= _OPERATIONS

    def _record(
        self,
        number: int,
        opened: OpenStep,
        gradient: Snapshot,
        losses: Sequence[PendingLoss],
        update_norms: Floats,
        edited: tuple[str, ...],
        *,
        last: bool = False,
    ) -> Record:
        backwards, cleared, dropped = self.passes.seen(number)
        return Record(
            index=self.steps,
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
            kept=np.nan if self._is_scaled else self.passes.kept(number, gradient.norms),
            edited=edited,
            by_rule=bool(edited) and self.edits.by_rule,
            training=opened.training,
            losses=len(losses),
            last=last,
        )

    def _held(self) -> frozenset[int]:
        """The `id`s of what the optimizers hold by now."""
        groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        return frozenset(id(tensor) for group in groups for tensor in group["params"])

    def _is_training(self) -> bool:
        return bool(getattr(self.model, "training", True))


def _evaluates_once(optimizer: Optimizer) -> bool:
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


def rows_of(given: Any) -> int:
    """The first size of the first tensor that has one; 0 where there is none."""
    if given and isinstance(given[0], Tensor) and (shape := given[0].shape):
        return shape[0]
    return next((int(tensor.shape[0]) for tensor in tensors_in(given) if tensor.ndim), 0)


def _is_closure(argument: object) -> bool:
    return callable(argument) and not isinstance(argument, Optimizer)
