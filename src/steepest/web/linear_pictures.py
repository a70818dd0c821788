"""The pictures in the report of a fit of any loss."""

from collections.abc import Callable
from functools import partial

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
from steepest.results.linear_fit import LinearFit
from steepest.views.classes import CalibrationView, ConfusionView, RocView
from steepest.views.effects import EffectsView
from steepest.views.left_out import LeftOut
from steepest.views.linear import contour_of, has_contour, measured, section_of
from steepest.views.objective import ObjectiveView
from steepest.views.predictions import PredictionsView
from steepest.views.subject import Subject
from steepest.web.figures import Drawn, picture_section
from steepest.web.html import Html, tag


def picture_sections(fit: LinearFit, parameters: tuple[str, str] | None = None) -> Html:
    """All pictures that the loss has, two beside each other where there is room.

    `parameters` are the two that the contour is drawn over; by default the two that moved most.
    """
    chosen = {"contour": partial(_contour, parameters=parameters)}
    made = [
        picture_section(name, heading, partial(chosen.get(name, draw), fit))
        for name, heading, draw in (*_ALWAYS, *_of_loss(fit))
        # A contour that takes too many looks at rows is no picture that anyone misses.
        if name != "contour" or parameters is not None or has_contour(fit)
    ]
    return tag("div", made, class_="two pictures")


def _of_loss(fit: LinearFit) -> "tuple[Picture, ...]":
    """The pictures that belong to the target: of classes or of a number."""
    if fit.metrics.is_loss_alone:  # the notes say so
        return ()
    if fit.classes is None:
        return _NUMBERS
    # What the loss or the number of classes does not have is no picture that anyone misses.
    unranked = fit.metrics.is_unranked
    without = {"calibration"} if fit.metrics.log_loss is None or unranked else set()
    without |= {"roc"} if len(fit.classes) > 2 or unranked else set()
    return tuple(picture for picture in _CLASSES if picture[0] not in without)


def _objective(fit: LinearFit) -> Drawn:
    view = ObjectiveView.of(Subject.of_linear(fit))
    if not len(view.values):
        raise LeftOut("The objective is too large to be drawn at any epoch.")
    return Drawn(objective.plot(view), " ".join(view.notes))


def _contour(fit: LinearFit, parameters: tuple[str, str] | None = None) -> Drawn:
    if len(fit.names) == 1 and parameters is None:
        curve = section_of(fit)
        return Drawn(section.plot(curve), curve.note)
    view = contour_of(fit, parameters)
    note = f"Contours of the {view.ground.objective_label}. {view.note}"
    return Drawn(contour.plot(view), note)


def _effects(fit: LinearFit) -> Drawn:
    view = EffectsView.of(fit)
    return Drawn(effects.plot(view), view.note)


def _calibration(fit: LinearFit) -> Drawn:
    view = CalibrationView.of(*measured(fit))
    return Drawn(calibration.plot(view), view.note)


def _roc(fit: LinearFit) -> Drawn:
    view = RocView.of(*measured(fit))
    return Drawn(roc.plot(view), view.note, f"area {view.area:.4g}")


def _confusion(fit: LinearFit) -> Drawn:
    view = ConfusionView.of(*measured(fit))
    return Drawn(confusion.plot(view), view.note)


def _predicted(fit: LinearFit) -> Drawn:
    view = PredictionsView.of_linear(fit)
    return Drawn(predicted.plot(view), view.note)


def _residuals(fit: LinearFit) -> Drawn:
    view = PredictionsView.of_linear(fit)
    return Drawn(residuals.plot(view), view.note)


Picture = tuple[str, str, Callable[[LinearFit], Drawn]]

_ALWAYS: tuple[Picture, ...] = (
    ("objective", "Objective by epoch", _objective),
    ("contour", "The path", _contour),
    ("coefficients", "Coefficients on one scale", _effects),
)
_CLASSES: tuple[Picture, ...] = (
    ("confusion", "Which class is taken for which", _confusion),
    ("calibration", "Calibration", _calibration),
    ("roc", "ROC curve", _roc),
)
_NUMBERS: tuple[Picture, ...] = (
    ("predicted", "Predicted and true", _predicted),
    ("residuals", "Residuals", _residuals),
)
