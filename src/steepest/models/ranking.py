"""The ROC curve of a score and the area under it, of rows that come in blocks.

The area is the share of pairs of a row with and a row without the outcome in which the first has
the higher score; ties count half (Hanley and McNeil 1982).
"""

from typing import NamedTuple, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats

Curve: TypeAlias = tuple[tuple[float, float], ...]

# So many scores are kept and sorted. Beyond, they are counted in as many cells, each of the scores
# with the same leading bits.
BITS = 20
_MOST_POINTS = 101


class Ranked(NamedTuple):
    """The area under the curve, how far off it may be for scores that share a cell (0: exact), and
    about a hundred points (false positives, true positives) of the curve.
    """

    area: float
    error: float
    curve: Curve


@final
class RankingRun:
    """Scores with their outcomes; 2^bits of them are sorted, more are counted in so many cells.

    >>> run = RankingRun()
    >>> run.add(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0, 1, 1]), np.ones(4))
    >>> run.result()
    Ranked(area=0.75, error=0.0, curve=((0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)))
    """

    def __init__(self, bits: int = BITS) -> None:
        self._bits = bits
        self._kept = list[tuple[Floats, Floats, Floats]]()
        self._rows = 0
        self._cells: Floats | None = None

    def add(self, scores: Floats, outcome: Floats, weights: Floats) -> None:
        """Take in scores (n,), none of them NaN, and outcomes (n,) of 0 or 1."""
        self._take(scores.copy(), outcome * weights, weights.copy())

    def add_run(self, other: "RankingRun") -> None:
        """Take in the scores of another run of as many bits."""
        for kept in other._kept:
            self._take(*kept)
        if other._cells is not None:
            self._rows += other._rows
            cells = self._into_cells()
            cells += other._cells

    def _take(self, scores: Floats, positive: Floats, weights: Floats) -> None:
        self._rows += len(scores)
        if self._cells is None and self._rows <= 2**self._bits:
            self._kept.append((scores, positive, weights))
            return
        self._into_cells()
        self._count(scores, positive, weights)

    def _into_cells(self) -> Floats:
        """The cells, with the scores that were kept until now."""
        if self._cells is None:
            self._cells = np.zeros((2, 2**self._bits))
            for kept in self._kept:
                self._count(*kept)
            self._kept.clear()
        return self._cells

    def result(self) -> Ranked | None:
        """The curve; None where all rows have the outcome, or none has."""
        if self._cells is not None:
            positive, weight = self._cells[:, ::-1]
        elif self._kept:
            scores, positive, weight = (
                np.concatenate(part) for part in zip(*self._kept, strict=True)
            )
            _, place = np.unique(-scores, return_inverse=True)
            positive = np.bincount(place, weights=positive)
            weight = np.bincount(place, weights=weight)
        else:
            return None
        return _ranked(positive, weight - positive, exact=self._cells is None)

    def _count(self, scores: Floats, positive: Floats, weights: Floats) -> None:
        assert self._cells is not None
        place = _cell(scores, self._bits)
        for sums, values in zip(self._cells, (positive, weights), strict=True):
            sums += np.bincount(place, weights=values, minlength=2**self._bits)


def _cell(scores: Floats, wanted: int) -> NDArray[np.intp]:
    """Which cell a score is in: the leading bits of its float32, in the order of the scores."""
    with np.errstate(over="ignore"):
        bits = (np.asarray(scores, dtype=np.float32) + np.float32(0.0)).view(np.uint32)
    ordered = np.where(bits >> 31, ~bits, bits | np.uint32(2**31))
    return (ordered >> (32 - wanted)).astype(np.intp)


def _ranked(positive: Floats, negative: Floats, *, exact: bool) -> Ranked | None:
    """From weights with and without the outcome, of falling scores."""
    negative = np.maximum(negative, 0.0)
    hits, alarms = float(positive.sum()), float(negative.sum())
    if not (hits > 0.0 and alarms > 0.0):
        return None
    right, false = np.cumsum(positive) / hits, np.cumsum(negative) / alarms
    ties = float(positive @ negative) / (hits * alarms)
    above = float((right - positive / hits) @ negative) / alarms
    curve = _thinned(np.append(0.0, false), np.append(0.0, right))
    return Ranked(min(above + 0.5 * ties, 1.0), 0.0 if exact else 0.5 * ties, curve)


def _thinned(false: Floats, right: Floats) -> Curve:
    """Points evenly spread along the curve, both ends among them."""
    way = false + right
    wanted = np.linspace(0.0, float(way[-1]), _MOST_POINTS)
    keep = np.arange(len(way)) if len(way) <= _MOST_POINTS else _corners(way, wanted)
    last = len(way) - 1
    points = zip(false[keep].tolist(), right[keep].tolist(), strict=True)
    return tuple((1.0, 1.0) if i == last else point for i, point in zip(keep, points, strict=True))


def _corners(way: Floats, wanted: Floats) -> NDArray[np.intp]:
    found = np.unique(np.minimum(np.searchsorted(way, wanted), len(way) - 1))
    return np.union1d(found, [0, len(way) - 1])
