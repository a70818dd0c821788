"""Descents step by step, as paths."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from steepest.descent.proximal import Proximal
from steepest.descent.stepwise import Progress, RunSettings, descend_many
from steepest.descent.stopping import StoppingRule
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.judge import judge
from steepest.diagnosis.local_forecast import forecast_locally
from steepest.diagnosis.trajectory_evidence import TrajectoryEvidence
from steepest.diagnosis.walk import penalty_vanishes
from steepest.path.path import DescentPath, StepwisePath
from steepest.problems.function import FunctionProblem
from steepest.problems.problem import Problem

if TYPE_CHECKING:
    from steepest.penalties.bounds import Bounds


def run_paths(
    problem: FunctionProblem,
    runs: Sequence[RunSettings],
    stopping: Sequence[StoppingRule],
    *,
    bounds: "Bounds | None" = None,
    progress: Progress | None = None,
) -> list[DescentPath]:
    """Walk all runs at once; the path of each, in their order."""
    trajectories = descend_many(
        problem, runs, stopping, proximal=Proximal.of_bounds(bounds), progress=progress
    )
    return [path_of(problem, each) for each in trajectories]


def path_of(problem: Problem, trajectory: Trajectory) -> StepwisePath:
    """The path of a trajectory, forecast and judged when it is asked."""
    # With an L1 penalty the curvature at the start does not say how the descent goes on.
    quadratic = problem.is_quadratic and penalty_vanishes(problem, trajectory.gradient[0])
    return StepwisePath(
        problem,
        lambda: forecast_locally(
            problem,
            trajectory.parameters[0],
            trajectory.optimizer,
            trajectory.schedule,
            trajectory.bounds,
            quadratic=quadratic,
        ),
        lambda: judge(TrajectoryEvidence(trajectory, problem.is_quadratic)),
        None,
        trajectory,
    )
