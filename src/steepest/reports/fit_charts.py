"""The pictures of a fit as plain data: its path, and what its model says of rows and classes."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from msgspec.structs import replace

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.pictures.calibration import CalibrationView
from steepest.pictures.catalogue import FIT_PICTURES
from steepest.pictures.coefficients import CoefficientsView
from steepest.pictures.confusion import ConfusionView, measured
from steepest.pictures.intervals import IntervalsView
from steepest.pictures.line import LineView
from steepest.pictures.noise import BANDS, NoiseView
from steepest.pictures.picture import LeftOut
from steepest.pictures.predictions import PredictionsView
from steepest.pictures.regularization import RegularizationView
from steepest.pictures.roc import RocView
from steepest.pictures.style import shortened
from steepest.pictures.subject import Subject
from steepest.reports.chart import (
    Axis,
    Chart,
    Look,
    Series,
    band,
    chart_or_reason,
    level,
    look_of,
    marks,
    noted,
    numbers,
    series,
    spread,
    upright,
)
from steepest.reports.path_charts import Names, fit_contour, objective_charts
from steepest.wording.fact import phrase

_ORANGE, _BLUE, _GREEN, _PLAIN, _FAINT = 0, 1, 2, -1, -2  # colours of the page
_BAND = "band is standard error"
_BAR = 0.3  # half a bar, of the distance between two


def fit_charts(fit: FitData, parameters: Names = None) -> list[Chart]:
    """All pictures that the fit has; `parameters` are the two that the contour is drawn over.

    Raises InputError for parameters that it does not have.
    """
    charts = objective_charts(Subject.of_fit(fit))
    for name, picture in FIT_PICTURES.items():
        heading = phrase("picture of fit", name=name)
        if name == "contour" and (parameters is not None or picture.is_reported(fit)):
            draw = partial(fit_contour, fit, heading, parameters)
        elif name != "contour" and picture.is_reported(fit):
            draw = partial(_CHARTS[name], fit, heading)
        else:
            continue
        charts.append(chart_or_reason(name, heading, draw, LeftOut))
    if fit.regularization is not None:
        charts.append(_held_out(RegularizationView.of(fit)))
    return charts


def _line(fit: FitData, heading: str) -> Chart:
    view = LineView.of(fit)
    curves = [_rows(view.x, view.y)]
    for place, (epoch, heights) in enumerate(view.seen.items()):
        chosen, name = epoch == view.chosen, phrase("of epoch", epoch=float(epoch))
        curves += _noise_about(fit, view) if chosen else []
        look: Look = "line" if chosen else "dashes"
        curves.append(series(view.ends, heights, name, look, _ORANGE if chosen else 2 + place))
    low, high = view.heights
    y = Axis(view.target, low=low, high=high)
    return Chart("line", heading, Axis(view.feature), y, curves, note=noted(view.notes))


def _noise_about(fit: FitData, view: LineView) -> list[Series]:
    """How far the noise reaches beside the chosen line, where the noise has its picture."""
    try:
        deviation = NoiseView.of(fit).deviation if FIT_PICTURES["noise"].is_reported(fit) else None
    except LeftOut:
        deviation = None
    if deviation is None:
        return []
    heights = view.lines[view.chosen]
    return [
        band(view.ends, heights - times * deviation, heights + times * deviation, name, _ORANGE)
        for times, name, _ in BANDS
    ]


def _noise(fit: FitData, heading: str) -> Chart:
    view = NoiseView.of(fit)
    floor = np.zeros(len(view.heights))
    feet = np.column_stack([view.edges[:-1], floor])
    tops = np.column_stack([view.edges[1:], view.heights])
    name = phrase("normal noise", deviation=view.deviation)
    drawn = [
        spread(feet, tops, "boxes", phrase("residuals"), _BLUE),
        series(view.at, view.normal, name, colour=_ORANGE),
        upright(0.0),
    ]
    x = Axis(
        phrase("residuals of", target=view.target), low=float(view.at[0]), high=float(view.at[-1])
    )
    top = 1.05 * float(max(view.heights.max(), view.normal.max()))
    y = Axis(phrase("density"), low=0.0, high=top)
    return Chart("noise", heading, x, y, drawn, note=noted(view.notes))


def _predicted(fit: FitData, heading: str) -> Chart:
    view = PredictionsView.of(fit)
    low, high = view.ends
    ends = np.array(view.ends)
    equal = series(ends, ends, phrase("predicted = true"), "dashes", _GREEN)
    x = Axis(phrase("true values", target=view.target), low=low, high=high)
    y = Axis(phrase("predicted values", target=view.target), low=low, high=high)
    drawn = [_rows(view.true, view.predicted), equal]
    return Chart("predicted", heading, x, y, drawn, note=noted(view.notes), square=True)


def _residuals(fit: FitData, heading: str) -> Chart:
    view = PredictionsView.of(fit)
    drawn = [_rows(view.predicted, view.residuals), level(0.0)]
    if view.reach is not None:
        drawn.append(level(-view.reach, colour=_PLAIN))
        drawn.append(level(view.reach, phrase("± 2 standard deviations"), _PLAIN))
    x = Axis(phrase("predicted values", target=view.target))
    y = Axis(phrase("residuals of", target=view.target))
    return Chart("residuals", heading, x, y, drawn, note=noted(view.notes))


def _intervals(fit: FitData, heading: str) -> Chart:
    view = IntervalsView.of(fit)
    places = np.arange(len(view.names), dtype=float)
    drawn = [upright(0.0)]
    if view.low is not None and view.high is not None:
        left, right = np.column_stack([view.low, places]), np.column_stack([view.high, places])
        drawn.append(spread(left, right, "spans", colour=_BLUE))
    drawn.append(marks(np.column_stack([view.effects, places]), "", "dots", _BLUE))
    x = Axis(phrase("change of", what=view.target, spread=view.spread))
    return Chart(
        "intervals",
        heading,
        x,
        _named([shortened(name) for name in view.names]),
        drawn,
        note=noted(view.notes),
    )


def _coefficients(fit: FitData, heading: str) -> Chart:
    view = CoefficientsView.of(fit)
    places, zero = np.arange(len(view.effects), dtype=float), view.effects == 0.0
    feet = np.column_stack([np.zeros(len(places)), places - _BAR])[~zero]
    tops = np.column_stack([view.effects, places + _BAR])[~zero]
    drawn = [upright(0.0), spread(feet, tops, "boxes", colour=_BLUE)]
    if zero.any():
        at = np.column_stack([view.effects, places])[zero]
        drawn.append(marks(at, phrase("exactly 0"), "last", _ORANGE))
    x = Axis(view.label, low=-1.0, high=1.0) if zero.all() else Axis(view.label)
    return Chart("coefficients", heading, x, _named(view.rows), drawn, note=noted(view.notes))


def _regularization(fit: FitData, heading: str) -> Chart:
    view = RegularizationView.of(fit)
    others = np.setdiff1d(np.arange(view.effects.shape[1]), view.named)
    drawn = [level(0.0), _chosen(view)]
    for place in others:
        drawn.append(series(view.strengths, view.effects[:, place], colour=_FAINT))
    for k, (place, name) in enumerate(zip(view.named, view.names, strict=True)):
        drawn.append(series(view.strengths, view.effects[:, place], name, look_of(k), k))
    y = Axis(view.effect_label)
    if (reach := view.reach) is not None:
        low, high = float(np.nanmin(view.effects)), float(np.nanmax(view.effects))
        y = Axis(view.effect_label, low=max(1.05 * low, -reach), high=min(1.05 * high, reach))
    notes = noted(note for note in view.notes if note.kind != _BAND)
    return Chart("regularization", heading, _strengths(view), y, drawn, note=notes)


def _held_out(view: RegularizationView) -> Chart:
    """The loss of held-out rows along the strength, with the strengths that it speaks for."""
    drawn = [_chosen(view)]
    if view.low is not None and view.high is not None:
        name = phrase("± 1 standard error")
        drawn.append(band(view.strengths, view.low, view.high, name, _BLUE))
    drawn.append(series(view.strengths, view.held_out, colour=_BLUE))
    points = np.column_stack([view.strengths, view.held_out])
    if view.simplest is not None:
        name = phrase("largest within one standard error")
        drawn.append(marks(points[[view.simplest]], name, "last", _ORANGE))
    drawn.append(marks(points[[view.lowest]], phrase("lowest"), "minimum"))
    notes = noted(note for note in view.notes if note.kind == _BAND)
    heading, y = phrase("Held-out loss by strength"), Axis(view.loss_label)
    return Chart("held-out", heading, _strengths(view), y, drawn, note=notes)


def _confusion(fit: FitData, heading: str) -> Chart:
    view = ConfusionView.of(*measured(fit))
    count = len(view.labels)
    row, column = (place.ravel() for place in np.indices((count, count)))
    corners = np.column_stack([column - 0.5, row - 0.5])
    fields = spread(corners, corners + 1.0, "boxes", colour=_BLUE)
    shaded = replace(
        fields,
        sizes=numbers(np.nan_to_num(view.shares).ravel(), 3),
        texts=[view.written(i, j) for i, j in zip(row.tolist(), column.tolist(), strict=True)],
    )
    names = [shortened(label) for label in view.labels]
    down = Axis(phrase("true class"), low=count - 0.5, high=-0.5, names=names)
    across = Axis(phrase("taken for"), low=-0.5, high=count - 0.5, names=names)
    return Chart("confusion", heading, across, down, [shaded], note=noted(view.notes))


def _calibration(fit: FitData, heading: str) -> Chart:
    view = CalibrationView.of(*measured(fit))
    points = np.column_stack([view.predicted, view.observed])
    groups = marks(points, phrase("groups of rows"), "dots", _BLUE)
    lows, highs = (np.column_stack([view.predicted, end]) for end in (view.low, view.high))
    drawn = [
        _diagonal(phrase("predicted = observed")),
        spread(lows, highs, "spans", colour=_BLUE),
        replace(groups, sizes=numbers(view.sizes, 3)),
    ]
    low, high = -0.02 * view.end, view.end
    x = Axis(phrase("probability of", event=view.event), low=low, high=high)
    y = Axis(phrase("observed share"), low=low, high=high)
    return Chart("calibration", heading, x, y, drawn, note=noted(view.notes), square=True)


def _roc(fit: FitData, heading: str) -> Chart:
    view = RocView.of(*measured(fit))
    area = phrase("area under curve", area=view.area)
    drawn = [
        series(view.alarms, view.hits, area, colour=_BLUE),
        band(view.alarms, np.zeros(len(view.hits)), view.hits, "", _BLUE),
        _diagonal(phrase("guessing, area 0.5")),
    ]
    x = Axis(phrase("false alarms", event=view.event), low=-0.02, high=1.02)
    y = Axis(phrase("hits", event=view.event), low=-0.02, high=1.02)
    return Chart("roc", heading, x, y, drawn, note=noted(view.notes), square=True)


def _rows(x: Floats, y: Floats) -> Series:
    return marks(np.column_stack([x, y]), phrase("rows"), "dots", _BLUE)


def _diagonal(name: str) -> Series:
    return series(np.array([0.0, 1.0]), np.array([0.0, 1.0]), name, "dashes", _GREEN)


def _named(names: list[str]) -> Axis:
    """An axis of names, the first on top."""
    return Axis("", low=len(names) - 0.4, high=-0.6, names=names)


def _strengths(view: RegularizationView) -> Axis:
    label = phrase("strength of penalty", penalty=view.penalty)
    most, least = float(view.strengths[0]), float(view.strengths[-1])
    return Axis(label, "log", low=1.05 * most, high=least / 1.05)


def _chosen(view: RegularizationView) -> Series:
    return upright(float(view.strengths[view.chosen]), phrase("chosen strength"), _PLAIN)


_CHARTS: Mapping[str, Callable[[FitData, str], Chart]] = {
    "line": _line,
    "noise": _noise,
    "predicted": _predicted,
    "residuals": _residuals,
    "intervals": _intervals,
    "coefficients": _coefficients,
    "regularization": _regularization,
    "confusion": _confusion,
    "calibration": _calibration,
    "roc": _roc,
}
