"""A descent step by step, as a path."""

from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.forecast_local import forecast_locally
from steepest.diagnosis.judge import judge
from steepest.diagnosis.trajectory_evidence import TrajectoryEvidence
from steepest.diagnosis.walk import penalty_vanishes
from steepest.path.path import StepwisePath
from steepest.problems.problem import Problem


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
