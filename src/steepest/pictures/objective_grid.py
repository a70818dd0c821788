"""The objective over a rectangle of two parameters: what contours and surfaces are drawn from."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.left_out import LeftOut
from steepest.pictures.projected_path import Shown, limits

SHAPE = 4.0 / 3.0  # width to height of the picture
LARGEST = 1e200
_STRETCH = 8.0  # beyond this ratio of extents, equal scales would make a line of the path
_GRID = (121, 91)
_LEVELS = 12
_BARE = 0.15  # a smaller share of the picture below the third highest level leaves it bare


@final
@dataclass(frozen=True, eq=False)
class Ground:
    """`objective` (ny, nx) over `x` (nx,) and `y` (ny,), nan where it is not a finite number.

    - `levels`: objectives of the contours, rising; none where the objective is flat
    - `labels` of both axes, `objective_label` of the height
    - `equal`: both axes have one scale, so that right angles are right angles
    """

    labels: tuple[str, str]
    objective_label: str
    x: Floats
    y: Floats
    objective: Floats
    levels: Floats
    equal: bool

    @staticmethod
    def under(several: list[Shown], labels: tuple[str, str], objective_label: str) -> "Ground":
        """The rectangle that holds several paths on one plane.

        Raises LeftOut where the objective is too large, or nowhere a number.
        """
        _check(several)
        low, high, equal = _window(*limits(several))
        x, y = (np.linspace(low[i], high[i], _GRID[i]) for i in (0, 1))
        plane = several[0].slice
        surface = plane.objectives(np.stack(np.meshgrid(x, y), axis=-1))
        surface = np.where(np.isfinite(surface) & (np.abs(surface) <= LARGEST), surface, np.nan)
        levels = levels_of(surface, _known_least(several))
        return Ground(labels, objective_label, x, y, surface, levels, equal)

    @property
    def least(self) -> float:
        """The lowest objective of the grid."""
        return float(np.nanmin(self.objective))


def _check(several: list[Shown]) -> None:
    recorded = np.concatenate([shown.objectives for shown in several])
    finite = recorded[np.isfinite(recorded)]
    if not len(finite) or np.abs(finite).max() > LARGEST:
        raise LeftOut("The objective is too large for its contours to be drawn.")


def _window(low: Floats, high: Floats) -> tuple[Floats, Floats, bool]:
    """The limits, widened to the picture's shape at equal scales unless they are too unequal."""
    size = high - low
    if not size.max() <= _STRETCH * size.min():
        return low, high, False
    unit = max(size[0] / SHAPE, size[1])
    half = 0.5 * unit * np.array([SHAPE, 1.0])
    centre = 0.5 * low + 0.5 * high
    return centre - half, centre + half, True


def _known_least(several: list[Shown]) -> float:
    """The lowest objective of steps and minima on the plane; inf where there is none."""
    values = [s.objectives[s.exact].min(initial=np.inf) for s in several]
    return float(np.nanmin([*values, *(s.least for s in several)]))


def levels_of(surface: Floats, known: float) -> Floats:
    """Objectives of the contours: their excess over the least in equal ratios.

    Where the surface falls on beyond the picture, as from a saddle, or is high nearly everywhere,
    they part its area equally.
    """
    finite = surface[np.isfinite(surface)]
    if not len(finite):
        return np.empty(0)
    least = min(known, float(finite.min()))
    span = float(finite.max()) - least
    if not span > 1e-12 * abs(least):
        return np.empty(0)
    levels = least + span * np.geomspace(1e-4, 0.9, _LEVELS)
    falls_on = known > float(finite.min()) + 0.02 * span and _lowest_at_edge(surface)
    if falls_on or (finite <= levels[-3]).mean() < _BARE:
        return np.unique(np.quantile(finite, np.linspace(0.04, 0.96, _LEVELS)))
    return np.unique(levels)


def _lowest_at_edge(surface: Floats) -> bool:
    row, column = np.unravel_index(np.nanargmin(surface), surface.shape)
    return row in (0, surface.shape[0] - 1) or column in (0, surface.shape[1] - 1)
