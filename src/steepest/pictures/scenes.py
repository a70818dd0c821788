"""Pictures of a path over its parameters, by name: a background, and steps that appear on it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from steepest.errors import InputError
from steepest.pictures import contour, curve, surface
from steepest.pictures.contour import ContourView
from steepest.pictures.curve import CurveView
from steepest.pictures.style import Axes
from steepest.pictures.subject import Subject

View: TypeAlias = ContourView | CurveView

SCENES = ("curve", "contour", "plane", "surface")


class Scene(NamedTuple):
    """The data of a picture, and what draws all of it, its background, and its steps."""

    view: View
    plot: Callable[[Any, Axes | None], Axes]
    draw_background: Callable[[Any, Axes], None]
    draw_steps: Callable[[Any, Axes], None]


def default_scene(names: Sequence[str]) -> str:
    """A curve of one parameter, contours of two, of more the plane that the path moves in most."""
    return "curve" if len(names) == 1 else "contour" if len(names) == 2 else "plane"


def scene_of(subject: Subject, name: str, parameters: Sequence[str] | None = None) -> Scene:
    """The picture of that name, one of `SCENES`, over the parameters that are named.

    Raises InputError for parameters that are not there or too many, and LeftOut where the picture
    has nothing to show.
    """
    if name == "curve":
        if parameters is not None and len(parameters) != 1:
            raise InputError("a curve is drawn over one parameter: name one.")
        line = CurveView.of(subject, None if parameters is None else parameters[0])
        return Scene(line, curve.plot, curve.draw_background, curve.draw_steps)
    view = _over_two(subject, name, parameters)
    if name == "surface":
        return Scene(view, surface.plot, surface.draw_background, surface.draw_steps)
    return Scene(view, contour.plot, contour.draw_background, contour.draw_steps)


def _over_two(subject: Subject, name: str, parameters: Sequence[str] | None) -> ContourView:
    if name == "plane" and parameters is not None:
        raise InputError("the plane of the path's main directions has no parameters to choose.")
    if name == "plane" or (name == "surface" and parameters is None and len(subject.names) > 2):
        return ContourView.on_main_plane(subject)
    return ContourView.of(subject, parameters)
