"""What the curvature at the start says of a descent on any function."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

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
from steepest.wording.numbers import alike, counted_as, factor, number, rate, stable_and_best

if TYPE_CHECKING:
    from steepest.penalties.bounds import Bounds


@final
@dataclass(frozen=True, repr=False)
class LocalForecast(Forecast):
    """The forecast from the second derivative at the start: exact where the objective is quadratic.

    Everything is nan, and `eigenvalues` is empty, where the second derivative could not be formed.

    - `quadratic`: the curvature is the same everywhere, so that what is said holds for the run
    - `bounded`: steps may be cut short by bounds
    - `rule`: momentum and Nesterov of SGD; None for other optimizers
    - `leading`: which direction's error shrinks least or grows most; None where it is not known
    - `spectrum`: eigenvalues, directions and slopes at the start; None where it could not be formed
    - `unit`: what an update is called
    """

    quadratic: bool
    bounded: bool
    rule: MomentumRule | None
    leading: int | None
    spectrum: Spectrum | None
    unit: str = "epoch"

    def sentences(self) -> list[str]:
        if self.spectrum is None:
            return ["The curvature at the start is not known: no forecast is made."]
        return [*self._curvature(self.spectrum), *self._outcome(self.spectrum)]

    def to_dict(self) -> dict[str, object]:
        return {
            "condition_number": _plain(self.condition_number),
            "eigenvalues": list(self.eigenvalues),
            "stable_rate": _plain(self.stable_rate),
            "best_rate": _plain(self.best_rate),
            "growth": self.growth,
            "epochs_per_thousandth": _plain(self.epochs_per_thousandth),
            "quadratic": self.quadratic,
            "text": str(self),
        }

    def _curvature(self, spectrum: Spectrum) -> list[str]:
        where = "The" if self.quadratic else "At the start the"
        if not spectrum.values.any():
            sloped = "has a slope but no curvature" if spectrum.slopes.any() else "is level"
            return [f"{where} function {sloped}."]
        said = [f"{where} curvature {_range(spectrum)}{self._condition(spectrum)}."]
        if spectrum.lowest < 0.0:
            said.append(self._downward(spectrum))
        if self.stiffest is None or self.rule is None:
            return said
        if self.momentum >= 1.0:
            said.append(f"With momentum {self.momentum:g} no rate settles: no step is forgotten.")
        elif not self.quadratic:
            said.append(
                f"Rates above {rate(self.stable_rate)} overshoot there; elsewhere it may differ."
            )
        elif spectrum.lowest >= 0.0:
            stable, best = stable_and_best(self.stable_rate, self.best_rate)
            said.append(f"Rates below {stable} are stable; {best} needs the fewest {self.unit}s.")
        return said

    @property
    def _each(self) -> str:
        """An epoch, or a step."""
        return f"{'an' if self.unit[0] in 'aeiou' else 'a'} {self.unit}"

    def _condition(self, spectrum: Spectrum) -> str:
        several = len(spectrum.values) > 1 and spectrum.lowest >= 0.0
        return f": condition number {number(self.condition_number)}" if several else ""

    def _downward(self, spectrum: Spectrum) -> str:
        down = spectrum.axis(0)
        if not spectrum.slopes.any():
            kind = "a saddle" if spectrum.largest > 0.0 else "a maximum"
            return f"The start is {kind}: without a slope, descent stays there."
        if self.quadratic:
            return f"The function curves down along {down}: it has no minimum."
        return f"The start lies where the function curves down along {down}."

    def _outcome(self, spectrum: Spectrum) -> list[str]:
        if not spectrum.slopes.any():
            return ["The start is already a minimum."] if spectrum.lowest > 0.0 else []
        if self.rule is None or self.learning_rate is None:
            return [_not_forecast(self.optimizer, changing=self.rule is not None)]
        if self.quadratic:
            given = f"At learning rate {rate(self.learning_rate)}"
            return [
                f"{self._exact(spectrum, given)}{', until a bound is met' if self.bounded else ''}."
            ]
        if self.stiffest is None or self.momentum >= 1.0:
            return []
        side = "above" if self.learning_rate > self.stable_rate else "below"
        return [f"Learning rate {rate(self.learning_rate)} is {side} that."]

    def _exact(self, spectrum: Spectrum, given: str) -> str:
        lr, rule, growth = self.learning_rate, self.rule, self.growth
        assert lr is not None and rule is not None and growth is not None
        assert self.leading is not None
        along, eigenvalue = spectrum.axis(self.leading), float(spectrum.values[self.leading])
        if eigenvalue == 0.0:
            return f"The objective falls along {along} at the same pace for ever"
        if eigenvalue < 0.0:
            return f"{given} the steps along {along} grow {factor(growth)} times {self._each}"
        if growth > 1.0 + LEVEL:
            return (
                f"{given} the error along {along} grows {factor(growth)} times {self._each}: "
                "the run diverges"
            )
        if growth >= 1.0 - LEVEL and swings(rule, lr, eigenvalue):
            return f"{given} the error along {along} never dies out: it swings for ever"
        if growth <= ARRIVED:
            return f"{given} the run arrives in 1 {self.unit}"
        sides = swings(rule, lr, eigenvalue)
        return (
            f"{given} {self._each} leaves {factor(growth)} of the error along {along}"
            f"{', on the other side' if sides and self.momentum == 0.0 else ''}: each factor of "
            f"1000 takes {counted_as(self.epochs_per_thousandth or 0, self.unit)}"
        )


def forecast_locally(
    problem: Problem,
    start: Floats,
    optimizer: Optimizer,
    schedule: Schedule,
    bounds: "Bounds | None" = None,
    *,
    quadratic: bool,
) -> LocalForecast:
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
) -> LocalForecast:
    """The forecast from the curvature at the start, of which the spectrum says all."""
    rule = momentum_rule(optimizer)
    shown = rule or MomentumRule()
    values = np.full(1, np.nan) if spectrum is None else spectrum.values
    lr = schedule.rate(0) if rule is not None and isinstance(schedule, Constant) else None
    leading, growth = _leading(spectrum, rule, lr) if quadratic else (None, None)
    curved = [] if spectrum is None else np.flatnonzero(values > 0.0).tolist()
    return LocalForecast(
        names=names,
        eigenvalues=() if spectrum is None else tuple(values.tolist()),
        condition_number=np.nan if spectrum is None else condition_number(values),
        stable_rate=np.nan if spectrum is None else shown.stable_rate(spectrum.largest),
        best_rate=shown.best_rate(values) if curved else np.nan,
        optimizer=optimizer.name,
        momentum=shown.momentum,
        learning_rate=lr,
        growth=growth,
        slowest=spectrum.direction(curved[0]) if spectrum and curved else None,
        stiffest=spectrum.direction(curved[-1]) if spectrum and curved else None,
        epochs_per_thousandth=_per_thousandth(values, leading, shown, lr),
        quadratic=quadratic,
        bounded=bounded,
        rule=rule,
        leading=leading,
        spectrum=spectrum,
        unit=unit,
    )


def _leading(
    spectrum: Spectrum | None, rule: MomentumRule | None, lr: float | None
) -> tuple[int | None, float | None]:
    """The direction with a slope whose error keeps most of itself or grows most, and its factor."""
    if spectrum is None or rule is None or lr is None or not spectrum.slopes.any():
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


def _range(spectrum: Spectrum) -> str:
    low, high = float(spectrum.values[0]), float(spectrum.values[-1])
    if len(spectrum.values) == 1:
        return f"is {number(low)}"
    if alike(low, high):
        return f"is {number(low)} in every direction"
    ends = spectrum.axis(0), spectrum.axis(len(spectrum.values) - 1)
    return f"runs from {number(low)}, along {ends[0]}, to {number(high)}, along {ends[1]}"


def _not_forecast(optimizer: str, *, changing: bool) -> str:
    """Why; `changing` where it is the learning rate alone."""
    if changing:
        return "The learning rate changes on the way: what the run will do is not forecast."
    why = "scales its steps itself"
    if optimizer == "SGD":
        why = "with dampening or weight decay has no closed form"
    return f"{optimizer} {why}: what it will do is not forecast."


def _plain(value: float | None) -> float | None:
    """The value with None for what JSON has no word for."""
    return value if value is not None and np.isfinite(value) else None
