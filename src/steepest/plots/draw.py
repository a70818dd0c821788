"""Any picture of a fit, by name."""

from collections.abc import Callable, Mapping

from matplotlib.axes import Axes

from steepest.errors import InputError, nearest
from steepest.model.fit import Fit
from steepest.plots import contour, intervals, line, objective, predicted, residuals, section
from steepest.views.contour import ContourView
from steepest.views.intervals import IntervalsView
from steepest.views.line import LineView
from steepest.views.objective import ObjectiveView
from steepest.views.predictions import PredictionsView
from steepest.views.section import SectionView
from steepest.views.subject import Subject


def draw(
    fit: Fit,
    view: str = "objective",
    ax: Axes | None = None,
    parameters: tuple[str, str] | None = None,
) -> Axes:
    """Draw a picture of a fit on `ax`, or on the axes of a new figure, and return the axes.

    `view` is "objective", "line" (one feature), "predicted", "residuals", "intervals" or "contour"
    (a curve where there is one parameter; over the two `parameters` that are named, by default
    the two stiffest). `draw(fit).figure.savefig("a.png")` saves it.
    Raises InputError for another name, and LeftOut where the fit has nothing to draw.

    >>> import steepest
    >>> axes = draw(steepest.fit([1, 2, 3], [2, 4, 6.3]), "line")
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('x', 'y')
    """
    if view not in PICTURES:
        raise InputError(
            f"there is no picture {view!r}; choose one of {', '.join(PICTURES)}."
            f"{nearest(view, PICTURES)}"
        )
    if parameters is None:
        return PICTURES[view](fit, ax)
    if view != "contour":
        raise InputError(
            f"parameters choose what a contour is drawn over, not the {view!r} picture"
        )
    return contour.plot(ContourView.of(Subject.of_fit(fit), parameters, arrows=0), ax)


def _contour(fit: Fit, ax: Axes | None) -> Axes:
    if len(fit.names) == 1:
        return section.plot(SectionView.of(Subject.of_fit(fit), tangents=0), ax)
    return contour.plot(ContourView.of(Subject.of_fit(fit), arrows=0), ax)


PICTURES: Mapping[str, Callable[[Fit, Axes | None], Axes]] = {
    "objective": lambda fit, ax: objective.plot(ObjectiveView.of(Subject.of_fit(fit)), ax),
    "line": lambda fit, ax: line.plot(LineView.of(fit), ax),
    "predicted": lambda fit, ax: predicted.plot(PredictionsView.of(fit), ax),
    "residuals": lambda fit, ax: residuals.plot(PredictionsView.of(fit), ax),
    "intervals": lambda fit, ax: intervals.plot(IntervalsView.of(fit), ax),
    "contour": _contour,
}
