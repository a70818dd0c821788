"""What is known of a descent in mini-batches besides its ends."""

import math
from dataclasses import dataclass
from typing import final

from steepest.descent.schedules import Schedule
from steepest.diagnosis.forecast import Forecast


@final
@dataclass(frozen=True, eq=False)
class Noise:
    """The noise of batches, as far as a verdict needs it.

    - `level`: the mean objective of the last epochs; of a run that is averaged, or whose rate
      falls, the last one
    - `slopes`: the gradient's norm at the first and the last step, as far as L1 and bounds let go
    - `schedule`: None for lr="auto";   `averaged`: whether the mean of the later steps is the end
    - `fault`: why the objective is no finite number at the last step; "" where it is one
    """

    forecast: Forecast
    level: float
    slopes: tuple[float, float]
    schedule: Schedule | None
    averaged: bool
    fault: str

    @property
    def minimum(self) -> float:
        """The least objective of all rows; nan where it is not known."""
        return math.nan if self.forecast.minimum is None else self.forecast.minimum

    @property
    def floor(self) -> float:
        """How far above the minimum noise holds the objective; nan where it is not known."""
        return math.nan if self.forecast.noise_floor is None else self.forecast.noise_floor

    @property
    def is_none(self) -> bool:
        """Whether every update sees the same slope at the minimum, at a constant rate."""
        constant = self.schedule is not None and self.schedule.name == "constant"
        return constant and not self.averaged and self.floor == 0.0

    @property
    def dies_out(self) -> bool:
        """Whether there is none at the minimum, or less and less of it."""
        falls = self.forecast.learning_rate is None or self.averaged
        return falls or self.floor == 0.0
