"""What is known of a descent with all rows at every update: in closed form, or step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.closed_form import ClosedForm
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.advice import table_remedy
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.motion import Motion
from steepest.diagnosis.walk import Walk
from steepest.wording.fact import Fact


@final
@dataclass(frozen=True, eq=False)
class ClosedFormEvidence(Evidence):
    """Squared loss at a constant rate: every direction is known exactly."""

    closed: ClosedForm
    end: int
    ended_by: Stop
    forecast: Forecast

    @property
    def epoch(self) -> int:
        return self.end

    @property
    def stop(self) -> Stop:
        return self.ended_by

    @cached_property
    def initial(self) -> float:
        return self._objective(0)

    @cached_property
    def objective(self) -> float:
        return self._objective(self.end)

    @property
    def minimum(self) -> float:
        return self.closed.problem.minimum

    @property
    def convex(self) -> bool:
        return True

    @property
    def names(self) -> tuple[str, ...]:
        return self.closed.problem.names

    @property
    def lr(self) -> float:
        return self.closed.lr

    @cached_property
    def exact(self) -> Exact:
        return Exact.of_closed_form(self.closed, self.end)

    @property
    def settled_after(self) -> float:
        """The epoch since which every direction had settled."""
        return float(self.forecast.epochs_to_settle or 0)

    @property
    def help(self) -> Sequence[Fact]:
        return (table_remedy(self.forecast),)

    def _objective(self, epoch: int) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            return self.closed.problem.objective(self.closed.parameters(epoch))


@final
@dataclass(frozen=True, eq=False)
class TrajectoryEvidence(Evidence):
    """`quadratic` where the objective has the same second derivative everywhere."""

    trajectory: Trajectory
    quadratic: bool

    @property
    def epoch(self) -> int:
        return self.trajectory.epochs

    @property
    def stop(self) -> Stop:
        return self.trajectory.stop

    @property
    def initial(self) -> float:
        return float(self.trajectory.objective[0])

    @property
    def objective(self) -> float:
        return float(self.trajectory.objective[-1])

    @property
    def convex(self) -> bool:
        return self.trajectory.problem.is_convex

    @property
    def names(self) -> tuple[str, ...]:
        return self.trajectory.problem.names

    @property
    def lr(self) -> float:
        return self.walk.lr

    @property
    def exact(self) -> Exact | None:
        return self.walk.exact

    @property
    def motion(self) -> Motion:
        return self.walk.motion

    @property
    def objectives(self) -> Floats:
        return self.trajectory.objective

    @property
    def scale(self) -> float:
        return self.walk.scale

    @cached_property
    def walk(self) -> Walk:
        return Walk(self.trajectory, self.quadratic)

    @property
    def manner(self) -> str:
        exact = self.exact
        known = exact is not None and exact.manner
        return "one step" if not known and self.walk.one_step else super().manner
