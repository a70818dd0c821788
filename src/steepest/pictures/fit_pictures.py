"""The pictures of a fit, in one catalogue: every name works on every fit, or says why not."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from matplotlib.axes import Axes

from steepest.errors import InputError
from steepest.losses.counts_and_amounts import LogMean
from steepest.models.fit_data import FitData
from steepest.pictures import (
    calibration,
    confusion,
    predicted,
    residuals,
    roc,
)
from steepest.pictures import (
    coefficients_plot as effects,
)
from steepest.pictures import (
    contour_plot as contour,
)
from steepest.pictures import (
    curve_plot as section,
)
from steepest.pictures import (
    intervals_plot as intervals,
)
from steepest.pictures import (
    line_plot as line,
)
from steepest.pictures import (
    noise_plot as noise,
)
from steepest.pictures import (
    objective_plot as objective,
)
from steepest.pictures.catalogue import checked, with_caption
from steepest.pictures.classes import CalibrationView, ConfusionView, RocView, measured
from steepest.pictures.coefficients import EffectsView
from steepest.pictures.drawn import Drawn
from steepest.pictures.fit_contour import contour_of, has_contour, section_of
from steepest.pictures.intervals import IntervalsView
from steepest.pictures.left_out import LeftOut
from steepest.pictures.line import LineView
from steepest.pictures.noise import FEWEST_ROWS, NoiseView
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.predictions import PredictionsView
from steepest.pictures.subject import Subject

Pair: TypeAlias = tuple[str, str] | None


def draw(
    fit: FitData, view: str = "objective", ax: Axes | None = None, parameters: Pair = None
) -> Axes:
    """Draw a picture of a fit on `ax`, or on the axes of a new figure, and return the axes.

    - "objective": over the epochs;   "coefficients": on one scale, those that are 0 told;
      "intervals": with their 95 % intervals
    - "contour": the path over the two `parameters` that are named (a curve where there is one)
    - of numbers "predicted", "residuals", "line" (one feature), "noise" (the residuals' density, on
      a figure of its own beside the line); of classes "calibration", "roc", "confusion", of the
      rows that were held out where there are any

    `draw(fit).figure.savefig("a.png")` saves it.
    Raises InputError for another name, and LeftOut where the picture does not apply.

    >>> import steepest
    >>> axes = draw(steepest.fit([1, 2, 3], [2, 4, 6.3]), "line")
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('x', 'y')
    """
    checked(view, tuple(PICTURES), "picture")
    if parameters is not None and view != "contour":
        raise InputError(
            f"parameters choose what a contour is drawn over, not the {view!r} picture"
        )
    drawn = PICTURES[view].draw(fit, ax, parameters)
    return with_caption(drawn.axes, drawn.note, ax)


class Picture(NamedTuple):
    """A picture of a fit: its heading, who draws it, and whether a report shows it."""

    heading: str
    draw: Callable[[FitData, Axes | None, Pair], Drawn]
    is_reported: Callable[[FitData], bool]


def _objective(fit: FitData, ax: Axes | None, parameters: Pair) -> Drawn:
    view = ObjectiveView.of(Subject.of_fit(fit))
    if not len(view.values):
        raise LeftOut("The objective is too large to be drawn at any epoch.")
    return Drawn(objective.plot(view, ax), " ".join(view.notes))


def _contour(fit: FitData, ax: Axes | None, parameters: Pair) -> Drawn:
    if len(fit.names) == 1 and parameters is None:
        curve = section_of(fit)
        return Drawn(section.plot(curve, ax), curve.note)
    view = contour_of(fit, parameters)
    note = f"Contours of the {view.ground.objective_label}. {view.note}"
    return Drawn(contour.plot(view, ax), note)


def _line(fit: FitData, ax: Axes | None, parameters: Pair) -> Drawn:
    view = LineView.of(fit)
    return Drawn(line.plot(view, ax), view.note)


def _noise(fit: FitData, ax: Axes | None, parameters: Pair) -> Drawn:
    view = NoiseView.of(fit)
    return Drawn(noise.page(view) if ax is None else noise.plot(view, ax), view.note)


def _predicted(fit: FitData, ax: Axes | None, parameters: Pair) -> Drawn:
    view = PredictionsView.of(fit)
    return Drawn(predicted.plot(view, ax), view.note)


def _residuals(fit: FitData, ax: Axes | None, parameters: Pair) -> Drawn:
    view = PredictionsView.of(fit)
    return Drawn(residuals.plot(view, ax), view.note)


def _intervals(fit: FitData, ax: Axes | None, parameters: Pair) -> Drawn:
    view = IntervalsView.of(fit)
    bars = "Bars are 95 % intervals." if view.low is not None else ""
    return Drawn(intervals.plot(view, ax), f"{bars} {view.note}".strip())


def _coefficients(fit: FitData, ax: Axes | None, parameters: Pair) -> Drawn:
    view = EffectsView.of(fit)
    return Drawn(effects.plot(view, ax), view.note)


def _calibration(fit: FitData, ax: Axes | None, parameters: Pair) -> Drawn:
    view = CalibrationView.of(*measured(fit))
    return Drawn(calibration.plot(view, ax), view.note)


def _roc(fit: FitData, ax: Axes | None, parameters: Pair) -> Drawn:
    view = RocView.of(*measured(fit))
    return Drawn(roc.plot(view, ax), view.note, f"area {view.area:.4g}")


def _confusion(fit: FitData, ax: Axes | None, parameters: Pair) -> Drawn:
    view = ConfusionView.of(*measured(fit))
    return Drawn(confusion.plot(view, ax), view.note)


# What the loss, the number of classes or the rows do not have is no picture that anyone misses.
def _always(fit: FitData) -> bool:
    return True


def _is_of_numbers(fit: FitData) -> bool:
    return fit.classes is None and not fit.metrics.is_loss_alone


def _is_of_classes(fit: FitData) -> bool:
    return fit.classes is not None and not fit.metrics.is_loss_alone


def _is_calibrated(fit: FitData) -> bool:
    return _is_of_classes(fit) and fit.metrics.log_loss is not None and not fit.metrics.is_unranked


def _is_ranked(fit: FitData) -> bool:
    two = fit.classes is not None and len(fit.classes) == 2
    return two and _is_of_classes(fit) and not fit.metrics.is_unranked


def _is_a_line(fit: FitData) -> bool:
    one = len(fit.features) == 1
    return one and _is_of_numbers(fit) and not isinstance(fit.loss, LogMean)


def _has_noise(fit: FitData) -> bool:
    return _is_a_line(fit) and fit.quality is not None and fit.rows >= FEWEST_ROWS


def _is_least_squares(fit: FitData) -> bool:
    return fit.reduced is not None


def _is_penalized(fit: FitData) -> bool:
    return fit.reduced is None


PICTURES: Mapping[str, Picture] = {
    "objective": Picture("Objective by epoch", _objective, _always),
    "contour": Picture("The path", _contour, has_contour),
    "line": Picture("The fitted line", _line, _is_a_line),
    "noise": Picture("The noise", _noise, _has_noise),
    "predicted": Picture("Predicted and true", _predicted, _is_of_numbers),
    "residuals": Picture("Residuals", _residuals, _is_of_numbers),
    "intervals": Picture("Coefficients on one scale", _intervals, _is_least_squares),
    "coefficients": Picture("Coefficients on one scale", _coefficients, _is_penalized),
    "confusion": Picture("Which class is taken for which", _confusion, _is_of_classes),
    "calibration": Picture("Calibration", _calibration, _is_calibrated),
    "roc": Picture("ROC curve", _roc, _is_ranked),
}
