"""What the curvature of squared loss says of a fit: it is the same everywhere."""

import numpy as np

from steepest.curvature.rates import MomentumRule, condition_number, epochs_for
from steepest.descent.closed_form import ClosedForm
from steepest.diagnosis.forecast import Forecast
from steepest.problems.squared_loss import Quadratic
from steepest.wording.fact import Fact, fact
from steepest.wording.numbers import Direction


def forecast_quadratic(
    problem: Quadratic,
    closed: ClosedForm | None,
    optimizer: str,
    lr: float | None,
    rule: MomentumRule,
) -> Forecast:
    """The forecast of a run; `closed` where the optimizer and rate have a closed form."""
    values, vectors = problem.eigenvalues, problem.eigenvectors
    curved = np.flatnonzero(values > 0.0)
    factors = closed.factors if closed is not None else np.full(len(values), np.nan)
    directions = [Direction.of(problem.names, values[i], factors[i], vectors[:, i]) for i in curved]
    active = np.flatnonzero(closed.active) if closed is not None else curved
    growth = float(factors[active].max()) if closed is not None and len(active) else None
    forecast = Forecast(
        names=problem.names,
        eigenvalues=tuple(values.tolist()),
        condition_number=condition_number(values),
        raw_condition_number=_condition_number(problem, standardize=False),
        standardized_condition_number=_condition_number(problem, standardize=True),
        stable_rate=rule.stable_rate(float(values.max(initial=0.0))),
        best_rate=rule.best_rate(values),
        optimizer=optimizer,
        momentum=rule.momentum,
        learning_rate=lr,
        growth=0.0 if growth is None and closed is not None else growth,
        slowest=directions[0] if directions else None,
        stiffest=directions[-1] if directions else None,
        epochs_per_thousandth=_per_thousandth(closed, active),
        epochs_to_settle=closed.settled() if closed is not None else None,
        epochs_to_tolerance=closed.epochs_to_objective(1e-6) if closed is not None else None,
    )
    return forecast.saying(*_curvature(forecast), _outcome(forecast))


def _condition_number(problem: Quadratic, *, standardize: bool) -> float:
    return condition_number(problem.rescaled(standardize=standardize).eigenvalues_alone)


def _per_thousandth(closed: ClosedForm | None, active: np.ndarray) -> float | None:
    if closed is None or not len(active):
        return None
    slowest = active[int(closed.factors[active].argmax())]
    return epochs_for(closed.rule, closed.lr, float(closed.problem.eigenvalues[slowest]), 1e-3)


def _curvature(forecast: Forecast) -> list[Fact]:
    slowest, stiffest = forecast.slowest, forecast.stiffest
    if slowest is None or stiffest is None:
        return [fact("objective is flat", every_direction=True)]
    condition = forecast.condition_number
    raw, standardized = (
        None if value is None or np.isclose(value, condition, rtol=1e-3) else value
        for value in (forecast.raw_condition_number, forecast.standardized_condition_number)
    )
    curvature = fact(
        "curvature",
        low=slowest.eigenvalue,
        high=stiffest.eigenvalue,
        axes=(str(slowest), str(stiffest)),
        condition=condition,
        raw=raw,
        standardized=standardized,
    )
    if forecast.momentum >= 1.0:
        return [curvature, fact("no rate settles", momentum=forecast.momentum)]
    rates = fact("stable rates", stable=forecast.stable_rate, best=forecast.best_rate)
    return [curvature, rates]


def _outcome(forecast: Forecast) -> Fact:
    lr, growth = forecast.learning_rate, forecast.growth
    if lr is None or growth is None or forecast.stiffest is None:
        return fact("not forecast", optimizer=forecast.optimizer, changing_rate=True)
    settled, axis = forecast.epochs_to_settle, str(forecast.stiffest)
    if settled is not None and settled <= 1:
        return fact("will arrive", lr=lr)
    if settled is not None:
        return fact(
            "will settle",
            lr=lr,
            thousandth=forecast.epochs_per_thousandth or 0.0,
            millionth=forecast.epochs_to_tolerance or 0,
            settled=settled,
        )
    if growth > 1.0 + 1e-9:
        return fact("will diverge", lr=lr, axis=axis, growth=growth)
    return fact("will swing", lr=lr, axis=axis)
