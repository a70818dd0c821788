"""The neighbourhood of a point where the gradient has vanished, in numbers."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.diagnosis.local_spectrum import Spectrum
from steepest.diagnosis.thresholds import FLAT, NEAR, RESOLUTION, ROUNDING, SETTLED
from steepest.diagnosis.walk import Walk

# A minimum is near beyond doubt where less than this share of the region lies between; and as far
# off again where no more than rounding is gained.
_CLOSE, _AS_FAR = 1e-6, 0.99
_MOVES, _FAINT = 30, 1e-8  # to where a minimum is promised, while as much of the slope is left


@final
@dataclass(frozen=True, eq=False)
class Standstill:
    """The neighbourhood of a last step whose curvature, `spectrum`, is known."""

    walk: Walk
    spectrum: Spectrum

    def stationary(self, share: float) -> bool:
        """Whether a point without slope is as near as this share of the way, in all directions.

        Where slope and curvature both grow without end, at the edge of a domain, it only seems so.
        """
        gone = self.walk.slope <= np.sqrt(share) * self.walk.steepest
        if not gone and self.walk.travel > FLAT * self.walk.scale:
            return False
        left = float(self.spectrum.distances.max(initial=0.0))
        flat = np.abs(self.spectrum.slopes[self.spectrum.values == 0.0])
        level = float(flat.max(initial=0.0)) * self.walk.scale <= FLAT * self.relief
        return left <= max(share * self.walk.travel, RESOLUTION * self.walk.scale) and level

    def _remains(self, share: float) -> NDArray[np.bool_]:
        """Where, (d,), a slope along a direction is above rounding and this share of its largest.

        A steep direction whose slope has gone says nothing of the others.
        """
        spectrum, walk = self.spectrum, self.walk
        with np.errstate(over="ignore", invalid="ignore"):
            along = np.abs(walk.trajectory.gradient @ spectrum.vectors)
        largest = np.nanmax(along, axis=0, initial=0.0)
        least = np.maximum(share * largest, SETTLED * walk.steepest)
        return np.asarray(np.abs(spectrum.slopes) > least)

    @property
    def vanished(self) -> bool:
        """Whether the slope along every direction is next to nothing beside what it was, or nothing
        to the size of the region.
        """
        near = self.spectrum.distances <= RESOLUTION * self.walk.scale
        return not (self._remains(NEAR) & ~(near & (self.spectrum.values != 0.0))).any()

    def sloping(self, share: float) -> int | None:
        """The direction without curvature that has kept the largest slope; None for none."""
        kept = (self.spectrum.values == 0.0) & self._remains(share)
        sizes = np.abs(self.spectrum.slopes)
        return int(np.where(kept, sizes, 0.0).argmax()) if kept.any() else None

    @property
    def settled(self) -> bool:
        """Whether what is left along every direction is 1e-12 of the way, or rounding."""
        least = max(SETTLED * self.walk.travel, ROUNDING * self.walk.scale)
        flat = np.abs(self.spectrum.slopes[self.spectrum.values == 0.0])
        level = float(flat.max(initial=0.0)) <= SETTLED * self.walk.steepest
        return level and float(self.spectrum.distances.max(initial=0.0)) <= least

    @property
    def left(self) -> float:
        """Of a convex objective: how much of the way is left, inf where that is not known.

        Along a direction without curvature the slope, over the size of the region, is an excess;
        what the objective has fallen goes with the square of the way.
        """
        flat = np.abs(self.spectrum.slopes[self.spectrum.values == 0.0]).sum()
        kept = self.walk.trajectory.objective
        excess, fall = float(flat) * self.walk.scale, float(kept[0] - kept[-1])
        curved = float(self.spectrum.distances.max(initial=0.0))
        if excess == curved == 0.0:
            return 0.0
        if not (fall > 0.0 and self.walk.travel > 0.0):
            return np.inf
        return max(curved / self.walk.travel, float(np.sqrt(excess / fall)))

    @property
    def plateau(self) -> bool:
        """Whether the slope is nothing against what the objective does elsewhere, and the steps,
        if there were any, moved next to nothing.
        """
        level = self.walk.slope * self.walk.scale <= FLAT * self.relief
        return level and self.walk.travel <= FLAT * self.walk.scale

    @cached_property
    def lower(self) -> tuple[Floats, float] | None:
        """The lowest point seen along the directions and the axes, if lower than the last step."""
        scale = self.walk.scale
        points = _around(self._here, np.hstack([np.eye(self._here.size), self.spectrum.vectors]))
        places = self._here + scale * points
        values = self._values(places)
        best = int(values.argmin())
        gap = self.walk.last.objective - values[best]
        return (places[best], float(values[best])) if gap > FLAT * self.relief else None

    @cached_property
    def relief(self) -> float:
        """The largest change of the objective on steps of the region's size along the axes."""
        places = self._here + self.walk.scale * _around(self._here, np.eye(self._here.size))
        values = self._values(places)
        changes = np.abs(values[np.isfinite(values)] - self.walk.last.objective)
        return float(changes.max(initial=0.0))

    @cached_property
    def falls(self) -> int | None:
        """The number of the direction along which the objective is lower close by than curvature
        explains.

        A minimum a distance d away along a slope s lies ½sd lower, and no point lies lower yet.
        """
        size = self.walk.travel or self.walk.scale
        slack = 1e-12 * max(abs(self.walk.last.objective), self.relief * 1e-6)
        explained = float((np.abs(self.spectrum.slopes) * self.spectrum.distances).sum()) + slack
        for reach in (1e-3, 1e-2):
            places = self._here + reach * size * _both_ways(self.spectrum.vectors)
            gap = self.walk.last.objective - self._values(places)
            if gap.size and gap.max() > explained:
                return int(gap.argmax())
        return None

    def direction(self, move: int) -> Floats:
        """The direction (d,) that `falls` has the number of."""
        direction: Floats = _both_ways(self.spectrum.vectors)[move]
        return direction

    @cached_property
    def recedes(self) -> Floats | None:
        """The minimum that the curvature promises, (d,), where it is as far off again from there,
        and so on, as on exp(x); None where it is nearer then, as that of any power of x is.
        """
        here, gradient = self._here, self.walk.problem.gradient
        i = int(self.spectrum.distances.argmax())
        axis, curvature = self.spectrum.vectors[:, i], float(self.spectrum.values[i])
        slope = float(gradient(here) @ axis)
        move = -slope / curvature if curvature > 0.0 else 0.0
        if not _CLOSE < abs(move) / self.walk.scale < np.inf:
            return None
        first = there = here + move * axis
        least = _FAINT * abs(slope)
        for _ in range(_MOVES):
            with np.errstate(all="ignore"):
                slope = float(gradient(there) @ axis)
                change = float(gradient(there + 0.01 * move * axis) @ axis) - slope
            if not abs(slope) > least:
                break
            again = -slope * 0.01 * move / change if change else np.inf
            if not again / move >= _AS_FAR:
                return None
            there, move = there + again * axis, again
        return None if there is first else first

    @cached_property
    def level(self) -> list[int]:
        """The directions without curvature in which the objective is the same on both sides."""
        directions = []
        for i in np.flatnonzero(self.spectrum.values == 0.0).tolist():
            places = self._here + 0.01 * self.walk.scale * _both_ways(self.spectrum.vectors[:, [i]])
            gap = np.abs(self._values(places) - self.walk.last.objective)
            if (gap <= 1e-12 * max(abs(self.walk.last.objective), self.relief)).all():
                directions.append(i)
        return directions

    @property
    def _here(self) -> Floats:
        return self.walk.last.parameters

    def _values(self, places: Floats) -> Floats:
        """Objectives (n,), inf where undefined or out of bounds."""
        bounds = self.walk.trajectory.bounds
        with np.errstate(all="ignore"):
            values = np.asarray(self.walk.problem.minimised(places), dtype=np.float64)
        inside = np.isfinite(values)
        if bounds is not None:
            inside &= ((places >= bounds.lower) & (places <= bounds.upper)).all(axis=1)
        return np.where(inside, values, np.inf)


def _both_ways(vectors: Floats) -> Floats:
    """Each column and its opposite, as rows in turn."""
    return np.stack([vectors.T, -vectors.T], axis=1).reshape(-1, len(vectors))


def _around(here: Floats, vectors: Floats) -> Floats:
    """Steps of 0.1, 0.5, 1 and 2 both ways along columns."""
    return np.concatenate([size * _both_ways(vectors) for size in (0.1, 0.5, 1.0, 2.0)])
