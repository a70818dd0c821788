"""The loss of one of several classes, with one linear predictor a class."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses.best_constant import weighted
from steepest.losses.loss import Loss
from steepest.translation import gathered


@final
@dataclass(frozen=True)
class Multinomial(Loss):
    """ℓ = log Σⱼ exp(ηⱼ) − η_y, −log of the probability of class y, for classes y = 0, …, k − 1.

    η is (…, n, k). Mean p = softmax(η), (…, n, k); slope p − (1 at y), (…, n, k); curvature
    diag(p) − ppᵀ, (…, n, k, k), whose largest eigenvalue is at most ½. η and η + c are the same to
    it. As scikit-learn's LogisticRegression of several classes, and torch's `cross_entropy`.

    >>> loss = Multinomial()
    >>> loss.value(np.array([[0.0, 0.0, 0.0], [1e4, 0.0, 0.0]]), np.array([2, 0])).round(6)
    array([1.098612, 0.      ])
    """

    name: ClassVar[str] = "multinomial"
    smooth: ClassVar[bool] = True
    greatest_curvature: ClassVar[float | None] = 0.5
    target: ClassVar[str] = gathered("the number of a class, 0, 1, 2, …")

    def value(self, eta: Floats, y: Floats) -> Floats:
        eta, own = _prepared(eta, y)
        largest = eta.argmax(axis=-1)[..., None]
        top = np.take_along_axis(eta, largest, axis=-1)
        with np.errstate(over="ignore", invalid="ignore"):  # η that has left float64
            powers = np.exp(eta - top)
            gap = (top - np.take_along_axis(eta, own, axis=-1))[..., 0]
        # Without the largest, which is 1, the sum keeps its digits where it is small.
        np.put_along_axis(powers, largest, 0.0, axis=-1)
        return np.asarray(gap + np.log1p(powers.sum(axis=-1)))

    def slope(self, eta: Floats, y: Floats) -> Floats:
        eta, own = _prepared(eta, y)
        slopes = self.mean(eta)
        # p_y − 1 as minus the others' sum: no cancellation where p_y is close to 1.
        np.put_along_axis(slopes, own, 0.0, axis=-1)
        np.put_along_axis(slopes, own, -slopes.sum(axis=-1, keepdims=True), axis=-1)
        return slopes

    def curvature(self, eta: Floats, y: Floats) -> Floats:
        p = self.mean(eta)
        return np.asarray(p[..., None] * (np.eye(p.shape[-1]) - p[..., None, :]))

    def mean(self, eta: Floats) -> Floats:
        """The probability of each class."""
        eta = np.asarray(eta, dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            powers = np.exp(eta - eta.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))

    def start(self, y: Floats, weights: Floats | None = None) -> Floats:
        """The logarithm of each class's share of the weight, less their mean: (k,), sum 0.

        k is the largest target plus 1.
        """
        y, w = weighted(y, weights)
        shares = np.bincount(y.astype(np.intp), weights=w)
        for missing in np.flatnonzero(shares == 0.0)[:1]:
            raise InputError(
                "multinomial loss needs rows of every class: no row with weight is of class "
                "{missing}, of 0 to {count}.",
                missing=missing,
                count=len(shares) - 1,
            )
        if len(shares) == 1:
            raise InputError(
                "multinomial loss needs two classes or more: every row with weight is of class 0."
            )
        logs = np.log(shares)
        return np.asarray(logs - logs.mean())

    def __str__(self) -> str:
        return self.name

    def _takes(self, y: Floats) -> NDArray[np.bool_]:
        return np.asarray((y >= 0.0) & (y == np.floor(y)))


def _prepared(eta: Floats, y: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """η as float64 and the classes with η's leading axes and a last axis of 1."""
    eta = np.asarray(eta, dtype=np.float64)
    own = np.asarray(y).astype(np.intp)
    return eta, np.broadcast_to(own, eta.shape[:-1])[..., None]
