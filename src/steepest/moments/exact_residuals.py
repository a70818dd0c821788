"""The sum of squared residuals, each formed in twice the working precision.

Where a fit follows its rows closely, a residual is what many large terms leave of each other. Here
`(y − ȳ) − Σ (x_j − x̄_j) b_j` is accumulated with the exact errors of every difference, product and
sum (Dekker 1971; Ogita, Rump and Oishi 2005), so that only the coefficients' own rounding is left
in it, and that enters the sum of squares squared.
"""

from collections.abc import Sequence

import numpy as np

from steepest.arrays import Floats
from steepest.moments.one_pass import block_rows
from steepest.tables.column_encoding import Block, Encoding
from steepest.tables.holdout_split import Split
from steepest.tables.table import Table

_SPLITTER = float(2**27 + 1)


def sum_squares(
    table: Table,
    encoding: Encoding,
    columns: Sequence[int],
    centres: Floats,
    slopes: Floats,
    parts: Split,
    chosen: Sequence[int],
) -> float:
    """`Σ w (r − r̄)²` over the rows of the chosen parts of a split, r̄ their weighted mean.

    `columns` are the indices of the features, `centres` a point near the means of features and
    target, `slopes` the coefficients, all in the user's units.
    """
    sums = np.zeros(3)
    for block in encoding.blocks(table, block_rows(len(encoding.names) + 1)):
        residuals = block_residuals(block, columns, centres, slopes)
        weights = np.ones(len(residuals)) if block.weights is None else block.weights
        if parts.parts > 1:
            weights = weights * np.isin(parts.part(block.numbers), chosen)
        sums += [weights.sum(), weights @ residuals, weights @ residuals**2]
    return float(sums[2] - sums[1] ** 2 / sums[0])


def block_residuals(
    block: Block, columns: Sequence[int], centres: Floats, slopes: Floats
) -> Floats:
    """`(y − c) − Σ (x_j − c_j) b_j` of each row, correct to about one rounding of the result.

    >>> block = Block(0, np.array([[1e16, 1.0]]), np.array([1e16 + 2.0]))
    >>> block_residuals(block, [0, 1], np.zeros(3), np.array([1.0, 0.1]))
    array([1.9])
    """
    total, errors = _sum(np.asarray(block.target, dtype=np.float64), -centres[-1])
    for column, centre, slope in zip(columns, centres[:-1], slopes, strict=True):
        offset, lost = _sum(np.asarray(block.features[:, column], dtype=np.float64), -centre)
        product, rest = _product(offset, -slope)
        total, rounded = _sum(total, product)
        errors = errors + (rounded + rest - lost * slope)
    result: Floats = total + errors
    return result


def _sum(a: Floats, b: Floats | float) -> tuple[Floats, Floats]:
    """fl(a + b) and its exact error (Knuth's TwoSum)."""
    total = a + b
    virtual = total - a
    return total, (a - (total - virtual)) + (b - virtual)


def _product(a: Floats, b: float) -> tuple[Floats, Floats]:
    """fl(a b) and its exact error (Dekker's TwoProduct)."""
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(np.float64(b))
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def _halves(a: Floats | np.float64) -> tuple[Floats, Floats]:
    """26 leading bits and the rest."""
    scaled = np.asarray(a * _SPLITTER)
    high = scaled - (scaled - a)
    return high, np.asarray(a - high)
