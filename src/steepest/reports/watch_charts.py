"""The pictures of a watched loop as plain data: its path, its landscape, its histograms."""

import numpy as np
from msgspec.structs import replace

from steepest.arrays import Floats
from steepest.path.path import KEPT_ALL
from steepest.pictures.axis_scale import Kind
from steepest.pictures.chart import BLUE, Axis, Chart, Series, axes_of, marks, numbers
from steepest.pictures.histograms import HistogramsView, Panel
from steepest.pictures.landscape import LandscapeView
from steepest.pictures.picture import LeftOut
from steepest.pictures.subject import Subject
from steepest.reports.drawn import chart_or_reason, sent
from steepest.reports.path_charts import charts_by_step, objective_charts
from steepest.translation import said_of
from steepest.watching.loop import WatchedLoop
from steepest.watching.record.histograms import RecordedHistograms
from steepest.watching.watched_path import WatchedPath
from steepest.wording.fact import fact, phrase, phrases, text_of

# How many points of the landscape are computed, by the most operations that one of them may take:
# some seconds in all.
_GRIDS = ((100_000_000, (37, 28)), (500_000_000, (21, 16)))
_COLUMNS = 60  # of a picture of histograms: steps beyond have their mean


def watch_charts(watch: WatchedLoop, path: WatchedPath) -> list[Chart]:
    """All pictures of a loop but its histograms."""
    subject, heading = Subject.of(path), phrase("The landscape around the path")
    land = chart_or_reason("landscape", heading, lambda: _landscape(watch))
    return [*objective_charts(subject), *charts_by_step(subject), land]


def histogram_charts(path: WatchedPath) -> tuple[list[Chart], str]:
    """How the numbers of each tensor are spread, where that was recorded, and what is said of it:
    for each tensor three pictures.
    """
    if not any(record.histograms for record in path.records):
        return [], ""
    view = HistogramsView.of(RecordedHistograms.of(path.records, path.layout))
    kinds = phrases("parameters", "gradients", "updates")
    charts = [
        sent(_histogram(panel, view.sides), f"histogram-{row}-{column}", said_of(tensor, kind))
        for row, (tensor, panels) in enumerate(zip(view.tensors, view.panels, strict=True))
        for column, (kind, panel) in enumerate(zip(kinds, panels, strict=True))
    ]
    return charts, text_of(view.notes)


def _histogram(panel: Panel, sides: Floats) -> Chart:
    groups = np.array_split(np.arange(len(sides) - 1), min(len(sides) - 1, _COLUMNS))
    with np.errstate(invalid="ignore"):
        known = np.isfinite(panel.shares)
        total = np.array([np.where(known, panel.shares, 0.0)[:, g].sum(axis=1) for g in groups]).T
        shares = total / np.array([known[:, g].sum(axis=1) for g in groups]).T
    shades = np.sqrt(shares / np.nanmax(shares, initial=1e-300))  # thin tails are seen too
    edges = sides[[*(group[0] for group in groups), -1]]
    fields = Series(numbers(edges), numbers(panel.edges), look="shades", colour=BLUE)
    low, high = float(panel.edges[0]), float(panel.edges[-1])
    kind: Kind = "symlog" if edges[-1] > KEPT_ALL else "linear"
    x = Axis(phrase("unit of steps", unit="step"), kind, float(edges[0]), float(edges[-1]))
    drawn = replace(fields, sizes=numbers(shades.ravel()))
    return Chart(x, Axis("", low=low, high=high), [drawn])


def _landscape(watch: WatchedLoop) -> Chart:
    points = _grid(watch)
    view = LandscapeView.of(watch.measured_landscape(points=points))
    x, y = axes_of(view.grid)
    cost = fact("landscape cost", runs=points[0] * points[1])
    notes = text_of((*view.notes, cost))
    return Chart(x, y, _walked(view), view.grid, notes)


def _walked(view: LandscapeView) -> list[Series]:
    if not len(view.steps):
        return [marks([0.0, 0.0], phrase("model"), "last")]
    path = marks(view.steps, "", "path")
    off = np.flatnonzero(~view.exact).tolist()
    last = phrase("marked step", called="last", unit="step", epoch=view.index[-1])
    return [
        replace(path, steps=list(view.index), off=off),
        marks(view.steps[:1], phrase("start"), "start"),
        marks(view.steps[-1:], last, "last"),
    ]


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
