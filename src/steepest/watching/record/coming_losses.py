"""The losses of a loop as they come: handed in, of a module, or the root of a backward pass."""

import sys
from types import FrameType
from typing import Any, final
from weakref import ReferenceType, ref

from torch import Tensor, is_grad_enabled
from torch._C import _current_graph_task_id as running_pass
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.nn import Module

from steepest.watching.measure.isolated import is_isolated
from steepest.watching.measure.linear_module import LinearModule
from steepest.watching.record.first_broken import FirstBroken
from steepest.watching.record.hook import is_plain_tensor, recording
from steepest.watching.record.inspector import Inspector
from steepest.watching.record.loss_graph import ENGINE, is_scaled, running_loss
from steepest.watching.record.not_finite_source import tensors_in
from steepest.watching.record.pending_losses import PendingLoss, PendingLosses
from steepest.watching.record.rest import Rest


@final
class ComingLosses:
    """Takes each loss and hands it to `losses`, and to those that look at it.

    With `takes_turns` of several optimizers the pass that reaches a parameter says whose it is.
    """

    def __init__(
        self,
        module: Module | None,
        losses: PendingLosses,
        rest: Rest,
        inspector: Inspector,
        broken: FirstBroken,
        linear_module: LinearModule,
        faults: list[str],
    ) -> None:
        self.module, self.losses, self.rest = module, losses, rest
        self.inspector, self.broken, self.faults = inspector, broken, faults
        self.linear_module = linear_module
        self.is_scaled = False  # the loss whose backward pass began last
        self.takes_passing = self.takes_turns = len(losses.waiting) > 1
        self._rows = 0  # of the batch that the model was called on last
        self._last_pass = -1  # torch's number of the last backward pass of a rest
        self._passing: ReferenceType[Tensor] | None = None

    def take(self, value: Tensor | float, given: Any = ()) -> None:
        """Take a value of the objective, at the present parameters."""
        if self.faults:
            return
        if self.rest.bare and isinstance(value, Tensor) and value.is_cpu:
            if not (is_isolated() or is_functorch_wrapped_tensor(value)):
                self._take_number(value, given)
        elif not isinstance(value, Tensor) or is_plain_tensor(value):
            with recording(self.faults):
                self._take_plain(value, given)

    def _take_plain(self, value: Tensor | float, given: Any = ()) -> None:
        if self.rest.looks:
            self.linear_module.loss_came(value)
            self.inspector.loss(value, given, self.module)
            self._look_for_broken(value, given)
        self.losses.take(value, rows=rows_of(given) or self._rows)

    def _look_for_broken(self, loss: Tensor | float, given: Any) -> None:
        if isinstance(loss, Tensor) and is_plain_tensor(loss):
            self.broken.given(self.module, given, self.rest.steps)
            self.broken.loss(loss, self.rest.steps)

    def pass_reaches(self, optimizer: int, *_: Any) -> None:
        """A backward pass has brought a gradient to a parameter of this optimizer."""
        if self.rest.log is not None:
            self.pass_at_rest()
        elif not (self.faults or is_isolated()):
            with recording(self.faults):
                self._pass_reaches(optimizer)

    def _pass_reaches(self, optimizer: int) -> None:
        loss = running_loss(accumulating=True)
        if loss is None or self._passing is None or self._passing() is not loss:
            self._pass_begins(loss)
        if self.takes_turns:
            self.losses.came_to(optimizer)

    def pass_at_rest(self) -> None:
        """Take the loss of a pass at one of most steps. Whether a factor comes last is as it was
        when that was seen. It is one function: each that is called beside it costs a share of a
        small model's step.
        """
        number, rest = running_pass(), self.rest
        log = rest.log
        if number == self._last_pass or log is None:
            return
        if log:
            step, _, _, given, _ = log[-1]
            if given and step == rest.steps:
                return
        elif self._is_handed_in():
            return
        self._last_pass = number
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code is not ENGINE:
            frame = frame.f_back
        if frame is None:
            return
        root: Any = frame.f_locals["t_outputs"]
        if root.__class__ is tuple and len(root) == 1:
            root = root[0]
        if root.__class__ is not Tensor or is_isolated():
            return
        try:
            loss = root.item()
        except RuntimeError:  # several numbers, or one that cannot be read
            return
        if loss - loss != 0.0:
            self._hurry()
        log.append((rest.steps, loss, self._rows, False, False))

    def _hurry(self) -> None:
        """A loss that is not finite has come: the first of them is looked into."""
        if self.broken.source is None:
            self.rest.hurry()

    def _is_handed_in(self) -> bool:
        """Whether the last loss that waits is one that the loop has handed in."""
        waiting = self.losses.waiting[0]
        return bool(waiting) and waiting[-1].given

    def _pass_begins(self, loss: Tensor | None) -> None:
        """Take the loss of a pass, where the loop hands in none: the scalar that it started from.

        One that was scaled is not the loss where the loop hands in any. What its graph has saved is
        gone already, so that the factor is not known.
        """
        self._passing = None if loss is None else ref(loss)
        self.is_scaled = loss is not None and is_scaled(loss)
        if self.rest.looks:
            self.inspector.pass_began(loss, scaled=self.is_scaled)
        if loss is None or self.losses.some_given:
            return
        if self.is_scaled and self.losses.ever_given:
            return
        self.takes_passing = True
        if self.rest.bare and loss.is_cpu:
            self._take_number(loss, handed_in=False)
        else:
            self.inspector.loss(loss)
            self.losses.take_passing(loss, self._rows, scaled=self.is_scaled)

    def model_called(self, _: Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        """The model is called on a batch."""
        if not is_grad_enabled() or is_isolated():
            return
        try:  # as `rows_of` does, without a call
            self._rows = given[0].shape[0]
        except (AttributeError, IndexError):
            self._rows = rows_of((given, named))

    def module_gave(self, _: Module, given: Any, value: Any) -> None:
        """The loss module has computed a value."""
        if not self.rest.bare or value.__class__ is not Tensor or not value.is_cpu:
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
        rest = self.rest
        if number - number != 0.0:  # nan or inf
            self._hurry()
        try:  # as `rows_of` does, without a call
            rows = given[0].shape[0] if given else self._rows
        except (AttributeError, IndexError):
            rows = rows_of(given)
        if rest.log is not None:
            rest.log.append((rest.steps + handed_in * rest.ahead, number, rows, handed_in, False))
            return
        scaled = self.is_scaled and not handed_in
        self.losses.add(PendingLoss(number, handed_in, rows, None, (), scaled))

    def _look_at_loss(self, given: Any, value: Any) -> None:
        # Losses of held-out rows are computed without gradients; those of each row are no number.
        if not is_plain_tensor(value) or is_isolated():
            return
        if value.numel() == 1 and not value.requires_grad:
            self.inspector.loss_without_graph()
        elif value.numel() == 1:
            self._take_plain(value, given)


def rows_of(given: Any) -> int:
    """The first size of the first tensor that has one; 0 where there is none."""
    if given and isinstance(given[0], Tensor) and (shape := given[0].shape):
        return shape[0]
    return next((int(tensor.shape[0]) for tensor in tensors_in(given) if tensor.ndim), 0)
