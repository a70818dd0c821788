"""The pictures of a watched loop: drawn, or left out with a sentence."""

from functools import partial

from steepest.pictures import histograms, landscape
from steepest.pictures.catalogue import drawing_by_step
from steepest.pictures.landscape import LandscapeView
from steepest.pictures.picture import Drawing, LeftOut
from steepest.pictures.subject import Subject
from steepest.reports.figures import any_picture, objectives
from steepest.reports.html import Html, tag
from steepest.watching.loop import WatchedLoop
from steepest.watching.record.histograms import RecordedHistograms
from steepest.watching.watched_path import WatchedPath
from steepest.wording.fact import fact, phrase

# How many points of the landscape are computed, by the most operations that one of them may take:
# some seconds in all.
_GRIDS = ((100_000_000, (37, 28)), (500_000_000, (21, 16)))


def watch_pictures(watch: WatchedLoop, path: WatchedPath) -> Html:
    """All pictures of a loop, two beside each other where there is room."""
    heading, draw = phrase("The landscape around the path"), partial(_draw_landscape, watch)
    land = any_picture("landscape", heading, draw)
    subject = Subject.of(path)
    made = [*objectives(subject), *_pictures_by_step(subject), land]
    return tag("div", made, class_="two pictures")


def histograms_picture(path: WatchedPath) -> list[Html]:
    """How the numbers of each tensor are spread, where that was recorded."""
    if not any(record.histograms for record in path.records):
        return []
    recorded = RecordedHistograms.of(path.records, path.layout)
    draw = partial(_draw_histograms, recorded)
    return [any_picture("histograms", phrase("Histograms by step"), draw)]


def _draw_histograms(recorded: RecordedHistograms) -> Drawing:
    view = histograms.HistogramsView.of(recorded)
    return Drawing(histograms.plot(view)[0, 0], view.notes)


def _draw_landscape(watch: WatchedLoop) -> Drawing:
    points = _grid(watch)
    measured = watch.measured_landscape(points=points)
    view = LandscapeView.of(measured)
    cost = fact("landscape cost", runs=points[0] * points[1])
    return Drawing(landscape.plot(view), (*view.notes, cost), fact("landscape contours"))


def _grid(watch: WatchedLoop) -> tuple[int, int]:
    """A grid that takes some seconds at most. Raises LeftOut where the model is too large."""
    from steepest.watching.measure.model_work import ModelWork

    with ModelWork() as work:
        watch.measured_landscape(points=(2, 2))
    operations = work.operations // 4
    for most, points in _GRIDS:
        if operations <= most:
            return points
    raise LeftOut(fact("model too large for a landscape", operations=operations))


def _pictures_by_step(subject: Subject) -> list[Html]:
    """The pictures over the steps of any path beside its objective."""
    unit, draw = subject.path.unit, partial(drawing_by_step, subject)
    return [
        any_picture("parameters", phrase("parameters by", unit=unit), partial(draw, "parameters")),
        any_picture("gradient", phrase("gradient by", unit=unit), partial(draw, "gradient")),
    ]
