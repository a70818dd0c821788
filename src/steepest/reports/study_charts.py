"""The pictures of several runs as plain data: each path for itself, and all of them together."""

from functools import partial

from msgspec.structs import replace

from steepest.path.several import SeveralPaths
from steepest.pictures import curve, study_contour
from steepest.pictures.axis_scale import Scale
from steepest.pictures.chart import (
    Axis,
    Chart,
    epochs_axis,
    level,
    series,
)
from steepest.pictures.picture import LeftOut
from steepest.pictures.study_contour import StudyContourView
from steepest.pictures.study_objectives import ObjectivesView, evenly
from steepest.pictures.study_page import MOST_PANELS, shared_curves
from steepest.pictures.style import MOST_NAMED
from steepest.pictures.subject import Subject
from steepest.reports.drawn import chart_or_reason, panels, pictures, sent
from steepest.reports.html import Html, join
from steepest.translation import said_of, translated
from steepest.wording.fact import fact, phrase, text_of


def study_charts(study: SeveralPaths) -> list[Chart]:
    """All pictures of a study."""
    over: list[Chart] = []
    if study.is_of_function and len(study.paths[0].names) == 1:
        over = _panels(study)
    elif study.is_of_function and len(study.paths[0].names) == 2:
        heading = phrase("The paths")
        over = [chart_or_reason("tracks", heading, partial(_tracks, study))]
    linear = phrase("objective by", unit="epoch")
    log = phrase("objective by", unit="epoch", logarithmic=True)
    return [
        *over,
        chart_or_reason("objective", linear, partial(_objectives, study, "linear")),
        chart_or_reason("objective-log", log, partial(_objectives, study, "log")),
    ]


def study_pictures(study: SeveralPaths, charts: list[Chart]) -> Html:
    """The places of the pictures; those of each path stand together."""
    curves = [chart for chart in charts if chart.name.startswith("curve-")]
    rest = [chart for chart in charts if chart not in curves]
    if not curves:
        return pictures(rest)
    notes = [fact("marks on curves")]
    if len(curves) < len(study):
        notes.insert(0, fact("some runs of", shown=len(curves), of=len(study)))
    return join([panels(phrase("Each path on the curve"), curves, text_of(notes)), pictures(rest)])


def _objectives(study: SeveralPaths, scale: Scale) -> Chart:
    view = ObjectivesView.of(study, scale)
    count = len(view.labels)
    named = set(evenly(count, MOST_NAMED))
    curves = []
    for place, label in enumerate(view.labels):
        shown = view.epochs[place] <= view.window.last
        epochs, values = view.epochs[place][shown], view.values[place][shown]
        curves.append(series(epochs, values, label if place in named else "", colour=place))
    curves += [level(floor, colour=place) for place, floor in view.floors]
    if view.axis == "linear" and view.minimum is not None:
        curves.append(level(view.minimum, phrase("least")))
    low, high = view.heights or (None, None)
    axis = Axis(view.label, view.axis, low, high, view.threshold)
    epochs_of = epochs_axis("epoch", view.window.last, view.window.logarithmic)
    return Chart(replace(epochs_of, label=view.epoch_label), axis, curves, note=text_of(view.notes))


def _tracks(study: SeveralPaths) -> Chart:
    subjects = [Subject.of(path) for path in study.paths]
    return study_contour.chart(StudyContourView.of(subjects, study.labels))


def _panels(study: SeveralPaths) -> list[Chart]:
    """Each path on the curve, in a window that they share as far as they go alike."""
    heading = phrase("Each path on the curve")
    try:
        views = shared_curves([Subject.of(path) for path in study.paths])
    except LeftOut as reason:
        return [Chart(note=str(reason), name="curve", heading=heading)]
    charts = []
    for k in evenly(len(views), MOST_PANELS):
        verdict = study.paths[k].verdict
        title = said_of(study.labels[k], translated(verdict.manner or verdict.kind))
        made = sent(curve.chart(views[k], k), f"curve-{k}", title)
        # What the marks mean is said once, below all of them.
        plain = [replace(each, name="") for each in made.series]
        charts.append(replace(made, series=plain))
    return charts
