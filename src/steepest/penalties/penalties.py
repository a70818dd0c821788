"""Penalties on coefficients, and the proximal step that makes some of them exactly 0.

A penalty has two strengths, P(w) = a·Σ|wⱼ| + b·Σwⱼ²:

    L2(alpha)                    b = alpha                       as `ridge` of `steepest.fit`
    L1(alpha)                    a = alpha
    ElasticNet(alpha, l1_ratio)  a = alpha·l1_ratio,  b = ½·alpha·(1 − l1_ratio)

The objective is the mean loss plus P. What scikit-learn minimises, and what that is here:

    Ridge(alpha)                    Σr² + alpha‖w‖²             L2(alpha / n)
    Lasso, ElasticNet(alpha)        Σ½r² / n + P                P with 2·alpha
    LogisticRegression(C)           Σℓ + ½‖w‖² / C              L2(1 / (2nC))
    PoissonRegressor(alpha), …      Σℓ / n + ½alpha‖w‖²         L2(alpha / 2)
    HuberRegressor(alpha)           at its scale_, see `Huber`  L2(alpha·scale_ / (2n))
    SGDClassifier(alpha)            Σℓ / n + P                  P;  for penalty="l2" L2(alpha / 2)
    SGDRegressor(alpha)             the same; loss="squared_error" has ½r², so with 2·alpha
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import inf
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.number_checks import checked
from steepest.penalties.bounds import Bounds

Step: TypeAlias = "float | Floats"  # a learning rate, or an array that broadcasts against w
Number: TypeAlias = Any  # an array of float64, or one float64


def shrink(w: Number, threshold: Number, lower: Number, upper: Number) -> Number:
    """argmin over lower ≤ z ≤ upper of ½(z − w)² + threshold·|z|.

    w is moved towards 0 by `threshold`, and to +0.0 where that would cross it; then into the
    bounds. On scalars, inside compiled code, the same.
    """
    shrunk = w - np.minimum(np.maximum(w, -threshold), threshold)
    return np.minimum(np.maximum(shrunk, lower), upper)


class Penalty(ABC):
    """P(w) = a·Σ|wⱼ| + b·Σwⱼ² of coefficients w (…, d); see the top of the file."""

    alpha: float

    @property
    @abstractmethod
    def absolute(self) -> float:
        """a, the strength of Σ|wⱼ|: what the proximal step takes care of."""

    @property
    @abstractmethod
    def squared(self) -> float:
        """b, the strength of Σwⱼ²: what the gradient takes care of."""

    @property
    def curvature(self) -> float:
        """The second derivative 2b of the smooth part, the same for every coefficient."""
        return 2.0 * self.squared

    def value(self, w: Floats) -> Floats:
        """P of each row of `w` (…, d), shape (…); inf where it overflows."""
        total = np.zeros(w.shape[:-1])
        # What has no strength is left out: 0·∞ is no number.
        with np.errstate(over="ignore"):
            if self.absolute:
                total = total + self.absolute * np.abs(w).sum(axis=-1)
            if self.squared:
                total = total + self.squared * np.square(w).sum(axis=-1)
        return np.asarray(total)

    def gradient(self, w: Floats) -> Floats:
        """The gradient 2bw (…, d) of the smooth part. The rest belongs to `prox`."""
        with np.errstate(over="ignore"):
            return self.curvature * w

    def prox(self, w: Floats, step: Step) -> Floats:
        """argmin over z of ½‖z − w‖² + step·a·Σ|zⱼ|, shape (…, d): w moved towards 0 by step·a.

        A coefficient that would cross 0 becomes exactly 0. `step` is the learning rate of the
        gradient step before it.
        """
        return np.asarray(shrink(w, step * self.absolute, -inf, inf))


@final
@dataclass(frozen=True)
class L2(Penalty):
    """P(w) = alpha‖w‖², without ½: scikit-learn's Ridge, and `ridge` of `steepest.fit`.

    >>> L2(0.5).value(np.array([3.0, -4.0])), L2(0.5).gradient(np.array([3.0, -4.0]))
    (array(12.5), array([ 3., -4.]))
    """

    alpha: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", checked(self.alpha, "L2: alpha", 0.0, inf, ends=True))

    @property
    def absolute(self) -> float:
        return 0.0

    @property
    def squared(self) -> float:
        return self.alpha


@final
@dataclass(frozen=True)
class L1(Penalty):
    """P(w) = alpha·Σ|wⱼ|: scikit-learn's Lasso (Tibshirani 1996).

    >>> L1(0.5).prox(np.array([3.0, -0.25]), 1.0)
    array([2.5, 0. ])
    """

    alpha: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", checked(self.alpha, "L1: alpha", 0.0, inf, ends=True))

    @property
    def absolute(self) -> float:
        return self.alpha

    @property
    def squared(self) -> float:
        return 0.0


@final
@dataclass(frozen=True)
class ElasticNet(Penalty):
    """P(w) = alpha·(l1_ratio·Σ|wⱼ| + ½(1 − l1_ratio)‖w‖²): scikit-learn's ElasticNet (Zou and
    Hastie 2005). With l1_ratio 1 it is `L1(alpha)`, with 0 `L2(alpha / 2)`.

    >>> ElasticNet(2.0, l1_ratio=0.5).value(np.array([3.0, -4.0]))
    array(19.5)
    """

    alpha: float
    l1_ratio: float = 0.5

    def __post_init__(self) -> None:
        alpha = checked(self.alpha, "ElasticNet: alpha", 0.0, inf, ends=True)
        ratio = checked(self.l1_ratio, "ElasticNet: l1_ratio", 0.0, 1.0, ends=True)
        object.__setattr__(self, "alpha", alpha)
        object.__setattr__(self, "l1_ratio", ratio)

    @property
    def absolute(self) -> float:
        return self.alpha * self.l1_ratio

    @property
    def squared(self) -> float:
        return 0.5 * self.alpha * (1.0 - self.l1_ratio)


@final
@dataclass(frozen=True, eq=False)
class Penalized:
    """A penalty on some of d parameters, and bounds on any: intercepts go free of the penalty.

    - `penalized` (d,): False for intercepts
    - `bounds`: of all d parameters; None where there are none

    >>> bounds = Bounds.of(("a", "b", "intercept"), {"a": (0, None), "b": (0, None)})
    >>> rule = Penalized(L1(0.5), np.array([True, True, False]), bounds)
    >>> rule.prox(np.array([3.0, -2.0, -2.0]), 1.0)
    array([ 2.5, 0. , -2. ])
    """

    penalty: Penalty
    penalized: NDArray[np.bool_]
    bounds: Bounds | None = None

    def __post_init__(self) -> None:
        if self.bounds is not None and self.bounds.lower.shape != self.penalized.shape:
            raise InputError(
                "there are bounds of {size} parameters, but there are {size_2}.",
                size=self.bounds.lower.size,
                size_2=self.penalized.size,
            )

    def value(self, w: Floats) -> Floats:
        """P of the penalized parameters of each row of `w` (…, d)."""
        return self.penalty.value(w[..., self.penalized])

    def gradient(self, w: Floats) -> Floats:
        """The gradient (…, d) of the smooth part; 0 where there is no penalty."""
        return np.where(self.penalized, self.penalty.gradient(w), 0.0)

    def prox(self, w: Floats, step: Step) -> Floats:
        """argmin over z within the bounds of ½‖z − w‖² + step·a·Σ|zⱼ|, the sum over penalized j."""
        strengths = np.where(self.penalized, self.penalty.absolute, 0.0)
        return np.asarray(shrink(w, step * strengths, *self.sides))

    @property
    def has_kinks(self) -> bool:
        """Whether `prox` does anything: an L1 penalty, or bounds."""
        return self.penalty.absolute != 0.0 or self.bounds is not None

    @property
    def sides(self) -> tuple[Floats, Floats]:
        """The bounds (d,) below and above; −inf and inf where there is none."""
        if self.bounds is None:
            return np.full(self.penalized.shape, -inf), np.full(self.penalized.shape, inf)
        return self.bounds.lower, self.bounds.upper
