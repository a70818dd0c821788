"""Rows reduced to a triangle: an upper triangular R with RᵀR = the centred products of the rows.

R says everything about a least-squares problem that the rows say. It is formed from moments by
Cholesky (one pass, but products square the condition number), or from the rows themselves by merged
QR: the triangle so far is stacked on the next block and reduced again (the tall-skinny QR of
Demmel, Grigori, Hoemmen and Langou 2012), which costs a second pass and keeps twice the digits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.moments.moments import UNIT_ROUNDOFF, CentredMoments
from steepest.moments.one_pass import block_rows
from steepest.moments.solution import Solution
from steepest.tables.column_encoding import Block, Encoding
from steepest.tables.holdout_split import Split
from steepest.tables.table import Table

# A Householder reflection of a column of any length rounds like a few operations on its norm.
QR_ROUNDINGS = 8.0


@dataclass(frozen=True, eq=False)
class Factor:
    """The triangle of q columns `z = (x - shift) * scale`, the last of which is the target.

    - `triangle` (q, q): upper triangular, `triangleᵀ triangle` = centred products of z
    - `mean` (q,): means of z;   `norms` (q,): square roots of the magnitudes that were summed
    - `roundings`: how many unit roundoffs of `norms` the reduction may have cost
    - `unit`: the unit roundoff of the features as they were given
    - `solution`: the least-squares answer of the rows, where they were read again for it
    """

    names: tuple[str, ...]
    rows: int
    weight: float
    shift: Floats
    scale: Floats
    mean: Floats
    triangle: Floats
    norms: Floats
    roundings: float
    method: Literal["moments", "qr"]
    unit: float = UNIT_ROUNDOFF
    solution: Solution | None = None

    @property
    def means(self) -> Floats:
        """Means of the columns in their own units."""
        means: Floats = self.shift + self.mean / self.scale
        return means

    @property
    def residual(self) -> float:
        """Root of the sum of squared residuals of the least-squares fit, in the target's units."""
        return self.residual_of(intercept=True)

    def residual_of(self, *, intercept: bool) -> float:
        """The same with an intercept or without one."""
        if self.solution is not None and self.solution.intercept == intercept:
            return float(np.sqrt(self.solution.squares))
        triangle = self.triangle if intercept else self.about_zero()
        return abs(float(triangle[-1, -1])) / float(self.scale[-1])

    def select(self, columns: Sequence[int]) -> "Factor":
        """The triangle of some of the columns, by index; keep the target last."""
        index = np.asarray(columns, dtype=np.intp)
        reduced = np.asarray(np.linalg.qr(self.triangle[:, index], mode="r"))
        return replace(
            self,
            names=tuple(self.names[i] for i in index),
            shift=self.shift[index],
            scale=self.scale[index],
            mean=self.mean[index],
            triangle=_positive(reduced),
            norms=self.norms[index],
            solution=None,
        )

    def about_zero(self) -> Floats:
        """The triangle of the products about zero instead of about the means."""
        origin = np.sqrt(self.weight) * self.means * self.scale
        triangle: Floats = np.asarray(np.linalg.qr(np.vstack([self.triangle, origin]), mode="r"))
        return triangle

    def inverse(self, intercept: bool, penalty: Floats | None = None) -> Floats | None:
        """Inverse of the features' triangle, about the means or zero, with `penalty` (p,) added to
        the diagonal of their products; None where singular.
        """
        features = len(self.names) - 1
        whole = self.triangle if intercept else self.about_zero()
        triangle = whole[:features, :features]
        if penalty is not None and penalty.any():
            stacked = np.vstack([triangle, np.diag(np.sqrt(penalty))])
            triangle = np.asarray(np.linalg.qr(stacked, mode="r"))
        norms = np.sqrt(np.square(triangle).sum(axis=0))
        if not np.isfinite(triangle).all() or (np.abs(triangle.diagonal()) <= 1e-15 * norms).any():
            return None
        return np.asarray(solved_triangle(triangle / norms, np.eye(features)) / norms[:, None])

    def with_solution(self, solution: Solution) -> "Factor":
        """The same triangle, whose answer and sum of squared residuals are known better. It stays
        as it is: its last column has the target's own squares.
        """
        return replace(self, solution=solution)

    def unresolved(self, intercept: bool) -> int | None:
        """The first feature that earlier ones explain to within the rounding error, if any."""
        triangle = self.triangle if intercept else self.about_zero()
        norms = np.sqrt(np.square(triangle).sum(axis=0))[:-1]
        pivots = np.abs(triangle.diagonal())[:-1]
        noise = self.roundings * UNIT_ROUNDOFF * len(self.names)
        if self.method == "moments":
            noise = float(np.sqrt(noise))
        lost = np.flatnonzero(pivots <= noise * np.maximum(norms, self.norms[:-1]))
        return int(lost[0]) if len(lost) else None


