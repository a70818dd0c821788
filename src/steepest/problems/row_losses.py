"""The losses of rows in memory, with slopes and curvature, summed block by block."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np

from steepest.arrays import Floats
from steepest.losses import Loss, Multinomial
from steepest.problems.design_matrix import Block
from steepest.problems.linear_model import MovedRows, SecondSums, moves
from steepest.problems.row_terms import RowTerms, weighed
from steepest.problems.standardized_rows import StandardizedRows
from steepest.wording.fact import Fact, fact

# So many linear predictors of a row are computed at once.
_PREDICTORS_AT_ONCE = 64


class _Work(NamedTuple):
    """A block of rows with targets (r,) and weights (r,) or None."""

    block: Block
    target: Floats
    weights: Floats | None


class Curvatures(NamedTuple):
    """At one point: Σ s ∂²ℓ/∂η² of each row by blocks (r, k, k), the diagonal (d,) of the second
    derivative, and Σ s ℓ'² and Σ s ℓ'' (2,).
    """

    of_rows: list[Floats]
    diagonal: Floats
    spread: Floats


@final
@dataclass(frozen=True, eq=False)
class RowLosses:
    """Sums of s ℓ(η, y) over rows, at parameters `flat` (b, d), the coordinates of the descent.

    - `rows` (n, width); `target` (n,); `weights` s (n,), or None
    - `loss`, of k = `predictors` numbers η a row; d = k · width
    """

    rows: StandardizedRows
    target: Floats
    weights: Floats | None
    loss: Loss
    predictors: int

    def values(self, flat: Floats) -> Floats:
        """Σ s ℓ, (b,)."""
        values = np.zeros(len(flat))
        for work in self._work():
            for part in self._parts(len(flat)):
                values[part] += self._total(work, self._predict(work.block, flat[part]))
        return values

    def values_and_gradients(self, flat: Floats) -> tuple[Floats, Floats]:
        """Σ s ℓ (b,) and Σ s ∂ℓ/∂θ (b, d)."""
        values, gradients = np.zeros(len(flat)), np.zeros(flat.shape)
        for work in self._work():
            for part in self._parts(len(flat)):
                eta = self._predict(work.block, flat[part])
                values[part] += self._total(work, eta)
                gradients[part] += self._pull(work, eta)
        return values, gradients

    def second_sums(self, flat: Floats) -> SecondSums:
        """Value, gradient and second derivative at one point (1, d)."""
        k, width = self.predictors, self.rows.coordinates.width
        value, gradient, total = np.zeros(1), np.zeros(flat.shape), np.zeros((k, width, k, width))
        spread = np.zeros(2)
        for work, eta, slopes, curvature in self._bent(flat, beside=2 * width):
            value += self._total(work, eta)
            spread += _spread(slopes, curvature, work.weights)
            slopes, curvature = weighed(slopes, work.weights), weighed(curvature, work.weights)
            gradient += self.rows.pulled(work.block, slopes.T).reshape(1, -1)
            rows = self.rows.dense(work.block)
            for a in range(k):
                for b in range(a + 1):
                    total[a, :, b] += rows.T @ (curvature[:, a, b, None] * rows)
        for a in range(k):
            for b in range(a):
                total[b, :, a] = total[a, :, b]
        return SecondSums(value, gradient, total.reshape(k * width, k * width), spread)

    def curvatures(self, flat: Floats) -> Curvatures:
        """What products with the second derivative at one point (1, d) need of the rows."""
        columns, scale = self.rows.coordinates.columns, np.square(self.rows.coordinates.spread)
        kept, diagonal = [], np.zeros((self.predictors, self.rows.coordinates.width))
        spread = np.zeros(2)
        for work, _, slopes, curvature in self._bent(flat):
            spread += _spread(slopes, curvature, work.weights)
            curvature = weighed(curvature, work.weights)
            kept.append(curvature)
            for a in range(self.predictors):
                diagonal[a, :columns] += work.block.squares(curvature[:, a, a]) / scale
                diagonal[a, columns:] += curvature[:, a, a].sum()
        return Curvatures(kept, diagonal.ravel(), spread)

    def product(self, curvatures: Curvatures, vector: Floats) -> Floats:
        """The second derivative times a vector (d,)."""
        lines = vector.reshape(self.predictors, self.rows.coordinates.width)
        total = np.zeros(lines.shape)
        for work, curvature in zip(self._work(), curvatures.of_rows, strict=True):
            scores = self.rows.scores(work.block, lines)
            pulled = np.matmul(curvature, scores.T[:, :, None])[:, :, 0]
            total += self.rows.pulled(work.block, pulled.T)
        return total.ravel()

    def terms(self, flat: Floats, mean: float) -> Iterator[RowTerms]:
        """What each row adds at one point (1, d), times its weight over the `mean` weight."""
        beside = 2 * self.rows.coordinates.width * (1 + self.predictors**2)
        with np.errstate(over="ignore", invalid="ignore"):
            for work, _, slopes, curvature in self._bent(flat, beside):
                shares = None if work.weights is None else work.weights / mean
                slopes, curvature = weighed(slopes, shares), weighed(curvature, shares)
                rows = self.rows.dense(work.block)
                yield RowTerms(work.block.at.start, rows, slopes, curvature)

    def moved(self, flat: Floats, least: float) -> MovedRows | None:
        """How many rows a direction (1, d) moves by more than `least`."""
        counts = np.zeros(3, dtype=np.intp)
        for work in self._work():
            etas = self._predict(work.block, flat).reshape(len(work.target), -1).T
            found = moves(self.loss, list(etas), work.target)
            if found is None:
                return None
            low, high = found
            counted = (low >= -least) & (high > least), low > least, low < -least
            weighs = True if work.weights is None else work.weights > 0.0
            counts += [np.count_nonzero(which & weighs) for which in counted]
        forward, wholly, backward = counts.tolist()
        return MovedRows(forward, wholly, backward, len(self.target))

    def not_finite(self, flat: Floats) -> Fact | None:
        """The first row whose loss is not finite at (1, d), with its linear predictor."""
        for work in self._work():
            eta = self._predict(work.block, flat)
            loss = self.loss.value(eta, work.target)[0]
            for i in np.flatnonzero(~np.isfinite(loss))[:1]:
                row, predictors = int(i) + work.block.at.start, np.atleast_1d(eta[0, i]).tolist()
                return fact("row not finite", row=row, loss=str(loss[i]), predictors=predictors)
        return None

    def predicted(self, flat: Floats) -> Iterator[Floats]:
        """η (b, r) of the rows, block by block; (b, r, k) for losses of k predictors."""
        return (self._predict(work.block, flat) for work in self._work())

    def _parts(self, runs: int) -> Iterator[slice]:
        """A batch, a few at a time."""
        size = max(1, _PREDICTORS_AT_ONCE // self.predictors)
        return (slice(first, first + size) for first in range(0, runs, size))

    def _work(self, beside: int = 0) -> Iterator[_Work]:
        for block in self.rows.blocks(beside + 2 * self.predictors):
            weights = None if self.weights is None else self.weights[block.at]
            yield _Work(block, self.target[block.at], weights)

    def _bent(
        self, flat: Floats, beside: int = 0
    ) -> Iterator[tuple[_Work, Floats, Floats, Floats]]:
        """Of each block η, and of each of its rows ∂ℓ/∂η (r, k) and ∂²ℓ/∂η² (r, k, k)."""
        k = self.predictors
        for work in self._work(beside):
            eta = self._predict(work.block, flat)
            slopes = self.loss.slope(eta[0], work.target).reshape(-1, k)
            yield work, eta, slopes, self.loss.curvature(eta[0], work.target).reshape(-1, k, k)

    def _predict(self, block: Block, flat: Floats) -> Floats:
        k = self.predictors
        scores = self.rows.scores(block, flat.reshape(len(flat) * k, self.rows.coordinates.width))
        if not isinstance(self.loss, Multinomial):
            return scores
        return scores.reshape(len(flat), k, -1).swapaxes(1, 2)

    def _total(self, work: _Work, eta: Floats) -> Floats:
        """Σ s ℓ of the block, (b,)."""
        loss = self.loss.value(eta, work.target)
        return np.asarray(weighed(loss.T, work.weights).sum(axis=0))

    def _pull(self, work: _Work, eta: Floats) -> Floats:
        """Σ s ∂ℓ/∂θ of the block, (b, d)."""
        slopes = self.loss.slope(eta, work.target)
        if slopes.ndim == 2:
            slopes = slopes[..., None]
        slopes = weighed(slopes.transpose(1, 0, 2), work.weights).transpose(1, 2, 0)
        flat = slopes.reshape(-1, slopes.shape[-1])
        return self.rows.pulled(work.block, flat).reshape(len(eta), -1)


def _spread(slopes: Floats, curvature: Floats, weights: Floats | None) -> list[float]:
    """Σ s ℓ'² and Σ s ℓ''."""
    bend = np.trace(weighed(curvature, weights), axis1=1, axis2=2)
    return [weighed(np.square(slopes), weights).sum(), bend.sum()]
