"""The optimizer and schedule of ours that equal torch's, for forecasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import ClassVar, final

from torch import optim

from steepest.descent.optimizers import SGD, Optimizer
from steepest.descent.schedules import Constant, Schedule
from steepest.descent.serialization import RememberedOptimizer
from steepest.watching.record.hand_written import HandWritten


def equivalent_optimizer(optimizer: optim.Optimizer) -> Optimizer:
    """SGD with the same options; of every other optimizer, or of several groups, the name only.

    >>> import torch
    >>> equivalent_optimizer(torch.optim.SGD([torch.zeros(1)], lr=0.1, momentum=0.9))
    SGD(momentum=0.9, dampening=0.0, weight_decay=0.0, nesterov=False)
    >>> equivalent_optimizer(torch.optim.Adam([torch.zeros(1)])).name
    'Adam'
    """
    if isinstance(optimizer, HandWritten):
        return SGD() if optimizer.is_plain else RememberedOptimizer("written by hand")
    plain = type(optimizer) is optim.SGD and len(optimizer.param_groups) == 1
    if not plain or optimizer.param_groups[0]["maximize"]:
        return RememberedOptimizer(type(optimizer).__name__)
    group = optimizer.param_groups[0]
    options = {name: float(group[name]) for name in ("momentum", "dampening", "weight_decay")}
    return SGD(**options, nesterov=bool(group["nesterov"]))


@final
@dataclass(frozen=True)
class ChangingRate(Schedule):
    """A rate that a scheduler of torch sets; `lr` is the greatest recorded one."""

    name: ClassVar[str] = "changing"
    example: ClassVar[str] = "changing"
    lr: float

    def rate(self, step: int) -> float:
        return self.lr


def schedule_of(rates: Sequence[float]) -> Schedule:
    """A constant schedule, if all recorded rates are the same number above 0.

    >>> schedule_of([0.1, 0.1])
    Constant(lr=0.1)
    """
    constant = len(set(rates)) == 1 and rates[0] > 0.0
    known = [rate for rate in rates if not isnan(rate)]
    return Constant(rates[0]) if constant else ChangingRate(max([*known, 1e-300]))
