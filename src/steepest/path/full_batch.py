"""Descent step by step with all rows at every update, as a path."""

from dataclasses import replace

from steepest.arrays import Floats
from steepest.descent.automatic_rate_of_rows import full_batch_schedule
from steepest.descent.newton import MOST_FORMED, takes_products
from steepest.descent.optimizers import Newton
from steepest.descent.plan import Plan
from steepest.descent.runs import descend_runs
from steepest.descent.sample_start import SampledRows, sampled_rows
from steepest.descent.stepwise import Progress, RunSettings
from steepest.descent.stopping import Epochs
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.forecast_local import forecast_locally
from steepest.diagnosis.judge import judge
from steepest.diagnosis.path_evidence import evidence_of_trajectory
from steepest.diagnosis.plain_descent import plain_descent
from steepest.diagnosis.walk import penalty_vanishes
from steepest.path.path import StepwisePath
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.problem import Problem
from steepest.wording.fact import fact

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
    proximal, run = plan.proximal(problem), RunSettings(plan.optimizer, schedule, start)
    sampled = plan.sampled and bool(sampled_rows(problem))
    if sampled and isinstance(problem, LinearProblem | StreamedProblem):
        run = replace(run, guess=SampledRows(problem, proximal).minimum)
    (trajectory,) = descend_runs(
        problem, [run], rules, proximal=proximal, progress=progress, keep=_KEPT
    )
    return path_of(problem, trajectory)


def path_of(problem: Problem, trajectory: Trajectory) -> StepwisePath:
    """The path of a trajectory, forecast and judged when it is asked."""
    # With an L1 penalty the curvature at the start does not say how the descent goes on.
    quadratic = problem.is_quadratic and penalty_vanishes(problem, trajectory.gradient[0])
    return StepwisePath(
        problem,
        lambda: _forecast(trajectory, quadratic),
        lambda: judge(evidence_of_trajectory(trajectory, quadratic=problem.is_quadratic)),
        None,
        trajectory.stop,
        trajectory,
    )


def _forecast(trajectory: Trajectory, quadratic: bool) -> Forecast:
    """What the curvature at the start says, and after Newton's method that at the end."""
    forecast = forecast_locally(
        trajectory.problem,
        trajectory.parameters[0],
        trajectory.optimizer,
        trajectory.schedule,
        trajectory.bounds,
        quadratic=quadratic,
    )
    many = len(trajectory.problem.names)
    if isinstance(trajectory.optimizer, Newton) and many > MOST_FORMED:
        formed = not takes_products(trajectory.problem, trajectory.proximal)
        return forecast.saying(
            *forecast.facts, fact("newton of many", parameters=many, formed=formed)
        )
    plain = plain_descent(trajectory)
    if plain is None:
        return forecast
    forecast = replace(forecast, plain_rate=plain.lr, plain_epochs=plain.epochs)
    return forecast.saying(*forecast.facts, plain.fact)
