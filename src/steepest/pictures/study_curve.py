"""Several paths on the curve of one parameter."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from msgspec import structs

from steepest.pictures import curve
from steepest.pictures.chart import Chart
from steepest.pictures.curve import CurveView, curve_window, path_along
from steepest.pictures.picture import LeftOut
from steepest.pictures.subject import Subject
from steepest.pictures.tracks import Tracks, drawn, in_one_window
from steepest.wording.fact import fact


@final
@dataclass(frozen=True, eq=False)
class StudyCurveView:
    """The paths `tracks` on the curve `ground`, which has no path of its own."""

    ground: CurveView
    tracks: Tracks

    @staticmethod
    def of(subjects: Sequence[Subject], labels: Sequence[str]) -> "StudyCurveView":
        """The paths of a problem with one parameter. Raises LeftOut for another number."""
        names = subjects[0].names
        if len(names) != 1:
            raise LeftOut(fact("paths share one parameter", count=len(names)))
        paths = [path_along(subject) for subject in subjects]
        near = in_one_window(subjects, paths)
        window = curve_window(near)
        curves = [
            CurveView.within(subject, path, window, 0)
            for subject, path in zip(subjects, paths, strict=True)
            if path in near
        ]
        lows, highs = zip(*(each.heights for each in curves), strict=True)
        ground = replace(curves[0], heights=(min(lows), max(highs)))
        return StudyCurveView(ground, Tracks.of(subjects, labels, paths))

    def until(self, m: int) -> "StudyCurveView":
        """The same picture until the m-th moment of the tracks."""
        return replace(self, tracks=self.tracks.until(m))


def chart(view: StudyCurveView) -> Chart:
    """The curve, and each path at the objectives of its steps, its last step as a diamond."""
    ground, paths = curve.chart(view.ground), view.tracks.paths
    below = [one for one in ground.series if one.look in ("line", "minimum")]
    points = [np.column_stack([path.points, path.objectives]) for path in paths]
    made = [*below, *drawn(view.tracks, points)]
    return structs.replace(ground, series=made, runs=len(paths), note="")
