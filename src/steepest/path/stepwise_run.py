"""A descent step by step, as a path."""

from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.local_forecast import forecast_locally
from steepest.diagnosis.stepwise_verdict import diagnose
from steepest.path.path import StepwisePath
from steepest.problems.problem import Problem


def path_of(problem: Problem, trajectory: Trajectory, *, quadratic: bool) -> StepwisePath:
    """The path of a trajectory, forecast and judged when it is asked."""
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
        lambda: diagnose(trajectory, quadratic=quadratic),
        None,
        trajectory,
    )
