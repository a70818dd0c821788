"""Pictures in which steps appear on a background, by name: of a path, a fit, and several paths."""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from steepest.errors import InputError
from steepest.models.fit_data import FitData
from steepest.number_checks import names_of
from steepest.path.path import DescentPath
from steepest.path.several import SeveralPaths
from steepest.pictures import (
    chart_drawing,
    contour,
    curve,
    gradient,
    objective,
    study_contour,
    study_curve,
    study_objectives,
    surface,
)
from steepest.pictures import parameters as parameters_by_epoch
from steepest.pictures.axis_scale import Scale
from steepest.pictures.chart import Chart
from steepest.pictures.contour import ContourView
from steepest.pictures.curve import CurveView
from steepest.pictures.fit_contour import check_cost
from steepest.pictures.picture import checked
from steepest.pictures.style import Axes
from steepest.pictures.subject import Subject
from steepest.translation import joined

OVER_PARAMETERS = ("curve", "contour", "plane", "surface")
BY_STEP = ("objective", "parameters", "gradient")
PATH_PICTURES = (*OVER_PARAMETERS, *BY_STEP)
STUDY_SCENES = ("curve", "contour", "objective")


class Scene(NamedTuple):
    """A picture that can be drawn step by step.

    - `view`: its data, of which `view.until(m)` is the same with the first m steps
    - `plot`, `draw_background`, `draw_steps`: what draws all of it, what is there before the first
      step, and the steps
    - `unit`: what a step is called;   `epochs`: those of the steps
    - `objectives`: those of the steps; none where the picture does not hold them
    - `chart`: the picture as plain data; None where only matplotlib draws it
    """

    view: Any
    plot: Callable[[Any, Axes | None], Axes]
    draw_background: Callable[[Any, Axes], None]
    draw_steps: Callable[[Any, Axes], None]
    unit: str
    epochs: Sequence[float]
    objectives: Sequence[float]
    chart: Callable[[Any], Chart] | None = None


def default_scene(names: Sequence[str]) -> str:
    """A curve of one parameter, contours of two, of more the plane that the path moves in most."""
    return "curve" if len(names) == 1 else "contour" if len(names) == 2 else "plane"


def scene_in(
    result: DescentPath | FitData | SeveralPaths,
    view: str | None = None,
    parameters: Sequence[str] | None = None,
) -> Scene:
    """The picture of that name of a path, a fit or several paths; None: the one that is usual.

    Raises InputError as `scene_of` does.
    """
    if isinstance(result, SeveralPaths):
        if parameters is not None:
            raise InputError("several runs share a picture over all their parameters: name none.")
        return study_scene(result, view)
    if isinstance(result, FitData):
        return scene_of_fit(result, view or "objective", parameters)
    return scene_of(Subject.of(result), view or default_scene(result.names), parameters)


def scene_of(
    subject: Subject, name: str, parameters: Sequence[str] | None = None, scale: Scale = "auto"
) -> Scene:
    """The picture of that name, one of `PATH_PICTURES`, over the parameters that are named.

    Raises InputError for another name, for parameters that are not there or too many, and for
    options that the picture does not have; LeftOut where it has nothing to show.
    """
    if parameters is not None:
        parameters = names_of("parameters", parameters)
    if checked(name, PATH_PICTURES, "picture") in OVER_PARAMETERS:
        if scale != "auto":
            listed = joined(BY_STEP)
            raise InputError(
                "a scale is for pictures by epoch ({listed}), not for {name!r}.",
                listed=listed,
                name=name,
            )
        return _over_parameters(subject, name, parameters)
    if parameters is not None:
        raise InputError(
            "parameters choose what a curve, contour or surface is drawn over, not {name!r}.",
            name=name,
        )
    if name == "parameters":
        lines = parameters_by_epoch.ParametersView.of(subject, scale)
        return _scene(parameters_by_epoch, lines, lines.unit, lines.epochs)
    if name == "gradient":
        norms = gradient.GradientView.of(subject, scale)
        return _scene(gradient, norms, norms.unit, norms.epochs)
    seen = objective.ObjectiveView.drawable(subject, scale)
    shown = seen.epochs <= seen.window.last
    values = seen.training[shown] + seen.base
    return _scene(objective, seen, seen.unit, seen.epochs[shown], values)


