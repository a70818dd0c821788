"""Eigenvalues and eigenvectors of `rowsᵀ rows`: with all digits, or as many as its width allows.

Jacobi's method on the rows keeps the digits of small eigenvalues however differently the columns
are scaled (Drmač and Veselić 2008), and takes ten times as long as others. Where there are many
columns, with eigenvalues from `low` to `high` and unit roundoff u, the first of these is taken that
keeps about eight digits of the lowest:

- the product: relative error `u high / low` of `low`, where that is below 1e-8
- the singular values by bidiagonal form: `u √(high / low)`, where that is below 1e-8
- Jacobi's method
"""

import numpy as np
from scipy.linalg.lapack import dgejsv

from steepest.arrays import Floats
from steepest.errors import SteepestError

# Up to so many columns Jacobi's method takes less than a second.
FEW = 500
_PRECISION = 1e-8
_ROUNDOFF = float(np.finfo(float).eps)


def eigen(rows: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues (d,), ascending, 0 beyond the rank; unit eigenvectors as columns (d, d)."""
    if rows.shape[1] > FEW:
        values, vectors = np.linalg.eigh(rows.T @ rows)
        if _is_precise(values):
            return values, vectors
        _, singular, right = np.linalg.svd(rows[rows.any(axis=1)])
        wide = _squares(rows, singular)
        if wide is not None:
            return wide, right[::-1].T.copy()
    return _by_jacobi(rows)


def eigenvalues(rows: Floats) -> Floats:
    """The eigenvalues alone, in less time where there are many."""
    if rows.shape[1] > FEW:
        values = np.asarray(np.linalg.eigvalsh(rows.T @ rows), dtype=np.float64)
        if _is_precise(values):
            return values
        singular = np.linalg.svd(rows[rows.any(axis=1)], compute_uv=False)
        wide = _squares(rows, np.asarray(singular, dtype=np.float64))
        if wide is not None:
            return wide
    return _by_jacobi(rows)[0]


def _is_precise(values: Floats) -> bool:
    return bool(_ROUNDOFF * values[-1] < _PRECISION * values[0])


def _squares(rows: Floats, singular: Floats) -> Floats | None:
    """The eigenvalues of singular values, largest first; None where they are not precise."""
    rank = _rank(rows)
    if rank > len(singular) or _ROUNDOFF * singular[0] > _PRECISION * singular[rank - 1]:
        return None
    values = np.zeros(rows.shape[1])
    values[:rank] = np.square(singular[:rank])
    return values[::-1].copy()


def _rank(rows: Floats) -> int:
    """How many columns are independent, each taken for as long as the others."""
    norms = np.sqrt(np.square(rows).sum(axis=0))
    even = np.linalg.svd(rows / np.where(norms > 0.0, norms, 1.0), compute_uv=False)
    return int((even > len(rows) * _ROUNDOFF * even.max(initial=0.0)).sum())


def _by_jacobi(rows: Floats) -> tuple[Floats, Floats]:
    # Singular values of the rows, squared: no products are formed.
    rank = _rank(rows)
    largest_first, _, right, work, _, failed = dgejsv(
        np.asfortranarray(rows), joba=1, jobu=3, jobr=0, jobp=0
    )
    if failed:
        raise SteepestError("the curvature's eigenvalues could not be computed")
    values = np.square(largest_first * (work[0] / work[1]))
    values[rank:] = 0.0
    return values[::-1].copy(), right[:, ::-1].copy()
