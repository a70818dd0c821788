"""The noise of mini-batch gradients: what it leaves of an error, and from which rate on it grows.

Rows i have gradients g_i and curvatures H_i at a point, with means 0 (at a minimum) and H. A batch
of b of n rows gives the gradient g_B + H_B·e at the error e, and the mean square Σ = E[eeᵀ] goes

    Σ → Σ − lr (HΣ + ΣH) + lr² (HΣH + (f/b)·M(Σ) + (f/b)·C)

with C = mean g_i g_iᵀ, M(Σ) = mean H_iΣH_i − HΣH and f = (n − b)/(n − 1), since the rows of a batch
differ. Where it settles,

    HΣ + ΣH − lr HΣH − lr (f/b)·M(Σ) = lr (f/b)·C

and the objective lies ½ tr(HΣ) above its minimum: for small rates (lr/4b)·tr(C) (Mandt, Hoffman and
Blei 2017, whose equation this is but for the terms of order lr). It settles for rates below
1/ρ(L⁻¹N), L(Σ) = HΣ + ΣH and N(Σ) = HΣH + (f/b)·M(Σ) (Mulayoff and Michaeli 2024).

With momentum μ error and momentum go on together, (e, v) → A(e, v) + Bξ along each eigenvector. Of
noise ξ of variance 1 errors keep the covariances G_pq = Σₖ (AᵏB)_p (AᵏB)_q, and Σ settles where

    Σ_pq / G_pq − (f/b)·M(Σ)_pq = (f/b)·C_pq

The rate below which it does is found with noise weighed by 1/(1 − μ) and HΣH by 1/(1 + μ): exact
for one parameter, and for full batch. What shuffled rows leave is in `shuffled_batches.py`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule
from steepest.curvature.shuffled_batches import (
    Draw,
    independent_gains,
    left_by_shuffling,
    own_gains,
    two_responses,
)
from steepest.problems.linear import LinearProblem

# One product with the rows' curvatures takes about so many operations.
_OPERATIONS = 2**22
_FEWEST_ROWS = 1000
# Eigenvalues this small against the largest are what rounding leaves of 0.
_FLAT = 1e-13
_PIECES = 1000
_DENSE = 7  # up to so many directions, operators are written out
_REPETITIONS = 200


@final
@dataclass(frozen=True, eq=False)
class GradientNoise:
    """The gradients and curvatures of rows about a point, along the directions that curve.

    - `eigenvalues` (d,) of H, ascending, and all its eigenvectors (d, d)
    - `curved` (d,): which are above 0; r of them
    - `covariance` (r, r): C along those
    - `factors` (q, k, r): H_i = BᵀB of q rows spread over all, less the penalty's part
    - `skew` (r, r): mean H_i[p, q]·g_i[q] of them

    >>> from steepest.losses import Squared
    >>> rows = [[1.0], [2.0], [3.0]]
    >>> line = LinearProblem.of(rows, [2.0, 4.0, 6.3], loss=Squared(), standardize=False,
    ...                         intercept=False)
    >>> noise = GradientNoise.at(line, np.array([2.0642857]))
    >>> round(noise.stable_rate(Draw(3, 1)), 6), round(noise.stable_rate(Draw(3, 3)), 6)
    (0.142857, 0.214286)
    """

    eigenvalues: Floats
    vectors: Floats
    curved: NDArray[np.bool_]
    covariance: Floats
    factors: Floats
    skew: Floats

    @staticmethod
    def at(problem: LinearProblem, parameters: Floats) -> "GradientNoise | None":
        """What the rows say at θ (d,); None where they are not finite."""
        size, k = len(problem.names), problem.predictors
        rows = len(problem.target)
        stride = max(1, rows * k * size * size // max(_OPERATIONS, _FEWEST_ROWS * k * size * size))
        total, square, hessian = np.zeros(size), np.zeros((size, size)), np.zeros((size, size))
        picked: list[tuple[Floats, Floats]] = []
        for terms in problem.row_terms(parameters):
            gradients = terms.gradients()
            total += gradients.sum(axis=0)
            square += gradients.T @ gradients
            factors = terms.factors()
            flat = factors.reshape(-1, size)
            hessian += flat.T @ flat
            some = slice(-terms.start % stride, None, stride)
            picked.append((factors[some], gradients[some]))
        mean = total / rows
        hessian = hessian / rows
        hessian[np.diag_indices(size)] += problem.penalty.curvature * problem.penalized
        if not (np.isfinite(hessian).all() and np.isfinite(square).all()):
            return None
        values, vectors = np.linalg.eigh(hessian)
        curved = values > _FLAT * max(float(values.max(initial=0.0)), 0.0)
        values = np.where(curved, values, 0.0)
        kept = vectors[:, curved]
        covariance = kept.T @ (square / rows - np.outer(mean, mean)) @ kept
        rows_factors = np.concatenate([each[0] for each in picked]) @ kept
        gradients = (np.concatenate([each[1] for each in picked]) - mean) @ kept
        pulled = rows_factors * gradients[:, None, :]
        skew = _flat(rows_factors).T @ _flat(pulled) / len(gradients)
        return GradientNoise(values, vectors, curved, covariance, rows_factors, skew)

    @property
    def values(self) -> Floats:
        """The eigenvalues above 0, (r,)."""
        return self.eigenvalues[self.curved]

    def stable_rate(self, draw: Draw) -> float:
        """The rate at and above which the mean square error does not settle; inf where H is 0."""
        if not len(self.values):
            return np.inf
        if draw in self._known:
            return self._known[draw]
        if draw.nesterov and draw.momentum:
            self._known[draw] = self._stable_rate_of_nesterov(draw)
            return self._known[draw]
        root = np.sqrt(np.add.outer(self.values, self.values))

        def ratio(matrix: Floats) -> Floats:
            return self._second(matrix / root, draw) / root

        self._known[draw] = 1.0 / _largest(ratio, len(self.values))[0]
        return self._known[draw]

    def _stable_rate_of_nesterov(self, draw: Draw) -> float:
        """The same where no weights stand for the momentum: the rate at which what noise leaves,
        G ⊙ (f/b)M(Σ) of a Σ, no longer is less than Σ.
        """
        from scipy.optimize import brentq

        whole = MomentumRule(draw.momentum, nesterov=True).stable_rate(float(self.values.max()))

        def too_large(share: float) -> float:
            gains = draw.noise * independent_gains(share * whole, self.values, draw)
            return _radius(lambda matrix: gains * self._spread(matrix), len(self.values)) - 1.0

        least, most = 1e-6, 1.0 - 1e-9
        if too_large(most) <= 0.0:
            return whole
        return whole * float(brentq(too_large, least, most, rtol=1e-4))

    def growth(self, lr: float, draw: Draw) -> tuple[float, Floats]:
        """By how much an update multiplies the root mean square error, in the long run, and the
        unit vector (d,) along which most of it lies then.
        """
        values, kept = self.values, self.vectors[:, self.curved]

        def update(matrix: Floats) -> Floats:
            first = np.add.outer(values, values) * matrix
            return matrix - lr * first + lr * lr * self._second(matrix, draw)

        if not len(values):
            return 1.0, np.zeros(len(self.eigenvalues))
        largest, settled = _largest(update, len(values))
        return float(np.sqrt(largest)), np.asarray(kept @ np.linalg.eigh(settled)[1][:, -1])

    def settled(self, lr: float, draw: Draw) -> Floats | None:
        """Σ (r, r) where independent batches settle; None where they do not."""
        from scipy.sparse.linalg import LinearOperator, cg

        count = len(self.values)
        if not lr < self.stable_rate(draw):
            return None
        gains = independent_gains(lr, self.values, draw)

        def left(vector: Floats) -> Floats:
            matrix = vector.reshape(count, count)
            return np.asarray((matrix / gains - draw.noise * self._spread(matrix)).ravel())

        def scaled(vector: Floats) -> Floats:
            return np.asarray(vector * gains.ravel())

        shape = (count * count,) * 2
        right = draw.noise * self.covariance.ravel()
        if count <= _DENSE:
            sigma = np.linalg.solve(_matrix(left, len(right)), right)
            return np.asarray(sigma.reshape(count, count))
        operator = LinearOperator(shape, matvec=left, dtype=np.float64)
        inverse = LinearOperator(shape, matvec=scaled, dtype=np.float64)
        sigma, _ = cg(operator, right, rtol=1e-8, maxiter=1000, M=inverse)
        return np.asarray(sigma.reshape(count, count))

    def independent_floor(self, lr: float, draw: Draw) -> float:
        """½ tr(HΣ) for batches drawn independently; inf where it does not settle."""
        sigma = self.settled(lr, draw)
        return np.inf if sigma is None else 0.5 * float(self.values @ np.diag(sigma))

    def shuffled_floor(self, lr: float, draw: Draw) -> float:
        """½ tr(HΣ) at the ends of epochs that visit every row once, in an order of their own."""
        sigma = self.settled(lr, draw)
        if sigma is None:
            return np.inf
        kept = np.diag(sigma) * left_by_shuffling(lr, self.values, draw)
        return 0.5 * float(self.values @ (kept + self._bias(lr, draw) ** 2))

    def averaged_floor(self, draw: Draw, updates: float) -> float:
        """tr(H⁻¹C)·f/(2bk): what noise leaves of the mean of so many steps k (Polyak and Juditsky
        1992); at the ends of shuffled epochs less.
        """
        share = float((np.diag(self.covariance) / self.values).sum())
        return 0.5 * draw.noise * share / max(updates, 1.0)

    def excess(
        self, error: Floats, rate: Callable[[int], float], draw: Draw, epochs: int
    ) -> tuple[float, float]:
        """What is left above the minimum after so many shuffled epochs of a rate that changes.

        - `error` (d,): θ − θ* at the start;   `rate(k)`: of update k
        - returns what is left of the start's error, and what noise has added

        Each eigenvector's error goes for itself, e → aᵐe and q → a²ᵐq + (1 − a²ᵐ)q* in an epoch of
        m updates, with q* where it would settle at the epoch's rate.
        """
        values, own = self.values, np.diag(self.covariance)
        first = np.square(error @ self.vectors[:, self.curved])
        kept, added = np.log(np.maximum(first, 1e-300)), np.zeros(len(values))
        edges = _pieces(epochs)
        for begin, end in pairwise(edges):
            lr = rate(int((begin + end) / 2 * draw.updates))
            step, count = draw.effective(lr), 2.0 * draw.updates * float(end - begin)
            gains = own_gains(lr, values, draw)
            if not ((gains > 0.0) & np.isfinite(gains)).all():
                return math.inf, math.inf
            rest = draw.noise * own * gains * left_by_shuffling(lr, values, draw)
            fall = count * np.log(np.maximum(np.abs(1.0 - step * values), 1e-300))
            kept = kept + fall
            added = rest + np.exp(np.minimum(fall, 0.0)) * (added - rest)
        left = np.exp(np.minimum(kept, 700.0)) * (first > 0.0)
        return 0.5 * float(values @ left), 0.5 * float(values @ added)

    def best_rate(self, draw: Draw) -> float:
        """The rate below the stable one whose slowest direction settles in the fewest updates.

        The mean squares along the eigenvectors are taken to depend on each other alone:
        q_p → (1 − lr λ_p)² q_p + lr² (f/b)(Σ_q G_pq q_q − λ_p² q_p), G_pq = mean (H_i[p, q])².
        """
        values = self.values
        if not len(values):
            return 1.0
        fourth = self._fourth
        noisy, curved = draw.weights
        spread = draw.noise * noisy * (fourth - np.diag(np.diag(self._mean_square)))

        def slowest(lr: float) -> float:
            step = np.diag(-2.0 * values + lr * curved * values**2) + lr * spread
            return float(np.linalg.eigvalsh(np.eye(len(values)) + lr * step)[-1])

        stable = self.stable_rate(draw)
        rates = stable * np.linspace(0.02, 0.999, 50)
        return float(rates[int(np.argmin([slowest(float(each)) for each in rates]))])

    @cached_property
    def _known(self) -> dict[Draw, float]:
        """Stable rates that have been found: each takes dozens of looks at the rows."""
        return {}

    @cached_property
    def _mean_factor(self) -> Floats:
        flat = _flat(self.factors)
        return np.asarray(flat.T @ flat / len(self.factors))

    @property
    def _mean_square(self) -> Floats:
        squared: Floats = np.square(self._mean_factor)
        return squared

    @cached_property
    def _fourth(self) -> Floats:
        """mean (H_i[p, q])², (r, r)."""
        inner = self.factors[:, :, None, :] * self.factors[:, None, :, :]
        flat: Floats = _flat(inner)
        return np.asarray(flat.T @ flat / len(self.factors))

    def _second(self, matrix: Floats, draw: Draw) -> Floats:
        """N(Σ), as momentum weighs its parts."""
        noisy, curved = draw.weights
        whole = np.outer(self.values, self.values) * matrix
        if not draw.noise:
            return curved * whole
        return np.asarray(curved * whole + noisy * draw.noise * self._spread(matrix))

    def _spread(self, matrix: Floats) -> Floats:
        """M(Σ)."""
        mean = self._mean_factor
        beside = _flat(self.factors @ matrix)
        if self.factors.shape[1] == 1:
            sizes = (beside * _flat(self.factors)).sum(axis=1)
            rows = _flat(self.factors).T @ (sizes[:, None] * _flat(self.factors))
        else:
            inner = self.factors @ matrix @ self.factors.swapaxes(1, 2)
            rows = _flat(self.factors).T @ _flat(inner @ self.factors)
        return np.asarray(rows / len(self.factors) - mean @ matrix @ mean)

    def _bias(self, lr: float, draw: Draw) -> Floats:
        """Where the mean of the ends of epochs lies beside the minimum, (r,).

        A batch whose rows pull hard is not there for the rest of the epoch: E[H_j g_k] is
        −E[H_k g_k]/(m − 1) for other batches j of the same epoch.
        """
        m, values, step = draw.updates, self.values, lr
        if m < 2:
            return np.zeros(len(values))
        if draw.momentum:
            return two_responses(lr, values, draw, draw.noise / (m - 1) * self.skew)
        if (step * values >= 1.0).any():
            return np.zeros(len(values))
        a = 1.0 - step * values
        last = _power(a, m - 1)
        sums = (-np.expm1((m - 1) * np.log1p(-step * values)) / (step * values))[:, None]
        apart = a[:, None] - a[None, :]
        near = np.abs(apart) <= 1e-9 * (1.0 + m * step * values.min())
        gaps = np.where(near, 1.0, apart)
        mixed = np.where(near, (m - 1) * last[:, None], a * (last[:, None] - last) / gaps)
        paths = (sums - mixed) / (step * values)
        shift = step**2 * draw.noise / (m - 1) * (self.skew * paths).sum(axis=1)
        return np.asarray(-shift / -np.expm1(m * np.log1p(-step * values)))


def _pieces(epochs: int) -> list[int]:
    """Epochs 0 to the last, each while they are few, then ever wider apart."""
    if epochs <= _PIECES:
        return list(range(epochs + 1))
    wide = np.geomspace(1.0, epochs, _PIECES)
    return sorted({0, *(int(each) for each in wide), epochs})


def _largest(function: Callable[[Floats], Floats], count: int) -> tuple[float, Floats]:
    """The largest eigenvalue of a symmetric map of matrices (count, count) that keeps them
    positive, and its matrix, which is symmetric and has a positive trace.
    """
    from scipy.sparse.linalg import LinearOperator, eigsh

    size = count * count

    def flat(vector: Floats) -> Floats:
        return np.asarray(function(vector.reshape(count, count))).ravel()

    if count <= _DENSE:
        matrix = _matrix(flat, size)
        values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
        return float(values[-1]), _positive(vectors[:, -1].reshape(count, count))
    operator = LinearOperator((size, size), matvec=flat, dtype=np.float64)
    start = np.eye(count).ravel()
    largest, vector = eigsh(operator, k=1, which="LA", v0=start, tol=1e-5)
    return float(largest[0]), _positive(vector.reshape(count, count))


def _matrix(function: Callable[[Floats], Floats], size: int) -> Floats:
    """A linear map of vectors (size,), written out."""
    return np.column_stack([function(unit) for unit in np.eye(size)])


def _radius(function: Callable[[Floats], Floats], count: int) -> float:
    """The largest eigenvalue of a map that keeps matrices (count, count) positive semidefinite, to
    about a thousandth: by repetition, from one that has a part in all of them.
    """
    matrix, size = np.eye(count), 0.0
    for _ in range(_REPETITIONS):
        before, image = size, function(matrix)
        size = float(np.linalg.norm(image)) / float(np.linalg.norm(matrix))
        if not 0.0 < size < np.inf or abs(size - before) <= 1e-4 * size:
            break
        matrix = image / size
    return size


def _positive(matrix: Floats) -> Floats:
    return np.asarray((matrix + matrix.T) * (0.5 if np.trace(matrix) >= 0.0 else -0.5))


def _power(base: Floats, exponent: int) -> Floats:
    with np.errstate(under="ignore"):
        return np.asarray(np.power(base, float(exponent)))


def _flat(factors: Floats) -> Floats:
    return factors.reshape(math.prod(factors.shape[:-1]), factors.shape[-1])
