"""Runs of a function, side by side, as paths."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from steepest.descent.proximal import Proximal
from steepest.descent.stepwise import Progress, Run, descend_many
from steepest.descent.stopping import StoppingRule
from steepest.descent.trajectory import Trajectory
from steepest.path.diagnosis import diagnose
from steepest.path.local import forecast_locally
from steepest.path.path import DescentPath, StepwisePath
from steepest.problems.function import FunctionProblem

if TYPE_CHECKING:
    from steepest.problems.bounds import Bounds


def run_paths(
    problem: FunctionProblem,
    runs: Sequence[Run],
    stopping: Sequence[StoppingRule],
    *,
    bounds: "Bounds | None" = None,
    progress: Progress | None = None,
) -> list[DescentPath]:
    """Walk all runs at once; the path of each, in their order."""
    trajectories = descend_many(
        problem, runs, stopping, proximal=Proximal.of_bounds(bounds), progress=progress
    )
    return [path_of(problem, trajectory) for trajectory in trajectories]


def path_of(problem: FunctionProblem, trajectory: Trajectory) -> DescentPath:
    """The path of a trajectory, forecast and judged when it is asked."""
    return StepwisePath(
        problem,
        lambda: forecast_locally(
            problem,
            trajectory.parameters[0],
            trajectory.optimizer,
            trajectory.schedule,
            trajectory.bounds,
            quadratic=problem.is_quadratic,
        ),
        lambda: diagnose(trajectory, quadratic=problem.is_quadratic),
        None,
        trajectory,
    )
