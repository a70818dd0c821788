"""What the noise of mini-batches leaves along eigenvectors, of batches drawn independently and of
rows that are shuffled.

Rows that are shuffled anew each epoch and visited once cancel most of their noise by its end. With
m updates an epoch, r ≤ b rows in the last batch and a = 1 − lr·λ along an eigenvector, a share

    n/(n − b) · (S₂ − 1 + b/r − S₁² b/n) / S₂        S₁ = Σ aʲ, S₂ = Σ a²ʲ, j < m

of the mean square is left there: the variance of Σ cᵢ gᵢ for rows gᵢ that add up to 0 in an order
drawn at random, where cᵢ = aʲ/b is the weight of a row that is seen j updates before the end, and
1/r that of a row of the last batch. With momentum AʲB stands for aʲ (`_left_of_momentum`).
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats

_SMALL = 1e-3


@final
@dataclass(frozen=True)
class Draw:
    """What an update sees: `batch` of `rows` rows, in a descent with that momentum."""

    rows: int
    batch: int
    momentum: float = 0.0
    nesterov: bool = False

    @property
    def updates(self) -> int:
        """Updates an epoch, m."""
        return -(-self.rows // self.batch)

    @property
    def noise(self) -> float:
        """f/b, by which a batch's noise is less than a row's."""
        return (self.rows - self.batch) / max(self.rows - 1, 1) / self.batch

    @property
    def last(self) -> int:
        """Rows of the last batch of an epoch, r ≤ b."""
        return self.rows % self.batch or self.batch

    def effective(self, lr: float) -> float:
        """lr/(1 − μ): how far a steady gradient moves a parameter each update."""
        return lr / (1.0 - self.momentum)

    def steps(self, lr: float, values: Floats) -> tuple[Floats, Floats]:
        """A (r, 2, 2) and B (2,): error and momentum (e, v) become A(e, v) + Bξ along directions of
        the curvatures `values` (r,), where a batch's noise is ξ.
        """
        mu = self.momentum
        reach, keep = (lr * (1.0 + mu), lr * mu * mu) if self.nesterov else (lr, lr * mu)
        moved = np.empty((len(values), 2, 2))
        moved[:, 0, 0], moved[:, 0, 1] = 1.0 - reach * values, -keep
        moved[:, 1, 0], moved[:, 1, 1] = values, mu
        return moved, np.array([-reach, 1.0])

    @property
    def weights(self) -> tuple[float, float]:
        """How momentum weighs noise and HΣH."""
        mu = self.momentum
        return 1.0 / (1.0 - mu), (1.0 + 2.0 * mu if self.nesterov else 1.0) / (1.0 + mu)


def independent_gains(lr: float, values: Floats, draw: Draw) -> Floats:
    """The covariance (r, r) that white noise of variance 1 leaves along eigenvectors p and q.

    G = Σₖ wₖ(p) wₖ(q)        plain:  lr/(λ_p + λ_q − lr λ_p λ_q)
    """
    if not draw.momentum:
        return np.asarray(lr / (np.add.outer(values, values) - lr * np.outer(values, values)))
    moved, push = draw.steps(lr, values)
    both = _kron(moved[:, None], moved[None, :])
    return np.asarray(np.linalg.solve(np.eye(4) - both, np.kron(push, push)[:, None])[..., 0, 0])


def own_gains(lr: float, values: Floats, draw: Draw) -> Floats:
    """The diagonal (r,) of `independent_gains`."""
    if not draw.momentum:
        return np.asarray(lr / (2.0 * values - lr * values**2))
    moved, push = draw.steps(lr, values)
    both = _kron(moved, moved)
    return np.asarray(np.linalg.solve(np.eye(4) - both, np.kron(push, push)[:, None])[..., 0, 0])


def left_by_shuffling(lr: float, values: Floats, draw: Draw) -> Floats:
    """The share of the mean square that shuffled epochs leave at their ends, (r,)."""
    n, b, last, m = float(draw.rows), float(draw.batch), float(draw.last), float(draw.updates)
    if m < 2.0 or not draw.noise:
        return np.zeros(len(values))
    if draw.momentum:
        return _left_of_momentum(lr, values, draw)
    reach = lr * values
    a = 1.0 - np.minimum(reach, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        short = m * reach < _SMALL
        sums = (1.0 - a**m) / (1.0 - a)
        squares = (1.0 - a ** (2.0 * m)) / (1.0 - a * a)
        share = 1.0 + (b / last - 1.0 - b / n * sums**2) / squares
    # To second order in lr·λ; what does not vanish with it is the greater weight of the last rows.
    small = (b - last) / n * ((n / last - m) / m + (m - 1.0) * reach)
    small = small + reach**2 * (m * m - 1.0) / 12.0
    return np.clip(n / (n - b) * np.where(short, small, share), 0.0, None)


def _left_of_momentum(lr: float, values: Floats, draw: Draw) -> Floats:
    """The same with momentum: where P = AᵐP(Aᵐ)ᵀ + Q at the ends of epochs, for rows gᵢ that add up
    to 0, with u_j = AʲB the state that a pull j updates before the end has left:

        Q = n/(n − 1) · (Σ u_j u_jᵀ/b + (1/r − 1/b) BBᵀ − (Σ u_j)(Σ u_j)ᵀ/n)
    """
    n, b = float(draw.rows), float(draw.batch)
    moved, push = draw.steps(lr, values)
    # z = (state ⊗ state, state, 1) goes on by one matrix: its power sums u_j u_jᵀ and u_j.
    whole = np.zeros((len(values), 7, 7))
    whole[:, :4, :4], whole[:, :4, 6] = _kron(moved, moved), np.kron(push, push)
    whole[:, 4:6, 4:6], whole[:, 4:6, 6] = moved, push
    whole[:, 6, 6] = 1.0
    power = np.linalg.matrix_power(whole, draw.updates)
    squares, sums = power[:, :4, 6], power[:, 4:6, 6]
    noise = squares / b + (1.0 / draw.last - 1.0 / b) * np.kron(push, push)
    noise = noise - np.einsum("ri,rj->rij", sums, sums).reshape(-1, 4) / n
    ends = np.linalg.solve(np.eye(4) - power[:, :4, :4], noise[..., None])[:, 0, 0]
    share = n / (n - 1.0) * ends / (draw.noise * own_gains(lr, values, draw))
    return np.clip(share, 0.0, None)


def two_responses(lr: float, values: Floats, draw: Draw, pulls: Floats) -> Floats:
    """Where the mean of the ends of epochs settles, (r,): the pull that update k leaves along q is
    felt by every later update j along p, as −`pulls` (r, r) of it.
    """
    moved, push = draw.steps(lr, values)
    count = len(values)
    # z = (response along p, response along q to the same pull at each update, 1)
    whole = np.zeros((count, count, 5, 5))
    whole[..., :2, :2], whole[..., 2:4, 2:4] = moved[:, None], moved[None, :]
    whole[..., :2, 2], whole[..., 2:4, 4] = push, push
    whole[..., 4, 4] = 1.0
    paths = np.linalg.matrix_power(whole, draw.updates)[..., :2, 4]
    epoch = -(pulls[..., None] * paths).sum(axis=1)
    stays = np.eye(2) - np.linalg.matrix_power(moved, draw.updates)
    return np.asarray(np.linalg.solve(stays, epoch[..., None])[:, 0, 0])


def _kron(a: Floats, b: Floats) -> Floats:
    """Kronecker products of matrices (…, 2, 2), (…, 4, 4)."""
    product = np.einsum("...ij,...kl->...ikjl", a, b)
    return np.asarray(product.reshape(*product.shape[:-4], 4, 4))
