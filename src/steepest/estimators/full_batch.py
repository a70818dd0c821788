"""Descent with all rows at every update, as a path."""

from functools import partial

from steepest.descent.proximal import Proximal
from steepest.descent.stepwise import descend
from steepest.descent.stopping import Epochs
from steepest.descent.trajectory import Trajectory
from steepest.estimators.automatic import full_batch_schedule
from steepest.estimators.plan import Plan
from steepest.path.diagnosis import diagnose
from steepest.path.forecast import Forecast
from steepest.path.local import forecast_locally
from steepest.path.path import StepwisePath
from steepest.problems.design import Floats
from steepest.problems.linear import LinearProblem

# So many steps are kept; others are walked again when they are asked for.
_KEPT = 1000


def descend_fully(problem: LinearProblem, plan: Plan, start: Floats) -> StepwisePath:
    """The path from `start` (d,), in the descent's coordinates."""
    schedule, rules = plan.schedule, plan.rules
    if schedule is None:
        schedule = full_batch_schedule(problem, start, plan.optimizer, plan.max_iter)
    if plan.walks_to_the_end:
        rules = [Epochs(plan.max_iter)]
    proximal = Proximal.of(problem.penalty, problem.penalized, plan.bounds(problem))
    trajectory = descend(
        problem, plan.optimizer, schedule, rules, start, proximal=proximal, keep=_KEPT
    )
    # With an L1 penalty the curvature at the start does not say how the descent goes on.
    quadratic = problem.is_quadratic and not problem.penalty.absolute
    return StepwisePath(
        problem,
        partial(_forecast, trajectory, quadratic),
        partial(diagnose, trajectory, quadratic=quadratic),
        None,
        trajectory,
    )


def _forecast(trajectory: Trajectory, quadratic: bool) -> Forecast:
    return forecast_locally(
        trajectory.problem,
        trajectory.parameters[0],
        trajectory.optimizer,
        trajectory.schedule,
        trajectory.bounds,
        quadratic=quadratic,
    )
