"""Any picture of a fit of any loss, by name."""

from collections.abc import Callable, Mapping

from matplotlib.axes import Axes

from steepest.errors import InputError
from steepest.plots import (
    calibration,
    confusion,
    contour,
    effects,
    objective,
    predicted,
    residuals,
    roc,
    section,
)
from steepest.plots.draw import checked, with_caption
from steepest.results.linear_fit import LinearFit
from steepest.views.classes import CalibrationView, ConfusionView, RocView
from steepest.views.effects import EffectsView
from steepest.views.linear import contour_of, measured, section_of
from steepest.views.objective import ObjectiveView
from steepest.views.predictions import PredictionsView
from steepest.views.subject import Subject


def draw_linear(
    fit: LinearFit,
    view: str = "objective",
    ax: Axes | None = None,
    parameters: tuple[str, str] | None = None,
) -> Axes:
    """Draw a picture of a fit of any loss on `ax`, or on the axes of a new figure; return the axes.

    - "objective": over the epochs;   "coefficients": on one scale, those that are 0 told
    - "contour": the path over the two `parameters` that are named, by default over those that
      moved most
    - of classes "calibration", "roc", "confusion"; of numbers "predicted", "residuals"

    Rows that were held out are shown where there are any, else the training rows.
    Raises InputError for another name, and LeftOut where the fit has nothing to draw.

    >>> import steepest
    >>> fit = steepest.fit([1, 2, 3, 4], ["no", "yes", "no", "yes"], loss="logistic")
    >>> draw_linear(fit, "roc").get_ylabel()
    'share of yes found'
    """
    checked(view, tuple(PICTURES), "picture")
    if parameters is not None and view != "contour":
        raise InputError(
            f"parameters choose what a contour is drawn over, not the {view!r} picture"
        )
    if view == "contour":
        return _contour(fit, ax, parameters)
    return PICTURES[view](fit, ax)


def _contour(fit: LinearFit, ax: Axes | None, parameters: tuple[str, str] | None = None) -> Axes:
    if len(fit.names) == 1 and parameters is None:
        curve = section_of(fit)
        return with_caption(section.plot(curve, ax), curve.note, ax)
    view = contour_of(fit, parameters)
    return with_caption(contour.plot(view, ax), view.note, ax)


def _objective(fit: LinearFit, ax: Axes | None) -> Axes:
    curve = ObjectiveView.of(Subject.of_linear(fit))
    return with_caption(objective.plot(curve, ax), " ".join(curve.notes), ax)


def _effects(fit: LinearFit, ax: Axes | None) -> Axes:
    bars = EffectsView.of(fit)
    return with_caption(effects.plot(bars, ax), bars.note, ax)


def _calibration(fit: LinearFit, ax: Axes | None) -> Axes:
    groups = CalibrationView.of(*measured(fit))
    return with_caption(calibration.plot(groups, ax), groups.note, ax)


def _roc(fit: LinearFit, ax: Axes | None) -> Axes:
    curve = RocView.of(*measured(fit))
    return with_caption(roc.plot(curve, ax), curve.note, ax)


def _confusion(fit: LinearFit, ax: Axes | None) -> Axes:
    table = ConfusionView.of(*measured(fit))
    return with_caption(confusion.plot(table, ax), table.note, ax)


def _predicted(fit: LinearFit, ax: Axes | None) -> Axes:
    view = PredictionsView.of_linear(fit)
    return with_caption(predicted.plot(view, ax), view.note, ax)


def _residuals(fit: LinearFit, ax: Axes | None) -> Axes:
    view = PredictionsView.of_linear(fit)
    return with_caption(residuals.plot(view, ax), view.note, ax)


PICTURES: Mapping[str, Callable[[LinearFit, Axes | None], Axes]] = {
    "objective": _objective,
    "coefficients": _effects,
    "contour": _contour,
    "calibration": _calibration,
    "roc": _roc,
    "confusion": _confusion,
    "predicted": _predicted,
    "residuals": _residuals,
}
