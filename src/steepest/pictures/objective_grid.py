"""The objective over a rectangle of two parameters: what contours and surfaces are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.contour_labels import round_levels, told_levels, write_levels
from steepest.pictures.drawn_steps import DrawnSteps, drawn_steps
from steepest.pictures.picture import LeftOut
from steepest.pictures.projected_path import ProjectedPath, limits
from steepest.pictures.style import BLUE, GRID, Axes, label
from steepest.wording.fact import Fact, fact

SHAPE = 4.0 / 3.0  # width to height of the picture
LARGEST = 1e200
_STRETCH = 8.0  # beyond this ratio of extents, equal scales would make a line of the path
_GRID = (121, 91)
_LEVELS = 12
_BARE = 0.15  # a smaller share of the picture below the third highest level leaves it bare


@final
@dataclass(frozen=True, eq=False)
class ObjectiveGrid:
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
    def under(
        paths: list[ProjectedPath], labels: tuple[str, str], objective_label: str
    ) -> "ObjectiveGrid":
        """The rectangle that holds several paths on one plane.

        Raises LeftOut where the objective is too large, or nowhere a number.
        """
        _check(paths)
        low, high, equal = _window(*limits(paths))
        x, y = (np.linspace(low[i], high[i], _GRID[i]) for i in (0, 1))
        surface = drawable(paths[0].slice.objectives(np.stack(np.meshgrid(x, y), axis=-1)))
        levels = levels_of(surface, _known_least(paths))
        return ObjectiveGrid(labels, objective_label, x, y, surface, levels, equal)

    def drawn(self, path: ProjectedPath) -> DrawnSteps:
        """Which steps and updates of a path can be told apart on the plane."""
        low, high = np.array([self.x[0], self.y[0]]), np.array([self.x[-1], self.y[-1]])
        return drawn_steps(path.index, path.points, low, high)

    def thinned(self, path: ProjectedPath) -> list[Fact]:
        """That not every step of a path is drawn, where it is so."""
        dots = self.drawn(path).dots
        shown, steps = int(dots.sum()), len(dots)
        return [fact("steps thinned", shown=shown, of=steps)] if shown < steps else []

    @property
    def least(self) -> float:
        """The lowest objective of the grid."""
        return float(np.nanmin(self.objective))


def drawable(objective: Floats) -> Floats:
    """The objective, nan where it is not finite or too large."""
    return np.where(np.abs(objective) <= LARGEST, objective, np.nan)


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
        levels = np.quantile(finite, np.linspace(0.04, 0.96, _LEVELS))
    return round_levels(np.unique(levels))


def draw_contours(grid: ObjectiveGrid, ax: Axes, avoid: Sequence[Floats] = ()) -> None:
    """Contours that fade towards the minimum; where there is no number, the paper is grey.

    Their objectives are written on them, away from the lines (m, 2) to `avoid`.
    """
    ax.grid(False)
    missing = np.isnan(grid.objective)
    if missing.any():
        ax.contourf(
            grid.x, grid.y, missing.astype(float), levels=[0.5, 1.5], colors=[GRID], zorder=0.5
        )
    ax.set_xlim(grid.x[0], grid.x[-1])
    ax.set_ylim(grid.y[0], grid.y[-1])
    if len(grid.levels):
        _draw_lines(grid, ax, avoid)
    if grid.equal:
        ax.set_aspect("equal", adjustable="box")
    label(ax, *grid.labels)


def _check(paths: list[ProjectedPath]) -> None:
    recorded = np.concatenate([path.objectives for path in paths])
    finite = recorded[np.isfinite(recorded)]
    if not len(finite) or np.abs(finite).max() > LARGEST:
        raise LeftOut(fact("objective too large for contours"))


def _window(low: Floats, high: Floats) -> tuple[Floats, Floats, bool]:
    """The limits, widened to the picture's shape at equal scales unless they are too unequal."""
    size = high - low
    if not size.max() <= _STRETCH * size.min():
        return low, high, False
    unit = max(size[0] / SHAPE, size[1])
    half = 0.5 * unit * np.array([SHAPE, 1.0])
    centre = 0.5 * low + 0.5 * high
    return centre - half, centre + half, True


def _known_least(paths: list[ProjectedPath]) -> float:
    """The lowest objective of steps and minima on the plane; inf where there is none."""
    values = [path.objectives[path.exact].min(initial=np.inf) for path in paths]
    return float(np.nanmin([*values, *(path.least for path in paths)]))


def _lowest_at_edge(surface: Floats) -> bool:
    row, column = np.unravel_index(np.nanargmin(surface), surface.shape)
    return row in (0, surface.shape[0] - 1) or column in (0, surface.shape[1] - 1)


def _draw_lines(grid: ObjectiveGrid, ax: Axes, avoid: Sequence[Floats]) -> None:
    """Lines with their objectives written on some of them."""
    from matplotlib.colors import to_rgba

    count = len(grid.levels)
    lines = ax.contour(
        grid.x,
        grid.y,
        np.ma.masked_invalid(grid.objective),
        levels=grid.levels,
        colors=[to_rgba(BLUE, 0.3 + 0.6 * i / count) for i in range(count)],
        linewidths=0.9,
        linestyles="solid",
    )
    pieces = dict(zip(grid.levels.tolist(), lines.allsegs, strict=True))
    told = [(text, pieces[level]) for level, text in told_levels(grid.levels)]
    size = np.array([np.ptp(grid.x) / SHAPE, np.ptp(grid.y)])
    write_levels(ax, told, size, avoid)