def factor_moments(moments: CentredMoments, unit: float = UNIT_ROUNDOFF) -> Factor:
    """The triangle by Cholesky. A pivot that is lost in the rounding error is set to zero."""
    spread = np.sqrt(moments.products.diagonal())
    safe = np.where(spread > 0.0, spread, 1.0)
    noise = UNIT_ROUNDOFF * (moments.roundings + len(spread))
    triangle = _cholesky(moments.products / np.outer(safe, safe), noise) * safe
    return Factor(
        moments.names,
        moments.rows,
        moments.weight,
        moments.shift,
        moments.scale,
        moments.mean,
        triangle,
        np.sqrt(moments.magnitude),
        moments.roundings,
        "moments",
        unit,
    )


def _cholesky(matrix: Floats, noise: float) -> Floats:
    """The upper triangular root of a correlation matrix that may be singular."""
    try:
        upper = np.ascontiguousarray(np.linalg.cholesky(matrix).T)
        if (np.square(upper.diagonal()[:-1]) > noise).all():
            return upper
    except np.linalg.LinAlgError:
        pass
    upper = np.zeros_like(matrix)
    last = len(matrix) - 1
    for j in range(len(matrix)):
        row = matrix[j, j:] - upper[:j, j] @ upper[:j, j:]
        if row[0] > (noise if j < last else 0.0):
            upper[j, j:] = row / np.sqrt(row[0])
    return upper


def factor_rows(
    table: Table, encoding: Encoding, moments: CentredMoments, columns: Sequence[int], split: Split
) -> list[Factor]:
    """The triangles of the parts of the split, by merged QR about the means of `moments`.

    `columns` are the indices of the columns to keep, the target last.
    """
    work = partial(triangles_of_blocks, moments=moments, columns=columns, split=split)
    found = reduce(Triangles.plus, encoding.over(table, block_rows(len(moments.names)), work))
    return found.factors(moments.select(columns))


class Triangles(NamedTuple):
    """The triangle of [1, z]·√w of the rows in each part of a split, None for no rows, their counts
    and the unit roundoff of the features.
    """

    stacks: list[Floats | None]
    counts: NDArray[np.int64]
    unit: float

    def plus(self, other: "Triangles") -> "Triangles":
        """The triangles of the rows of both."""
        pairs = zip(self.stacks, other.stacks, strict=True)
        stacks = [_above(mine, its) for mine, its in pairs]
        return Triangles(stacks, self.counts + other.counts, max(self.unit, other.unit))

    def factors(self, chosen: CentredMoments) -> list[Factor]:
        """Those of parts with rows, of the `chosen` columns."""
        shift = chosen.shift + chosen.mean / chosen.scale
        return [
            replace(_from_stack(chosen, shift, stack, int(count)), unit=self.unit)
            for stack, count in zip(self.stacks, self.counts, strict=True)
            if stack is not None
        ]


def _above(stack: Floats | None, rows: Floats | None) -> Floats | None:
    """The triangle of a triangle and further rows."""
    if stack is None or rows is None:
        return rows if stack is None else stack
    return np.asarray(np.linalg.qr(np.vstack([stack, rows]), mode="r"))


