"""Descent on a quadratic, as a path: in closed form where there is one, else step by step."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from steepest.arrays import Floats
from steepest.descent.closed_form import ClosedForm
from steepest.descent.closed_form_end import DEFAULT_EPOCHS, default_stop, find_end
from steepest.descent.optimizers import Newton
from steepest.descent.plan import Plan
from steepest.descent.schedules import Constant
from steepest.descent.stopping import Epochs, Stop
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.forecast_quadratic import forecast_quadratic
from steepest.diagnosis.judge import judge
from steepest.diagnosis.path_evidence import evidence_of_closed_form, evidence_of_trajectory
from steepest.path.path import ClosedFormPath, StepwisePath
from steepest.problems.squared_loss import Quadratic

if TYPE_CHECKING:
    from steepest.descent.stepwise import Progress
    from steepest.descent.trajectory import Trajectory


def descend_quadratic(
    problem: Quadratic,
    plan: Plan,
    start: Floats,
    *,
    ended: Stop | None = None,
    progress: "Progress | None" = None,
    walked: "Trajectory | None" = None,
) -> ClosedFormPath | StepwisePath:
    """The path from `start` (d,), in the descent's coordinates.

    `ended` is told as its end, whatever rule fires; `walked` is a trajectory read from a file, to
    be used in place of a new descent.
    """
    if plan.has_closed_form:
        return _closed_path(problem, plan, start, ended)
    return _walked_path(problem, plan, walked or _walk(problem, plan, start, progress), ended)


def automatic_rate(posed: Sequence[tuple[Quadratic, Floats]], plan: Plan) -> float:
    """The rate of `lr="auto"` for problems that are descended from their starts (d,) alike.

    With a budget of epochs the one that leaves the worst of them the least share of its excess
    objective; without one the smallest of those with the best factor an epoch in the long run.
    """
    rule = plan.momentum_rule
    rate = min(rule.best_rate(problem.eigenvalues) for problem, _ in posed)
    if plan.settles or rule.momentum >= 1.0:
        return rate
    from steepest.descent.rate_of_budget import Excess, rate_of_budget

    errors = [
        (problem.eigenvalues, (start - problem.minimizer) @ problem.eigenvectors)
        for problem, start in posed
    ]
    stable = min(rule.stable_rate(float(values.max(initial=0.0))) for values, _ in errors)
    excesses = [Excess.of_errors(*each) for each in errors]
    return rate_of_budget(excesses, rule, plan.epochs, rate, stable)


def _closed_path(
    problem: Quadratic, plan: Plan, start: Floats, ended: Stop | None
) -> ClosedFormPath:
    lr = plan.schedule.rate(0) if plan.schedule else automatic_rate([(problem, start)], plan)
    closed = ClosedForm(problem, plan.momentum_rule, lr, start)
    end, fired = find_end(closed, plan.rules)
    stop = ended or fired
    forecast = cache(lambda: _forecast(problem, plan, closed, lr))
    return ClosedFormPath(
        problem,
        forecast,
        lambda: judge(evidence_of_closed_form(closed, end, stop, forecast())),
        None,
        stop,
        closed,
        end,
    )


def _walked_path(
    problem: Quadratic, plan: Plan, trajectory: "Trajectory", ended: Stop | None
) -> StepwisePath:
    forecast = cache(lambda: _forecast(problem, plan, None, None))
    asked = bool(plan.rules) or trajectory.stop.rule != "epochs"
    stop = ended or (trajectory.stop if asked else default_stop())
    return StepwisePath(
        problem,
        forecast,
        lambda: judge(evidence_of_trajectory(replace(trajectory, stop=stop), quadratic=True)),
        None,
        stop,
        trajectory,
    )


def _walk(
    problem: Quadratic, plan: Plan, start: Floats, progress: "Progress | None"
) -> "Trajectory":
    from steepest.descent.automatic_rate import NEWTON_RATE
    from steepest.descent.runs import descend_runs
    from steepest.descent.stepwise import RunSettings

    rules = plan.rules or [Epochs(DEFAULT_EPOCHS)]
    schedule = plan.schedule
    if schedule is None:
        newton = isinstance(plan.optimizer, Newton)
        schedule = (
            NEWTON_RATE if newton else Constant(plan.momentum_rule.best_rate(problem.eigenvalues))
        )
    run = RunSettings(plan.optimizer, schedule, start)
    return descend_runs(problem, [run], rules, progress=progress)[0]


def _forecast(
    problem: Quadratic, plan: Plan, closed: ClosedForm | None, lr: float | None
) -> Forecast:
    return forecast_quadratic(problem, closed, plan.optimizer.name, lr, plan.momentum_rule)
