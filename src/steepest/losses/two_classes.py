"""Losses of two classes, coded 0 and 1: logistic, hinge and squared hinge."""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses import rules
from steepest.losses.best_constant import weighted_mean
from steepest.losses.loss import Kinks, ScalarLoss
from steepest.translation import gathered


class TwoClasses(ScalarLoss):
    """What losses of two classes share: the target, and that both classes must be there."""

    target: ClassVar[str] = gathered("0 or 1")

    def mean(self, eta: Floats) -> Floats:
        """The class: 1 for η > 0, else 0."""
        return np.where(np.asarray(eta) > 0.0, 1.0, 0.0)

    def _takes(self, y: Floats) -> NDArray[np.bool_]:
        return np.asarray((y == 0.0) | (y == 1.0))

    def _share(self, y: Floats, weights: Floats | None) -> float:
        """The weight of class 1, as a part of the whole; never 0 or 1."""
        share = weighted_mean(y, weights)
        if share <= 0.0 or share >= 1.0:
            raise InputError(
                "{name} loss needs rows of both classes: every row with weight is of class "
                "{share:.0f}.",
                name=self.name,
                share=share,
            )
        return share


@final
@dataclass(frozen=True)
class Logistic(TwoClasses):
    """ℓ = log(1 + exp(η)) − yη, −log of the probability of class y, where σ(η) is that of class 1.

    Slope σ(η) − y, curvature σ(η)(1 − σ(η)) ≤ ¼, mean σ(η) = 1/(1 + exp(−η)).
    As scikit-learn's LogisticRegression, `log_loss` and SGDClassifier(loss="log_loss"), and torch's
    `binary_cross_entropy_with_logits`.

    >>> Logistic().value(np.array([0.0, 40.0]), np.array([1.0, 1.0]))
    array([6.93147181e-01, 4.24835426e-18])
    """

    name: ClassVar[str] = "logistic"
    smooth: ClassVar[bool] = True
    greatest_curvature: ClassVar[float | None] = 0.25
    code: ClassVar[int] = rules.LOGISTIC

    def second_order(self, eta: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        small = np.exp(-np.abs(eta))
        value, slope = (
            rules.logistic_value_of(small, eta, y),
            rules.logistic_slope_of(small, eta, y),
        )
        return value, slope, rules.logistic_curvature_of(small)

    def mean(self, eta: Floats) -> Floats:
        """The probability of class 1."""
        return np.asarray(rules.sigmoid(np.asarray(eta, dtype=np.float64)))

    def start(self, y: Floats, weights: Floats | None = None) -> float:
        """The log odds of class 1."""
        share = self._share(y, weights)
        return math.log(share) - math.log1p(-share)


@final
@dataclass(frozen=True)
class Hinge(TwoClasses):
    """ℓ = max(0, 1 − sη), where s = 2y − 1 is −1 or 1.

    Slope −s for sη < 1, else 0; curvature 0 almost everywhere; mean: the class, 1 for η > 0.
    As scikit-learn's SGDClassifier(loss="hinge") and LinearSVC(loss="hinge").

    >>> Hinge().value(np.array([0.5, 2.0, 2.0]), np.array([1.0, 1.0, 0.0]))
    array([0.5, 0. , 3. ])
    """

    name: ClassVar[str] = "hinge"
    smooth: ClassVar[bool] = False
    greatest_curvature: ClassVar[float | None] = None
    code: ClassVar[int] = rules.HINGE

    def kinks(self, y: Floats) -> Kinks:
        return Kinks(1.0 * (y == 1.0), 1.0 * (y == 0.0), 2.0 * y - 1.0)

    def start(self, y: Floats, weights: Floats | None = None) -> float:
        """1 or −1, on the side of the heavier class; 0, the middle, if both weigh the same."""
        return float(np.sign(self._share(y, weights) - 0.5))


@final
@dataclass(frozen=True)
class SquaredHinge(TwoClasses):
    """ℓ = max(0, 1 − sη)², where s = 2y − 1 is −1 or 1.

    Slope −2s·max(0, 1 − sη); curvature 2 for sη < 1, else 0; mean: the class, 1 for η > 0.
    As scikit-learn's SGDClassifier(loss="squared_hinge") and LinearSVC(loss="squared_hinge").

    >>> SquaredHinge().value(np.array([0.5, 2.0, 2.0]), np.array([1.0, 1.0, 0.0]))
    array([0.25, 0.  , 9.  ])
    """

    name: ClassVar[str] = "squared-hinge"
    smooth: ClassVar[bool] = True
    greatest_curvature: ClassVar[float | None] = 2.0
    code: ClassVar[int] = rules.SQUARED_HINGE

    def start(self, y: Floats, weights: Floats | None = None) -> float:
        """2p − 1, where p is class 1's share of the weight."""
        return 2.0 * self._share(y, weights) - 1.0
