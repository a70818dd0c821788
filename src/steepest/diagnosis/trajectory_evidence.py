"""What is known of a descent that was walked step by step."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

from steepest.arrays import Floats
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.motion import Motion
from steepest.diagnosis.walk import Walk


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
