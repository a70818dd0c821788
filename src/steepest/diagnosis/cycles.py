"""Whether the last steps repeat, and after how many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from steepest.arrays import Floats

if TYPE_CHECKING:
    from steepest.descent.trajectory import Point

LONGEST = 32
# What is left to change must be below this share of the swing.
_SETTLED = 1e-2
_EXACT = 1e-12


@final
@dataclass(frozen=True, eq=False)
class Cycle:
    """Steps that come again every `period` epochs: `points`, the first at a multiple of it."""

    period: int
    points: "tuple[Point, ...]"


def find_cycle(points: "Sequence[Point]", least: float = 0.0) -> Cycle | None:
    """The shortest cycle that consecutive steps have entered or come ever nearer to; else None.

    A swing that dies out also comes near to itself after two steps, ever nearer. Let d be the
    distance after p steps, and r the factor it shrinks by in p steps: then d / (1 − r) is all that
    will ever change. In a cycle that is far less than the swing; in a swing that dies out it is the
    swing. A swing of less than `least` is rounding.
    """
    places = np.array([point.parameters for point in points])
    if len(places) < 5 or not np.isfinite(places).all():
        return None
    for period in range(2, min(LONGEST, (len(points) - 1) // 2) + 1):
        swing = float(np.ptp(places[-period:], axis=0).max())
        if swing > least and _repeats(places, period, swing):
            return Cycle(period, _aligned(points, period))
    return None


def _repeats(places: Floats, period: int, swing: float) -> bool:
    gaps = np.abs(places[period:] - places[:-period]).max(axis=1)
    late = float(gaps[-period:].max())
    if late <= _EXACT * swing:
        return True
    if len(gaps) < 2 * period or late > _SETTLED * swing:
        return False
    early = float(gaps[-2 * period : -period].max())
    shrink = late / early if early > 0.0 else np.inf
    return shrink < 1.0 and late * shrink / (1.0 - shrink) <= _SETTLED * swing


def _aligned(points: "Sequence[Point]", period: int) -> "tuple[Point, ...]":
    tail = points[-period:]
    return tuple(sorted(tail, key=lambda point: point.index % period))
