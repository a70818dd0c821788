"""Descent on a quadratic, as a path: in closed form where there is one, else step by step."""

from collections.abc import Callable
from functools import cache

import numpy as np

from steepest.arrays import Floats
from steepest.descent.closed_form import SETTLED, ClosedForm
from steepest.descent.closed_form_end import DEFAULT_EPOCHS, default_stop, find_end
from steepest.descent.plan import Plan
from steepest.descent.schedules import Constant
from steepest.descent.stepwise import Progress, descend
from steepest.descent.stopping import Epochs, Stop
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.forecast import TableForecast, forecast_descent
from steepest.diagnosis.verdict import End, Verdict, judge
from steepest.path.path import ClosedFormPath, StepwisePath
from steepest.problems.squared_loss import Quadratic


def descend_quadratic(
    problem: Quadratic,
    plan: Plan,
    start: Floats,
    *,
    ended: Stop | None = None,
    progress: Progress | None = None,
    walked: Trajectory | None = None,
) -> ClosedFormPath | StepwisePath:
    """The path from `start` (d,), in the descent's coordinates.

    `ended` is told as its end, whatever rule fires; `walked` is a trajectory read from a file, to
    be used in place of a new descent.
    """
    if plan.has_closed_form:
        return _closed_path(problem, plan, start, ended)
    return _walked_path(problem, plan, walked or _walk(problem, plan, start, progress), ended)


def best_rate(problem: Quadratic, plan: Plan) -> float:
    """The best rate of the curvature."""
    return plan.momentum_rule.best_rate(problem.eigenvalues)


def _closed_path(
    problem: Quadratic, plan: Plan, start: Floats, ended: Stop | None
) -> ClosedFormPath:
    lr = plan.schedule.rate(0) if plan.schedule else best_rate(problem, plan)
    closed = ClosedForm(problem, plan.momentum_rule, lr, start)
    end, fired = find_end(closed, plan.rules)
    forecast = cache(lambda: _forecast(problem, plan, closed, lr))
    return ClosedFormPath(
        problem,
        forecast,
        lambda: _judge(problem, closed.parameters, end, ended or fired, forecast(), closed),
        None,
        closed,
        end,
    )


def _walked_path(
    problem: Quadratic, plan: Plan, trajectory: Trajectory, ended: Stop | None
) -> StepwisePath:
    forecast = cache(lambda: _forecast(problem, plan, None, None))
    asked = bool(plan.rules) or trajectory.stop.rule != "epochs"
    fired = trajectory.stop if asked else default_stop()
    return StepwisePath(
        problem,
        forecast,
        lambda: _judge(
            problem,
            lambda k: trajectory.at(k).parameters,
            trajectory.epochs,
            ended or fired,
            forecast(),
            None,
        ),
        None,
        trajectory,
    )


def _walk(problem: Quadratic, plan: Plan, start: Floats, progress: Progress | None) -> Trajectory:
    rules = plan.rules or [Epochs(DEFAULT_EPOCHS)]
    schedule = plan.schedule or Constant(best_rate(problem, plan))
    return descend(problem, plan.optimizer, schedule, rules, start, progress=progress)


def _forecast(
    problem: Quadratic, plan: Plan, closed: ClosedForm | None, lr: float | None
) -> TableForecast:
    return forecast_descent(
        problem,
        problem.rescaled(standardize=False),
        problem.rescaled(standardize=True),
        closed,
        plan.optimizer.name,
        lr,
        plan.momentum_rule,
    )


def _judge(
    problem: Quadratic,
    parameters: Callable[[int], Floats],
    end: int,
    stop: Stop | None,
    forecast: TableForecast,
    closed: ClosedForm | None,
) -> Verdict:
    with np.errstate(over="ignore", invalid="ignore"):
        first, last = parameters(0), parameters(end)
        arrived = closed is None and _has_arrived(problem, first, last)
        objectives = problem.objective(first), problem.objective(last)
    return judge(End(end, *objectives, problem.minimum, stop, arrived), forecast, closed)


def _has_arrived(problem: Quadratic, first: Floats, last: Floats) -> bool:
    """Whether the error along every direction is below 1e-12 of what it was."""
    errors = np.abs((np.array([first, last]) - problem.minimizer) @ problem.eigenvectors)
    curved = problem.eigenvalues > 0.0
    return bool((errors[1, curved] <= SETTLED * errors[0, curved]).all())
