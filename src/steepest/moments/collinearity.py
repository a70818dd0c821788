"""Which columns determine the answer: those that earlier ones do not explain already.

Columns are taken in the table's order. What the kept ones before it leave of column j, r_j, is
compared with what rounding alone could have left of a column that they explain, x_j = Σ a_i x_i:

    |r_j| ≤ 4 [ v (‖x_j‖ + Σ|a_i| ‖x_i‖) + ρu (‖z_j‖ + Σ|a_i| ‖z_i‖) ]

with v the unit roundoff of the input and ρu the rounding of the reduction of the shifted columns z.
Moments have lost half of the digits: there a residual below √(ρu q) (‖z_j‖ + Σ|a_i| ‖z_i‖) cannot
be told from none.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.moments.moments import UNIT_ROUNDOFF, CentredMoments
from steepest.moments.qr_factor import Factor, factor_moments, solved_triangle
from steepest.wording.fact import Fact, fact

NEAR = 1e-10
# Times the rounding that can be accounted for.
_SAFETY = 4.0
# A term, or an offset, below this part of the largest is rounding.
_NO_TERM = 1e-6


@dataclass(frozen=True)
class Explained:
    """A column that is a sum of earlier ones: `name` = Σ factors · of, and a constant.

    - `told`: whether that is known; else the rest is below what sums of products can tell
    """

    name: str
    of: tuple[str, ...]
    factors: tuple[float, ...]
    offset: bool
    told: bool = True


@dataclass(frozen=True)
class Dependence:
    """Which features are left out, and why; and pairs that are suspiciously alike.

    - `constant`: names of columns with one value
    - `copies`: (name, of): a column that is a multiple of an earlier one, up to an offset
    - `near`: (name, other, correlation) of pairs, target included, above 1 − 1e-10 in size
    - `explained`: columns that several earlier ones explain
    - `beyond`: names of columns for which there are no rows: the ones before them take up all
    - `target`: its name
    """

    constant: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]
    near: tuple[tuple[str, str, float], ...]
    explained: tuple[Explained, ...] = ()
    beyond: tuple[str, ...] = ()
    target: str = ""

    @property
    def left_out(self) -> frozenset[str]:
        """Names of the features that get coefficient 0."""
        copies = {name for name, _ in self.copies}
        explained = {column.name for column in self.explained}
        return frozenset(self.constant) | copies | explained | frozenset(self.beyond)

    def notes(self) -> list[Fact]:
        """What was found."""
        beyond = [fact("columns beyond rows", names=self.beyond)] if self.beyond else []
        return [
            *(fact("constant column", name=name) for name in self.constant),
            *(fact("copied column", name=name, other=of) for name, of in self.copies),
            *(fact("explained column", **vars(column)) for column in self.explained),
            *beyond,
            *(
                fact("column like target", name=name, target=other, correlation=correlation)
                if other == self.target
                else fact("columns almost alike", name=name, other=other, correlation=correlation)
                for name, other, correlation in self.near
            ),
        ]


def find_dependence(moments: CentredMoments, intercept: bool, *, copies: bool = True) -> Dependence:
    """What moments tell. Without an intercept a constant column is a feature like any other, and a
    copy is a multiple without offset. Where `copies` may stay, as the minimum-norm answer allows,
    only constants are left out.
    """
    constant = constant_columns(moments, intercept)
    if not copies:
        return Dependence(constant, (), ())
    kept = [i for i, name in enumerate(moments.names) if name not in constant]
    return dependence_of(factor_moments(moments.select(kept)), moments, intercept, constant)


def constant_columns(moments: CentredMoments, intercept: bool) -> tuple[str, ...]:
    """Names of the features of one value; without an intercept of those that are 0."""
    size = np.abs(moments.shift * moments.scale + moments.mean)
    variance = moments.products.diagonal() / max(moments.weight, np.finfo(float).tiny)
    noise = moments.uncertainty.diagonal() / max(moments.weight, np.finfo(float).tiny)
    flat = variance <= np.maximum(noise, (_SAFETY * UNIT_ROUNDOFF * size) ** 2)
    flat = flat[:-1] if intercept else flat[:-1] & (size[:-1] == 0.0)
    return tuple(moments.names[i] for i in np.flatnonzero(flat))


def dependence_of(
    factor: Factor,
    moments: CentredMoments,
    intercept: bool,
    constant: tuple[str, ...] = (),
) -> Dependence:
    """What a triangle tells of its columns, beside those known to be constant."""
    kept, left = ranked(factor, intercept)
    full = len(kept) + intercept >= factor.rows
    last = max(kept, default=-1)
    found, copies, explained, beyond = set(constant), [], [], []
    for column, why in left:
        if full and column > last and len(why.of) > 1:
            beyond.append(why.name)
        elif not why.of:
            found.add(why.name)
        elif len(why.of) == 1:
            copies.append((why.name, why.of[0]))
        else:
            explained.append(why)
    every = tuple(name for name in moments.names if name in found)
    dependence = Dependence(every, tuple(copies), (), tuple(explained), tuple(beyond))
    near = _alike(moments, intercept, dependence.left_out)
    return replace(dependence, near=near, target=moments.names[-1])


def ranked(factor: Factor, intercept: bool) -> tuple[list[int], list[tuple[int, Explained]]]:
    """The features that determine the answer, by index, and what explains each of the others."""
    p = len(factor.names) - 1
    whole = (factor.triangle if intercept else factor.about_zero())[:, :p]
    whole = whole[: max(p, 1)]
    noise = _Noise.of(factor, whole, intercept)
    columns, gone = np.arange(p), []
    triangle, k = np.asarray(np.linalg.qr(whole, mode="r")) if p else whole, 0
    while k < len(columns):
        rest = np.sqrt(np.square(triangle[k:, k:]).sum(axis=0))
        explains = _explaining(triangle, k)
        lost = rest <= noise.of_columns(columns, explains)
        for place in np.flatnonzero(lost):
            at = int(columns[k + place])
            why = _explained(factor, at, columns[:k], explains[:, place], intercept)
            gone.append((at, why))
        keep = np.concatenate([np.ones(k, dtype=np.bool_), ~lost])
        columns, triangle = columns[keep], triangle[:, keep]
        if k == len(columns):
            break
        triangle[k:, k:] = _triangular(triangle[k:, k:])
        k += max(_resolved(triangle, k, noise, columns), 1)
    return columns.tolist(), sorted(gone, key=lambda pair: pair[0])


class Shared(NamedTuple):
    """A triangle in which columns that earlier ones explain are exactly the sums that they are, to
    rounding; those columns, and by how much of their size rounding had blurred them.
    """

    factor: Factor
    columns: list[Explained]
    blur: float


def shared(factor: Factor, intercept: bool) -> Shared:
    """The triangle whose answer of least norm is that of the sums. With too few rows for the
    columns it is as it was: then nothing is a sum, and the norm alone decides.
    """
    kept, left = ranked(factor, intercept)
    if not left or len(kept) + intercept >= factor.rows:
        return Shared(factor, [], 0.0)
    lost = [place for place, _ in left]
    origin = np.sqrt(factor.weight) * factor.means * factor.scale
    whole = factor.triangle if intercept else np.vstack([factor.triangle, origin])
    norms = np.sqrt(np.square(whole).sum(axis=0))
    multiples = np.linalg.lstsq(whole[:, kept] / norms[kept], whole[:, lost], rcond=None)[0]
    multiples = multiples / norms[kept, None]
    rest = np.sqrt(np.square(whole[:, lost] - whole[:, kept] @ multiples).sum(axis=0))
    lengths = np.linalg.svd(whole[:, kept] / norms[kept], compute_uv=False)
    blur = float((rest / norms[lost]).max() / lengths.min(initial=1.0))
    triangle, mean = factor.triangle.copy(), factor.mean.copy()
    triangle[:, lost] = triangle[:, kept] @ multiples
    if not intercept:
        about_zero = (factor.means * factor.scale)[kept] @ multiples
        mean[lost] = about_zero - (factor.shift * factor.scale)[lost]
    found = replace(factor, triangle=np.asarray(np.linalg.qr(triangle, mode="r")), mean=mean)
    return Shared(found, [why for _, why in left], blur)


@dataclass(frozen=True)
class _Noise:
    """What rounding can leave of each of p columns: its own, and of sums of products the root of
    theirs, (p,), 0 of others. Both go with the multiples of the columns that explain it.
    """

    own: Floats
    root: Floats

    @staticmethod
    def of(factor: Factor, whole: Floats, intercept: bool) -> "_Noise":
        p = whole.shape[1]
        spread = np.sqrt(np.square(whole).sum(axis=0))
        origin = np.sqrt(factor.weight) * np.abs(factor.means * factor.scale)[:p]
        raw = np.hypot(spread, origin) if intercept else spread
        summed = np.maximum(spread, factor.norms[:p])
        reduction = factor.roundings * UNIT_ROUNDOFF
        # Each column before it is a reflection that rounds it anew.
        reflected = reduction * (p + 1) if factor.method == "qr" else reduction
        own = _SAFETY * (factor.unit * raw + reflected * summed)
        lost = np.sqrt(reduction * (p + 1)) if factor.method == "moments" else 0.0
        return _Noise(own, lost * summed)

    def of_columns(self, columns: np.ndarray, explains: Floats) -> Floats:
        """Of the columns that come after those whose multiples, (k, ·), explain them."""
        k, sizes = len(explains), np.abs(explains)
        own: Floats = self.own[columns[k:]] + self.own[columns[:k]] @ sizes
        root: Floats = self.root[columns[k:]] + self.root[columns[:k]] @ sizes
        return np.maximum(own, root)


def _triangular(rows: Floats) -> Floats:
    triangle = np.zeros_like(rows)
    reduced = np.asarray(np.linalg.qr(rows, mode="r"))
    triangle[: len(reduced)] = reduced
    return triangle


def _explaining(triangle: Floats, k: int) -> Floats:
    """Multiples (k, ·) of the first k columns of a triangle that come nearest to the later ones."""
    if not k:
        return np.zeros((0, triangle.shape[1]))
    return solved_triangle(triangle[:k, :k], triangle[:k, k:])


def _resolved(triangle: Floats, k: int, noise: _Noise, columns: np.ndarray) -> int:
    """How many columns from the k-th on the ones before them leave something of."""
    width = min(len(triangle), len(columns))
    pivots = np.abs(triangle.diagonal())[:width]
    own, root = noise.own[columns[:width]], noise.root[columns[:width]]
    weak = np.flatnonzero(pivots[k:] <= np.maximum(own, root)[k:])
    end = k + int(weak[0]) if len(weak) else width
    inverse = solved_triangle(triangle[:end, :end], np.eye(end))
    # a = −R⁻¹ r of each column by the ones before it, from the inverse of the whole.
    sizes = np.eye(end) + np.abs(np.triu(inverse, 1) * pivots[:end])
    weak = np.flatnonzero(pivots[k:end] <= np.maximum(own[:end] @ sizes, root[:end] @ sizes)[k:])
    return int(weak[0]) if len(weak) else end - k


def _explained(
    factor: Factor, at: int, columns: np.ndarray, multiples: Floats, intercept: bool
) -> Explained:
    """Column `at` in terms of others, in the user's units, without terms that are rounding."""
    sizes = np.abs(multiples) * np.sqrt(np.square(factor.triangle[:, columns]).sum(axis=0))
    if not intercept:
        sizes = np.abs(multiples) * np.sqrt(np.square(factor.about_zero()[:, columns]).sum(axis=0))
    terms = np.flatnonzero(sizes > _NO_TERM * sizes.max(initial=0.0))
    used = columns[terms]
    factors = multiples[terms] * factor.scale[used] / factor.scale[at]
    means = factors * factor.means[used]
    offset = float(factor.means[at] - means.sum())
    size = abs(float(factor.means[at])) + float(np.abs(means).sum())
    return Explained(
        factor.names[at],
        tuple(factor.names[i] for i in used),
        tuple(factors.tolist()),
        bool(intercept and abs(offset) > _NO_TERM * size),
        factor.method == "qr",
    )


def _alike(
    moments: CentredMoments, intercept: bool, gone: frozenset[str]
) -> tuple[tuple[str, str, float], ...]:
    """Pairs of columns that are kept, or a column and the target, that are almost alike."""
    products = moments.products
    if not intercept:
        origin = moments.shift * moments.scale + moments.mean
        products = products + moments.weight * np.outer(origin, origin)
    spread = np.sqrt(products.diagonal())
    safe = np.where(spread > 0.0, spread, 1.0)
    correlation = products / np.outer(safe, safe)
    names = moments.names
    pairs = np.argwhere(np.triu(np.abs(correlation) >= 1.0 - NEAR, k=1)).tolist()
    return tuple(
        (names[i], names[j], float(correlation[i, j]))
        for i, j in pairs
        if not {names[i], names[j]} & gone
    )
