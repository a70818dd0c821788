"""The report's pictures: drawn, or left out with a sentence."""

from collections.abc import Callable
from functools import partial

from steepest.plots import contour, intervals, line, noise, objective, predicted, residuals, section
from steepest.results.fit import Fit
from steepest.views.contour import ContourView
from steepest.views.intervals import IntervalsView
from steepest.views.left_out import LeftOut
from steepest.views.line import LineView
from steepest.views.noise import FEWEST_ROWS, NoiseView
from steepest.views.objective import ObjectiveView
from steepest.views.predictions import PredictionsView
from steepest.views.section import SectionView
from steepest.views.subject import Subject
from steepest.web.figures import Drawn, picture_section
from steepest.web.html import Html, tag


def picture_sections(fit: Fit, parameters: tuple[str, str] | None = None) -> Html:
    """All pictures of a fit, two beside each other where there is room.

    `parameters` are the two that the contour is drawn over; by default the two stiffest.
    """
    chosen = {"contour": partial(_contour, parameters=parameters)}
    made = [
        picture_section(name, heading, partial(chosen.get(name, draw), fit))
        for name, heading, draw in PICTURES
        if _applies(fit, name)
    ]
    return tag("div", made, class_="two pictures")


def _applies(fit: Fit, name: str) -> bool:
    # A line over one of several features is no picture that anyone misses; nor is the noise that
    # stands beside it, or that of a handful of rows.
    if name == "noise" and fit.rows < FEWEST_ROWS:
        return False
    return name not in ("line", "noise") or len(fit.features) == 1


def _objective(fit: Fit) -> Drawn:
    view = ObjectiveView.of(Subject.of_fit(fit))
    if not len(view.values):
        raise LeftOut("The objective is too large to be drawn at any epoch.")
    return Drawn(objective.plot(view), " ".join(view.notes))


def _line(fit: Fit) -> Drawn:
    view = LineView.of(fit)
    return Drawn(line.plot(view), view.note)


def _noise(fit: Fit) -> Drawn:
    view = NoiseView.of(fit)
    return Drawn(noise.plot(view), view.note)


def _predicted(fit: Fit) -> Drawn:
    view = PredictionsView.of(fit)
    return Drawn(predicted.plot(view), view.note)


def _residuals(fit: Fit) -> Drawn:
    view = PredictionsView.of(fit)
    return Drawn(residuals.plot(view), view.note)


def _intervals(fit: Fit) -> Drawn:
    view = IntervalsView.of(fit)
    bars = "Bars are 95 % intervals." if view.low is not None else ""
    return Drawn(intervals.plot(view), f"{bars} {view.note}".strip())


def _contour(fit: Fit, parameters: tuple[str, str] | None = None) -> Drawn:
    if len(fit.names) == 1 and parameters is None:
        curve = SectionView.of(Subject.of_fit(fit), tangents=0)
        return Drawn(section.plot(curve), curve.note)
    view = ContourView.of(Subject.of_fit(fit), parameters, arrows=0)
    note = f"Contours of the {view.ground.objective_label}. {view.note}"
    return Drawn(contour.plot(view), note)


PICTURES: tuple[tuple[str, str, Callable[[Fit], Drawn]], ...] = (
    ("objective", "Objective by epoch", _objective),
    ("contour", "The path", _contour),
    ("line", "The fitted line", _line),
    ("noise", "The noise", _noise),
    ("predicted", "Predicted and true", _predicted),
    ("residuals", "Residuals", _residuals),
    ("intervals", "Coefficients on one scale", _intervals),
)
