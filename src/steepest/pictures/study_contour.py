"""Several paths on the contours of one surface of two parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from steepest.pictures.chart import Chart, axes_of, least
from steepest.pictures.objective_grid import ObjectiveGrid
from steepest.pictures.picture import LeftOut
from steepest.pictures.projected_path import ProjectedPath
from steepest.pictures.subject import Subject
from steepest.pictures.tracks import Tracks, drawn, in_one_window
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


def chart(view: StudyContourView) -> Chart:
    """The contours, and each path with its last step as a diamond."""
    tracks, (x, y) = view.tracks, axes_of(view.grid)
    made = drawn(tracks, [path.points for path in tracks.paths])
    if len(tracks.minima):
        made.append(least(tracks.minima, any(path.local for path in tracks.paths)))
    note = str(fact("squares and diamonds"))
    return Chart(x, y, made, view.grid, note, runs=len(tracks.paths))
