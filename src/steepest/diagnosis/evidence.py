"""What a verdict rests on, whatever was descended, and by which engine."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from steepest.arrays import Floats
from steepest.descent.schedules import Schedule
from steepest.descent.stopping import Stop
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.motion import Motion, manner_of
from steepest.diagnosis.thresholds import LEVEL
from steepest.diagnosis.verdict import Kind, Unit, Verdict
from steepest.wording.fact import Fact, fact

if TYPE_CHECKING:
    from steepest.diagnosis.certificate import Certificate
    from steepest.diagnosis.course import Course
    from steepest.diagnosis.walk import Walk
    from steepest.problems.separation import Separation

# Rules that end a run because little happens.
TOLERANCES = ("relative tolerance", "gradient norm", "line search", "decrement")
_MANNERS = {"diverged": "diverges", "oscillating": "oscillates", "cycle": "cycle"}


@final
@dataclass(frozen=True, eq=False)
class Noise:
    """The noise of batches, as far as a verdict needs it.

    - `level`: the mean objective of the last epochs; of a run that is averaged, or whose rate
      falls, the last one
    - `schedule`: None for lr="auto";   `averaged`: whether the mean of the later steps is the end
    - `fault`: why the objective is no finite number at the last step; None where it is one
    - `minimum`: the least objective of all rows; nan where it is not known; `by_model`: as the
      quadratic model at the end says
    - `certificate`: what is left of every parameter; None where that is not known
    - `separation`: a direction along which the objective falls for ever
    """

    forecast: Forecast
    level: float
    schedule: Schedule | None
    averaged: bool
    fault: Fact | None
    minimum: float = math.nan
    by_model: bool = False
    certificate: "Certificate | None" = None
    separation: "Separation | None" = None

    @property
    def floor(self) -> float:
        """How far above the minimum noise holds the objective; nan where it is not known."""
        return math.nan if self.forecast.noise_floor is None else self.forecast.noise_floor

    @property
    def dies_out(self) -> bool:
        """Whether there is none at the minimum, or less and less of it."""
        falls = self.forecast.learning_rate is None or self.averaged
        return falls or self.floor == 0.0


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """What is known of a run that has ended. What is not known is None.

    - `epoch`: the last one, counted in `unit`;   `stop`: what ended the run, `ending` as a fact
    - `initial`, `objective`: at the start and at the end;   `minimum`: the least there is
    - `names`: of the parameters;   `lr`: the rate of the last step;   `rates`: stable and best one
    - `convex`: whether the objective is known to be, so that it has no minimum but the least
    - `exact`: of a quadratic, at a constant rate;   `motion`: of the last steps, as measured
    - `objectives`: of the recorded steps, as far as they tell how the descent went
    - `scale`: the size of the region that the descent has to do with
    - `at_rest`: whether the last step changed no parameter by more than rounding
    - `manner`: how the descent went
    - `forecast`: of a closed form;   `walk`: steps on a problem that can be asked at any point
    - `lost`: parameters of least squares of which rounding leaves no digit
    - `at_end`: of a closed form, what is left of every parameter
    - `noise`: of mini-batches;   `course`: the records of a loop
    """

    epoch: int
    stop: Stop
    initial: float
    objective: float
    names: tuple[str, ...]
    minimum: float | None = None
    convex: bool = False
    lr: float | None = None
    rates: tuple[float, float] | None = None
    exact: Exact | None = None
    motion: Motion | None = None
    objectives: Floats | None = None
    scale: float = 1.0
    at_rest: bool = False
    manner: str = ""
    forecast: Forecast | None = None
    walk: "Walk | None" = None
    lost: tuple[str, ...] = ()
    at_end: "Certificate | None" = None
    noise: Noise | None = None
    course: "Course | None" = None
    unit: Unit = "epoch"

    @property
    def ending(self) -> Fact:
        """What ended it."""
        happened = self.stop.happened
        return fact("stopped", reason=happened) if self.course is None else happened

    @property
    def separation(self) -> "Separation | None":
        """A direction along which the objective falls for ever."""
        if self.walk is not None:
            return self.walk.separation
        return None if self.noise is None else self.noise.separation

    @property
    def certificate(self) -> "Certificate | None":
        """What is left of every parameter, where that is known."""
        if self.walk is not None:
            return self.walk.certificate
        return self.at_end if self.noise is None else self.noise.certificate

    @property
    def ended_by_tolerance(self) -> bool:
        """Whether the last step changed too little for a tolerance."""
        return self.stop.rule in TOLERANCES

    @property
    def little_happened(self) -> bool:
        """Whether a tolerance or patience ended it."""
        return self.ended_by_tolerance or self.stop.rule == "patience"

    def verdict(
        self, kind: Kind, *reasons: Fact, advice: Fact | None = None, manner: str | None = None
    ) -> Verdict:
        """The verdict at the end of the run; its manner is that of the kind."""
        suggestions = () if advice is None else (advice,)
        manner = _MANNERS.get(kind, "") if manner is None else manner
        return Verdict(kind, self.epoch, reasons, suggestions, manner, self.unit)


def manner_of_run(exact: Exact | None, motion: Motion | None, *, one_step: bool = False) -> str:
    """How a descent went: known for a quadratic, else measured; "" where that cannot be told."""
    if exact is not None and exact.manner:
        return exact.manner
    if one_step:
        return "one step"
    if motion is None or not motion.factor < float("inf"):
        return ""
    # Step lengths that grow are no divergence yet: the verdict says so where they are.
    return manner_of(min(motion.factor, 1.0), motion.swings)


def dies_out(motion: Motion) -> bool:
    """Whether the steps are known to shrink at a steady pace."""
    return motion.steady and motion.factor < 1.0 - LEVEL
