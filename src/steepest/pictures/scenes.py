"""Pictures in which steps appear on a background, by name."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from steepest.errors import InputError
from steepest.pictures import contour, curve, objective, surface
from steepest.pictures.contour import ContourView
from steepest.pictures.curve import CurveView
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.style import Axes
from steepest.pictures.subject import Subject

View: TypeAlias = ContourView | CurveView | ObjectiveView

SCENES = ("curve", "contour", "plane", "surface")
FILMS = (*SCENES, "objective")


class Scene(NamedTuple):
    """The data of a picture, what draws all of it, its background, and its steps, and what a step
    is called.
    """

    view: View
    plot: Callable[[Any, Axes | None], Axes]
    draw_background: Callable[[Any, Axes], None]
    draw_steps: Callable[[Any, Axes], None]
    unit: str


def default_scene(names: Sequence[str]) -> str:
    """A curve of one parameter, contours of two, of more the plane that the path moves in most."""
    return "curve" if len(names) == 1 else "contour" if len(names) == 2 else "plane"


def scene_of(subject: Subject, name: str, parameters: Sequence[str] | None = None) -> Scene:
    """The picture of that name, one of `FILMS`, over the parameters that are named.

    Raises InputError for parameters that are not there or too many, and LeftOut where the picture
    has nothing to show.
    """
    unit = subject.path.unit
    if name == "objective":
        if parameters is not None:
            raise InputError("the objective is drawn over the steps: it has no parameters.")
        view = ObjectiveView.drawable(subject)
        return Scene(view, objective.plot, objective.draw_background, objective.draw_steps, unit)
    if name == "curve":
        if parameters is not None and len(parameters) != 1:
            raise InputError("a curve is drawn over one parameter: name one.")
        line = CurveView.of(subject, None if parameters is None else parameters[0])
        return Scene(line, curve.plot, curve.draw_background, curve.draw_steps, unit)
    plane = _over_two(subject, name, parameters)
    if name == "surface":
        return Scene(plane, surface.plot, surface.draw_background, surface.draw_steps, unit)
    return Scene(plane, contour.plot, contour.draw_background, contour.draw_steps, unit)


def _over_two(subject: Subject, name: str, parameters: Sequence[str] | None) -> ContourView:
    if name == "plane" and parameters is not None:
        raise InputError("the plane of the path's main directions has no parameters to choose.")
    if name == "plane" or (name == "surface" and parameters is None and len(subject.names) > 2):
        return ContourView.on_main_plane(subject)
    return ContourView.of(subject, parameters)
