"""Several paths on the contours of one surface of two parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.contour import path_over
from steepest.pictures.objective_grid import ObjectiveGrid, draw_contours
from steepest.pictures.picture import LeftOut
from steepest.pictures.projected_path import ProjectedPath
from steepest.pictures.study_objectives import MOST_NAMED, series
from steepest.pictures.style import (
    INK,
    MUTED,
    PAPER,
    Axes,
    axes_or_new,
    legend,
    shortened,
    step_size,
    with_gaps,
)
from steepest.pictures.subject import Subject
from steepest.wording.fact import fact, phrase

# A path that goes so many times farther than the others has a window of its own.
_FARTHER = 1.5


@final
@dataclass(frozen=True, eq=False)
class StudyContourView:
    """The `paths` of the runs `labels` over the surface `grid`.

    `minima` (k, 2) are the minima that are known; `local`: they are not known to be the least.
    """

    grid: ObjectiveGrid
    labels: tuple[str, ...]
    paths: tuple[ProjectedPath, ...]
    minima: Floats
    local: bool

    @staticmethod
    def of(subjects: Sequence[Subject], labels: Sequence[str]) -> "StudyContourView":
        """The paths of a problem with two parameters. Raises LeftOut for another number."""
        first = subjects[0]
        if len(first.names) != 2:
            raise LeftOut(fact("paths share two parameters", count=len(first.names)))
        paths = [path_over(subject) for subject in subjects]
        near = in_one_window(subjects, paths)
        return StudyContourView(
            ObjectiveGrid.under(near, (first.labels[0], first.labels[1]), first.objective),
            tuple(labels),
            tuple(paths),
            _distinct([path.minimum for path in paths if path.minimum is not None]),
            any(path.local for path in paths),
        )


def in_one_window(subjects: Sequence[Subject], paths: list[ProjectedPath]) -> list[ProjectedPath]:
    """The paths that share a window: those that do not rise, and those that go little farther."""
    extents = [float(np.linalg.norm(np.ptp(path.points, axis=0))) for path in paths]
    falls = [s.path.last.objective <= s.path.at(0).objective for s in subjects]
    usual = max((extent for extent, fall in zip(extents, falls, strict=True) if fall), default=0.0)
    limit = _FARTHER * usual if any(falls) else np.inf
    return [path for path, extent in zip(paths, extents, strict=True) if extent <= limit]


def plot(view: StudyContourView, ax: Axes | None = None) -> Axes:
    """Draw the contours, and each path with its last step as a diamond."""
    ax = axes_or_new(ax)
    draw_contours(view.grid, ax)
    count = len(view.paths)
    for name, path, (color, style) in zip(view.labels, view.paths, series(count), strict=True):
        x, y = with_gaps(path.index, path.points).T
        ax.plot(
            x, y, marker="o", ms=step_size(len(path.points)) * 0.75, color=color, ls=style, lw=1.2,
            alpha=0.9, label=shortened(name, 26) if count <= MOST_NAMED else None, zorder=3,
        )  # fmt: skip
        ax.plot(*path.points[-1:].T, "D", color=color, mfc=PAPER, ms=5, zorder=4)
    starts = np.vstack([path.points[0] for path in view.paths])
    ax.plot(*starts.T, "s", color=INK, ms=6, label=phrase("start"), zorder=4.5)
    ax.plot([], [], "D", color=MUTED, mfc=PAPER, ms=5, label=phrase("last step"))
    if len(view.minima):
        local = phrase("local minimum" if len(view.minima) == 1 else "local minima")
        name = local if view.local else phrase("least")
        ax.plot(*view.minima.T, "P", color=INK, ms=9, mec=PAPER, label=name, zorder=5)
    legend(ax)
    return ax


def _distinct(points: list[Floats]) -> Floats:
    """Each point once (k, 2), though found with different rounding."""
    distinct: list[Floats] = []
    for point in points:
        near = 1e-6 * (1.0 + np.abs(point).max())
        if all(np.abs(point - other).max() > near for other in distinct):
            distinct.append(point)
    return np.array(distinct).reshape(-1, 2)
