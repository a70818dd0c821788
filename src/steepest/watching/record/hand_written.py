"""Steps of a loop that moves its parameters itself: `w -= lr * w.grad`, `w.data = …`, NumPy.

No optimizer says when a step is made. It has been made when a backward pass begins and the
parameters are no longer those of the pass before. Where each pass so far was a step, the passes are
counted at one small tensor until the next step that is to be recorded.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, final

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from steepest.errors import InputError
from steepest.translation import joined
from steepest.watching.record.hook import Hook, delete_empty_hooks, is_plain_tensor, recording
from steepest.watching.record.loss_graph import running_loss
from steepest.watching.record.recorder import Recorder
from steepest.watching.record.snapshot import dense_of

# The update is a multiple of the gradient, up to this share of it and to rounding.
_PROPORTIONAL = 1e-6
# So many steps are all followed: the more there are, the closer the rate is known.
_FOLLOWED = 100
# So many numbers are kept as a list.
_FEW = 100
# torch's number of the backward pass that runs, -1 outside of one.
_running_pass = torch._C._current_graph_task_id


@final
class HandWritten(Optimizer):
    """Stands in the optimizer's place: its parameters are copies of the loop's, which follow them.

    Its `lr` is the number r of θ′ = θ − r·∇J(θ) that the last step shows, nan where the update is
    no multiple of the gradient: the shortest number that rounding of the parameters allows.
    """

    def __init__(self, sources: Sequence[Tensor]) -> None:
        self.sources = list(sources)
        self.copies = [source.detach().clone().requires_grad_() for source in sources]
        super().__init__(self.copies, {"lr": np.nan})
        self.takes_points = False
        self._is_lost = False  # a parameter has taken another shape or type
        self._cleared: bool | None = None
        self._point_is_open = False
        self._losses_before = 0
        self._handles: list[RemovableHandle] = []
        self._range = (-np.inf, np.inf)
        self._hooked: list[int] = []
        self._is_regular = True  # each step was one pass, which reached all tensors
        self._counter = -1  # the tensor whose passes are counted
        self._at_pass: list[float] | Tensor = []  # the counter's numbers at its last pass
        self._unseen = 0  # passes that reached the witness and not the counter
        # torch's numbers of passes: in which a rest began or ended, and the counter's last.
        self._pass = self._counted = -1
        self._is_waking = False  # all hooks are there again, and a pass may still be running

    @property
    def is_plain(self) -> bool:
        """Whether each update that was measured is the same multiple of the gradient."""
        return bool(np.isfinite(self.param_groups[0]["lr"]))

    def begin(self, recorder: Recorder) -> None:
        """Follow the backward passes from now on."""
        self.recorder, self._passes = recorder, recorder.passes
        self._rest, self._coming = recorder.rest, recorder.coming
        recorder.every_change_is_a_step()
        self._add_hooks()

    def _add_hooks(self) -> None:
        faults = self.recorder.faults
        self._hooked = [i for i, source in enumerate(self.sources) if _is_leaf(source)]
        for i in self._hooked:
            came, added = (
                Hook(partial(self._comes, i), faults),
                Hook(partial(self._added, i), faults),
            )
            self._handles += [
                self.sources[i].register_hook(came),
                self.sources[i].register_post_accumulate_grad_hook(added),
            ]

    def _remove_hooks(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        for source in self.sources:
            delete_empty_hooks(source)

    def end(self) -> None:
        """Take the last step, and remove the hooks."""
        try:
            if not self._is_lost and not any(map(_differ, self.copies, self.sources)):
                self.catch_up()
                self._close_if_moved()
        finally:
            self._remove_hooks()

    def catch_up(self) -> None:
        """Go to where the loop stands, if steps were only counted."""
        if self._counter < 0:
            return
        has_moved = not _stands_at(self.sources[self._counter], self._at_pass)
        if has_moved:
            self._count()
        self._wake()
        self._is_waking = self._point_is_open = not has_moved

    def take_point(
        self, values: Mapping[str, Any], loss: float, gradient: Mapping[str, Any] | None
    ) -> None:
        """Take the point that the loop stands at, before its update: of a loop without torch."""
        self.takes_points = True
        names = self.recorder.parameters.names
        _write(self.sources, values, names, "parameters")
        self._close_if_moved()
        self._open()
        if gradient is not None:
            for copy in self.copies:
                copy.grad = torch.zeros_like(copy)
            _write([copy.grad for copy in self.copies], gradient, names, "gradient")
        self.recorder.take_loss(loss)
        for i in range(len(self.copies)):
            self._passes.arrived(i)
        self._passed(cleared=True)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # takes no closure
        """Go where the loop has gone; the recorder's hooks are called around this."""
        self._follow()

    @torch.no_grad()
    def _follow(self) -> None:
        for copy, source in zip(self.copies, self.sources, strict=True):
            copy.copy_(source)

    def _comes(self, i: int, gradient: Tensor) -> None:
        """A gradient is about to be added to tensor i, the first of its pass or a further one."""
        if not is_plain_tensor(gradient) or self._is_lost:
            return
        if self._is_waking and _running_pass() == self._pass:
            return
        if any(map(_differ, self.copies, self.sources)):
            self._is_lost = True
            return
        begins = not self._point_is_open or self._is_waking or self._passes.begins_with(i)
        if begins:
            self._pass_begins()
        self._passes.arrived(i)
        if begins:
            self._rest_if_regular()
        if self._counter >= 0:
            return
        self.copies[i].grad = dense_of(gradient).clone()

    def _pass_begins(self) -> None:
        cleared = self._are_cleared()
        loss = running_loss(accumulating=True)
        is_step = self._is_waking or (bool(cleared) and loss is not None)
        self._close_if_moved(even_if_still=is_step)
        self._is_waking = False
        if not self._point_is_open:
            self._open()
            self._cleared = cleared
        loss = running_loss() if loss is None else loss
        if loss is not None and len(self.recorder.losses.waiting[0]) == self._losses_before:
            self.recorder.take_loss(loss.detach())
        self._passed(cleared=self._cleared)

    def _added(self, i: int, _: Tensor) -> None:
        """What the update will use: all that has been added up."""
        gradient = self.sources[i].grad
        is_followed = not (self._is_lost or self._is_waking) and self._counter < 0
        if is_followed and gradient is not None and is_plain_tensor(gradient):
            self.copies[i].grad = dense_of(gradient).clone()

    def _passed(self, *, cleared: bool | None) -> None:
        self._passes.found_cleared(cleared)
        self._losses_before = len(self.recorder.losses.waiting[0])

    def _open(self) -> None:
        if self._has_moved():  # before the first pass
            self._follow()
        self._passes.forget()
        self._point_is_open = True

    def _rest_if_regular(self) -> None:
        """Leave all tensors but two, if the step that begins is not recorded."""
        if self._is_regular and self.recorder.steps >= _FOLLOWED and self.recorder.rests():
            learning = [i for i in self._hooked if self.sources[i].requires_grad]
            counter = min(learning, key=lambda j: self.sources[j].numel())
            witness = max(learning, key=lambda j: abs(j - counter))
            self._counter = counter
            self._remove_hooks()
            self._handles = [
                self._pass_hook(counter, self._counter_reached),
                self._pass_hook(witness, self._witness_reached),
            ]
            self._unseen, self._pass = 0, _running_pass()
            self._read = _reader(self.sources[counter])
            self._at_pass = self._read()
            self.recorder.begin_rest()

    def _pass_hook(self, i: int, reached: Callable[[Tensor], None]) -> RemovableHandle:
        """Where `grad` is added to, a hook that is not handed the gradient, which takes time."""
        source, adds_up = self.sources[i], running_loss(accumulating=True) is not None
        register: Any = (
            source.register_post_accumulate_grad_hook if adds_up else source.register_hook
        )
        handle: RemovableHandle = register(reached)
        return handle

    # These two are called at every pass: they do nothing beside.
    def _counter_reached(self, _: Tensor) -> None:
        running, rest = _running_pass(), self._rest
        if running == self._pass:
            return
        self._unseen, self._counted = 0, running
        if rest.left > 1:  # as `after_step` does, without a call
            rest.left -= 1
            rest.steps += 1
        else:
            self.recorder.after_step(0)
        self._coming.pass_at_rest()
        if rest.left > 1:
            self._at_pass = self._read()
        else:
            self._wake()

    def _witness_reached(self, _: Tensor) -> None:
        """Notice that the counter is passed by, as where its layer is frozen now."""
        running = _running_pass()
        if running not in (self._counted, self._pass):
            self._unseen += 1
            if self._unseen > 1:
                self._count(takes_loss=False)  # that of the pass before
                self._count()
                self._wake()

    def _count(self, *, takes_loss: bool = True) -> None:
        """Count a step that is not recorded; the loss of the pass that runs is the next one's."""
        self.recorder.after_step(0)
        if takes_loss:
            self.recorder.coming.pass_at_rest()

    def _wake(self) -> None:
        """Follow all tensors from the next pass on."""
        self._counter, self._is_waking, self._point_is_open = -1, True, True
        self._pass, self._losses_before = _running_pass(), self.recorder.end_rest()
        with recording(self.recorder.faults):
            self._remove_hooks()
            self._add_hooks()
            self._follow()

    def _close_if_moved(self, *, even_if_still: bool = False) -> None:
        """End the open step, if the parameters have left its point."""
        if not self._point_is_open or not (even_if_still or self._has_moved()):
            return
        losses = self.recorder.losses.waiting[0]
        later = losses[self._losses_before :]  # came before the pass that begins, and belong to it
        del losses[self._losses_before :]
        if not self._is_waking:
            self._is_regular &= self._passes.each_reached_once(self._hooked)
            self._measure_rate()
        try:
            self.step()
        finally:  # a callback may raise
            for copy in self.copies:
                copy.grad = None
            self.recorder.losses.waiting[0] += later
            self._point_is_open, self._losses_before = False, 0

    def _has_moved(self) -> bool:
        pairs = zip(self.copies, self.sources, strict=True)
        return any(not torch.equal(copy, source) for copy, source in pairs)

    def _are_cleared(self) -> bool | None:
        """Whether the gradients of the last pass are gone; None before the first."""
        pairs = [
            (copy.grad, source.grad)
            for copy, source in zip(self.copies, self.sources, strict=True)
            if copy.grad is not None and bool(copy.grad.any())
        ]
        if not self._point_is_open or not pairs:
            return None
        return all(now is None or not torch.equal(last, now) for last, now in pairs)

    @torch.no_grad()
    def _measure_rate(self) -> None:
        """The interval of rates that this update allows, with those before it."""
        triples = [
            (copy.double(), copy.grad.double(), source.double(), torch.finfo(source.dtype).eps)
            for copy, source in zip(self.copies, self.sources, strict=True)
            if copy.grad is not None
        ]
        square = sum(float((gradient**2).sum()) for _, gradient, _, _ in triples)
        if not 0.0 < square < np.inf:
            return
        rate = -sum(float(((end - start) * g).sum()) for start, g, end, _ in triples) / square
        low, high = self._range
        for start, gradient, end, eps in triples:
            rounding = eps * torch.maximum(start.abs(), end.abs()) + 4 * eps * abs(rate) * (
                gradient.abs()
            )
            known = gradient != 0.0
            middle = ((start - end) / gradient)[known]
            slack = (rounding / gradient.abs())[known] + _PROPORTIONAL * abs(rate) * (eps > 1e-9)
            low = max(low, float((middle - slack).max())) if known.any() else low
            high = min(high, float((middle + slack).min())) if known.any() else high
        self._range = low, high
        self.param_groups[0]["lr"] = shortest_between(low, high)


