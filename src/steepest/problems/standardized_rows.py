"""The rows of a linear model in memory, in the coordinates of the descent, block by block."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.problems.coordinates import Coordinates
from steepest.problems.design_matrix import Block, DenseDesign, Design, design_of
from steepest.problems.row_terms import weighed
from steepest.problems.second_order_sums import dense_products


@final
@dataclass(frozen=True, eq=False)
class StandardizedRows:
    """Rows x̃ = (x − m)/s, and behind them the 1 of the intercept, where there is one.

    - `features` (n, p): float32 or float64, or SciPy's CSR
    - `coordinates`: centre m and spread s
    """

    features: Any
    coordinates: Coordinates

    @cached_property
    def _design(self) -> Design:
        return design_of(self.features, self.coordinates.centre)

    def blocks(self, beside: int = 0) -> Iterator[Block]:
        """All rows in order; `beside` is how many more numbers a row needs."""
        return self._design.blocks(beside)

    def scores(self, block: Block, lines: Floats) -> Floats:
        """x̃·w + c of each row, (m, r), for (w, c) in `lines` (m, width)."""
        scores = block.times(lines[:, : self.coordinates.columns] / self.coordinates.spread)
        return scores + lines[:, -1:] if self.coordinates.intercept else scores

    def pulled(self, block: Block, slopes: Floats) -> Floats:
        """Σ slope·(x̃, 1) over the rows, (m, width), for `slopes` (m, r)."""
        pulled = block.weighed(slopes) / self.coordinates.spread
        if not self.coordinates.intercept:
            return pulled
        return np.column_stack([pulled, slopes.sum(axis=1)])

    def dense(self, block: Block) -> Floats:
        """The rows themselves, (r, width)."""
        rows = block.dense() / self.coordinates.spread
        return np.column_stack([rows, np.ones(len(rows))]) if self.coordinates.intercept else rows

    def at(self, places: NDArray[np.intp]) -> Floats:
        """The rows (m, width) at `places` (m,)."""
        some = StandardizedRows(self.features[places], self.coordinates)
        return np.concatenate(
            [np.empty((0, self.coordinates.width)), *map(some.dense, some.blocks())]
        )

    def cross_products(self, shares: Floats) -> Floats:
        """Σ shareᵢ x̃ᵢx̃ᵢᵀ (width, width), for `shares` (n,)."""
        if isinstance(self._design, DenseDesign):
            return dense_products(self._design.features, shares, self.coordinates)
        total = np.zeros((self.coordinates.width, self.coordinates.width))
        for block in self.blocks(2 * self.coordinates.width):
            rows = self.dense(block)
            total += rows.T @ (shares[block.at, None] * rows)
        return total

    def largest_eigenvalue(self, weights: Floats | None) -> float:
        """The largest of Σ weightᵢ x̃ᵢx̃ᵢᵀ, from products with vectors, rounded up."""
        from scipy.sparse.linalg import LinearOperator, eigsh

        def product(vector: Floats) -> Floats:
            total = np.zeros((1, self.coordinates.width))
            for block in self.blocks():
                shares = None if weights is None else weights[block.at]
                eta = weighed(self.scores(block, vector.reshape(1, -1))[0], shares)
                total += self.pulled(block, eta[None])
            return np.asarray(total[0])

        shape = (self.coordinates.width, self.coordinates.width)
        operator = LinearOperator(shape, matvec=product, dtype=np.float64)
        start = np.ones(self.coordinates.width)
        largest = eigsh(operator, k=1, which="LA", v0=start, tol=1e-6, return_eigenvectors=False)
        # Lanczos' value lies below the true one by no more than about the tolerance.
        return float(largest[0]) * (1.0 + 1e-5)
