"""Columns that carry nothing new: constants, copies of another column, and near copies."""

from dataclasses import dataclass

import numpy as np

from steepest.moments.moments import UNIT_ROUNDOFF, CentredMoments
from steepest.wording.fact import Fact, fact

NEAR = 1e-10


@dataclass(frozen=True)
class Dependence:
    """Which features are left out, and why; and pairs that are suspiciously alike.

    - `constant`: names of columns with one value
    - `copies`: (name, of): a column that is a multiple of an earlier one, up to an offset, as far
      as the sums of products can tell
    - `near`: (name, other, correlation) of pairs, target included, above 1 − 1e-10 in size
    """

    constant: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]
    near: tuple[tuple[str, str, float], ...]

    @property
    def left_out(self) -> frozenset[str]:
        """Names of the features that get coefficient 0."""
        return frozenset(self.constant) | {name for name, _ in self.copies}

    def notes(self) -> list[Fact]:
        """What was found."""
        return [
            *(fact("constant column", name=name) for name in self.constant),
            *(fact("copied column", name=name, other=of) for name, of in self.copies),
            *(
                fact("columns almost alike", name=name, other=other, correlation=correlation)
                for name, other, correlation in self.near
            ),
        ]


def find_dependence(moments: CentredMoments, intercept: bool, *, copies: bool = True) -> Dependence:
    """Look at the correlations. Without an intercept a constant column is a feature like any other,
    and a copy is a multiple without offset. Where `copies` may stay, as the minimum-norm answer
    allows, only constants are left out.
    """
    size = np.abs(moments.shift * moments.scale + moments.mean)
    variance = moments.products.diagonal() / max(moments.weight, np.finfo(float).tiny)
    noise = moments.uncertainty.diagonal() / max(moments.weight, np.finfo(float).tiny)
    flat = variance <= np.maximum(noise, (4.0 * UNIT_ROUNDOFF * size) ** 2)
    constant = (
        np.flatnonzero(flat[:-1]) if intercept else np.flatnonzero(flat[:-1] & (size[:-1] == 0.0))
    )
    products = moments.products
    if not intercept:
        origin = moments.shift * moments.scale + moments.mean
        products = products + moments.weight * np.outer(origin, origin)
    spread = np.sqrt(products.diagonal())
    safe = np.where(spread > 0.0, spread, 1.0)
    correlation = products / np.outer(safe, safe)
    names = tuple(moments.names[i] for i in constant)
    if not copies:
        return Dependence(names, (), ())
    copied, near = _alike(moments, correlation, set(constant.tolist()))
    return Dependence(names, tuple(copied), tuple(near))


def _alike(
    moments: CentredMoments, correlation: np.ndarray, constant: set[int]
) -> tuple[list[tuple[str, str]], list[tuple[str, str, float]]]:
    copies, near, gone = [], [], set(constant)
    noise = UNIT_ROUNDOFF * max(moments.roundings, 16.0) * 4.0
    target = len(moments.names) - 1
    for i, j in np.argwhere(np.triu(np.abs(correlation) >= 1.0 - NEAR, k=1)):
        if i in gone or j in gone:
            continue
        value = float(correlation[i, j])
        if j != target and 1.0 - abs(value) <= noise:
            copies.append((moments.names[j], moments.names[i]))
            gone.add(int(j))
        else:
            near.append((moments.names[i], moments.names[j], value))
    return copies, near
