"""Tweedie deviances of means, and the least that a constant leaves, block by block.

    d(y, μ) = 2·(y²⁻ᵖ/((1−p)(2−p)) − y·μ¹⁻ᵖ/(1−p) + μ²⁻ᵖ/(2−p))

with p = 0: (y − μ)², p = 1 (Poisson): 2(y·log(y/μ) − y + μ), p = 2 (Gamma):
2(y/μ − 1 − log(y/μ)). They are Bregman divergences, so that Σw d(y, m) = Σw d(y, ȳ) + W d(ȳ, m):
what blocks leave about their own means is put together without subtracting anything.
See Jørgensen, The Theory of Dispersion Models (1997); Banerjee et al., Clustering with Bregman
Divergences (2005).
"""

from typing import final

import numpy as np
from scipy.special import xlogy

from steepest.arrays import Floats

_NEAR = 0.5


def deviances(y: Floats, mean: Floats, power: float) -> Floats:
    """d(y, μ) of each row, shape (n,); power 0 or from 1 on; inf or nan where μ has left float64.

    >>> deviances(np.array([0.0, 2.0]), np.array([1.0, 2.0]), 1.0)
    array([2., 0.])
    """
    y, mean = np.asarray(y, dtype=np.float64), np.asarray(mean, dtype=np.float64)
    with np.errstate(all="ignore"):
        if power == 0.0:
            return np.asarray(np.square(y - mean))
        part = (y - mean) / mean
        if power == 1.0:
            return np.asarray(2.0 * mean * (_times_log(y / mean, part) - part))
        log = _log(y / mean, part)
        if power == 2.0:
            return np.asarray(2.0 * (part - log))
        bracket = np.expm1((2.0 - power) * log) / (2.0 - power) - part
        return np.asarray(2.0 * mean ** (2.0 - power) * bracket / (1.0 - power))


def _log(ratio: Floats, part: Floats) -> Floats:
    """log(y/μ), with all its digits also where y and μ are close."""
    return np.where(np.abs(part) < _NEAR, np.log1p(part), np.log(ratio))


def _times_log(ratio: Floats, part: Floats) -> Floats:
    return np.where(np.abs(part) < _NEAR, ratio * np.log1p(part), xlogy(ratio, ratio))


@final
class Spread:
    """Weight, mean, and Σw d(y, ȳ) of the targets seen so far.

    >>> spread = Spread(0.0)
    >>> spread.add(np.array([1.0, 3.0]), np.ones(2)), spread.add(np.array([8.0]), np.ones(1))
    (None, None)
    >>> spread.mean, spread.total
    (4.0, 26.0)
    """

    def __init__(self, power: float) -> None:
        self._power = power
        self.weight = self.mean = self.total = 0.0

    def add(self, y: Floats, weights: Floats) -> None:
        """Take in rows (n,) that all have weight."""
        weight = float(weights.sum())
        if not weight > 0.0:
            return
        mean = float(y[0] + weights @ (y - y[0]) / weight)
        self._merge(weight, mean, float(weights @ self._about(y, mean)))

    def add_spread(self, other: "Spread") -> None:
        """Take in the targets of another one of the same power."""
        if other.weight > 0.0:
            self._merge(other.weight, other.mean, other.total)

    def _merge(self, weight: float, mean: float, total: float) -> None:
        self.total += total
        joint = self.mean + (mean - self.mean) * (weight / (self.weight + weight))
        if self.weight > 0.0:
            self.total += self.weight * self._one(self.mean, joint)
            self.total += weight * self._one(mean, joint)
        self.weight, self.mean = self.weight + weight, joint

    def _about(self, y: Floats, mean: float) -> Floats:
        return deviances(y, np.full(y.shape, mean), self._power)

    def _one(self, y: float, mean: float) -> float:
        return float(self._about(np.array([y]), mean)[0]) if y != mean else 0.0
