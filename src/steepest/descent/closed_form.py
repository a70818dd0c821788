"""Any epoch of full-batch descent on a quadratic, directly: epoch 10 and 10^18 cost the same.

With eigenvectors V and error e₀ = θ₀ − θ*, step k is θ_k = θ* + V (f_k ⊙ Vᵀe₀), where f_k is the
first entry of M^k. What is computed is f_k − 1, by expm1 and log1p for plain descent and by
repeated squaring of M − I with momentum, so that a direction that has hardly moved is as exact as
one that has settled.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule
from steepest.descent.error_envelope import Envelope, first_true, matrix_power_less_one
from steepest.problems.squared_loss import Quadratic

SETTLED = 1e-12
# Relative distance below which float64 can hardly tell two numbers apart.
TOLD_APART = 1e-15
_FLOOR = 16.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """Descent at a constant rate on a quadratic, from `start` (d,) in the descent's coordinates."""

    problem: Quadratic
    rule: MomentumRule
    lr: float
    start: Floats

    @cached_property
    def amplitudes(self) -> Floats:
        """Vᵀ(θ₀ − θ*): the error at the start along each eigenvector, shape (d,)."""
        error: Floats = (self.start - self.problem.minimizer) @ self.problem.eigenvectors
        return error

    @cached_property
    def active(self) -> np.ndarray:
        """Directions that are not flat and have an error to lose: one that the objective shows, or,
        where the minimum is known to more digits than it shows, one that the parameters show.
        """
        size, curved = np.abs(self.amplitudes), self.problem.eigenvalues > 0.0
        share = np.sqrt(self.problem.eigenvalues) * size
        noise = 1e-14 * max(float(share.max(initial=0.0)), np.finfo(float).tiny)
        some = share > noise
        if self.problem.solution is not None:
            some |= size > SETTLED * float(size[curved].max(initial=0.0))
        return np.asarray(curved & some)

    @cached_property
    def factors(self) -> Floats:
        """The factor an epoch multiplies each direction's error by, in the long run."""
        return self.rule.factors(self.lr, self.problem.eigenvalues)

    @property
    def growth(self) -> float:
        """The largest factor of an active direction; 0 where none is active."""
        return float(self.factors[self.active].max(initial=0.0))

    def moved(self, k: int) -> Floats:
        """f_k − 1 for every direction, shape (d,): 0 at the start, −1 where it has settled."""
        if self.rule.momentum == 0.0:
            return _power_less_one(self.lr * self.problem.eigenvalues, k)
        return matrix_power_less_one(self.rule.matrix(self.lr, self.problem.eigenvalues), k)

    def remaining(self, k: int) -> Floats:
        """f_k for every direction, shape (d,): the share of its error that is left."""
        if self.rule.momentum == 0.0:
            return _power(self.lr * self.problem.eigenvalues, k)
        share = 1.0 + self.moved(k)
        # What repeated squaring leaves of a direction that has settled is rounding.
        share[np.abs(share) < _FLOOR] = 0.0
        return share

    def errors(self, k: int) -> Floats:
        """Vᵀ(θ_k − θ*), shape (d,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            errors: Floats = self.remaining(k) * self.amplitudes
        return errors

    def parameters(self, k: int) -> Floats:
        """θ_k, shape (d,)."""
        if k == 0:
            return self.start
        share = self.remaining(k)
        known = self.problem.solution is not None
        # Of a minimum known to more digits, errors of the other directions are but rounding.
        settling = self.active if known else self.problem.eigenvalues > 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            if settling.any() and np.abs(share[settling]).max() < 0.5:
                # All have nearly settled: the minimum is the nearer, hence more exact, base.
                least, errors = self.problem.minimizer, share * self.amplitudes
                left = self.problem.eigenvectors @ (
                    np.where(settling, errors, 0.0) if known else errors
                )
                if known:  # and it is where float64 cannot tell the step from it
                    left[np.abs(left) <= TOLD_APART * np.abs(least)] = 0.0
                result: Floats = least + left
            else:
                moved = self.moved(k) * self.amplitudes
                result = self.start + self.problem.eigenvectors @ moved
        return result

    def settled(self) -> int | None:
        """The first epoch at which every direction's error is below 1e-12 of what it was.

        None where a direction never settles.
        """
        return self.epochs_to(SETTLED)

    def epochs_to(self, shrink: float) -> int | None:
        """The first epoch from which on every direction's error is at most `shrink` of what it was.

        None where that is never so.
        """
        if not self.active.any():
            return 0
        if self.growth >= 1.0 - 1e-15 and not self._slow_but_sure():
            return None
        if self.rule.momentum == 0.0:
            return first_true(lambda k: self.largest_share(k) <= shrink)
        return self._envelope.first_below(lambda f: np.abs(f).max(axis=-1), shrink)

    def largest_share(self, k: int) -> float:
        """The largest share of an error that is left among the active directions.

        With momentum errors swing, and may be small in passing: the next epoch's count too.
        """
        if not self.active.any():
            return 0.0
        steps = [k] if self.rule.momentum == 0.0 else [k, k + 1]
        return max(float(np.abs(self.remaining(step)[self.active]).max()) for step in steps)

    def epochs_to_objective(self, tolerance: float) -> int | None:
        """The first k from which on J_k − J* ≤ tolerance · (J₀ − J*); None where it is never so.

        With momentum the objective swings: it may have been below, and above again, before.
        """
        if not self.active.any():
            return 0
        if self.growth >= 1.0 - 1e-15 and not self._slow_but_sure():
            return None
        if self.rule.momentum == 0.0:
            first = self.excess(0)
            return first_true(lambda k: self.excess(k) <= tolerance * first)
        values, errors = self.problem.eigenvalues[self.active], self.amplitudes[self.active]
        parts = values * np.square(errors)
        parts = parts / parts.sum()
        return self._envelope.first_below(lambda f: np.square(f) @ parts, tolerance)

    @cached_property
    def _envelope(self) -> Envelope:
        """What bounds the active directions' errors from an epoch on."""
        return Envelope(self.rule, self.lr * self.problem.eigenvalues[self.active])

    def excess(self, k: int) -> float:
        """J_k − J* = ½ Σ λ_i e_i²."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(0.5 * (self.problem.eigenvalues * np.square(self.errors(k))).sum())

    def _slow_but_sure(self) -> bool:
        """Below the stable rate even where the factor rounds to 1."""
        largest = float(self.problem.eigenvalues[self.active].max())
        return self.rule.momentum < 1.0 and 0.0 < self.lr < self.rule.stable_rate(largest)


def log_shares(rule: MomentumRule, a: Floats, k: int) -> Floats:
    """log |f_k| of directions with lr·λ = a, of any shape; −inf where nothing is left."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        if rule.momentum == 0.0:
            size = np.where(a <= 1.0, -np.minimum(a, 1.0), np.maximum(a, 1.0) - 2.0)
            return np.asarray(float(k) * np.log1p(size))
        moved = matrix_power_less_one(rule.matrix(1.0, a.ravel()), k).reshape(a.shape)
        return np.asarray(np.log(np.abs(1.0 + moved)))


def _power(a: Floats, k: int) -> Floats:
    """(1 − a)^k, exact for the smallest a and the largest k."""
    if k == 0:
        return np.ones_like(a)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        below = np.exp(float(k) * np.log1p(-np.minimum(a, 1.0)))
        # Beyond a = 1 the factor is −(a − 1): log1p(a − 2) is exact near the stable limit a = 2.
        size = np.exp(float(k) * np.log1p(np.maximum(a, 1.0) - 2.0))
    return np.where(a <= 1.0, below, -size if k % 2 else size)


def _power_less_one(a: Floats, k: int) -> Floats:
    """(1 − a)^k − 1, exact where next to nothing has changed."""
    if k == 0:
        return np.zeros_like(a)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        below = np.expm1(float(k) * np.log1p(-np.minimum(a, 1.0)))
    return np.where(a <= 1.0, below, _power(a, k) - 1.0)
