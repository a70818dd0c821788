"""What is known of a descent in mini-batches."""

import math
from collections.abc import Sequence

import numpy as np

from steepest.descent.plan import Plan
from steepest.descent.schedules import Constant
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Point
from steepest.diagnosis.certificate import Certificate
from steepest.diagnosis.evidence import Evidence, Noise, manner_of_run
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.local_spectrum import MOST_PARAMETERS, Spectrum, momentum_rule
from steepest.diagnosis.motion import Motion, latest_moves
from steepest.diagnosis.thresholds import ROUNDING
from steepest.diagnosis.walk import penalty_vanishes
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.separation import Separation, find_separation


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
    certificate: Certificate | None = None,
) -> Evidence:
    """A run of the rows of `problem`, by `plan`.

    - `points`: the recorded steps, of which the last ones follow each other
    - `objective`: at the end, of the mean of steps where they are averaged
    - `level`: the mean objective at the last ends of epochs
    - `certificate`: what was left of every parameter at the end, where that was measured
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
        noise=_noise(problem, plan, points, forecast, objective, level, certificate),
    )


def _noise(
    problem: LinearModel,
    plan: Plan,
    points: Sequence[Point],
    forecast: Forecast,
    objective: float,
    level: float,
    certificate: Certificate | None,
) -> Noise:
    settles = isinstance(plan.schedule, Constant) and not plan.average
    last = points[-1].parameters
    return Noise(
        forecast,
        level if settles else objective,
        plan.schedule,
        plan.average,
        problem.explain(last) if np.isfinite(last).all() else None,
        *_minimum(problem, plan, forecast, objective, certificate),
        certificate,
        _separation(problem, plan, forecast, certificate),
    )


def _minimum(
    problem: LinearModel,
    plan: Plan,
    forecast: Forecast,
    objective: float,
    certificate: Certificate | None,
) -> tuple[float, bool]:
    """The least objective of all rows, nan where it is not known or there is none; and whether a
    model that is not exact says so.

    The forecast has it of rows in memory, and of a stream only by its sample.
    """
    whole = isinstance(problem, LinearProblem) and forecast.minimum is not None
    if whole or certificate is None or certificate.excess is None:
        return math.nan if forecast.minimum is None else forecast.minimum, False
    if _has_none(problem, plan, forecast):
        return math.nan, False
    modelled = problem.loss.smooth and not problem.is_quadratic
    return objective - certificate.excess, modelled


def _has_none(problem: LinearModel, plan: Plan, forecast: Forecast) -> bool:
    """Whether a minimum was looked for in vain."""
    kinks = bool(problem.penalty.absolute) or plan.positive or not problem.loss.smooth
    return forecast.minimum is None and not kinks and len(problem.names) <= MOST_PARAMETERS


def _separation(
    problem: LinearModel, plan: Plan, forecast: Forecast, certificate: Certificate | None
) -> Separation | None:
    certified = certificate is not None and certificate.holds
    if certified or not isinstance(problem, LinearProblem):
        return None
    return find_separation(problem) if _has_none(problem, plan, forecast) else None


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
