"""Calibration: predicted probabilities beside the share of rows in which it was so."""

import math
from dataclasses import asdict, dataclass
from typing import final

import numpy as np
from scipy.special import logit

from steepest.arrays import Floats

# Log odds from −_REACH to _REACH in cells of 1/_FINE; rows are grouped by whole cells.
_REACH, _FINE = 20, 100
_CELLS = 2 * _REACH * _FINE
MOST_GROUPS = 10
_FEWEST = 20.0  # rows in a group, where there are enough
_NORMAL = 1.959963984540054  # the 97.5 % point of the normal distribution


@final
@dataclass(frozen=True)
class CalibrationGroup:
    """Rows with similar predictions: weighted means of prediction and outcome, and how many.

    `low` and `high` are the ends of Wilson's 95 % interval for the share; with weights, of as many
    rows of equal weight as say the same, (Σw)²/Σw².
    """

    predicted: float
    observed: float
    low: float
    high: float
    rows: int
    weight: float

    def to_dict(self) -> dict[str, float]:
        """Plain data for JSON."""
        return asdict(self)


@final
class CalibrationRun:
    """Rows are counted in narrow cells, which at the end make up to ten groups of about as many
    rows each.

    >>> run = CalibrationRun()
    >>> run.add(np.array([0.2, 0.2, 0.8, 0.8]), np.array([0.0, 1.0, 1.0, 1.0]), np.ones(4))
    >>> [(round(g.predicted, 6), g.observed, g.rows) for g in run.result()]
    [(0.5, 0.75, 4)]
    """

    def __init__(self) -> None:
        # Rows, Σw, Σw², Σw·prediction, Σw·outcome of each cell.
        self._sums = np.zeros((5, _CELLS))

    def add(self, predicted: Floats, outcome: Floats, weights: Floats) -> None:
        """Take in probabilities (n,) and outcomes (n,) of 0 or 1."""
        place = np.clip((logit(predicted) + _REACH) * _FINE, 0.0, _CELLS - 1.0).astype(np.intp)
        values = (None, weights, weights**2, weights * predicted, weights * outcome)
        for sums, value in zip(self._sums, values, strict=True):
            sums += np.bincount(place, weights=value, minlength=_CELLS)

    def add_run(self, other: "CalibrationRun") -> None:
        """Take in the rows of another run."""
        self._sums += other._sums

    def result(self) -> tuple[CalibrationGroup, ...]:
        """The groups, from the least probability to the greatest."""
        used = self._sums[:, self._sums[0] > 0.0]
        if not used.size:
            return ()
        before = np.cumsum(used[0]) - 0.5 * used[0]
        total = float(used[0].sum())
        groups = max(1, min(MOST_GROUPS, int(total / _FEWEST)))
        group = np.minimum((before * groups / total).astype(np.intp), groups - 1)
        return tuple(_group(used[:, group == g].sum(axis=1)) for g in np.unique(group))


def _group(sums: Floats) -> CalibrationGroup:
    rows, weight, squares, predicted, outcome = sums.tolist()
    share = min(outcome / weight, 1.0)
    low, high = wilson(share, weight**2 / squares)
    return CalibrationGroup(predicted / weight, share, low, high, int(rows), weight)


def wilson(share: float, rows: float) -> tuple[float, float]:
    """Wilson's 95 % interval for a share seen in so many rows (Wilson 1927).

    >>> [round(end, 4) for end in wilson(0.1, 50)], wilson(0.0, 10)[0]
    ([0.0435, 0.2136], 0.0)
    """
    square = _NORMAL**2
    middle = (share + 0.5 * square / rows) / (1.0 + square / rows)
    reach = math.sqrt(share * (1.0 - share) / rows + 0.25 * square / rows**2)
    reach *= _NORMAL / (1.0 + square / rows)
    # At the ends the interval is exactly closed; rounding would leave it open.
    return (
        0.0 if share <= 0.0 else max(0.0, middle - reach),
        1.0 if share >= 1.0 else min(1.0, middle + reach),
    )
