"""The loss of every step: three numbers a step, also of steps of which nothing else is recorded."""

from array import array
from collections.abc import Sequence
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from steepest.path.objective_curve import ObjectiveCurve
from steepest.watching.record.pending_losses import PendingLoss, loss_of, of_one_step

# So many losses of an optimizer are kept; where there are more, every second of them.
_MOST = 2**21
# So many steps are taken at once: fetching a loss from an accelerator waits for all of its work.
AT_ONCE = 64


@final
class LossHistory:
    """The losses of one optimizer's steps, which grow: append each step to `ended`, with its index.

    What has ended is taken by `take_ended`, and when it is looked at. Of more than `most` losses
    every second is left out, then every second of those; the last stays.
    """

    def __init__(self, most: int = _MOST) -> None:
        self.most, self.stride = most, 1
        self.ended: list[tuple[int, Sequence[PendingLoss]]] = []
        self._steps, self._values, self._rows = array("q"), array("d"), array("I")
        self._count = 0

    def curve(self, name: str = "") -> ObjectiveCurve:
        """What has come in so far, of the optimizer of this name."""
        self.take_ended()
        steps, values, rows = map(np.array, self._columns)
        return ObjectiveCurve(steps, values, rows, name)

    def take_ended(self) -> None:
        """Take the losses of the steps that have ended."""
        ended, self.ended = self.ended, []
        known = [(step, losses) for step, losses in ended if losses]
        fetch([loss for _, losses in known for loss in losses])
        steps = [step for step, _ in known]
        values = [loss_of(losses) for _, losses in known]
        rows = [sum([loss.rows for loss in of_one_step(losses)]) for _, losses in known]
        if self.stride > 1 or len(self._values) + len(values) > self.most:
            for entries in zip(steps, values, rows, strict=True):
                self._add(*entries)
            return
        self._count += len(steps)
        self._steps.extend(steps)
        self._values.extend(values)
        self._rows.extend(rows)

    def _add(self, step: int, value: float, rows: int) -> None:
        if (self._count - 1) % self.stride:
            self._drop_last()
        self._count += 1
        for column, entry in zip(self._columns, (step, value, rows), strict=True):
            column.append(entry)
        if len(self._values) > self.most:
            self._thin()

    @property
    def _columns(self) -> "tuple[array[Any], ...]":
        return self._steps, self._values, self._rows

    def _drop_last(self) -> None:
        """Leave out the last, which was kept only as such."""
        for column in self._columns:
            column.pop()

    def _thin(self) -> None:
        last = [column[-1] for column in self._columns]
        if (self._count - 1) % self.stride:
            self._drop_last()
        self.stride *= 2
        for column, end in zip(self._columns, last, strict=True):
            del column[1::2]
            if (self._count - 1) % self.stride:
                column.append(end)


def fetch(losses: Sequence[PendingLoss]) -> None:
    """Bring over the values that lie on an accelerator, all at once."""
    late = [(loss, loss.value) for loss in losses if isinstance(loss.value, Tensor)]
    tensors = [tensor.reshape(()) for _, tensor in late]
    alike = len({(tensor.device, tensor.dtype) for tensor in tensors}) == 1
    numbers = torch.stack(tensors).tolist() if alike else list(map(float, tensors))
    for (loss, _), number in zip(late, numbers, strict=True):
        loss.value = number
