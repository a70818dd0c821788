"""The report's pictures: drawn, or left out with a sentence."""

from collections.abc import Callable
from functools import partial

from matplotlib.figure import Figure

from steepest.model.fit import Fit
from steepest.plots import contour, intervals, line, objective, predicted, residuals, section
from steepest.views.contour import ContourView
from steepest.views.intervals import IntervalsView
from steepest.views.left_out import LeftOut
from steepest.views.line import LineView
from steepest.views.objective import ObjectiveView
from steepest.views.predictions import PredictionsView
from steepest.views.section import SectionView
from steepest.views.subject import Subject
from steepest.web.html import Html, tag
from steepest.web.svg import to_svg

Drawn = tuple[Figure, str]  # a figure, and the sentences below it


def picture_sections(fit: Fit, parameters: tuple[str, str] | None = None) -> Html:
    """All pictures of a fit, two beside each other where there is room.

    `parameters` are the two that the contour is drawn over; by default the two stiffest.
    """
    chosen = {"contour": partial(_contour, parameters=parameters)}
    made = [
        _section(fit, name, heading, chosen.get(name, draw))
        for name, heading, draw in PICTURES
        if _applies(fit, name)
    ]
    return tag("div", made, class_="two pictures")


def _applies(fit: Fit, name: str) -> bool:
    # A line over one of several features is no picture that anyone misses.
    return name != "line" or len(fit.features) == 1


def _section(fit: Fit, name: str, heading: str, draw: Callable[[Fit], Drawn]) -> Html:
    try:
        figure, note = draw(fit)
    except LeftOut as reason:
        return tag("section", tag("h2", heading), tag("p", str(reason), class_="note"))
    drawing = to_svg(figure, name, heading)
    caption = [tag("figcaption", note)] if note else []
    return tag("section", tag("h2", heading), tag("figure", drawing, caption))


def _figure(axes: object) -> Figure:
    figure = getattr(axes, "figure", None)
    assert isinstance(figure, Figure)
    return figure


def _objective(fit: Fit) -> Drawn:
    view = ObjectiveView.of(Subject.of_fit(fit))
    if not len(view.values):
        raise LeftOut("The objective is too large to be drawn at any epoch.")
    return _figure(objective.plot(view)), " ".join(view.notes)


def _line(fit: Fit) -> Drawn:
    view = LineView.of(fit)
    return _figure(line.plot(view)), view.note


def _predicted(fit: Fit) -> Drawn:
    view = PredictionsView.of(fit)
    return _figure(predicted.plot(view)), view.note


def _residuals(fit: Fit) -> Drawn:
    view = PredictionsView.of(fit)
    return _figure(residuals.plot(view)), view.note


def _intervals(fit: Fit) -> Drawn:
    view = IntervalsView.of(fit)
    bars = "Bars are 95 % intervals." if view.low is not None else ""
    return _figure(intervals.plot(view)), f"{bars} {view.note}".strip()


def _contour(fit: Fit, parameters: tuple[str, str] | None = None) -> Drawn:
    if len(fit.names) == 1 and parameters is None:
        curve = SectionView.of(Subject.of_fit(fit), tangents=0)
        return _figure(section.plot(curve)), curve.note
    view = ContourView.of(Subject.of_fit(fit), parameters, arrows=0)
    return _figure(
        contour.plot(view)
    ), f"Contours of the {view.ground.objective_label}. {view.note}"


PICTURES: tuple[tuple[str, str, Callable[[Fit], Drawn]], ...] = (
    ("objective", "Objective by epoch", _objective),
    ("contour", "The path", _contour),
    ("line", "The fitted line", _line),
    ("predicted", "Predicted and true", _predicted),
    ("residuals", "Residuals", _residuals),
    ("intervals", "Coefficients on one scale", _intervals),
)
