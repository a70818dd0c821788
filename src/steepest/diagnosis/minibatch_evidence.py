"""What is known of a descent in mini-batches."""

from collections.abc import Sequence

import numpy as np

from steepest.descent.plan import Plan
from steepest.descent.proximal import least_slope_norm
from steepest.descent.schedules import Constant
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Point
from steepest.diagnosis.evidence import Evidence, Noise, manner_of_run
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.local_spectrum import Spectrum, momentum_rule
from steepest.diagnosis.motion import Motion, latest_moves
from steepest.diagnosis.thresholds import ROUNDING
from steepest.diagnosis.walk import penalty_vanishes
from steepest.problems.linear_model import LinearModel


@np.errstate(over="ignore", invalid="ignore")
def evidence_of_batches(
    problem: LinearModel,
    plan: Plan,
    points: Sequence[Point],
    forecast: Forecast,
    *,
    objective: float,
    level: float,
    epochs: int,
    stop: Stop,
) -> Evidence:
    """A run of the rows of `problem`, by `plan`.

    - `points`: the recorded steps, of which the last ones follow each other
    - `objective`: at the end, of the mean of steps where they are averaged
    - `level`: the mean objective at the last ends of epochs
    """
    places = np.array([points[0].parameters, points[-1].parameters])
    scale = float(np.abs(places).max(initial=0.0)) or 1.0
    sees_all = forecast.sees_all_rows and not plan.average
    exact = _exact(problem, plan, points, scale) if sees_all else None
    motion = _motion(points) if sees_all else None
    return Evidence(
        epoch=epochs,
        stop=stop,
        initial=points[0].objective,
        objective=objective,
        names=problem.names,
        minimum=forecast.minimum,
        convex=problem.is_convex,
        lr=plan.schedule.lr if isinstance(plan.schedule, Constant) else None,
        rates=None if exact is None else exact.rates,
        exact=exact,
        motion=motion,
        objectives=np.array([point.objective for point in points]) if sees_all else None,
        scale=scale,
        manner=manner_of_run(exact, motion),
        noise=_noise(problem, plan, points, forecast, objective, level),
    )


def _noise(
    problem: LinearModel,
    plan: Plan,
    points: Sequence[Point],
    forecast: Forecast,
    objective: float,
    level: float,
) -> Noise:
    ends = points[0], points[-1]
    slopes = least_slope_norm(
        plan.proximal(problem),
        np.array([point.parameters for point in ends]),
        np.array([point.gradient for point in ends]),
    )
    settles = isinstance(plan.schedule, Constant) and not plan.average
    last = points[-1].parameters
    return Noise(
        forecast,
        level if settles else objective,
        (float(slopes[0]), float(slopes[1])),
        plan.schedule,
        plan.average,
        problem.explain(last) if np.isfinite(last).all() else None,
    )


def _motion(points: Sequence[Point]) -> Motion | None:
    """Of the last steps that follow each other."""
    latest: list[Point] = []
    for point in reversed(points):
        if latest and point.index != latest[-1].index - 1:
            break
        latest.append(point)
    return None if len(latest) < 3 else Motion.of_points(latest_moves(latest, ROUNDING))


def _exact(problem: LinearModel, plan: Plan, points: Sequence[Point], scale: float) -> Exact | None:
    """Where neither bounds nor an L1 penalty change the steps."""
    rule, schedule, start = momentum_rule(plan.optimizer), plan.schedule, points[0].parameters
    if rule is None or not isinstance(schedule, Constant):
        return None
    if plan.positive or not problem.is_quadratic:
        return None
    spectrum = Spectrum.at(problem, start)
    if spectrum is None or not spectrum.slopes.any():
        return None
    if not penalty_vanishes(problem, problem.gradient(start)):
        return None
    return Exact.of_steps(rule, schedule.lr, spectrum, points[-1].gradient, scale)