def scene_of_fit(
    fit: FitData, name: str, parameters: Sequence[str] | None = None, scale: Scale = "auto"
) -> Scene:
    """The same of a fit; a contour of one parameter is a curve.

    Raises LeftOut for the objective around a path where each point of it would be a look at many
    rows, or at rows that are not in memory.
    """
    if name in OVER_PARAMETERS:
        check_cost(fit)
    if name == "contour" and len(fit.names) == 1 and parameters is None:
        name = "curve"
    return scene_of(Subject.of_fit(fit), name, parameters, scale)


def study_scene(study: SeveralPaths, name: str | None = None) -> Scene:
    """Several paths in one picture, one of `STUDY_SCENES`: by default of a function of one
    parameter the curve, of two the contours, of all others the objectives.
    """
    usual = default_scene(study.paths[0].names) if study.is_of_function else "objective"
    name = name or (usual if usual in STUDY_SCENES else "objective")
    checked(name, STUDY_SCENES, "film of several runs")
    if name == "objective":
        seen = study_objectives.ObjectivesView.of(study)
        scene = _scene(study_objectives, seen, "epoch", seen.moments)
        return scene._replace(plot=study_objectives.plot_in_film)
    subjects = [Subject.of(path) for path in study.paths]
    if name == "curve":
        line = study_curve.StudyCurveView.of(subjects, study.labels)
        return _scene(study_curve, line, "epoch", line.tracks.moments)
    plane = study_contour.StudyContourView.of(subjects, study.labels)
    return _scene(study_contour, plane, "epoch", plane.tracks.moments)


def _scene(
    drawing: ModuleType, view: Any, unit: str, epochs: ArrayLike, objectives: ArrayLike = ()
) -> Scene:
    """`drawing`: the file of the picture, which makes its chart or draws it itself."""
    chart = getattr(drawing, "chart", None)
    draw = drawing if chart is None else _Charted(chart)
    draws = draw.plot, draw.draw_background, draw.draw_steps
    return Scene(
        view, *draws, unit, np.ravel(epochs).tolist(), np.ravel(objectives).tolist(), chart
    )


class _Charted(NamedTuple):
    """What draws the charts that are made of a view."""

    chart: Callable[[Any], Chart]

    def plot(self, view: Any, ax: Axes | None = None) -> Axes:
        return chart_drawing.plot_chart(self.chart(view), ax)

    def draw_background(self, view: Any, ax: Axes) -> None:
        chart_drawing.draw_background(self.chart(view), ax)

    def draw_steps(self, view: Any, ax: Axes) -> None:
        chart_drawing.draw_steps(self.chart(view), ax)


def _over_parameters(subject: Subject, name: str, parameters: Sequence[str] | None) -> Scene:
    drawing = {"curve": curve, "surface": surface}.get(name, contour)
    view = (
        _over_one(subject, parameters) if name == "curve" else _over_two(subject, name, parameters)
    )
    epochs = [subject.epoch(index) for index in view.path.index]
    return _scene(drawing, view, subject.path.unit, epochs, view.path.objectives)


def _over_one(subject: Subject, parameters: Sequence[str] | None) -> CurveView:
    if parameters is not None and len(parameters) != 1:
        raise InputError("a curve is drawn over one parameter: name one.")
    return CurveView.of(subject, None if parameters is None else parameters[0])


def _over_two(subject: Subject, name: str, parameters: Sequence[str] | None) -> ContourView:
    if name == "plane" and parameters is not None:
        raise InputError("the plane of the path's main directions has no parameters to choose.")
    if name == "plane" or (name == "surface" and parameters is None and len(subject.names) > 2):
        return ContourView.on_main_plane(subject)
    return ContourView.of(subject, parameters)
