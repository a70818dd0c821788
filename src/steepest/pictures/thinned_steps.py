"""Which steps of a long path are shown."""

import numpy as np

from steepest.path.path import DescentPath
from steepest.path.step import Step


def thin(last: int, first: int, total: int) -> tuple[int, ...]:
    """About `total` indices from 0 to `last`: the `first` ones, then ever wider apart, the last.

    >>> thin(10**6, 3, 8)
    (0, 1, 2, 3, 38, 486, 6178, 78600, 1000000)
    """
    if last < total:
        return tuple(range(last + 1))
    wide = np.geomspace(float(first), float(last), total - first + 1)
    return tuple(sorted({*range(first), *(min(int(k + 0.5), last) for k in wide.tolist()), last}))


def recorded_steps(path: DescentPath, chosen: int) -> list[Step]:
    """The recorded steps of a path, and the chosen one."""
    steps = list(path)
    if all(step.index != chosen for step in steps):
        steps.append(path.at(chosen))
    return sorted(steps, key=lambda step: step.index)
