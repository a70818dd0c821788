"""Hooks on optimizers and parameters that record the steps of a loop and change nothing in it.

Between recorded steps the loop rests, if its optimizer is one of torch's: a step then costs two
short calls, which keep its loss. No random numbers are drawn, and nothing is written to.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, final

from torch import Tensor
from torch.compiler import disable
from torch.nn import Module
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from steepest.number_checks import check_switch
from steepest.watching.measure.linear_module import LinearModule
from steepest.watching.record.backward_passes import Passes
from steepest.watching.record.coming_losses import ComingLosses
from steepest.watching.record.current_step import CurrentStep, evaluates_once
from steepest.watching.record.edits import Edits
from steepest.watching.record.first_broken import FirstBroken
from steepest.watching.record.histograms import BINS, KINDS
from steepest.watching.record.hook import Hook, recording
from steepest.watching.record.inspector import Inspector
from steepest.watching.record.loss_graph import (
    is_unscaling,
)
from steepest.watching.record.loss_history import AT_ONCE, LossHistory
from steepest.watching.record.optimized_parameters import OptimizedParameters
from steepest.watching.record.other_optimizers import OtherOptimizers
from steepest.watching.record.pace import Every, Pace
from steepest.watching.record.pending_losses import PendingLosses
from steepest.watching.record.rest import Rest
from steepest.watching.record.snapshot import SMALL
from steepest.watching.record.step_record import Record
from steepest.watching.record.thinning import ThinnedRecords, capacity

Listener = Callable[[Record], object]

# A number that is not finite is looked for at each of the first steps, and later of those that are
# much work, by the operations or by parameters times rows: of others a look takes several percent.
_EARLY, _OPERATIONS, _PRODUCTS = 100, 150, 5_000_000


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
        self.optimizers, self.loss = optimizers, loss
        self.tensors = list(parameters.tensors)
        check_switch("histograms", histograms)
        self.rest = Rest(Pace(every))
        numbers = 3 * len(self.tensors) + 2 * min(parameters.layout.size, SMALL)
        numbers += len(KINDS) * (BINS + 2) * len(self.tensors) * histograms
        self.records = ThinnedRecords(capacity(keep, numbers), 1 if every == "auto" else every)
        self.faults: list[str] = []  # what ended the recording before the loop's end
        self.losses = PendingLosses(len(optimizers), self.faults)
        self.history = tuple(LossHistory() for _ in optimizers)
        self.linear_module = LinearModule(model, parameters, self.faults)
        self.others = OtherOptimizers(optimizers, self.tensors, self.rest, self.losses, self.faults)
        self.inspector = Inspector(model, self.faults, self._held)
        self.broken = FirstBroken(self.inspector, parameters.names, self.tensors, self.faults)
        self.edits = Edits(parameters.names, parameters.layout, self.tensors)
        self.coming = ComingLosses(
            loss,
            self.losses,
            self.rest,
            self.inspector,
            self.broken,
            self.linear_module,
            self.faults,
        )
        reaches = self.coming.pass_reaches
        owners, count = parameters.owners, len(optimizers)
        self.passes = Passes(self.tensors, owners, count, reaches, self.faults)
        self.step = CurrentStep(
            model,
            parameters,
            optimizers,
            self.passes,
            self.coming,
            self.edits,
            self.broken,
            histograms=histograms,
        )
        self.listeners: list[Listener] = []
        self._lasting_hooks: list[RemovableHandle] = []
        self._step_hooks: list[RemovableHandle] = []
        self._herald_hooks: list[RemovableHandle] = []
        self._guards: list[RemovableHandle] = []  # hooks before a step, which a rest goes without
        self._can_rest = len(optimizers) == 1 and evaluates_once(optimizers[0])
        self._can_rest &= all(tensor.is_cpu for tensor in self.tensors)
        # Optimizers whose last step was seen, and those whose next step is to be recorded.
        self._followed: set[int] = set()
        self._due: set[int] = set()
        self._patience = 0
        self._stepped_last = 0
        self.has_scaler = False  # a GradScaler's product was left out
        self.first_rates: tuple[float, ...] = ()  # where a schedule holds them, at the start
        self._looks_at_each = True  # at the gradients of steps that are not recorded

    @property
    def steps(self) -> int:
        """How many calls of `step()` there were."""
        return self.rest.steps

    def start(self) -> None:
        """Register the optimizers' hooks. The first step is recorded."""
        # A compiled `step` calls these hooks too, as they are, not traced; what they call is not
        # traced either. To say so for all at once takes longer than the hooks themselves do.
        self._before = disable(self._before_step, recursive=False)
        self._look = disable(self._look_at_rest)
        after = disable(self.after_step, recursive=False)
        self._untraced = disable(lambda call, *given: call(*given))
        for number, optimizer in enumerate(self.optimizers):
            hook = optimizer.register_step_post_hook(partial(after, number))
            self._lasting_hooks.append(hook)
        self._guard(self._before)
        self._lasting_hooks.append(self.others.hook())
        if self.loss is not None:
            came = Hook(self.coming.module_gave, self.faults)
            self._lasting_hooks.append(self.loss.register_forward_hook(came))
        elif self.model is not None:
            called = Hook(self.coming.model_called, self.faults)
            self._lasting_hooks.append(
                self.model.register_forward_pre_hook(called, with_kwargs=True)
            )
        groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        if all("initial_lr" in group for group in groups):
            self.first_rates = self.rates()
        self.rest.pace.next_is_due(0)
        self._add_step_hooks()
        self._followed = set(self._due)
        self.edits.step_ends(None)

    def every_change_is_a_step(self) -> None:
        """Look for no edits between steps: the loop moves its parameters itself, and says when it
        rests. A loss that it hands in comes before the step before has ended.
        """
        self.edits.look_for_none()
        self._can_rest, self.rest.ahead = False, 1

    def stop(self) -> None:
        """Remove every hook, and record the point after the last update."""
        for hook in self._lasting_hooks:
            hook.remove()
        self._lasting_hooks.clear()
        self.passes.finish()
        with recording(self.faults):
            self.end_rest()
            self.edits.step_opens(self.step.reader.read(self.tensors))
            self.records.add(self.standing(self.edits.take(at_end=True)))
            self.broken.end()
        self._unguard()
        self._remove_step_hooks()
        self._remove_herald_hooks()
        self.inspector.keep_no_inputs()
        self.losses.clear()

    def take_loss(self, value: Tensor | float, given: Any = ()) -> None:
        """Take a value of the objective, at the present parameters."""
        self.coming.take(value, given)

    def rests(self) -> bool:
        """Whether the step that is made next will only be counted, and none is due after it."""
        return not self._step_hooks and self.rest.steps + 1 < self.rest.pace.due

    def rates(self) -> tuple[float, ...]:
        """The present learning rate of every group of every optimizer."""
        return self.step.rates()

    def standing(self, edited: tuple[str, ...] = ()) -> Record:
        """The present point: no update has left it yet, so it has no gradient."""
        return self.step.standing(self._stepped_last, self.rest.steps, edited)

    def _add_step_hooks(self) -> None:
        self._remove_herald_hooks()
        self.rest.bare = False
        self._step_hooks = [*self.passes.hooks(), *self.linear_module.hooks()]
        self.rest.looks = bool(self._step_hooks)
        self.inspector.wake(self.rest.steps)
        self._due = set(range(len(self.optimizers)))
        self._followed.clear()
        self._patience = 4 * len(self.optimizers)

    def _remove_step_hooks(self) -> None:
        for hook in self._step_hooks:
            hook.remove()
        self.passes.unhooked()
        self._step_hooks.clear()
        self.rest.looks = False
        self.rest.bare = not self.coming.takes_turns
        self.inspector.sleep()
        self._followed.clear()
        self._due.clear()
        self.edits.forget_the_end()

    def _remove_herald_hooks(self) -> None:
        for hook in self._herald_hooks:
            hook.remove()
        if self._herald_hooks:
            self.passes.unhooked()
        self._herald_hooks = []

    def _before_step(self, number: int, _: Optimizer, given: Any, named: Any) -> None:
        self._untraced(self.edits.step_begins)
        if len(given) > 1 or named:  # torch hands the optimizer itself among them
            self._untraced(self.step.look_for_closure, number, (*given, *named.values()))
        if self.losses.ever_scaled:
            self._untraced(self._look_for_scaler, number)
        if number in self._due and number in self._followed and not self.faults:
            self._untraced(self._open, number)
        elif (self._looks_at_each or self.broken.takes) and not self.faults:
            self._untraced(self._look_at_gradients)

    def _look_at_gradients(self) -> None:
        with recording(self.faults):
            self.broken.gradients(self.rest.steps)

    def _look_at_rest(self, *_: Any) -> None:
        """Where steps are much work: at a gradient of one of which nothing else is looked at."""
        if self.broken.may_have_come():
            self._look_at_gradients()
            if self.broken.waits:
                self.end_rest()

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
            self.step.open(number, self.rest.steps)

    def after_step(self, number: int, *_: Any) -> None:
        """An optimizer has made its step."""
        rest = self.rest
        if rest.left > 1:
            rest.left -= 1
            rest.steps += 1
            return
        is_awake = bool(self._step_hooks) or rest.steps + 1 >= rest.pace.due
        record = self._untraced(self._close, number) if is_awake else None
        if len(self.optimizers) > 1 or self.step.has_closure:
            self._untraced(self._add_to_history, number)
        else:
            self.history[number].ended.append((rest.steps, self.losses.waiting[number]))
            if len(self.history[number].ended) > AT_ONCE:
                self._untraced(self._take_ended, number)
        rest.steps += 1
        self.losses.steps = rest.steps
        self.losses.waiting[number] = []
        self.step.ends()
        self._stepped_last = number
        self.end_rest()
        if record is None:
            self.edits.step_ends(None)
        if self.broken.waits:
            self._untraced(self.broken.stepped)
        if is_awake:
            self._untraced(self._go_on, number, record)
        self._begin_rest()

    def _begin_rest(self) -> None:
        """Until the next step that is recorded, if nothing is to be looked at before."""
        losses, traces = self.losses, self.broken.takes or self.broken.waits
        is_unclear = self.has_scaler or (losses.ever_scaled and losses.ever_given)
        if self._can_rest and not (self._step_hooks or traces or is_unclear or self.faults):
            self.begin_rest()
            if self._looks_at_each:
                self._guard(self._look)

    def begin_rest(self) -> None:
        """Only count the steps before the next that is recorded, and log their losses."""
        waiting, self.losses.waiting[0] = self.losses.waiting[0], []
        self.rest.begin(waiting)
        self._unguard()

    def end_rest(self) -> int:
        """Look at each step again; how many losses came for the step that is being made."""
        rest, waiting = self.rest, self.losses.waiting[0]
        if rest.log is not None:
            self.take_log()
            coming = rest.end(scaled=self.coming.is_scaled)
            waiting += [loss for _, losses in coming for loss in losses]
            self.edits.rested(rest.steps - rest.began)
            self._unguard()
            self._guard(self._before)
            return sum(len(losses) for step, losses in coming if step == rest.steps)
        return len(waiting)

    def take_log(self) -> None:
        """Hand the losses of steps that have ended on to the history."""
        self.history[0].ended += self.rest.ended(scaled=self.coming.is_scaled)

    def _guard(self, call: Callable[..., None]) -> None:
        """Have each step seen before it is made."""
        self._guards = [
            optimizer.register_step_pre_hook(partial(call, number))
            for number, optimizer in enumerate(self.optimizers)
        ]

    def _unguard(self) -> None:
        for hook in self._guards:
            hook.remove()
        self._guards = []

    def _close(self, number: int) -> Record | None:
        """The record of the step that was opened, if one was."""
        opened = self.step.take_opened()
        with recording(self.faults):
            if opened is not None and not self.faults:
                record = self.step.close(number, self.rest.steps, opened)
                self.records.add(record)
                self.inspector.stepped(self.rest.steps)
                return record
        return None

    def _go_on(self, number: int, record: Record | None) -> None:
        if self.faults:
            self._remove_step_hooks()
            return
        self._prepare_next(number, was_recorded=record is not None)
        if record is not None:
            for listener in self.listeners:
                listener(record)

    def _add_to_history(self, number: int) -> None:
        with recording(self.faults):
            self.history[number].ended.append((self.rest.steps, self.step.losses_of(number)))
        if len(self.history[number].ended) > AT_ONCE:
            self._take_ended(number)

    def _take_ended(self, number: int) -> None:
        with recording(self.faults):
            self.history[number].take_ended()

    def _prepare_next(self, number: int, *, was_recorded: bool) -> None:
        """Keep the hooks if the next step is to be recorded; else remove them."""
        if was_recorded:
            self._due.discard(number)
        self._patience -= 1
        if self.rest.pace.next_is_due(self.rest.steps):
            if not self._step_hooks:
                self._add_step_hooks()
            self._due = set(range(len(self.optimizers)))
            self._patience = 4 * len(self.optimizers)
        if self._step_hooks and (not self._due or not self._patience):
            self._remove_step_hooks()
            if self.coming.takes_passing and not self.faults:
                self._herald_hooks = self.passes.herald_hooks()
            self._looks_at_each = self.rest.steps < _EARLY or self._is_much_work()
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

    def _held(self) -> frozenset[int]:
        """The `id`s of what the optimizers hold by now."""
        groups = [group for optimizer in self.optimizers for group in optimizer.param_groups]
        return frozenset(id(tensor) for group in groups for tensor in group["params"])
