"""Residuals in twice the working precision, and what they add up to.

Where a fit follows its rows closely, a residual is what many large terms leave of each other. Here
`(y − c) − Σ (x_j − m_j) b_j` is accumulated with the exact errors of every difference, product and
sum, and so are its products with the columns: what is left of a gradient that should be 0.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.moments.twice_precision import Twice, plus, sum_of, times, total
from steepest.tables.column_encoding import Block

# So many numbers at a time stay in the processor's cache.
_NUMBERS = 2**17
# 1 less a row's leverage below this is rounding: the row alone determines a parameter.
WHOLLY = 1e-12


class Line(NamedTuple):
    """A linear function of p columns: `level + Σ (x_j − centre_j) slopes_j`.

    - `centre` (p,): where it is `level` (a number);   `slopes` (p,)
    """

    centre: Floats
    slopes: Twice
    level: Twice

    def residuals(self, features: Floats, target: Floats) -> Twice:
        """y − f(x) of rows (n, p), correct to about one rounding of the result."""
        return self._residuals(_offsets(features, self.centre), target)

    def _residuals(self, columns: Twice, target: Floats) -> Twice:
        """The same of columns x_j − m_j, (p, n)."""
        rest = plus(Twice.of(np.asarray(target, dtype=np.float64)), self.level.scaled(-1.0))
        slopes = Twice(-self.slopes.high[:, None], -self.slopes.low[:, None])
        for high, low in zip(*times(columns, slopes), strict=True):
            rest = plus(rest, Twice(high, low))
        return rest


class Sums(NamedTuple):
    """Σ w r² of residuals r, and Σ w r and Σ w r (x_j − m_j), (p,)."""

    squares: float
    rest: float
    slopes: Floats


def _offsets(features: Floats, centre: Floats) -> Twice:
    """The columns x_j − m_j of rows (n, p), as (p, n)."""
    return sum_of(np.array(features.T, dtype=np.float64, order="C"), -centre[:, None])


def sum_residuals(blocks: Iterable[tuple[Floats, Floats, Floats]], line: Line) -> Twice:
    """The sums over blocks of features (n, p), target (n,) and weights (n,), in the order that
    `Sums` has: to be added up with `plus`, then `rounded_sums`.
    """
    found = Twice.of(np.zeros(len(line.centre) + 2))
    for features, target, weights in blocks:
        rows = max(_NUMBERS // (len(line.centre) + 2), 1)
        for first in range(0, len(target), rows):
            at = slice(first, first + rows)
            found = plus(found, _sums(features[at], target[at], weights[at], line))
    return found


def rounded_sums(found: Twice) -> Sums:
    """The sums in working precision."""
    squares, rest, *slopes = found.high.tolist()
    return Sums(squares, rest, np.array(slopes))


def _sums(features: Floats, target: Floats, weights: Floats, line: Line) -> Twice:
    columns = _offsets(features, line.centre)
    residuals = line._residuals(columns, target)
    weighted = times(residuals, Twice.of(weights))
    terms = (times(weighted, residuals), weighted, times(weighted, columns))
    return total(Twice(*(np.vstack(part).T for part in zip(*terms, strict=True))))


def block_residuals(
    block: Block, columns: Sequence[int], centres: Floats, slopes: Floats
) -> Floats:
    """`(y − c) − Σ (x_j − c_j) b_j` of each row, correct to about one rounding of the result.

    >>> block = Block(0, np.array([[1e16, 1.0]]), np.array([1e16 + 2.0]))
    >>> block_residuals(block, [0, 1], np.zeros(3), np.array([1.0, 0.1]))
    array([1.9])
    """
    line = Line(centres[:-1], Twice.of(slopes), Twice.of(centres[-1]))
    features = np.asarray(block.features)[:, list(columns)]
    assert block.target is not None
    return line.residuals(features, np.asarray(block.target)).high
