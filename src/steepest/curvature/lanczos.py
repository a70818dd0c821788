"""Eigenvalues of a symmetric matrix H that is only known by its products with vectors, v → Hv.

Lanczos's method, every vector orthogonalised against all others twice. Of the basis V it holds
H V = V T + r eₘᵀ with r at right angles to V. For an eigenvector s of the small T, with T s = θ s,
the Ritz vector V s misses by ‖H V s − θ V s‖ = ‖r‖ |sₘ|, and some eigenvalue of H is no further
from θ than that. When the basis is full, the Ritz vectors of both ends and r begin a new one (Wu
and Simon, 2000), so that memory is bounded.

The density of the eigenvalues is had by Gauss's rule: the Ritz values, weighted by s₁² (Golub and
Meurant, 2010; Lin, Saad and Yang, 2016). SciPy's `eigsh` gives no such weights, and measures the
error of an eigenvalue near 0 against itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, final

import numpy as np

from steepest.arrays import Floats

Operator: TypeAlias = Callable[[Floats], Floats]
Ends: TypeAlias = Literal["largest", "both"]

MOST_PRODUCTS = 300
MOST_STEPS = 80
_MEMORY = 2**28  # bytes of the basis
_LOOK = 4  # products from one look at the eigenvalues to the next
_KEPT = 6  # Ritz vectors of each end that begin a new basis
_FEWEST = 4 * _KEPT
_ZERO = 1e-13  # a remainder so small, relative to H, is rounding


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
    absolute eigenvalue, or after `most` products. The start is drawn by `seed`.

    >>> found = extremes(lambda v: np.array([1.0, 2.0, 5.0]) * v, 3)
    >>> round(found.largest, 9), round(found.smallest, 9), found.products
    (5.0, 1.0, 3)
    """
    start = np.random.default_rng(seed).standard_normal(dimension)
    basis = _Basis.begin(operator, start, _capacity(dimension, min(most, MOST_STEPS)))
    while True:
        basis.extend()
        if not (basis.ended or basis.full or basis.products >= most or basis.size % _LOOK == 0):
            continue
        values, rows, errors = basis.ritz()
        scale = float(np.abs(values).max(initial=0.0))
        asked = errors[[-1]] if ends == "largest" else errors[[0, -1]]
        settled = bool(asked.max() <= tolerance * scale)
        if settled or basis.products >= most or basis.ended:
            break
        basis.go_on(rows)
    return Extremes(
        largest=float(values[-1]),
        largest_error=float(errors[-1]),
        smallest=float(values[0]),
        smallest_error=float(errors[0]),
        vector=basis.vector(rows[:, -1]),
        products=basis.products,
        settled=settled or basis.ended,
    )


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
    values, weights, products = [], [], 0
    for _ in range(probes):
        signs = generator.choice([-1.0, 1.0], dimension)
        basis = _Basis.begin(operator, signs, _capacity(dimension, steps))
        basis.extend()
        while not (basis.full or basis.ended):
            basis.extend()
        nodes, rows, _ = basis.ritz()
        values.append(nodes)
        weights.append(rows[0] ** 2 / probes)
        products += basis.products
    return Density(np.concatenate(values), np.concatenate(weights), dimension, products)


@dataclass(eq=False)
class _Basis:
    """Orthonormal rows `vectors` (capacity, d), of which `size` are in use, and T (size, size)."""

    operator: Operator
    vectors: Floats
    small: Floats
    remainder: Floats
    length: float
    size: int = 0
    products: int = 0
    capacity: int = field(default=0)

    @staticmethod
    def begin(operator: Operator, start: Floats, capacity: int) -> "_Basis":
        empty = np.zeros((capacity, len(start))), np.zeros((capacity, capacity))
        return _Basis(operator, *empty, start, float(np.linalg.norm(start)), capacity=capacity)

    @property
    def full(self) -> bool:
        return self.size == self.capacity

    def extend(self) -> None:
        """Take the remainder into the basis; what H makes of it leaves the next remainder."""
        place = self.size
        self.vectors[place] = self.remainder / self.length
        self.size, self.products = place + 1, self.products + 1
        image = np.asarray(self.operator(self.vectors[place]), dtype=np.float64)
        used = self.vectors[: self.size]
        shares = used @ image
        image = image - shares @ used
        again = used @ image
        self.remainder = image - again @ used
        self.length = float(np.linalg.norm(self.remainder))
        self.small[place, : self.size] = self.small[: self.size, place] = shares + again

    def ritz(self) -> tuple[Floats, Floats, Floats]:
        """Ritz values, rising; their vectors as columns in the basis; the bound of each error."""
        values, rows = np.linalg.eigh(self.small[: self.size, : self.size])
        return values, rows, np.abs(rows[-1]) * self.length

    @property
    def ended(self) -> bool:
        """Whether H leads out of the basis no more."""
        scale = float(np.abs(self.small).max())
        return self.size == self.vectors.shape[1] or self.length <= _ZERO * scale

    def go_on(self, rows: Floats) -> None:
        """Make room: a full basis keeps the Ritz vectors of both ends."""
        if not self.full:
            return
        chosen = rows[:, [*range(_KEPT), *range(self.size - _KEPT, self.size)]]
        values = np.diag(chosen.T @ self.small[: self.size, : self.size] @ chosen)
        kept = chosen.T @ self.vectors[: self.size]
        self.small[:] = 0.0
        self.size = len(kept)
        self.vectors[: self.size] = kept
        self.small[range(self.size), range(self.size)] = values

    def vector(self, row: Floats) -> Floats:
        found = row @ self.vectors[: self.size]
        return np.asarray(found / np.linalg.norm(found))


def _capacity(dimension: int, wanted: int) -> int:
    """As many vectors as are wanted, if memory allows them and there can be so many."""
    return min(max(_FEWEST, _MEMORY // (8 * dimension)), wanted, dimension)
