"""The ends of the spectrum of a symmetric matrix H that is only known by its products v → Hv.

SciPy's `eigsh` (ARPACK) finds the Ritz vectors of both ends in a Krylov space. Of a unit vector v
with λ = vᵀHv, the residual ‖Hv − λv‖ bounds the distance from λ to the nearest eigenvalue of H.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any, Literal, TypeAlias, final

import numpy as np

from steepest.arrays import Floats

Operator: TypeAlias = Callable[[Floats], Floats]
Ends: TypeAlias = Literal["largest", "both"]

MOST_PRODUCTS = 300
_SIZE = 10  # of the first Krylov space; each further one is twice as large
_FEWEST = 3  # vectors that ARPACK needs for two Ritz vectors
_BESIDE = 3  # products beside those of a Krylov space: of its start, and of what it found
_MEMORY = 2**28  # bytes of a Krylov basis, which may always have as many vectors as _ALWAYS
_ALWAYS = 24


@final
@dataclass(frozen=True, eq=False)
class Extremes:
    """The largest and the smallest eigenvalue of H, each within its error of one of H's.

    - `largest`, `smallest`, and `largest_error`, `smallest_error`: the norm of H v − λ v
    - `vector` (d,): of length 1, along which the curvature is `largest`
    - `products`: how often H was multiplied by a vector
    - `settled`: whether the errors that were asked for are below the tolerance
    """

    largest: float
    largest_error: float
    smallest: float
    smallest_error: float
    vector: Floats
    products: int
    settled: bool


def extremes(
    operator: Operator,
    dimension: int,
    *,
    ends: Ends = "largest",
    tolerance: float = 1e-6,
    most: int = MOST_PRODUCTS,
    seed: int = 0,
) -> Extremes:
    """Both ends of the spectrum of a symmetric H (d, d) that is given as v (d,) → H v (d,).

    It goes on until the error of the largest, or of both ends, is `tolerance` of the largest
    absolute eigenvalue, or `most` products would be exceeded. The start is drawn by `seed`.

    >>> ends = extremes(lambda v: np.array([1.0, 2.0, 5.0]) * v, 3)
    >>> round(ends.largest, 9), round(ends.smallest, 9), ends.products
    (5.0, 1.0, 6)
    """
    matrix = _Matrix(operator, dimension, seed)
    low = high = matrix.pair(np.random.default_rng(seed).standard_normal(dimension))
    size = _SIZE
    while not _settled(low, high, ends, tolerance):
        size = min(size, matrix.most_vectors(), most - matrix.products - _BESIDE)
        if size < min(_FEWEST, dimension):
            break
        start = high.vector if ends == "largest" else high.vector + low.vector
        scale = max(np.hypot(pair.value, pair.error) for pair in (low, high))
        bottom, high = matrix.ends(start, size, float(scale))
        low = min(low, bottom, key=lambda pair: pair.value)
        if size == dimension:
            break
        size *= 2
    return Extremes(
        largest=high.value,
        largest_error=high.error,
        smallest=low.value,
        smallest_error=low.error,
        vector=high.vector,
        products=matrix.products,
        settled=_settled(low, high, ends, tolerance),
    )


@dataclass(frozen=True, eq=False)
class _Pair:
    """An approximate eigenvector of length 1, its Rayleigh quotient and its residual."""

    vector: Floats
    value: float
    error: float


def _settled(low: _Pair, high: _Pair, ends: Ends, tolerance: float) -> bool:
    error = high.error if ends == "largest" else max(low.error, high.error)
    return error <= tolerance * max(abs(low.value), abs(high.value))


@dataclass(eq=False)
class _Matrix:
    """H, with the number of `products` taken so far."""

    operator: Operator
    dimension: int
    seed: int
    products: int = 0

    def times(self, vector: Floats) -> Floats:
        self.products += 1
        return np.asarray(self.operator(vector), dtype=np.float64)

    def most_vectors(self) -> int:
        return min(self.dimension, max(_ALWAYS, _MEMORY // (8 * self.dimension)))

    def pair(self, vector: Floats) -> _Pair:
        vector = vector / np.linalg.norm(vector)
        image = self.times(vector)
        value = float(vector @ image)
        return _Pair(vector, value, float(np.linalg.norm(image - value * vector)))

    def ends(self, start: Floats, size: int, scale: float) -> tuple[_Pair, _Pair]:
        """The pairs of both ends in a Krylov space of `size` vectors, or in the whole space."""
        if self.dimension <= _FEWEST:
            square = np.stack([self.times(row) for row in np.eye(self.dimension)])
            vectors = np.linalg.eigh((square + square.T) / 2.0)[1]
        else:
            vectors = self._ritz_vectors(start, size, scale)
        return self.pair(vectors[:, 0]), self.pair(vectors[:, -1])

    def _ritz_vectors(self, start: Floats, size: int, scale: float) -> Floats:
        from scipy.sparse.linalg import LinearOperator, eigsh

        shape = (self.dimension, self.dimension)
        # ARPACK multiplies the start first; without a shift this would remove what H makes 0.
        shift = np.pi * scale
        product = LinearOperator(
            shape, matvec=lambda v: self.times(v) + shift * v, dtype=np.float64
        )
        # SciPy 1.17 and later draw by `rng` how to go on where H leads out of the space no more.
        seeded: dict[str, Any] = {"rng": self.seed} if "rng" in signature(eigsh).parameters else {}
        # With this tolerance ARPACK returns what its first Krylov space has.
        values, vectors = eigsh(product, k=2, which="BE", v0=start, ncv=size, tol=np.inf, **seeded)
        return np.asarray(vectors[:, np.argsort(values)])
