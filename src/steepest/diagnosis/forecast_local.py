"""What the curvature at the start says of a descent on any function."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule, condition_number, epochs_for
from steepest.descent.optimizers import Optimizer
from steepest.descent.schedules import Constant, Schedule
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.local_spectrum import Spectrum, momentum_rule
from steepest.diagnosis.motion import swings
from steepest.diagnosis.thresholds import ARRIVED, LEVEL
from steepest.problems.problem import Problem
from steepest.wording.fact import Fact, fact

if TYPE_CHECKING:
    from steepest.penalties.bounds import Bounds


def forecast_locally(
    problem: Problem,
    start: Floats,
    optimizer: Optimizer,
    schedule: Schedule,
    bounds: "Bounds | None" = None,
    *,
    quadratic: bool,
) -> Forecast:
    """The forecast of a descent from `start` (d,); `quadratic` where the second derivative is the
    same everywhere.

    >>> from steepest.descent.optimizers import SGD
    >>> class Parabola(Problem):
    ...     names = ("x",)
    ...     def objectives(self, parameters):
    ...         return parameters[..., 0] ** 2 - 4 * parameters[..., 0] + 5
    ...     def gradient(self, parameters):
    ...         return 2 * parameters - 4
    ...     def hessian(self, parameters):
    ...         return np.array([[2.0]])
    >>> start = np.array([7.0])
    >>> forecast = forecast_locally(Parabola(), start, SGD(), Constant(0.1), quadratic=True)
    >>> forecast.sentences()[0], forecast.sentences()[1]
    ('The curvature is 2.', 'Rates below 1 are stable; 0.5 needs the fewest epochs.')
    >>> print(forecast.sentences()[2])
    At learning rate 0.1 an epoch leaves 0.8 of the error along x: each ...
    """
    spectrum = Spectrum.at(problem, np.asarray(start, dtype=np.float64))
    return forecast_from(
        spectrum,
        problem.names,
        optimizer,
        schedule,
        quadratic=quadratic,
        bounded=bounds is not None,
    )


def forecast_from(
    spectrum: Spectrum | None,
    names: tuple[str, ...],
    optimizer: Optimizer,
    schedule: Schedule,
    *,
    quadratic: bool,
    bounded: bool,
    unit: str = "epoch",
) -> Forecast:
    """The forecast from the spectrum at the start, exact where the objective is quadratic.

    - `spectrum`: None where the second derivative could not be formed: nothing is forecast then
    - `bounded`: steps may be cut short by bounds;   `unit`: what an update is called
    """
    rule = momentum_rule(optimizer)
    blank = Forecast(
        names=names,
        optimizer=optimizer.name,
        momentum=rule.momentum if rule is not None else 0.0,
        learning_rate=schedule.rate(0) if rule and isinstance(schedule, Constant) else None,
        quadratic=quadratic,
        rule=rule,
    )
    if spectrum is None:
        return blank.saying(fact("curvature unknown"))
    lr, values, assumed = blank.learning_rate, spectrum.values, rule or MomentumRule()
    curved = np.flatnonzero(values > 0.0).tolist()
    leading, growth = _leading(spectrum, rule, lr) if quadratic else (None, None)
    forecast = replace(
        blank,
        eigenvalues=tuple(values.tolist()),
        condition_number=condition_number(values),
        stable_rate=assumed.stable_rate(spectrum.largest),
        best_rate=assumed.best_rate(values) if curved else np.nan,
        growth=growth,
        slowest=spectrum.direction(curved[0]) if curved else None,
        stiffest=spectrum.direction(curved[-1]) if curved else None,
        epochs_per_thousandth=_per_thousandth(values, leading, assumed, lr),
        spectrum=spectrum,
    )
    outcome = _outcome(forecast, spectrum, leading, bounded, unit)
    return forecast.saying(*_curvature(forecast, spectrum, unit), *outcome)


def _leading(
    spectrum: Spectrum, rule: MomentumRule | None, lr: float | None
) -> tuple[int | None, float | None]:
    """The direction with a slope whose error keeps most of itself or grows most, and its factor."""
    if rule is None or lr is None or not spectrum.slopes.any():
        return None, None
    factors = np.where(spectrum.active, rule.factors(lr, spectrum.values), -1.0)
    worst = int(factors.argmax())
    return worst, float(factors[worst])


def _per_thousandth(
    values: Floats, leading: int | None, rule: MomentumRule, lr: float | None
) -> float | None:
    if leading is None or lr is None or values[leading] <= 0.0:
        return None
    return epochs_for(rule, lr, float(values[leading]), 1e-3)


def _curvature(forecast: Forecast, spectrum: Spectrum, unit: str) -> Iterator[Fact]:
    at = "" if forecast.quadratic else "start"
    if not spectrum.values.any():
        yield fact("function without curvature", sloped=bool(spectrum.slopes.any()), at=at)
        return
    size = len(spectrum.values)
    yield fact(
        "curvature",
        low=float(spectrum.values[0]),
        high=float(spectrum.values[-1]),
        axes=(spectrum.axis(0), spectrum.axis(size - 1)),
        condition=forecast.condition_number if size > 1 and spectrum.lowest >= 0.0 else None,
        at=at,
        directions=size,
    )
    if spectrum.lowest < 0.0 and not spectrum.slopes.any():
        yield fact("start without slope", maximum=not spectrum.largest > 0.0)
    elif spectrum.lowest < 0.0:
        yield fact("curves down", axis=spectrum.axis(0), everywhere=forecast.quadratic)
    if forecast.stiffest is None or forecast.rule is None:
        return
    stable, best = forecast.stable_rate, forecast.best_rate
    if forecast.momentum >= 1.0:
        yield fact("no rate settles", momentum=forecast.momentum)
    elif not forecast.quadratic:
        yield fact("overshooting rates", stable=stable)
    elif spectrum.lowest >= 0.0:
        yield fact("stable rates", stable=stable, best=best, unit=unit)


def _outcome(
    forecast: Forecast, spectrum: Spectrum, leading: int | None, bounded: bool, unit: str
) -> tuple[Fact, ...]:
    lr, rule = forecast.learning_rate, forecast.rule
    if not spectrum.slopes.any():
        return (fact("start is minimum"),) if spectrum.lowest > 0.0 else ()
    if rule is None:
        return (fact("not forecast", optimizer=forecast.optimizer),)
    if lr is None:
        return (fact("rate changes"),)
    if leading is not None:
        return (_exact_outcome(forecast, spectrum, leading, bounded, unit),)
    if forecast.stiffest is None or forecast.momentum >= 1.0:
        return ()
    return (fact("rate against limit", lr=lr, above=lr > forecast.stable_rate),)


def _exact_outcome(
    forecast: Forecast, spectrum: Spectrum, leading: int, bounded: bool, unit: str
) -> Fact:
    """What the leading direction of a quadratic does at a constant rate."""
    lr, rule, growth = forecast.learning_rate, forecast.rule, forecast.growth
    assert lr is not None and rule is not None and growth is not None
    axis, eigenvalue = spectrum.axis(leading), float(spectrum.values[leading])
    if eigenvalue == 0.0:
        return fact("will fall steadily", axis=axis, bounded=bounded)
    if eigenvalue < 0.0:
        return fact("will fall faster", lr=lr, axis=axis, growth=growth, unit=unit, bounded=bounded)
    swinging = swings(rule, lr, eigenvalue)
    if growth > 1.0 + LEVEL:
        return fact("will diverge", lr=lr, axis=axis, growth=growth, unit=unit, bounded=bounded)
    if growth >= 1.0 - LEVEL and swinging:
        return fact("will swing", lr=lr, axis=axis, bounded=bounded)
    if growth <= ARRIVED:
        return fact("will arrive", lr=lr, unit=unit, bounded=bounded)
    return fact(
        "will shrink",
        lr=lr,
        axis=axis,
        share=growth,
        thousandth=forecast.epochs_per_thousandth or 0.0,
        other_side=swinging and forecast.momentum == 0.0,
        unit=unit,
        bounded=bounded,
    )
