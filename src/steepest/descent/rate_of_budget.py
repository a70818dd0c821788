"""The constant rate that leaves the least objective after a given number of epochs on a quadratic.

Along eigenvector i with eigenvalue λ_i, k epochs leave the share f_k(lr λ_i)² of the excess
c_i = ½ λ_i e_i² it had at the start (`descent/closed_form.py`), so that J_k − J* = Σ c_i f_k². Of
plain descent f_k² = (1 − lr λ_i)²ᵏ is convex in lr, and so is the sum: it has one valley, between
1/λmax, below which every direction gains from a larger rate, and 2/λmax. With momentum f_k swings
with the rate: stable rates are sampled, and the best one's neighbourhood ever more closely.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule
from steepest.descent.closed_form import log_shares

# A rate nearer to the stable one cannot be told from it by what float64 holds of an eigenvalue.
_MARGIN = 1e-8
# What is left below this share of the excess cannot be told from nothing.
_NOTHING = 1e-24
_SAMPLED = 1 << 17  # directions times rates at once
_ZOOMS = 12
_VALLEYS = 8


@dataclass(frozen=True, eq=False)
class Excess:
    """The excess objective c (d,) along directions of eigenvalues λ (d,), all above 0."""

    eigenvalues: Floats
    parts: Floats

    @staticmethod
    def of_errors(eigenvalues: Floats, errors: Floats) -> "Excess":
        """From the errors (d,) along the eigenvectors: ½ λ e², where λ is above 0."""
        return Excess._of(eigenvalues, 0.5 * eigenvalues * np.square(errors))

    @staticmethod
    def of_slopes(eigenvalues: Floats, slopes: Floats) -> "Excess":
        """From the gradient (d,) along the eigenvectors: g² / 2λ, where λ is above 0."""
        safe = np.where(eigenvalues > 0.0, eigenvalues, 1.0)
        return Excess._of(eigenvalues, 0.5 * np.square(slopes) / safe)

    @staticmethod
    def _of(eigenvalues: Floats, parts: Floats) -> "Excess":
        chosen = (eigenvalues > 0.0) & (parts > 0.0)
        return Excess(eigenvalues[chosen], parts[chosen])

    def log_share(self, rule: MomentumRule, rates: Floats, epochs: int) -> Floats:
        """log (J_k − J*) / (J₀ − J*) for each of the rates (r,)."""
        shares = log_shares(rule, np.multiply.outer(rates, self.eigenvalues), epochs)
        with np.errstate(divide="ignore"):
            logs = 2.0 * shares + np.log(self.parts / self.parts.sum())
            top = np.maximum(logs.max(axis=1, keepdims=True), -1e300)
            total: Floats = top[:, 0] + np.log(np.exp(logs - top).sum(axis=1))
        return total


def rate_of_budget(
    excesses: Sequence[Excess], rule: MomentumRule, epochs: int, asymptotic: float, stable: float
) -> float:
    """The rate below `stable` at which the worst of several quadratics is left with the least share
    of its excess; the `asymptotic` one where that leaves nothing either.

    >>> one = Excess(np.array([1.0, 100.0]), np.array([1.0, 1.0]))
    >>> round(rate_of_budget([one], MomentumRule(), 1, 2 / 101, 0.02), 6)  # Σ cλ / Σ cλ²
    0.010099
    """
    used = [excess for excess in excesses if len(excess.parts)]
    if not used or epochs < 1:
        return asymptotic

    def left(rates: Floats) -> Floats:
        return np.asarray(
            np.max([excess.log_share(rule, rates, epochs) for excess in used], axis=0)
        )

    if left(np.array([asymptotic]))[0] <= np.log(_NOTHING):
        return asymptotic
    top = stable * (1.0 - _MARGIN)
    directions = sum(len(excess.parts) for excess in used)
    count = int(np.clip(_SAMPLED // directions, 64, 2048))
    if rule.momentum == 0.0:
        return _lowest(left, np.linspace(stable / 4.0, top, 32))
    near = np.linspace(top / count, top, count)
    return _lowest(left, np.concatenate([np.geomspace(1e-6 * top, near[0], count), near]))


def _lowest(function: Callable[[Floats], Floats], places: Floats) -> float:
    """Where a function is lowest: about its lowest sampled valleys, looked at ever more closely."""
    values = np.pad(function(places), 1, constant_values=np.inf)
    valleys = np.flatnonzero((values[1:-1] <= values[:-2]) & (values[1:-1] <= values[2:]))
    lowest = valleys[np.argsort(values[1:-1][valleys], kind="stable")][:_VALLEYS]
    found = np.array([_bottom(function, places, int(valley)) for valley in lowest])
    return float(found[int(np.argmin(function(found)))])


def _bottom(function: Callable[[Floats], Floats], places: Floats, best: int) -> float:
    for _ in range(_ZOOMS):
        low, high = places[max(best - 1, 0)], places[min(best + 1, len(places) - 1)]
        places = np.unique(np.append(np.linspace(low, high, 16), places[best]))
        best = int(np.argmin(function(places)))
    return float(places[best])
