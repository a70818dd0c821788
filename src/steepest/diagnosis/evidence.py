"""What a verdict rests on, whatever was descended, and by which engine."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from steepest.arrays import Floats
from steepest.descent.schedules import Schedule
from steepest.descent.stopping import Stop
from steepest.diagnosis.course import Course
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.motion import Motion, manner_of
from steepest.diagnosis.thresholds import LEVEL
from steepest.diagnosis.verdict import Unit
from steepest.diagnosis.walk import Walk
from steepest.wording.fact import Fact, fact

# Rules that end a run because little happens.
TOLERANCES = ("relative tolerance", "gradient norm", "line search")


@final
@dataclass(frozen=True, eq=False)
class Noise:
    """The noise of batches, as far as a verdict needs it.

    - `level`: the mean objective of the last epochs; of a run that is averaged, or whose rate
      falls, the last one
    - `slopes`: the gradient's norm at the first and the last step, as far as L1 and bounds let go
    - `schedule`: None for lr="auto";   `averaged`: whether the mean of the later steps is the end
    - `fault`: why the objective is no finite number at the last step; None where it is one
    """

    forecast: Forecast
    level: float
    slopes: tuple[float, float]
    schedule: Schedule | None
    averaged: bool
    fault: Fact | None

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


class Evidence(ABC):
    """What is known of a run that has ended. What is not known is None.

    - `epoch`: the last one, counted in `unit`;   `stop`: what ended the run
    - `initial`, `objective`: at the start and at the end;   `minimum`: the least there is
    - `convex`: whether the objective is known to be, so that it has no minimum but the least
    - `exact`: of a quadratic, at a constant rate;   `motion`: of the last steps, as measured
    - `walk`: steps on a problem that can be asked at any point;   `noise`: of mini-batches
    - `course`: the records of a loop
    - `lasting`: more epochs at this pace; what would help a run that is on its way
    """

    unit: Unit = "epoch"

    @property
    @abstractmethod
    def epoch(self) -> int: ...

    @property
    @abstractmethod
    def stop(self) -> Stop: ...

    @property
    @abstractmethod
    def initial(self) -> float: ...

    @property
    @abstractmethod
    def objective(self) -> float: ...

    @property
    def minimum(self) -> float | None:
        return None

    @property
    def convex(self) -> bool:
        return False

    @property
    def names(self) -> tuple[str, ...]:
        """Of the parameters."""
        return ()

    @property
    def lr(self) -> float | None:
        """The rate of the last step."""
        return None

    @property
    def stable_rate(self) -> float | None:
        """The largest stable rate."""
        return None if self.exact is None else self.exact.stable_rate

    @property
    def best_rate(self) -> float | None:
        """The rate that needs the fewest epochs."""
        return None if self.exact is None else self.exact.best_rate

    @property
    def exact(self) -> Exact | None:
        return None

    @property
    def motion(self) -> Motion | None:
        return None

    @property
    def objectives(self) -> Floats | None:
        """Those of the recorded steps, as far as they tell how the descent went."""
        return None

    @property
    def scale(self) -> float:
        """The size of the region that the descent has to do with."""
        return 1.0

    @property
    def at_rest(self) -> bool:
        """Whether the last step changed no parameter by more than rounding."""
        return False

    @property
    def walk(self) -> Walk | None:
        return None

    @property
    def noise(self) -> Noise | None:
        return None

    @property
    def course(self) -> Course | None:
        return None

    @property
    def settled_after(self) -> float | None:
        """The epoch since when every direction had settled, where a run went on beyond it."""
        return None

    @property
    def help(self) -> Sequence[Fact]:
        """What would bring it to its end, where the engine knows more than the judges."""
        return ()

    @property
    def ending(self) -> Fact:
        """What ended it."""
        return fact("stopped", reason=self.stop.happened)

    @property
    def ended_by_tolerance(self) -> bool:
        """Whether little happened when it ended."""
        return self.stop.rule in TOLERANCES

    @property
    def manner(self) -> str:
        """How the descent went: known for a quadratic, else measured."""
        if self.exact is not None and self.exact.manner:
            return self.exact.manner
        motion = self.motion
        if motion is None or not motion.factor < float("inf"):
            return ""
        # Step lengths that grow are no divergence yet: the verdict says so where they are.
        return manner_of(min(motion.factor, 1.0), motion.swings)


def dies_out(motion: Motion) -> bool:
    """Whether the steps are known to shrink at a steady pace."""
    return motion.steady and motion.factor < 1.0 - LEVEL
