"""Losses of counts and amounts, whose mean is exp(η): Poisson, Gamma, Tweedie."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses import rules
from steepest.losses.best_constant import weighted_mean
from steepest.losses.loss import ScalarLoss
from steepest.number_checks import checked
from steepest.translation import say


class LogMean(ScalarLoss):
    """What losses with mean exp(η) share. Their curvature grows without bound."""

    smooth: ClassVar[bool] = True
    greatest_curvature: ClassVar[float | None] = None

    def mean(self, eta: Floats) -> Floats:
        """exp(η)."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(np.asarray(eta, dtype=np.float64)))

    def start(self, y: Floats, weights: Floats | None = None) -> float:
        """The logarithm of the weighted mean."""
        mean = weighted_mean(y, weights)
        if mean <= 0.0:
            raise InputError(
                "{name} loss needs a target above 0 in some row: every row with weight holds 0.",
                name=self.name,
            )
        return math.log(mean)

    def greatest_curvature_between(self, lower: float, upper: float, y: Floats) -> float:
        # Linear in y, and in η it has no maximum: the greatest is at a corner.
        corners = self.curvature(np.array([lower, upper]), np.asarray(y).max())
        return float(corners.max())

    @property
    @abstractmethod
    def takes_zero(self) -> bool:
        """Whether the target may be 0."""

    @property
    def target(self) -> str:  # type: ignore[override]  # Tweedie's depends on its power
        return say("0 or more") if self.takes_zero else say("above 0")

    def _takes(self, y: Floats) -> NDArray[np.bool_]:
        return np.asarray(y >= 0.0 if self.takes_zero else y > 0.0)


@final
@dataclass(frozen=True)
class Poisson(LogMean):
    """ℓ = exp(η) − yη for counts y ≥ 0: half the Poisson deviance, less its terms of y alone.

    Slope exp(η) − y, curvature exp(η), mean exp(η). As scikit-learn's PoissonRegressor, and torch's
    `poisson_nll_loss`.

    >>> Poisson().value(np.array([0.0, 1.0]), np.array([2.0, 2.0])).round(6)
    array([1.      , 0.718282])
    """

    name: ClassVar[str] = "poisson"
    code: ClassVar[int] = rules.POISSON
    takes_zero: ClassVar[bool] = True


@final
@dataclass(frozen=True)
class Gamma(LogMean):
    """ℓ = η + y·exp(−η) for amounts y > 0: half the Gamma deviance, less its terms of y alone.

    Slope 1 − y·exp(−η), curvature y·exp(−η), mean exp(η). As scikit-learn's GammaRegressor.

    >>> Gamma().slope(np.array([0.0, np.log(2.0)]), np.array([2.0, 2.0]))
    array([-1.,  0.])
    """

    name: ClassVar[str] = "gamma"
    code: ClassVar[int] = rules.GAMMA
    takes_zero: ClassVar[bool] = False


@final
@dataclass(frozen=True)
class Tweedie(LogMean):
    """ℓ = exp((2−p)η)/(2−p) − y·exp((1−p)η)/(1−p), half the Tweedie deviance of power p, less its
    terms of y alone; at p = 1 that of `Poisson`, at p = 2 that of `Gamma`.

    Slope exp((2−p)η) − y·exp((1−p)η), curvature (2−p)·exp((2−p)η) + (p−1)·y·exp((1−p)η), mean
    exp(η). The target is 0 or more for 1 ≤ p < 2 and above 0 from 2 on; p = 3 is inverse Gaussian.
    Convex for p ≤ 2 only. As scikit-learn's TweedieRegressor(power=p, link="log").

    >>> Tweedie(power=1.5).slope(np.array([0.0, np.log(4.0)]), np.array([4.0, 4.0]))
    array([-3.,  0.])
    """

    name: ClassVar[str] = "tweedie"
    code: ClassVar[int] = rules.TWEEDIE
    power: float = 1.5

    def __post_init__(self) -> None:
        # None has a power between 0 and 1, and 0 is the normal one, which squared loss serves.
        power = checked(self.power, "tweedie: power", 1.0, math.inf, ends=True)
        object.__setattr__(self, "power", power)

    @property
    def convex(self) -> bool:
        return self.power <= 2.0

    @property
    def takes_zero(self) -> bool:
        return self.power < 2.0
