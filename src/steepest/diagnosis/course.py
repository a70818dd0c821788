"""What the records of a loop show, where its objective can be asked nowhere else."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.diagnosis.thresholds import COARSE, FALLING, ROUNDING, SETTLED


@final
@dataclass(frozen=True, eq=False)
class Course:
    """Records of a loop, whose batches may differ from step to step.

    - `steps`, `objectives` (m,): those at which an objective is known
    - `slopes` (s,): the gradient's norm, where one is known
    - `cosines`: between late updates, each with the one before
    - `lost`: whether it was the objective, and the step, where numbers were lost; else None
    - `adds_up`: whether no gradient was ever cleared;   `momentum`: the optimizer's
    - `rising`: whether the optimizer is told to maximise
    - `rounding`: of the loop's own numbers, which are often float32
    """

    steps: tuple[int, ...]
    objectives: Floats
    slopes: Floats
    cosines: Floats
    lost: tuple[bool, int] | None
    adds_up: bool
    momentum: float
    rising: bool
    rounding: float = ROUNDING

    @property
    def gradient_settled(self) -> bool:
        """Whether the gradient has shrunk to 1e-12 of its largest, or to rounding."""
        if len(self.slopes) < 2:
            return False
        share = min(max(SETTLED, self.rounding), COARSE)
        return bool(self.slopes[-1] <= share * self.slopes.max())

    @property
    def slope_share(self) -> float:
        """The last gradient against the greatest."""
        return float(self.slopes[-1] / self.slopes.max()) if len(self.slopes) else np.nan

    @cached_property
    def quarters(self) -> tuple[Floats, Floats]:
        """The objectives of the third and the fourth quarter, of one entry at least."""
        return quarters(self.objectives)

    @cached_property
    def _change(self) -> tuple[float, float]:
        return change_of(self.objectives)

    @property
    def change(self) -> float:
        """The mean of the last quarter of the objectives over that of the first."""
        return self._change[0]

    @property
    def change_error(self) -> float:
        """Its standard error, from the noise that the objectives themselves show."""
        return self._change[1]

    @property
    def still_falls(self) -> bool:
        """Whether the last quarter of the steps took a share of the objective itself away."""
        third, fourth = (float(np.median(part)) for part in self.quarters)
        return third - fourth > FALLING * abs(third)

    @property
    def gain(self) -> float:
        """How much the median of the last quarter is below that of the one before, relative to
        the whole fall.
        """
        third, fourth = self.quarters
        whole = float(np.ptp(self.objectives))
        return float(np.median(third) - np.median(fourth)) / whole if whole else 0.0


def quarters(values: Floats) -> tuple[Floats, Floats]:
    """The third and the fourth quarter of the kept steps, of one entry at least.

    >>> quarters(np.arange(8.0))
    (array([4., 5.]), array([6., 7.]))
    """
    half = len(values) // 2
    middle = max((half + len(values)) // 2, 1)
    return values[min(half, middle - 1) : middle], values[min(middle, len(values) - 1) :]


def change_of(values: Floats) -> tuple[float, float]:
    """The mean of the last quarter over that of the first, and its standard error.

    The noise is what values scatter about the mean of their neighbours: of independent noise of
    deviation σ by √1.5·σ, whose median is 0.6745 times as much. A smooth curve has hardly any.

    >>> change_of(np.array([4.0, 4.0, 3.0, 3.0, 2.0, 2.0, 1.0, 1.0]))[0]
    -3.0
    """
    count = max(len(values) // 4, 1)
    first, last = values[:count], values[-count:]
    apart = values[1:-1] - (values[:-2] + values[2:]) / 2.0
    deviation = float(np.median(np.abs(apart))) / (0.6745 * np.sqrt(1.5)) if len(apart) else 0.0
    return float(last.mean() - first.mean()), float(deviation * np.sqrt(2.0 / count))
