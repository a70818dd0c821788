"""The density of the eigenvalues of a symmetric matrix H, by its products v → Hv alone.

Lanczos's method, every vector orthogonalised against all others twice, gives a small T whose
eigenvalues (Ritz values), weighted by the squared first components of its eigenvectors, are Gauss's
rule for the density (Golub and Meurant, 2010; Lin, Saad and Yang, 2016). SciPy's `eigsh` gives no
such weights.
"""

from dataclasses import dataclass

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.extremes import Operator

MOST_STEPS = 80
_MEMORY = 2**28  # bytes of the basis
_FEWEST = 24  # vectors of the basis, whatever memory it takes
_ZERO = 1e-13  # a remainder so small, relative to H, is rounding


@dataclass(frozen=True, eq=False, repr=False)
class Density:
    """How the d eigenvalues are spread: `weights` (n,) of `values` (n,), which sum to 1.

    A mean over probes: each probe's weights are exact for H's moments up to 2 steps − 1, seen
    through that probe.

    >>> density = spectrum(lambda v: np.array([1.0, 2.0, 5.0]) * v, 3, steps=3, probes=4)
    >>> round(density.moment(1), 9)
    8.0
    >>> density
    Density(3 eigenvalues from 1 to 5; 12 products)
    """

    values: Floats
    weights: Floats
    dimension: int
    products: int

    def __repr__(self) -> str:
        ends = f"{self.values.min():.4g} to {self.values.max():.4g}"
        return f"Density({self.dimension} eigenvalues from {ends}; {self.products} products)"

    def moment(self, power: int) -> float:
        """About trace(H^power): of power 1 the sum of the eigenvalues, of 2 that of their
        squares."""
        return float(self.dimension * (self.weights @ self.values**power))

    def share_below(self, value: float) -> float:
        """About the share of the eigenvalues that are below a value."""
        return float(self.weights[self.values < value].sum())

    def at(self, values: Floats, width: float) -> Floats:
        """The density at values (m,), each eigenvalue blurred to a normal curve of that width."""
        distance = (values[:, None] - self.values) / width
        return np.asarray(
            np.exp(-0.5 * distance**2) @ self.weights / (width * np.sqrt(2.0 * np.pi))
        )


def spectrum(
    operator: Operator, dimension: int, *, steps: int = MOST_STEPS, probes: int = 4, seed: int = 0
) -> Density:
    """The density of H's eigenvalues, by stochastic Lanczos quadrature: steps × probes products.

    Probes are random signs, so that the first moment of a diagonal H is exact.
    """
    generator = np.random.default_rng(seed)
    most = min(max(_FEWEST, _MEMORY // (8 * dimension)), steps, dimension)
    rules = [
        _gauss_rule(operator, generator.choice([-1.0, 1.0], dimension), most) for _ in range(probes)
    ]
    values, weights = (np.concatenate(parts) for parts in zip(*rules, strict=True))
    return Density(values, weights / probes, dimension, products=len(values))


def _gauss_rule(operator: Operator, start: Floats, most: int) -> tuple[Floats, Floats]:
    """Ritz values and their weights, one per product; fewer than `most` where H leads no further.

    The rows of `basis` are orthonormal, and `small` is H as they see it.
    """
    basis, small = np.zeros((most, len(start))), np.zeros((most, most))
    remainder, length = start, float(np.linalg.norm(start))
    for place in range(most):
        basis[place] = remainder / length
        used = basis[: place + 1]
        image = np.asarray(operator(basis[place]), dtype=np.float64)
        shares = used @ image
        again = used @ (image - shares @ used)
        small[place, : place + 1] = small[: place + 1, place] = shares + again
        remainder = image - shares @ used - again @ used
        length = float(np.linalg.norm(remainder))
        if length <= _ZERO * np.abs(small).max():
            break
    values, vectors = np.linalg.eigh(small[: place + 1, : place + 1])
    return values, vectors[0] ** 2
