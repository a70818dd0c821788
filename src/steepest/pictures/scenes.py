"""Pictures of a path over its parameters, by name: what stands still, and steps that appear."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from matplotlib.axes import Axes

from steepest.errors import InputError
from steepest.pictures import contour_plot as contour
from steepest.pictures import curve_plot as section
from steepest.pictures import surface
from steepest.pictures.contour import ContourView
from steepest.pictures.curve import SectionView
from steepest.pictures.style import axes_or_new, legend
from steepest.pictures.subject import Subject

View: TypeAlias = ContourView | SectionView

SCENES = ("curve", "contour", "plane", "surface")


class Scene(NamedTuple):
    """A view; `axes` makes axes for it, `standing` draws what stands still on them, and
    `steps(m, axes)` the first m of its steps.
    """

    view: View
    axes: Callable[[Axes | None], Axes]
    standing: Callable[[Axes], None]
    steps: Callable[[int, Axes], None]

    def draw(self, ax: Axes | None = None) -> Axes:
        """The whole picture."""
        ax = self.axes(ax)
        self.standing(ax)
        self.steps(len(self.view.index), ax)
        legend(ax)
        return ax


def default_scene(names: Sequence[str]) -> str:
    """A curve of one parameter, contours of two, of more the plane that the path moves in most."""
    return "curve" if len(names) == 1 else "contour" if len(names) == 2 else "plane"


def scene_of(subject: Subject, name: str, parameters: Sequence[str] | None = None) -> Scene:
    """The picture of that name, one of `SCENES`, over the parameters that are named.

    Raises InputError for parameters that are not there or too many, and LeftOut where the picture
    has nothing to show.
    """
    if name == "curve":
        return _curve(subject, parameters)
    view = _over_two(subject, name, parameters)
    if name == "surface":
        return Scene(
            view,
            surface.axes_or_new_3d,
            lambda ax: surface.draw_standing(view, ax),
            lambda m, ax: surface.draw_steps(view.until(m), ax),
        )
    return Scene(
        view,
        axes_or_new,
        lambda ax: contour.draw_standing(view, ax),
        lambda m, ax: contour.draw_steps(view.until(m), ax),
    )


def _curve(subject: Subject, parameters: Sequence[str] | None) -> Scene:
    if parameters is not None and len(parameters) != 1:
        raise InputError("a curve is drawn over one parameter: name one.")
    view = SectionView.of(subject, None if parameters is None else parameters[0])
    return Scene(
        view,
        axes_or_new,
        lambda ax: section.draw_standing(view, ax),
        lambda m, ax: section.draw_steps(view.until(m), ax),
    )


def _over_two(subject: Subject, name: str, parameters: Sequence[str] | None) -> ContourView:
    if name == "plane" and parameters is not None:
        raise InputError("the plane of the path's main directions has no parameters to choose.")
    if name == "plane" or (name == "surface" and parameters is None and len(subject.names) > 2):
        return ContourView.on_main_plane(subject)
    return ContourView.of(subject, parameters)
