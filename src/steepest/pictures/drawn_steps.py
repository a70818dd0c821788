"""Which steps and updates of a long path a picture draws: those that can be told apart."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Booleans, Floats

# Of so few steps all are drawn.
_FEW = 200
# Steps in one of so many cells along an axis lie on each other, and so do updates from one of
# fewer cells to another; an update within a cell or two of steps is a piece of a smooth line.
_CELLS, _WIDE_CELLS, _SHORT = 80, 25, 2
# What lies farther outside of the picture is in one cell: the updates to it lie on each other.
_OUTSIDE = 0.04


class DrawnSteps(NamedTuple):
    """`dots` (m,): the steps that are drawn; `line` (l, p): the updates, nan between those that are
    not joined.
    """

    dots: Booleans
    line: Floats


def drawn_steps(index: tuple[int, ...], points: Floats, low: Floats, high: Floats) -> DrawnSteps:
    """Of steps `index` (m,) at points (m, p), in a picture from `low` to `high` (p,).

    A thousand zigzags across a valley would cover it: of updates that lie on each other the first
    is drawn, and no line joins steps between which others were left out.
    """
    joined = np.diff(index) == 1
    dots = np.ones(len(points), dtype=np.bool_)
    if len(points) > _FEW:
        size = np.where(high > low, high - low, 1.0)
        with np.errstate(all="ignore"):
            scaled = np.nan_to_num((points - low) / size).clip(-_OUTSIDE, 1.0 + _OUTSIDE)
        dots = _first_of_each(_cells(scaled, _CELLS))
        dots[-1] = True
        ends = _cells(scaled, _WIDE_CELLS)
        short = np.abs(np.diff(scaled, axis=0)).max(axis=1) <= _SHORT / _CELLS
        joined &= short | _first_of_each(np.column_stack([ends[:-1], ends[1:]]))
    gaps = np.flatnonzero(~joined) + 1
    return DrawnSteps(dots, np.insert(points, gaps, np.nan, axis=0))


def _cells(scaled: Floats, count: int) -> NDArray[np.int64]:
    return np.floor(scaled * count).astype(np.int64)


def _first_of_each(rows: NDArray[np.int64]) -> Booleans:
    """Whether each row (m,) is the first of its kind."""
    first = np.zeros(len(rows), dtype=np.bool_)
    first[np.unique(rows, axis=0, return_index=True)[1]] = True
    return first
