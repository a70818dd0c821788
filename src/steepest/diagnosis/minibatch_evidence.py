"""What is known of a descent in mini-batches."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.plan import Plan
from steepest.descent.schedules import Constant
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Point
from steepest.diagnosis.evidence import Evidence, Noise
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.local_spectrum import Spectrum, momentum_rule
from steepest.diagnosis.motion import Motion, latest_moves
from steepest.diagnosis.thresholds import ROUNDING
from steepest.diagnosis.walk import penalty_vanishes
from steepest.problems.linear_model import LinearModel


@final
@dataclass(frozen=True, eq=False)
class BatchedEvidence(Evidence):
    """A run of the rows of `problem`, by `plan`, and its first and last step.

    - `first`, `last`: the objectives, the last of the mean of steps where they are averaged
    - `late`: the objectives at the last ends of epochs
    - `slopes`: the gradient's norm at the first and the last step, as far as L1 and bounds let go
    - `points`: the kept steps, of which the last ones follow each other
    """

    problem: LinearModel
    plan: Plan
    first: float
    final: float
    late: tuple[float, ...]
    slopes: tuple[float, float]
    points: tuple[Point, ...]
    epochs: int
    ended_by: Stop
    forecast: Forecast

    @property
    def epoch(self) -> int:
        return self.epochs

    @property
    def stop(self) -> Stop:
        return self.ended_by

    @property
    def initial(self) -> float:
        return self.first

    @property
    def objective(self) -> float:
        return self.final

    @property
    def minimum(self) -> float | None:
        return self.forecast.minimum

    @property
    def convex(self) -> bool:
        return self.problem.is_convex

    @property
    def names(self) -> tuple[str, ...]:
        return self.problem.names

    @property
    def lr(self) -> float | None:
        return self.plan.schedule.lr if isinstance(self.plan.schedule, Constant) else None

    @property
    def start(self) -> Floats:
        """Parameters (d,) of the first step."""
        return self.points[0].parameters

    @property
    def end(self) -> Floats:
        """Parameters (d,) of the last step, not averaged."""
        return self.points[-1].parameters

    @cached_property
    def motion(self) -> Motion | None:
        """Of the last steps, where every batch is of all rows."""
        latest: list[Point] = []
        for point in reversed(self.points):
            if latest and point.index != latest[-1].index - 1:
                break
            latest.append(point)
        if not self._sees_all_rows or len(latest) < 3:
            return None
        return Motion.of_points(latest_moves(latest, ROUNDING))

    @property
    def objectives(self) -> Floats | None:
        if not self._sees_all_rows:
            return None
        return np.array([point.objective for point in self.points])

    @property
    def scale(self) -> float:
        return float(np.abs([self.start, self.end]).max(initial=0.0)) or 1.0

    @cached_property
    def noise(self) -> Noise:
        level = float(np.mean(self.late)) if self._constant and not self.plan.average else None
        finite = np.isfinite(self.end).all()
        return Noise(
            self.forecast,
            self.final if level is None else level,
            self.slopes,
            self.plan.schedule,
            self.plan.average,
            self.problem.explain(self.end) if finite else None,
        )

    @cached_property
    def exact(self) -> Exact | None:
        """Where every batch is of all rows, and nothing turns the steps aside."""
        rule, schedule = momentum_rule(self.plan.optimizer), self.plan.schedule
        if rule is None or not isinstance(schedule, Constant) or not self._sees_all_rows:
            return None
        if self.plan.positive or not self.problem.is_quadratic:
            return None
        spectrum = Spectrum.at(self.problem, self.start)
        if spectrum is None or not spectrum.slopes.any():
            return None
        if not penalty_vanishes(self.problem, self.problem.gradient(self.start)):
            return None
        gradient = self.points[-1].gradient
        return Exact.of_steps(rule, schedule.lr, spectrum, gradient, self.scale)

    @property
    def _sees_all_rows(self) -> bool:
        return self.forecast.sees_all_rows and not self.plan.average

    @property
    def _constant(self) -> bool:
        return self.plan.schedule is not None and self.plan.schedule.name == "constant"
