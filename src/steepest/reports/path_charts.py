"""The pictures of a path as plain data: its objective, its parameters, the ground it walked."""

from functools import partial

from msgspec.structs import replace

from steepest.models.fit_data import FitData
from steepest.pictures import gradient, objective, parameters
from steepest.pictures.chart import (
    Chart,
)
from steepest.pictures.gradient import GradientView
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.objective_grid import ObjectiveGrid
from steepest.pictures.parameters import ParametersView
from steepest.pictures.picture import LeftOut
from steepest.pictures.scenes import Scene, scene_of, scene_of_fit
from steepest.pictures.subject import Subject
from steepest.reports.drawn import chart_or_reason
from steepest.wording.fact import fact, phrase

Names = tuple[str, str] | None


def run_charts(subject: Subject, names: Names = None) -> list[Chart]:
    """All pictures of a run; `names` are the two parameters that the contour is drawn over."""
    if len(subject.names) == 1:
        over = [_over(subject, "curve", phrase("The path on the curve"))]
    elif len(subject.names) == 2:
        surface = phrase("The path on the surface")
        over = [_over(subject, "contour", phrase("The path on contours"), names, surface)]
    else:
        over = [
            _over(
                subject,
                "plane",
                phrase("The plane of the path's main directions"),
                surface=phrase("The surface over that plane"),
            ),
            _over(subject, "contour", phrase("A slice over two parameters"), names),
        ]
    return [*objective_charts(subject), *over, *charts_by_step(subject)]


def fit_contour(fit: FitData, names: Names = None) -> Chart:
    """The path of a fit over two parameters; the note says of what the contours are."""
    made = _chart(scene_of_fit(fit, "contour", names))
    if not isinstance(made.ground, ObjectiveGrid):
        return made
    of = fact("contours of", objective=made.ground.objective_label)
    return replace(made, note=f"{of} {made.note}".strip())


def objective_charts(subject: Subject) -> list[Chart]:
    """The objective of any path, linear and logarithmic."""
    unit = subject.path.unit
    linear = phrase("objective by", unit=unit)
    log = phrase("objective by", unit=unit, logarithmic=True)
    return [
        chart_or_reason(
            "objective", linear, lambda: objective.chart(ObjectiveView.drawable(subject, "linear"))
        ),
        chart_or_reason("objective-log", log, lambda: objective.chart(_logarithmic(subject))),
    ]


def charts_by_step(subject: Subject) -> list[Chart]:
    """The parameters and the gradient's norm over the steps of any path."""
    unit = subject.path.unit
    headings = phrase("parameters by", unit=unit), phrase("gradient by", unit=unit)
    return [
        chart_or_reason(
            "parameters", headings[0], lambda: parameters.chart(ParametersView.of(subject))
        ),
        chart_or_reason("gradient", headings[1], lambda: gradient.chart(GradientView.of(subject))),
    ]


def _logarithmic(subject: Subject) -> ObjectiveView:
    view = ObjectiveView.logarithmic(subject)
    if view is None:
        raise LeftOut(fact("few logarithms"))
    return view


def _over(
    subject: Subject, name: str, heading: str, names: Names = None, surface: str = ""
) -> Chart:
    draw = partial(scene_of, subject, name, names)
    return chart_or_reason(name, heading, lambda: _chart(draw()), surface=surface)


def _chart(scene: Scene) -> Chart:
    assert scene.chart is not None  # only the surface has none
    return scene.chart(scene.view)
