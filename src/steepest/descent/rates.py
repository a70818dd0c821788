"""The learning rates of many steps at once, for updates that take a few nanoseconds each."""

import numpy as np
from numpy.typing import NDArray

from steepest.descent.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    Schedule,
    StepDecay,
)


def rates_of(schedule: Schedule, first: int, count: int) -> NDArray[np.float64]:
    """`schedule.rate` of steps `first`, `first` + 1, …, `count` of them; equal to rounding.

    >>> rates_of(InverseTime(1.0, decay=1.0), 1, 3).round(6)
    array([0.5     , 0.333333, 0.25    ])
    """
    if isinstance(schedule, Constant):
        return np.full(count, schedule.lr, dtype=np.float64)
    steps = np.arange(first, first + count)
    with np.errstate(over="ignore", under="ignore"):
        if isinstance(schedule, InverseTime):
            return np.asarray(schedule.lr / (1.0 + schedule.decay * steps))
        if isinstance(schedule, Exponential):
            return np.asarray(schedule.lr * np.power(float(schedule.gamma), steps))
        if isinstance(schedule, Cosine):
            wave = 1.0 + np.cos(np.pi * steps / schedule.epochs)
            return np.asarray(schedule.eta_min + (schedule.lr - schedule.eta_min) * wave / 2.0)
    if isinstance(schedule, StepDecay):
        stairs, which = np.unique(steps // schedule.step_size, return_inverse=True)
        return np.array([schedule.rate(int(k) * schedule.step_size) for k in stairs])[which]
    return np.array([schedule.rate(int(k)) for k in steps], dtype=np.float64)
