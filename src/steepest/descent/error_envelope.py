"""From which epoch on errors that swing, as momentum's do, stay below a bound.

The error of a direction with lr·λ = a goes by f₀ = 1, f₁ = 1 + N₁₁ and

    f_{k+2} = t f_{k+1} − δ f_k        t = tr M,  δ = det M,  M = I + N (`curvature/rates.py`)

so that f_k = A r₁ᵏ + B r₂ᵏ with the eigenvalues r of M, and |f_k| ≤ |A||r₁|ᵏ + |B||r₂|ᵏ: a bound
that falls with every epoch, and that is touched again and again where r₁ and r₂ are conjugate. The
first epoch at which it keeps a measure of the errors below a limit is found by bisection; before it
the errors themselves are looked at, backwards, in blocks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule

# Epochs beyond this are not counted: float64 ends soon after.
LAST = 10**306
# Eigenvalues nearer to each other are taken for one.
_DOUBLE = 1e-6
_BLOCK = 1 << 10
# Beyond so many epochs before it the bound itself is the answer.
_MOST_BLOCKS = 1 << 10

# From shares f (…, d) of the errors to what shall be small (…), the smaller the smaller |f|.
Measure = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class Envelope:
    """Bounds on the errors of directions with lr·λ = a (d,), all of which settle.

    >>> envelope = Envelope(MomentumRule(0.9), np.array([1.0, 0.5]))
    >>> shares = 1.0 + np.array([matrix_power_less_one(envelope.matrix, k) for k in range(400)])
    >>> last = np.flatnonzero(np.abs(shares).max(axis=1) > 1e-3)[-1]
    >>> int(envelope.first_below(lambda f: np.abs(f).max(axis=-1), 1e-3) - last)
    1
    """

    rule: MomentumRule
    a: Floats

    @cached_property
    def matrix(self) -> Floats:
        """N for each direction, (d, 2, 2)."""
        return self.rule.matrix(1.0, self.a)

    def first_below(self, measure: Measure, limit: float) -> int:
        """The first epoch from which on `measure` of the shares is at most `limit`."""
        # Modes that nearly cancel have bounds beyond float64, which are not below any limit.
        with np.errstate(all="ignore"):
            after = first_true(lambda k: float(measure(self.bound(k))) <= limit)
        for _ in range(_MOST_BLOCKS):
            begin = max(after - _BLOCK, 0)
            with np.errstate(over="ignore", under="ignore"):
                above = np.flatnonzero(measure(self._block(begin, after - begin)) > limit)
            if len(above):
                return begin + int(above[-1]) + 1
            if not begin:
                return 0
            after = begin
        return after

    def bound(self, k: int) -> Floats:
        """What |f_j| of any j ≥ k does not exceed, (d,)."""
        logs, sizes = self._modes
        with np.errstate(under="ignore", over="ignore"):
            bounds: Floats = (sizes * np.exp(float(k) * logs)).sum(axis=0)
        return bounds

    def _block(self, begin: int, count: int) -> Floats:
        """f of `count` epochs from `begin`, (count, d)."""
        from_this, from_next = self._steps
        first = 1.0 + matrix_power_less_one(self.matrix, begin)
        second = 1.0 + matrix_power_less_one(self.matrix, begin + 1)
        shares: Floats = from_this[:count] * first + from_next[:count] * second
        return shares

    @cached_property
    def _steps(self) -> tuple[Floats, Floats]:
        """p and q (block, d) with f_{k+j} = p_j f_k + q_j f_{k+1}."""
        trace, determinant = self._trace_less_two + 2.0, self._determinant
        p, q = np.zeros((2, _BLOCK + 1, len(self.a)))
        p[0], q[1] = 1.0, 1.0
        for j in range(2, _BLOCK + 1):
            p[j] = trace * p[j - 1] - determinant * p[j - 2]
            q[j] = trace * q[j - 1] - determinant * q[j - 2]
        return p, q

    @property
    def _trace_less_two(self) -> Floats:
        trace: Floats = self.matrix[:, 0, 0] + self.matrix[:, 1, 1]
        return trace

    @property
    def _determinant(self) -> Floats:
        mu = self.rule.momentum
        return mu * (1.0 - self.a) if self.rule.nesterov else np.full(len(self.a), mu)

    @cached_property
    def _modes(self) -> tuple[Floats, Floats]:
        """log|r| and the sizes of the two parts, (2, d) each.

        r − 1 are the roots of n² − (t − 2) n + a = 0: the smaller comes from their product a, so
        that a factor next to 1 keeps its digits. Of a double root |f_k| ≤ |r|ᵏ (1 + k|f₁ − r|/|r|),
        and kρᵏ ≤ σᵏ/(e log(σ/ρ)) for every σ > ρ.
        """
        trace = self._trace_less_two.astype(complex)
        root = np.sqrt(trace * trace - 4.0 * self.a)
        far = 0.5 * (trace - root)  # trace < 0: no cancellation
        near = self.a / far
        first = self.matrix[:, 0, 0]
        gap = near - far
        double = np.abs(gap) < _DOUBLE
        apart = np.where(double, 1.0, gap)
        logs = np.array([_log_size(near), _log_size(far)])
        sizes = np.abs(np.array([(first - far) / apart, (near - first) / apart]))
        if double.any():
            rate = np.maximum(logs.max(axis=0), -700.0)
            wider = 0.9 * rate
            pull = np.abs(first - near) * np.exp(-rate) / (np.e * (wider - rate))
            logs = np.where(double, np.array([rate, wider]), logs)
            sizes = np.where(double, np.array([np.ones_like(rate), pull]), sizes)
        return logs, sizes


def _log_size(less_one: Floats) -> Floats:
    """log |1 + n| of complex n: exact next to n = 0."""
    with np.errstate(divide="ignore"):
        squares = less_one.real * (2.0 + less_one.real) + less_one.imag**2
        return np.asarray(np.maximum(0.5 * np.log1p(np.maximum(squares, -1.0)), -1e4))


def first_true(condition: Callable[[int], bool]) -> int:
    """The first k at which a condition that then stays true holds: doubling, then bisection.

    >>> first_true(lambda k: k * k >= 1000)
    32
    """
    if condition(0):
        return 0
    high = 1
    while high < LAST and not condition(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if condition(middle) else (middle, high)
    return high


def matrix_power_less_one(n: Floats, k: int) -> Floats:
    """First entry of (I + N)^k − I for each N of shape (d, 2, 2), by repeated squaring.

    (I + A)(I + B) = I + (A + B + AB), so the identity is never added to what may be tiny.
    """
    result = np.zeros_like(n)
    square = n
    with np.errstate(over="ignore", invalid="ignore"):
        while k:
            if k & 1:
                result = result + square + result @ square
            k >>= 1
            if k:
                square = 2.0 * square + square @ square
    entry = result[:, 0, 0]
    # Growth beyond float64 turns into inf − inf on the way; it is growth all the same.
    return np.where(np.isnan(entry), np.inf, entry)
