"""The pictures of a path as plain data: its objective, its parameters, the ground it walked."""

import msgspec
import numpy as np

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.pictures.chart import (
    Axis,
    Chart,
    Series,
    axes_of,
    epochs_axis,
    ground_of,
    level,
    marks,
    numbers,
    series,
    walk,
)
from steepest.pictures.contour import ContourView
from steepest.pictures.curve import CurveView
from steepest.pictures.gradient import GradientView
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.parameters import ParametersView
from steepest.pictures.picture import LeftOut
from steepest.pictures.projected_path import ProjectedPath
from steepest.pictures.scenes import Scene, scene_of, scene_of_fit
from steepest.pictures.subject import Subject
from steepest.reports.drawn import chart_or_reason
from steepest.wording.fact import fact, phrase, text_of

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
    made = _of_scene(scene_of_fit(fit, "contour", names))
    if made.ground is None:
        return made
    of = fact("contours of", objective=made.ground.label)
    return msgspec.structs.replace(made, note=f"{of} {made.note}".strip())


def objective_charts(subject: Subject) -> list[Chart]:
    """The objective of any path, linear and logarithmic."""
    unit = subject.path.unit
    linear = phrase("objective by", unit=unit)
    log = phrase("objective by", unit=unit, logarithmic=True)
    return [
        chart_or_reason(
            "objective", linear, lambda: _objective(ObjectiveView.drawable(subject, "linear"))
        ),
        chart_or_reason("objective-log", log, lambda: _objective(_logarithmic(subject))),
    ]


def charts_by_step(subject: Subject) -> list[Chart]:
    """The parameters and the gradient's norm over the steps of any path."""
    unit = subject.path.unit
    parameters, gradient = phrase("parameters by", unit=unit), phrase("gradient by", unit=unit)
    return [
        chart_or_reason("parameters", parameters, lambda: _parameters(subject)),
        chart_or_reason("gradient", gradient, lambda: _gradient(subject)),
    ]


def _logarithmic(subject: Subject) -> ObjectiveView:
    view = ObjectiveView.logarithmic(subject)
    if view is None:
        raise LeftOut(fact("few logarithms"))
    return view


def _objective(view: ObjectiveView) -> Chart:
    shown = view.epochs <= view.window.last
    named = [(view.curve, view.epochs[shown], view.training[shown]), *view.others]
    curves = [
        series(epochs, values, label, colour=place)
        for place, (label, epochs, values) in enumerate(named)
    ]
    if view.validation is not None:
        held_out = view.validation[shown]
        curves.append(series(view.epochs[shown], held_out, view.held_out, "dashes", 1))
    if view.minimum is not None and view.shows_minimum:
        curves.append(level(view.minimum, phrase("least value", objective=view.minimum)))
    if np.isfinite(view.chosen_objective):
        curves.append(marks([view.chosen, view.chosen_objective], view.chosen_label, "last"))
    low, high = view.heights or (None, None)
    axis = Axis(view.label, view.axis, low, high, view.threshold)
    epochs = epochs_axis(phrase("unit of steps", unit=view.unit), view.window)
    return Chart(epochs, axis, curves, note=text_of(view.notes))


def _parameters(subject: Subject) -> Chart:
    view = ParametersView.of(subject)
    curves = [
        series(view.epochs, values, name, colour=place)
        for place, (name, values) in enumerate(zip(view.names, view.values.T, strict=True))
    ]
    least = [] if view.minimizer is None else view.minimizer.tolist()
    curves += [level(height, colour=place) for place, height in enumerate(least)]
    label = view.names[0] if len(view.names) == 1 else phrase("parameters")
    axis = Axis(label, "symlog" if view.wide else "linear", threshold=view.threshold)
    epochs = _all_epochs(view.unit, float(view.epochs[-1]), view.many)
    return Chart(epochs, axis, curves, note=text_of(view.notes))


def _gradient(subject: Subject) -> Chart:
    view = GradientView.of(subject)
    axis = Axis(phrase("norm of the gradient"), "log" if view.log else "linear")
    epochs = _all_epochs(view.unit, float(view.epochs[-1]), view.many)
    curves = [
        series(epochs_of, norms, name, colour=place)
        for place, (name, epochs_of, norms) in enumerate(view.curves)
    ]
    return Chart(epochs, axis, curves, note=text_of(view.notes))


def _all_epochs(unit: str, last: float, many: int) -> Axis:
    label = phrase("unit of steps", unit=unit)
    return Axis(label, "symlog" if last > many else "linear", 0.0, last, steps=True)


def _over(
    subject: Subject, name: str, heading: str, names: Names = None, surface: str = ""
) -> Chart:
    return chart_or_reason(
        name, heading, lambda: _of_scene(scene_of(subject, name, names), surface)
    )


def _of_scene(scene: Scene, surface: str = "") -> Chart:
    view = scene.view
    return curve_chart(view) if isinstance(view, CurveView) else _contour(view, surface)


def curve_chart(view: CurveView, colour: int = 0) -> Chart:
    """The objective along one parameter, and the steps of a path on it."""
    points = np.column_stack([view.steps, view.path.objectives])
    floor = np.full(len(points), view.heights[0])
    gone = np.column_stack([view.steps, floor])[view.path.undefined]
    tangents = Series(
        numbers(view.tangents[:, 0]),
        numbers(view.tangents[:, 1]),
        phrase("tangents") if len(view.tangents) else "",
        "tangent",
        colour,
        ends=[(1.0, float(slope)) for slope in view.tangents[:, 2]],
    )
    minimum = [] if view.minimum is None else [_minimum(np.array([view.minimum]), view.path.local)]
    low, high = float(view.values[0]), float(view.values[-1])
    return Chart(
        Axis(view.label, low=low, high=high),
        Axis(view.objective_label, low=view.heights[0], high=view.heights[1]),
        [
            Series(numbers(view.values), numbers(view.objective), look="line", colour=-1),
            tangents,
            *minimum,
            *_steps(view.path, points, gone, view.chosen, view.chosen_label, colour),
        ],
        note=text_of(view.notes),
    )


def _contour(view: ContourView, surface: str) -> Chart:
    path, at = view.path, view.arrows_at
    arrows = Series(
        numbers(at[:, 0]),
        numbers(at[:, 1]),
        phrase("negative gradient") if len(at) else "",
        "arrow",
        ends=[(float(right), float(up)) for right, up in view.arrows],
    )
    minimum = [] if path.minimum is None else [_minimum(path.minimum[None], path.local)]
    x, y = axes_of(view.grid)
    gone = path.points[path.undefined]
    walked = _steps(path, path.points, gone, view.chosen, view.chosen_label, 0)
    ground = ground_of(view.grid, surface)
    return Chart(x, y, [arrows, *walked, *minimum], ground, note=text_of(view.notes))


def _minimum(points: Floats, local: bool) -> Series:
    return marks(points, phrase("local minimum" if local else "least"), "minimum")


def _steps(
    path: ProjectedPath, points: Floats, gone: Floats, chosen: int, label: str, colour: int
) -> list[Series]:
    """The path with its start and its marked step, and at `gone` (k, 2) the steps that have no
    finite objective.
    """
    made = [walk(points, path, colour), marks(points[:1], phrase("start"), "start", colour)]
    if len(gone):
        made.append(marks(gone, phrase("not defined"), "cross", colour))
    if chosen in path.index and not path.undefined[path.index.index(chosen)]:
        end = points[[path.index.index(chosen)]]
        made.append(marks(end, label, "last", colour))
    return made
