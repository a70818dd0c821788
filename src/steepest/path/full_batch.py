"""Descent of a linear model with all rows at every update, as a path."""

from steepest.arrays import Floats
from steepest.descent.automatic_rate_of_rows import full_batch_schedule
from steepest.descent.plan import Plan
from steepest.descent.stepwise import Progress, descend
from steepest.descent.stopping import Epochs
from steepest.path.path import StepwisePath
from steepest.path.stepwise_run import path_of
from steepest.problems.linear_model import LinearModel

# So many steps are kept; others are walked again when they are asked for.
_KEPT = 1000


def descend_fully(
    problem: LinearModel, plan: Plan, start: Floats, progress: Progress | None = None
) -> StepwisePath:
    """The path from `start` (d,), in the descent's coordinates."""
    schedule, rules = plan.schedule, plan.rules
    if schedule is None:
        schedule = full_batch_schedule(problem, start, plan.optimizer, plan.epochs)
    if plan.walks_to_the_end:
        rules = [Epochs(plan.epochs), *plan.further]
    proximal = plan.proximal(problem)
    trajectory = descend(
        problem,
        plan.optimizer,
        schedule,
        rules,
        start,
        proximal=proximal,
        progress=progress,
        keep=_KEPT,
    )
    return path_of(problem, trajectory)
