"""Rank in an engine: what is left of a column that sums of products take for a sum of others.

With the columns z_K that products do tell apart, and multiples a of them that come nearest to a
column z_j, one query sums the rests r_j = z_j − Σ a_i z_i and their products:

    Σ s r_j        Σ s r_j r_l        Σ s r_j z_i        Σ s r_j y

A rest is 1e-8 of its column at most, and what is left of that after another projection is known to
1e-8 of it: together to the rounding of the rows, as by QR. (Cholesky QR, twice: Fukaya,
Nakatsukasa, Yanagisawa and Yamamoto 2014.)
"""

from dataclasses import replace

import narwhals as nw
import numpy as np

from steepest.arrays import Floats
from steepest.moments.collinearity import ranked
from steepest.moments.moments import CentredMoments
from steepest.moments.qr_factor import QR_ROUNDINGS, Factor, factor_moments
from steepest.tables.frames.lazy_expressions import Lazy, fetch


def factor_lazily(moments: CentredMoments, frame: Lazy, intercept: bool) -> Factor:
    """The triangle of moments whose columns z0, z1, … (and weights w) an engine's `frame` has: by
    one query to the rounding of the rows, where products cannot tell some from sums of others. The
    target's column is that of products with them where the frame has it, the last z.
    """
    factor = factor_moments(moments)
    kept, left = ranked(factor, intercept)
    lost = [place for place, _ in left]
    if not lost:
        return factor
    whole = factor.triangle if intercept else factor.about_zero()
    norms = np.sqrt(np.square(whole[:, kept]).sum(axis=0))
    multiples = np.linalg.lstsq(whole[:, kept] / norms, whole[:, lost], rcond=None)[0]
    multiples = multiples / norms[:, None]
    origin = -moments.mean if intercept else moments.shift * moments.scale
    level = origin[lost] - origin[kept] @ multiples
    rests = _rests(moments, frame, kept, lost, multiples, level)
    return _in_order(factor, rests, kept, lost, multiples, level)


def _rests(
    moments: CentredMoments,
    frame: Lazy,
    kept: list[int],
    lost: list[int],
    multiples: Floats,
    level: Floats,
) -> CentredMoments:
    """Moments of the columns that are told apart, and of the rests of the others."""
    columns = [nw.col(f"z{i}") for i in kept]
    rests = []
    for place, at in enumerate(lost):
        rest = nw.col(f"z{at}") + float(level[place])
        for column, factor in zip(columns, multiples[:, place].tolist(), strict=True):
            rest = rest - column * factor
        rests.append(rest.alias(f"r{place}"))
    frame = frame.with_columns(*rests)
    names, target = frame.collect_schema().names(), f"z{len(moments.names) - 1}"
    right = [*columns, *(nw.col(f"r{place}") for place in range(len(lost)))]
    right.append(nw.col(target if target in names else "r0"))
    asked = []
    for place in range(len(lost)):
        left = nw.col(f"r{place}")
        if "w" in names:
            left = left * nw.col("w")
        asked.append(left.sum().alias(f"s{place}"))
        asked += [(left * each).sum().alias(f"p{place}_{k}") for k, each in enumerate(right)]
    row = fetch(frame.select(*asked))[0]
    sums = np.array([float(row[f"s{place}"]) for place in range(len(lost))])
    products = np.array(
        [[float(row[f"p{place}_{k}"]) for k in range(len(right))] for place in range(len(lost))]
    )
    return _mixed(moments.select([*kept, len(moments.names) - 1]), sums, products)


def _mixed(kept: CentredMoments, sums: Floats, products: Floats) -> CentredMoments:
    """The moments with further columns before the target, whose sums (s,) and products
    (s, k + s + 1) with the others, with each other and with the target are given.
    """
    k, s = len(kept.names) - 1, len(sums)
    means = np.concatenate([kept.mean[:k], sums / kept.weight, kept.mean[k:]])
    centred = products - kept.weight * np.outer(means[k:-1], means)
    whole, old = np.zeros((k + s + 1, k + s + 1)), [*range(k), k + s]
    whole[np.ix_(old, old)] = kept.products
    whole[k:-1], whole[:, k:-1] = centred, centred.T
    np.fill_diagonal(whole, np.maximum(whole.diagonal(), 0.0))
    squares = products[:, k:-1].diagonal()
    return replace(
        kept,
        names=(*kept.names[:k], *(f"r{place}" for place in range(s)), kept.names[-1]),
        shift=np.concatenate([kept.shift[:k], np.zeros(s), kept.shift[k:]]),
        scale=np.concatenate([kept.scale[:k], np.ones(s), kept.scale[k:]]),
        mean=means,
        products=whole,
        magnitude=np.concatenate([kept.magnitude[:k], squares, kept.magnitude[k:]]),
    )


def _in_order(
    factor: Factor,
    rests: CentredMoments,
    kept: list[int],
    lost: list[int],
    multiples: Floats,
    level: Floats,
) -> Factor:
    """The triangle of all columns in the table's order, from those told apart and the rests."""
    known, k = factor_moments(rests).triangle, len(kept)
    whole, mean = np.zeros((len(known), len(factor.names))), factor.mean.copy()
    whole[:, kept], whole[:, -1] = known[:, :k], known[:, -1]
    whole[:, lost] = known[:, k:-1] + known[:, :k] @ multiples
    mean[lost] = rests.mean[k:-1] + factor.mean[kept] @ multiples - level
    triangle = np.asarray(np.linalg.qr(whole, mode="r"))
    roundings = QR_ROUNDINGS + float(np.sqrt(k))
    return replace(factor, triangle=triangle, mean=mean, method="qr", roundings=roundings)
