"""The pictures of a watched loop: drawn, or left out with a sentence."""

from functools import partial
from time import perf_counter

import numpy as np

from steepest.errors import InputError
from steepest.plots import landscape as landscape_plot
from steepest.plots.drawn import Drawn
from steepest.plots.style import axes_or_new
from steepest.views.landscape import LandscapeView
from steepest.views.left_out import LeftOut
from steepest.views.subject import Subject
from steepest.watching.loop import WatchedLoop
from steepest.watching.watched_path import WatchedPath
from steepest.web.html import Html, tag
from steepest.web.run_pictures import Picture, over_steps
from steepest.wording.numbers import capitalized

# How many points of the landscape may be computed, by what one of them takes, in seconds.
_GRIDS = ((0.01, (37, 28)), (0.05, (21, 16)))


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
    """A grid that takes some seconds at most. Raises LeftOut where the model is too slow."""
    started = perf_counter()
    try:
        watch.measured_landscape(points=(2, 2))
    except InputError as error:
        raise LeftOut(capitalized(str(error))) from None
    each = (perf_counter() - started) / 4
    for longest, points in _GRIDS:
        if each <= longest:
            return points
    raise LeftOut(
        f'One run of the model takes {each:.2g} s: run.plot("landscape") draws what would be here.'
    )