def shortest_between(low: float, high: float) -> float:
    """The number of fewest decimal digits in an interval; nan where it is empty.

    >>> shortest_between(0.0099999, 0.0100002), shortest_between(2.0, 1.0)
    (0.01, nan)
    """
    if not low <= high or not np.isfinite([low, high]).all():
        return float("nan")
    middle = (low + high) / 2.0
    for digits in range(1, 17):
        number = float(f"{middle:.{digits}g}")
        if low <= number <= high:
            return number
    return middle


def _reader(tensor: Tensor) -> Callable[[], list[float] | Tensor]:
    """Gives a tensor's numbers at a moment, of few as a list: that takes less time than a copy."""
    return tensor.tolist if tensor.numel() <= _FEW else lambda: tensor.detach().clone()


def _stands_at(tensor: Tensor, numbers: list[float] | Tensor) -> bool:
    if isinstance(numbers, Tensor):
        return torch.equal(tensor.detach(), numbers)
    return bool(tensor.tolist() == numbers)


def _is_leaf(source: Tensor) -> bool:
    return source.requires_grad and source.is_leaf


def _differ(copy: Tensor, source: Tensor) -> bool:
    return copy.shape != source.shape or copy.dtype != source.dtype


def _write(
    tensors: Sequence[Tensor | None], values: Mapping[str, Any], names: Sequence[str], what: str
) -> None:
    """Write numbers by name into tensors. Raises InputError for other names or shapes."""
    if not isinstance(values, Mapping) or set(values) != set(names):
        raise InputError(
            "run.step takes the {what} by name, those that watch was given: {names}.",
            what=what,
            names=joined(names),
        )
    for tensor, name in zip(tensors, names, strict=True):
        given = np.asarray(values[name], dtype=np.float64)
        assert tensor is not None
        if given.size != tensor.numel():
            raise InputError(
                "run.step: {name!r} of the {what} has shape {shape}, not {shape_2} as watch "
                "was given.",
                name=name,
                what=what,
                shape=given.shape,
                shape_2=tuple(tensor.shape),
            )
        with torch.no_grad():
            tensor.copy_(torch.from_numpy(given.reshape(tuple(tensor.shape))))
