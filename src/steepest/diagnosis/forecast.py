"""What curvature says before the run."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.curvature.rates import MomentumRule, condition_number, epochs_for
from steepest.descent.closed_form import ClosedForm
from steepest.errors import printable
from steepest.problems.squared_loss import Quadratic
from steepest.wording.numbers import Direction, alike, epochs, number, rate, stable_and_best


@dataclass(frozen=True, repr=False)
class Forecast(ABC):
    """Curvature, stable and best learning rates, and what the given rate will do.

    - `eigenvalues`: of the objective's second derivative, ascending
    - `condition_number`: largest over smallest of those above 0
    - `stable_rate`: at and above it descent does not settle; `best_rate`: fewest epochs
    - `growth`: the largest factor an epoch multiplies an error by (above 1: diverges); None where
      it is not known
    - `slowest`, `stiffest`: the directions of smallest and largest curvature above 0
    - `epochs_per_thousandth`: epochs for each factor of 1000 in the slowest direction
    - `optimizer`, `momentum`, `learning_rate`: what the run was given; the rate is None where it
      has no closed form

    >>> import steepest
    >>> forecast = steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1).forecast
    >>> forecast.stable_rate, forecast.best_rate, round(forecast.growth, 6)
    (1.0, 0.5, 0.8)
    """

    names: tuple[str, ...]
    eigenvalues: tuple[float, ...]
    condition_number: float
    stable_rate: float
    best_rate: float
    optimizer: str
    momentum: float
    learning_rate: float | None
    growth: float | None
    slowest: Direction | None
    stiffest: Direction | None
    epochs_per_thousandth: float | None

    @abstractmethod
    def sentences(self) -> list[str]:
        """The forecast in words, a sentence an entry."""

    @abstractmethod
    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON; the words under `text`."""

    def __str__(self) -> str:
        return printable(" ".join(self.sentences()))

    def __repr__(self) -> str:
        return f"Forecast({self})"


@final
@dataclass(frozen=True, repr=False)
class TableForecast(Forecast):
    """The forecast of a fit, whose curvature is the same everywhere.

    - `raw_condition_number`, `standardized_condition_number`: the condition number with the
      features as they are, and with the features standardised
    - `epochs_to_settle`: until every direction's error is below 1e-12 of what it was; None: never
    - `epochs_to_tolerance`: until J − J* is 1e-6 of what it was; None: never

    >>> import steepest
    >>> forecast = steepest.fit([1, 2, 3], [2, 4, 6], intercept=False, standardize=False).forecast
    >>> round(forecast.stable_rate, 7), forecast.condition_number
    (0.2142857, 1.0)
    """

    raw_condition_number: float
    standardized_condition_number: float
    epochs_to_settle: int | None
    epochs_to_tolerance: int | None

    def sentences(self) -> list[str]:
        return [*self._curvature(), *self._outcome()]

    def to_dict(self) -> dict[str, object]:
        return {
            "condition_number": self.condition_number,
            "raw_condition_number": self.raw_condition_number,
            "standardized_condition_number": self.standardized_condition_number,
            "eigenvalues": list(self.eigenvalues),
            "stable_rate": self.stable_rate,
            "best_rate": self.best_rate,
            "growth": self.growth,
            "epochs_per_thousandth": self.epochs_per_thousandth,
            "epochs_to_settle": self.epochs_to_settle,
            "epochs_to_tolerance": self.epochs_to_tolerance,
            "text": str(self),
        }

    def _curvature(self) -> list[str]:
        if self.stiffest is None or self.slowest is None:
            return ["The objective is flat in every direction."]
        if alike(self.slowest.eigenvalue, self.stiffest.eigenvalue):
            curvature = number(self.stiffest.eigenvalue)
            first = f"The curvature is {curvature} in every direction: condition number 1"
        else:
            first = (
                f"The curvature runs from {number(self.slowest.eigenvalue)}, along "
                f"{self.slowest}, to {number(self.stiffest.eigenvalue)}, along {self.stiffest}: "
                f"condition number {number(self.condition_number)}"
            )
        first += self._other_condition()
        stable, best = stable_and_best(self.stable_rate, self.best_rate)
        rates = f"Rates below {stable} are stable; {best} needs the fewest epochs."
        if self.momentum >= 1.0:
            rates = f"With momentum {self.momentum:g} no rate settles: no step is ever forgotten."
        return [first, rates]

    def _other_condition(self) -> str:
        """The condition number with the features the other way, where it is another."""
        others = {
            "raw": self.raw_condition_number,
            "standardised": self.standardized_condition_number,
        }
        said = [
            f" ({number(value)} on {which} features)"
            for which, value in others.items()
            if not np.isclose(value, self.condition_number, rtol=1e-3)
        ]
        return "".join([*said, "."])

    def _outcome(self) -> list[str]:
        if self.growth is None or self.stiffest is None or self.slowest is None:
            why = "scales its steps itself"
            if self.optimizer == "SGD":
                why = "with a changing rate, dampening or weight decay has no closed form"
            return [f"{self.optimizer} {why}: what it will do is not forecast."]
        given = f"At learning rate {rate(self.learning_rate or 0.0)}"
        if self.epochs_to_settle is not None:
            return [self._arrival(given)]
        if self.growth > 1.0 + 1e-9:
            return [
                f"{given} the error along {self.stiffest} grows {number(self.growth)} times "
                "an epoch: the run diverges."
            ]
        return [f"{given} the error along {self.stiffest} never dies out: it swings for ever."]

    def _arrival(self, given: str) -> str:
        if self.epochs_to_settle is not None and self.epochs_to_settle <= 1:
            return f"{given} the run arrives in 1 epoch."
        return (
            f"{given} the slowest direction needs {epochs(self.epochs_per_thousandth or 0)} for "
            "each factor of 1000; the objective's excess is down to a millionth after "
            f"{epochs(self.epochs_to_tolerance or 0)}, and every direction has settled, to 1e-12 "
            f"of its error, after {epochs(self.epochs_to_settle or 0)}."
        )


def forecast_descent(
    problem: Quadratic,
    raw: Quadratic,
    standardized: Quadratic,
    closed: ClosedForm | None,
    optimizer: str,
    lr: float | None,
    rule: MomentumRule,
) -> TableForecast:
    """The forecast of a run; `closed` where the optimizer and rate have a closed form."""
    values, vectors = problem.eigenvalues, problem.eigenvectors
    curved = np.flatnonzero(values > 0.0)
    factors = closed.factors if closed is not None else np.full(len(values), np.nan)
    directions = [Direction.of(problem.names, values[i], factors[i], vectors[:, i]) for i in curved]
    active = np.flatnonzero(closed.active) if closed is not None else curved
    growth = float(factors[active].max()) if closed is not None and len(active) else None
    return TableForecast(
        names=problem.names,
        eigenvalues=tuple(values.tolist()),
        condition_number=condition_number(values),
        raw_condition_number=condition_number(raw.eigenvalues_alone),
        standardized_condition_number=condition_number(standardized.eigenvalues_alone),
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


def _per_thousandth(closed: ClosedForm | None, active: np.ndarray) -> float | None:
    if closed is None or not len(active):
        return None
    slowest = active[int(closed.factors[active].argmax())]
    return epochs_for(closed.rule, closed.lr, float(closed.problem.eigenvalues[slowest]), 1e-3)