def triangles_of_blocks(
    blocks: Iterator[Block], moments: CentredMoments, columns: Sequence[int], split: Split
) -> Triangles:
    """The triangles about the means of the moments: they can be merged with those of other rows."""
    chosen = moments.select(columns)
    shift = chosen.shift + chosen.mean / chosen.scale
    stacks: list[Floats | None] = [None] * split.parts
    unit = UNIT_ROUNDOFF
    counts = np.zeros(split.parts, dtype=np.int64)
    for part, rows, kind in _parts(blocks, columns, shift, chosen.scale, split):
        unit = max(unit, unit_of(kind))
        above = stacks[part]
        both = rows if above is None else np.vstack([above, rows])
        stacks[part] = np.asarray(np.linalg.qr(both, mode="r"))
        counts[part] += np.count_nonzero(rows[:, 0])
    return Triangles(stacks, counts, unit)


def solved_triangle(triangle: Floats, right: Floats) -> Floats:
    """R⁻¹b for an upper triangular R (d, d), 0 below its diagonal, and b (d,) or (d, m).

    LU finds the factors 1 and R, and rounds nothing. The routine for triangles would wake the
    threads of BLAS for any size, and those wait busily for longer than most fits take.
    """
    return np.asarray(np.linalg.solve(triangle, right), dtype=np.float64)


def merge_factors(factors: Sequence[Factor]) -> Factor:
    """The triangle of all the rows of several triangles about the same shift."""
    first = factors[0]
    stack = np.vstack([_to_stack(factor) for factor in factors])
    base = CentredMoments.empty(first.names, first.shift, first.scale)
    rows = sum(factor.rows for factor in factors)
    reduced: Floats = np.asarray(np.linalg.qr(stack, mode="r"))
    return replace(_from_stack(base, first.shift, reduced, rows), unit=first.unit)


def unit_of(kind: np.dtype[Any]) -> float:
    """The unit roundoff of numbers of this type, float64 where it holds them exactly."""
    return float(np.finfo(kind).eps) / 2 if kind == np.float32 else UNIT_ROUNDOFF


def _parts(
    blocks: Iterator[Block],
    columns: Sequence[int],
    shift: Floats,
    scale: Floats,
    split: Split,
) -> Iterator[tuple[int, Floats, np.dtype[Any]]]:
    """Augmented rows [1, z] · √w of each part of each block, and the type the block has."""
    features = list(columns[:-1])
    for block in blocks:
        z = np.empty((len(block.features), len(columns) + 1))
        z[:, 0] = 1.0
        np.subtract(block.features[:, features], shift[:-1], out=z[:, 1:-1], dtype=np.float64)
        np.subtract(np.asarray(block.target), shift[-1], out=z[:, -1], dtype=np.float64)
        z[:, 1:] *= scale
        if block.weights is not None:
            z *= np.sqrt(block.weights)[:, None]
        if split.parts == 1:
            yield 0, z, block.kind
            continue
        part = split.part(block.keys)
        for number in range(split.parts):
            yield number, z[part == number], block.kind


def _from_stack(base: CentredMoments, shift: Floats, stack: Floats, rows: int) -> Factor:
    q = len(base.names)
    square = np.zeros((q + 1, q + 1))
    square[: min(len(stack), q + 1)] = stack[: q + 1]
    square = _positive(square)
    weight = float(square[0, 0] ** 2)
    norms = np.sqrt(np.square(square).sum(axis=0))[1:]
    return Factor(
        base.names,
        rows,
        float(rows) if abs(weight - rows) < 1e-6 * max(rows, 1) else weight,
        shift,
        base.scale,
        square[0, 1:] / square[0, 0] if weight else np.zeros(q),
        square[1:, 1:],
        norms,
        QR_ROUNDINGS + np.sqrt(rows / block_rows(q)),
        "qr",
    )


def _positive(triangle: Floats) -> Floats:
    """The triangle with a positive diagonal: the sign of a row is QR's to choose."""
    signed: Floats = triangle * np.where(triangle.diagonal() < 0.0, -1.0, 1.0)[:, None]
    return signed


def _to_stack(factor: Factor) -> Floats:
    q = len(factor.names)
    stack = np.zeros((q + 1, q + 1))
    stack[0, 0] = np.sqrt(factor.weight)
    stack[0, 1:] = stack[0, 0] * factor.mean
    stack[1:, 1:] = factor.triangle
    return stack
