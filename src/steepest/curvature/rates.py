"""Stable and best learning rates, and the factor by which each direction shrinks.

Along an eigenvector with eigenvalue λ, the error e and momentum buffer b of torch's SGD follow
(e, b) ← M (e, b), b₀ = 0, with

    plain, momentum μ:  M = [[1 − lr λ, −lr μ], [λ, μ]]
    Nesterov:           M = [[1 − lr λ(1 + μ), −lr μ²], [λ, μ]]

The spectral radius of M is the factor an epoch multiplies the error by, in the long run. See Polyak
(1964) and Sutskever, Martens, Dahl and Hinton (2013).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steepest.arrays import Floats

# Nearer to the stable rate, the stiffest direction would take longer to settle than it need.
_MARGIN = 1e-8


@dataclass(frozen=True)
class MomentumRule:
    """Gradient descent with torch's momentum μ; `MomentumRule()` is plain descent.

    >>> MomentumRule().stable_rate(4.0), MomentumRule().best_rate(np.array([1.0, 3.0]))
    (0.5, 0.5)
    >>> MomentumRule(0.5).stable_rate(4.0), MomentumRule(0.5, nesterov=True).stable_rate(4.0)
    (0.75, 0.375)
    """

    momentum: float = 0.0
    nesterov: bool = False

    def stable_rate(self, largest: float) -> float:
        """The rate at and above which the direction of eigenvalue `largest` does not settle."""
        if largest <= 0.0:
            return np.inf
        mu = self.momentum
        return 2.0 * (1.0 + mu) / (largest * (1.0 + 2.0 * mu if self.nesterov else 1.0))

    def best_rate(self, eigenvalues: Floats) -> float:
        """The rate with the smallest factor an epoch over all directions that are not flat.

        2 (1 + μ) / (λmin + λmax), or the stable rate less a hundred-millionth of it where float64
        could hardly tell the two apart. Where momentum makes a whole stretch of rates equally good,
        with the factor √μ for each, this one lies within it, away from its ends while the stretch
        is long. With Nesterov's momentum there is one lowest factor; it is found numerically.

        >>> MomentumRule(0.25).best_rate(np.array([1.0, 4.0])), 0.25 / 1.0, 2.25 / 4.0
        (0.5, 0.25, 0.5625)
        """
        curved = eigenvalues[eigenvalues > 0.0]
        if not len(curved):
            return 1.0
        low, high = float(curved.min()), float(curved.max())
        if not self.nesterov or self.momentum == 0.0:
            middle = 2.0 * (1.0 + self.momentum) / (low + high)
            return min(middle, self.stable_rate(high) * (1.0 - _MARGIN))
        ends = np.array([low, high])
        top = np.log(self.stable_rate(high))
        bottom = top - np.log(high / low) - 10.0
        return float(
            np.exp(_lowest(lambda t: float(self.factors(np.exp(t), ends).max()), bottom, top))
        )

    def matrix(self, lr: float, eigenvalues: Floats) -> Floats:
        """M − I for each eigenvalue, (d, 2, 2), in units (e, lr·b) that keep its entries near 1."""
        a, mu = lr * eigenvalues, self.momentum
        result = np.empty((len(a), 2, 2))
        result[:, 0, 0] = -a * (1.0 + mu) if self.nesterov else -a
        result[:, 0, 1] = -mu * mu if self.nesterov else -mu
        result[:, 1, 0] = a
        result[:, 1, 1] = mu - 1.0
        return result

    def factors(self, lr: float, eigenvalues: Floats) -> Floats:
        """Spectral radius of M for each eigenvalue, shape (d,)."""
        if self.momentum == 0.0:
            with np.errstate(over="ignore"):
                return np.abs(1.0 - lr * eigenvalues)
        roots = np.linalg.eigvals(self.matrix(lr, eigenvalues) + np.eye(2))
        return np.asarray(np.abs(roots).max(axis=1))

    def overshoots(self, lr: float, eigenvalues: Floats) -> np.ndarray:
        """Which directions change side every epoch: their leading factor is negative."""
        if self.momentum == 0.0:
            return np.asarray(lr * eigenvalues > 1.0)
        roots = np.linalg.eigvals(self.matrix(lr, eigenvalues) + np.eye(2))
        leading = np.take_along_axis(roots, np.abs(roots).argmax(axis=1)[:, None], axis=1)[:, 0]
        return np.asarray((leading.real < 0.0) & (np.abs(leading.imag) < 1e-12))


def condition_number(eigenvalues: Floats) -> float:
    """κ = λmax / λmin over the directions that are not flat; 1 where there is one."""
    curved = eigenvalues[eigenvalues > 0.0]
    return float(curved.max() / curved.min()) if len(curved) else 1.0


def best_momentum(condition: float) -> float:
    """((√κ − 1) / (√κ + 1))², with lr = (2 / (√λmin + √λmax))² the fastest of Polyak's method.

    >>> best_momentum(9.0)
    0.25
    """
    root = float(np.sqrt(condition))
    return ((root - 1.0) / (root + 1.0)) ** 2


def epochs_for(rule: MomentumRule, lr: float, eigenvalue: float, shrink: float) -> float:
    """Epochs until the error along an eigenvector is multiplied by `shrink`; inf if never.

    >>> epochs_for(MomentumRule(), 0.5, 1.0, 1e-3)
    10.0
    """
    if rule.momentum == 0.0 and lr * eigenvalue < 1.0:
        # 1 − lr λ may have lost its digits; its logarithm has not.
        slope = float(np.log1p(-lr * eigenvalue))
    else:
        factor = float(rule.factors(lr, np.array([eigenvalue]))[0])
        slope = float(np.log(factor)) if factor > 0.0 else -np.inf
    if slope >= 0.0:
        return np.inf
    return max(1.0, float(np.ceil(np.log(shrink) / slope)))


def _lowest(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is lowest, by golden sections."""
    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    for _ in range(120):
        step = ratio * (high - low)
        if function(high - step) <= function(low + step):
            high = low + step
        else:
            low = high - step
    return 0.5 * (low + high)
