"""Several paths on the contours of one surface of two parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from steepest.pictures.objective_grid import ObjectiveGrid, draw_contours
from steepest.pictures.picture import LeftOut
from steepest.pictures.projected_path import ProjectedPath
from steepest.pictures.style import Axes, axes_or_new, legend
from steepest.pictures.subject import Subject
from steepest.pictures.tracks import Tracks, draw_minima, draw_tracks, in_one_window
from steepest.wording.fact import fact


@final
@dataclass(frozen=True, eq=False)
class StudyContourView:
    """The paths `tracks` over the surface `grid`."""

    grid: ObjectiveGrid
    tracks: Tracks

    @staticmethod
    def of(subjects: Sequence[Subject], labels: Sequence[str]) -> "StudyContourView":
        """The paths of a problem with two parameters. Raises LeftOut for another number."""
        first = subjects[0]
        if len(first.names) != 2:
            raise LeftOut(fact("paths share two parameters", count=len(first.names)))
        paths = [ProjectedPath.over(subject, (0, 1)) for subject in subjects]
        near = in_one_window(subjects, paths)
        return StudyContourView(
            ObjectiveGrid.under(near, (first.labels[0], first.labels[1]), first.objective),
            Tracks.of(subjects, labels, paths),
        )

    def until(self, m: int) -> "StudyContourView":
        """The same picture until the m-th moment of the tracks."""
        return replace(self, tracks=self.tracks.until(m))


def plot(view: StudyContourView, ax: Axes | None = None) -> Axes:
    """Draw the contours, and each path with its last step as a diamond."""
    ax = axes_or_new(ax)
    _draw_ground(view, ax)
    draw_steps(view, ax)
    draw_minima(view.tracks, view.tracks.minima, ax)
    legend(ax)
    return ax


def draw_background(view: StudyContourView, ax: Axes) -> None:
    """What is there before the first step: the contours and the minima."""
    _draw_ground(view, ax)
    draw_minima(view.tracks, view.tracks.minima, ax)


def _draw_ground(view: StudyContourView, ax: Axes) -> None:
    lines = [view.grid.drawn(path).line for path in view.tracks.paths]
    draw_contours(view.grid, ax, [*lines, *(point[None] for point in view.tracks.minima)])


def draw_steps(view: StudyContourView, ax: Axes) -> None:
    """Each path so far."""
    draw_tracks(view.tracks, [path.points for path in view.tracks.paths], ax)
