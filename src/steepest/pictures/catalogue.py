"""Any picture of a path, a study or a search, by name."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from steepest.descent.grid_search import SearchedGrid
from steepest.errors import InputError, nearest
from steepest.path.path import DescentPath
from steepest.path.several import SeveralPaths
from steepest.pictures import (
    gradient_plot as gradient,
)
from steepest.pictures import (
    objective_plot as objective,
)
from steepest.pictures import parameters_plot as parameters_by_epoch
from steepest.pictures import search_plot as grid_search
from steepest.pictures import (
    study_contour_plot as tracks,
)
from steepest.pictures import (
    study_objectives_plot as several,
)
from steepest.pictures import study_page_plot as study_page
from steepest.pictures.gradient import GradientView
from steepest.pictures.objective import ObjectiveView, Scale
from steepest.pictures.parameters import ParametersView
from steepest.pictures.scenes import SCENES, default_scene, scene_of
from steepest.pictures.search import SearchView
from steepest.pictures.study_objectives import ObjectivesView
from steepest.pictures.study_page import StudyView, TracksView
from steepest.pictures.style import caption
from steepest.pictures.subject import Subject

PATH_PICTURES = (*SCENES, "objective", "parameters", "gradient")
STUDY_PICTURES = ("page", "objective", "contour")


def draw_path(
    path: DescentPath,
    view: str | None = None,
    ax: Axes | None = None,
    *,
    parameters: Sequence[str] | None = None,
    scale: Scale = "auto",
) -> Axes:
    """Draw a picture of any path on `ax`, or on the axes of a new figure, and return the axes.

    - "curve": the objective along one parameter, with the path and tangents
    - "contour": contours over two parameters, with the path and gradient arrows
    - "plane": the same on the plane of the path's two main directions
    - "surface": in three dimensions (`ax` needs projection="3d")
    - "objective": epoch by epoch; `scale` "linear", "log" or "auto"
    - "parameters", "gradient": the parameters, and the gradient's norm, epoch by epoch

    By default a curve for one parameter, a contour for two, the plane for more. `parameters` names
    one for a curve, two for a contour or surface; the others are held at the last step.
    Raises InputError for another name, or options that do not belong to the picture, and LeftOut
    where the path has nothing to draw.

    >>> import steepest
    >>> axes = draw_path(steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1, epochs=30))
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('x', 'objective')
    """
    name = default_scene(path.names) if view is None else checked(view, PATH_PICTURES, "picture")
    subject = Subject.of(path)
    if scale != "auto" and name != "objective":
        raise InputError(f"a scale is for the objective by epoch, not the {name!r} picture")
    if name in SCENES:
        scene = scene_of(subject, name, parameters)
        return with_caption(scene.draw(ax), scene.view.note, ax)
    if parameters is not None:
        raise InputError(
            f"parameters choose what a curve, contour or surface is drawn over, not {name!r}"
        )
    if name == "objective":
        curve = ObjectiveView.of(subject, scale)
        return with_caption(objective.plot(curve, ax), " ".join(curve.notes), ax)
    if name == "gradient":
        norms = GradientView.of(subject)
        return with_caption(gradient.plot(norms, ax), " ".join(norms.notes), ax)
    lines = ParametersView.of(subject)
    return with_caption(parameters_by_epoch.plot(lines, ax), " ".join(lines.notes), ax)


def draw_study(
    study: SeveralPaths, view: str | None = None, ax: Axes | None = None, *, scale: Scale = "auto"
) -> Axes:
    """Draw several paths side by side, and return the axes.

    - "page": on one new figure each path on the curve (one parameter) or all on shared contours
      (two) of a formula or function, the objectives on a linear and a logarithmic axis, and the
      first steps, of a table or a model the numbers of the runs; the axes returned are those of
      the objectives
    - "objective": the objectives alone; `scale` "linear", "log" or "auto"
    - "contour": the paths on shared contours, for two parameters

    By default the page, or on axes that are given the objectives.
    Raises InputError for another name, and LeftOut where there is nothing to draw.

    >>> import steepest
    >>> study = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 0.7], epochs=30)
    >>> len(draw_study(study).figure.axes)
    5
    """
    name = view or ("page" if ax is None else "objective")
    checked(name, STUDY_PICTURES, "picture of a study")
    if scale != "auto" and name != "objective":
        raise InputError(f"a scale is for the objectives by epoch, not the {name!r} picture")
    if name == "page":
        if ax is not None:
            raise InputError("a page needs a figure of its own: leave the axes out")
        return study_page.page(StudyView.of(study))
    if name == "contour":
        subjects = [Subject.of(path) for path in study.paths]
        return tracks.plot(TracksView.of(subjects, study.labels), ax)
    curves = ObjectivesView.of(study, scale)
    return with_caption(several.plot(curves, ax), curves.note, ax)


def draw_search(
    search: SearchedGrid, path: DescentPath | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the curve or map of a grid search with its least point, and a descent on it.

    >>> import steepest
    >>> found = steepest.search("14/3*(w-2)**2", "w=0:4:0.1")
    >>> draw_search(found).get_xlabel()
    'w'
    """
    view = SearchView.of(search, path)
    return with_caption(grid_search.plot(view, ax), view.note, ax)


def with_caption(axes: Axes, note: str, given: Axes | None) -> Axes:
    """The axes; below them, on a figure made for them, what must be said with the picture."""
    if given is None:
        caption(axes, note)
    return axes


def checked(name: str, known: Sequence[str], what: str) -> str:
    """The name, if it is known; else InputError with the nearest that is."""
    if name not in known:
        raise InputError(
            f"there is no {what} {name!r}; choose one of {', '.join(known)}.{nearest(name, known)}"
        )
    return name
