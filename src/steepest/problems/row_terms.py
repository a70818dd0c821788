"""What single rows add to the gradient and the curvature of a loss."""

from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats


class RowTerms(NamedTuple):
    """What rows from `start` on add to gradient and curvature, each times its share s/s̄.

    - `rows` (r, width): in the descent's coordinates, with a 1 for the intercept
    - `slopes` (r, k): ∂ℓ/∂η;   `curvature` (r, k, k): ∂²ℓ/∂η²
    """

    start: int
    rows: Floats
    slopes: Floats
    curvature: Floats

    def gradients(self) -> Floats:
        """Each row's gradient, (r, d), without the penalty's."""
        pulled = self.slopes[:, :, None] * self.rows[:, None, :]
        return pulled.reshape(len(self.rows), -1)

    def factors(self) -> Floats:
        """B of each row, (r, k, d), where its second derivative is BᵀB: losses are convex in η."""
        k = self.slopes.shape[1]
        if k == 1:
            roots = np.sqrt(np.maximum(self.curvature, 0.0))
        else:
            values, vectors = np.linalg.eigh(self.curvature)
            roots = np.sqrt(np.maximum(values, 0.0))[:, :, None] * vectors.swapaxes(1, 2)
        wide = roots[:, :, :, None] * self.rows[:, None, None, :]
        return np.asarray(wide.reshape(len(self.rows), k, -1))


def weighed(values: Floats, weights: Floats | None) -> Floats:
    """Values (r, …) times the weights of their rows; what weighs nothing is 0, even if infinite."""
    if weights is None:
        return values
    shares = weights.reshape(-1, *(1,) * (values.ndim - 1))
    return np.where(shares > 0.0, values * shares, 0.0)
