"""The pictures of a watched loop: drawn, or left out with a sentence."""

from functools import partial

import numpy as np

from steepest.errors import InputError
from steepest.pictures import landscape_plot
from steepest.pictures.drawn import Drawn
from steepest.pictures.landscape import LandscapeView
from steepest.pictures.left_out import LeftOut
from steepest.pictures.style import axes_or_new
from steepest.pictures.subject import Subject
from steepest.reports.html import Html, tag
from steepest.reports.run_pictures import Picture, over_steps
from steepest.watching.loop import WatchedLoop
from steepest.watching.watched_path import WatchedPath
from steepest.wording.numbers import capitalized, number

# How many points of the landscape are computed, by the most operations that one of them may take:
# some seconds in all.
_GRIDS = ((100_000_000, (37, 28)), (500_000_000, (21, 16)))


def watch_pictures(watch: WatchedLoop, path: WatchedPath) -> Html:
    """All pictures of a loop, two beside each other where there is room."""
    made = [each.section() for each in over_steps(Subject.of(path))]
    land = Picture("landscape", "The landscape around the path", partial(_landscape, watch))
    return tag("div", [*made, land.section()], class_="two pictures")


def _landscape(watch: WatchedLoop) -> Drawn:
    points = _grid(watch)
    try:
        found = watch.measured_landscape(points=points)
    except InputError as error:
        raise LeftOut(capitalized(str(error))) from None
    if not np.isfinite(found.objective).any():
        raise LeftOut("The objective is finite nowhere around the path.")
    view = LandscapeView.of(found)
    cost = f"It took {points[0] * points[1]:,} runs of the model on the batch seen last."
    told = "contours of the objective on a plane, with the steps of the loop on it"
    return Drawn(landscape_plot.plot(view, axes_or_new(None)), f"{view.note} {cost}", told)


def _grid(watch: WatchedLoop) -> tuple[int, int]:
    """A grid that takes some seconds at most. Raises LeftOut where the model is too large."""
    from steepest.watching.measure.model_work import ModelWork

    try:
        with ModelWork() as work:
            watch.measured_landscape(points=(2, 2))
    except InputError as error:
        raise LeftOut(capitalized(str(error))) from None
    each = work.operations // 4
    for most, points in _GRIDS:
        if each <= most:
            return points
    raise LeftOut(
        f"One run of the model takes {number(each)} operations: "
        'run.plot("landscape") draws what would be here.'
    )
