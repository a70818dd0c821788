"""Newton's step −H⁻¹g, whatever the units of the parameters, and where H is singular.

Parameters are scaled to curvature 1 first: H = S M S with S the roots of H's diagonal, and what
counts as no curvature is decided by the eigenvalues of M.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats

# Eigenvalues of M below this share of the largest are 0: columns that say nothing new.
FLAT = 1e-13
# A singular value of S⁻¹Rᵀ this small against the largest is what rounding of the rows leaves of 0.
_FLAT_ROOT = 1e-14
# Where the objective may curve down, smaller ones are raised to this share of the largest.
_LEAST_CURVATURE = 1e-12
# Conjugate gradients that take more products than these give the step they have.
_MOST_PRODUCTS = 300


@final
@dataclass(frozen=True, eq=False)
class ScaledAxes:
    """The eigenvectors V of M, where H = S M S (d, d).

    - `spread` (d,): the diagonal of S; `values` (d,); `vectors` (d, d)
    - `curved` (d,): which of the values are above 0, but for rounding
    """

    spread: Floats
    values: Floats
    vectors: Floats
    curved: NDArray[np.bool_]

    @staticmethod
    def of(hessian: Floats, flat: float = FLAT) -> "ScaledAxes":
        """The axes of H; values up to the share `flat` of the largest count as 0."""
        spread, scaled = _scaled(hessian)
        values, vectors = np.linalg.eigh(scaled)
        return ScaledAxes(spread, values, vectors, values > flat * np.abs(values).max(initial=0.0))

    @staticmethod
    def of_root(root: Floats) -> "ScaledAxes":
        """The axes of H = RᵀR, from R (m, d): with all digits of the rows that it is made of."""
        spread = np.sqrt(np.square(root).sum(axis=0))
        spread[spread == 0.0] = 1.0
        _, singular, vectors = np.linalg.svd(root / spread, full_matrices=False)
        curved = singular > _FLAT_ROOT * singular.max(initial=0.0)
        return ScaledAxes(spread, np.square(singular), vectors.T, curved)

    def slopes(self, gradient: Floats) -> Floats:
        """Vᵀ S⁻¹ g."""
        return np.asarray(self.vectors.T @ (gradient / self.spread))

    def step(self, along: Floats) -> Floats:
        """S⁻¹ V a: a step along the axes, in the parameters' units."""
        return np.asarray(self.vectors @ along / self.spread)

    def solved(self, slopes: Floats) -> Floats:
        """H⁺ S V a: along each axis the slope over its curvature, 0 where that is 0."""
        shares = np.where(self.curved, slopes / np.where(self.curved, self.values, 1.0), 0.0)
        return self.step(shares)

    @property
    def inverse_root(self) -> Floats:
        """B (d, m) with B Bᵀ = H⁺: a column for each axis that has curvature."""
        root = self.vectors[:, self.curved] / np.sqrt(self.values[self.curved])
        return np.asarray(root / self.spread[:, None])


def pseudo_inverse(hessian: Floats, flat: float = FLAT) -> Callable[[Floats], Floats]:
    """g ↦ H⁺g for a positive semidefinite H (d, d): by Cholesky's factors, or else by its axes.

    >>> pseudo_inverse(np.diag([2.0, 0.0]))(np.array([4.0, 0.0]))
    array([2., 0.])
    """
    regular = inverse_of_regular(hessian, flat)
    if regular is not None:
        return regular
    axes = ScaledAxes.of(hessian, flat)
    return lambda g: axes.solved(axes.slopes(g))


def inverse_of_regular(hessian: Floats, flat: float = FLAT) -> Callable[[Floats], Floats] | None:
    """g ↦ H⁻¹g for a positive definite H (d, d); None where it is singular, or nearly so."""
    # What `cho_factor` and `cho_solve` call, which of few parameters take most of the time.
    from scipy.linalg.lapack import dpotrf, dpotrs

    if not len(hessian):
        return lambda g: g
    spread, scaled = _scaled(hessian)
    factor, fault = dpotrf(scaled, clean=False)
    if fault or factor.diagonal().min() <= math.sqrt(10.0 * flat):
        return None
    return lambda g: np.asarray(dpotrs(factor, g / spread)[0] / spread)


def newton_direction(gradient: Floats, hessian: Floats, *, convex: bool) -> Floats:
    """p = −H⁺g, (d,); its result does not depend on the parameters' units.

    Where H may curve down, −|H|⁻¹g, and along an eigenvector of negative curvature where g has no
    part in it.

    >>> newton_direction(np.array([2.0, 8.0]), np.diag([2.0, 4.0]), convex=True)
    array([-1., -2.])
    """
    if convex:
        # Without curvature, what is left of the slope of a convex objective is rounding.
        return -pseudo_inverse(hessian)(gradient)
    axes = ScaledAxes.of(hessian)
    values, along = axes.values, axes.slopes(gradient)
    most = np.abs(values).max(initial=0.0)
    size = np.maximum(np.abs(values), _LEAST_CURVATURE * most)
    steps = np.where(size > 0.0, -along / np.where(size > 0.0, size, 1.0), -along)
    downhill = (values < -1e-8 * most) & (np.abs(along) <= 1e-12 * size)
    if downhill.any() and np.abs(steps[~downhill]).max(initial=0.0) < 1e-6:
        steps[downhill] = 1.0  # off a saddle or a summit
    return axes.step(steps)


def direction_by_products(
    gradient: Floats, product: Callable[[Floats], Floats], diagonal: Floats, tolerance: float
) -> Floats:
    """p = −H⁻¹g, (d,), from products v ↦ Hv with a positive semidefinite H, by conjugate gradients
    on parameters scaled by H's `diagonal` (d,), until g + Hp is this share of g.

    >>> curvature = np.array([2.0, 4.0])
    >>> direction_by_products(np.array([2.0, 8.0]), lambda v: curvature * v, curvature, 1e-12)
    array([-1., -2.])
    """
    from scipy.sparse.linalg import LinearOperator, cg

    d = len(gradient)
    scale = np.where(diagonal > 0.0, diagonal, 1.0)
    hessian = LinearOperator((d, d), matvec=product, dtype=np.float64)
    inverse = LinearOperator((d, d), matvec=lambda v: v / scale, dtype=np.float64)
    found, _ = cg(hessian, -gradient, rtol=tolerance, maxiter=_MOST_PRODUCTS, M=inverse)
    return np.asarray(found)


def absolute_curvature(hessian: Floats) -> Floats:
    """|H|: the same eigenvectors, with the absolute values of the eigenvalues."""
    values, vectors = np.linalg.eigh(hessian)
    return np.asarray((vectors * np.abs(values)) @ vectors.T)


def _scaled(hessian: Floats) -> tuple[Floats, Floats]:
    """S, (d,), and M."""
    spread = np.sqrt(np.abs(hessian.diagonal()))
    spread[spread == 0.0] = 1.0
    return spread, hessian / (spread[:, None] * spread)
