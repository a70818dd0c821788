"""Every picture by name: of a path, of several paths, of a grid search, of a fit."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from steepest.descent.grid_search import SearchedGrid
from steepest.errors import InputError
from steepest.losses.counts_and_amounts import LogMean
from steepest.models.fit_data import FitData
from steepest.path.path import DescentPath
from steepest.path.several import SeveralPaths
from steepest.pictures import (
    calibration,
    coefficients,
    confusion,
    intervals,
    line,
    noise,
    objective,
    predictions,
    regularization,
    roc,
    search,
    study_objectives,
    study_page,
)
from steepest.pictures.axis_scale import Scale
from steepest.pictures.chart import Chart
from steepest.pictures.chart_drawing import draw_chart, plot_chart
from steepest.pictures.contour import ContourView
from steepest.pictures.new_figure import current_axes
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.picture import LeftOut, checked, notes_of, with_caption
from steepest.pictures.scenes import (
    BY_STEP,
    PATH_PICTURES,
    STUDY_SCENES,
    default_scene,
    scene_of,
    scene_of_fit,
    study_scene,
)
from steepest.pictures.style import Axes, beside, caption
from steepest.pictures.subject import Subject
from steepest.translation import joined
from steepest.wording.fact import Fact, fact, text_of

STUDY_PICTURES = ("page", *STUDY_SCENES)


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
    - "objective", "parameters", "gradient": the objective, the parameters, and the gradient's norm,
      epoch by epoch; `scale` "linear" or "log". By default the objective is linear, on a figure of
      its own with the logarithm beside it

    By default a curve for one parameter, a contour for two, the plane for more. `parameters` names
    one for a curve, two for a contour or surface; the others are held at the last step.
    Raises InputError for another name, or options that do not belong to the picture, and LeftOut
    where the path has nothing to draw.

    >>> import steepest
    >>> axes = draw_path(steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1, epochs=30))
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('x', 'objective')
    """
    subject, name = Subject.of(path), view or default_scene(path.names)
    if name == "objective" and parameters is None:
        return _draw_objective(subject, ax, scale)
    scene = scene_of(subject, name, parameters, scale)
    return with_caption(scene.plot, scene.view, ax)


def _draw_objective(subject: Subject, ax: Axes | None, scale: Scale) -> Axes:
    """On a figure of its own it is linear, with the logarithmic one beside it."""
    view = ObjectiveView.drawable(subject, "linear" if scale == "auto" else scale)
    if _is_alone(ax, scale):
        return draw_chart(objective.chart(view), ax)
    log = ObjectiveView.logarithmic(subject)
    views = [view] if log is None else [view, log]
    panels = beside(plot_chart, [objective.chart(each) for each in views])
    caption(panels[0], text_of(notes_of(views[: len(panels)])))
    return panels[0]


def _is_alone(ax: Axes | None, scale: Scale) -> bool:
    """Whether objectives are drawn on one scale: where that is chosen, or axes are there."""
    return scale != "auto" or ax is not None or current_axes() is not None


def objective_ends(subject: Subject) -> Fact:
    """From where to where the objective went."""
    path = subject.path
    if path.objective_curves:
        curve = path.objective_curves[0]
        ends = [(int(curve.steps[place]), float(curve.values[place])) for place in (0, -1)]
    else:
        known = [k for k in (0, *path.recorded) if path.knows_objective(k)]
        ends = [(k, path.at(k).objective) for k in (known[0], known[-1])]
    (first, start), (last, end) = ends
    return fact(
        "objective from to",
        start=start,
        first=subject.epoch(first),
        end=end,
        last=subject.epoch(last),
        unit=path.unit,
    )


def draw_study(
    study: SeveralPaths, view: str | None = None, ax: Axes | None = None, *, scale: Scale = "auto"
) -> Axes:
    """Draw several paths side by side, and return the axes.

    - "page": on one new figure each path on the curve (one parameter) or all on shared contours
      (two) of a formula or function, the objectives on a linear and a logarithmic axis, and the
      first steps, of a table or a model the numbers of the runs; the axes returned are those of
      the objectives
    - "objective": the objectives alone, on a figure of its own linear and logarithmic; `scale`
      "linear" or "log": one of them
    - "curve", "contour": the paths on one curve, for one parameter, or on shared contours, for two

    By default the page, or on axes that are given the objectives.
    Raises InputError for another name, and LeftOut where there is nothing to draw.

    >>> import steepest
    >>> study = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 0.7], epochs=30)
    >>> len(draw_study(study).figure.axes)
    5
    """
    name = view or ("page" if ax is None else "objective")
    checked(name, STUDY_PICTURES, "picture of a study")
    if name == "objective":
        return _draw_objectives(study, ax, scale)
    if scale != "auto":
        raise InputError(
            "a scale is for the objectives by epoch, not the {name!r} picture", name=name
        )
    if name == "page":
        if ax is not None:
            raise InputError("a page needs a figure of its own: leave the axes out")
        return study_page.page(study_page.StudyView.of(study))
    scene = study_scene(study, name)
    return scene.plot(scene.view, ax)


def _draw_objectives(study: SeveralPaths, ax: Axes | None, scale: Scale) -> Axes:
    if _is_alone(ax, scale):
        one = study_objectives.ObjectivesView.of(study, "linear" if scale == "auto" else scale)
        return with_caption(study_objectives.plot, one, ax)
    both = [study_objectives.ObjectivesView.of(study, each) for each in ("linear", "log")]
    panels = beside(study_objectives.draw, both)
    study_objectives.name_curves(both[0], panels[-1])
    caption(panels[0], text_of(notes_of(both[: len(panels)])))
    return panels[0]


def draw_search(
    search_: SearchedGrid, path: DescentPath | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the curve or map of a grid search with its least point, and a descent on it.

    >>> import steepest
    >>> grid = steepest.search("14/3*(w-2)**2", "w=0:4:0.1")
    >>> draw_search(grid).get_xlabel()
    'w'
    """
    return with_caption(search.plot, search.SearchView.of(search_, path), ax)


def draw_fit(
    fit: FitData,
    view: str = "objective",
    ax: Axes | None = None,
    parameters: Sequence[str] | None = None,
    scale: Scale = "auto",
) -> Axes:
    """Draw a picture of a fit on `ax`, or on the axes of a new figure, and return the axes.

    - of its path, as `draw_path` does: "objective", "parameters", "gradient" over the epochs,
      `scale` "linear" or "log"; "contour", "surface", "plane", "curve" over the
      `parameters` that are named, by default the two along which the objective curves most, or of
      rows that were descended on those that moved most
    - "coefficients": on one scale, those that are 0 marked;
      "intervals": with their 95 % intervals
    - "regularization": the coefficients along the strength of a penalty that was chosen, and on a
      figure of its own the loss of held-out rows
    - of numbers "predicted", "residuals", "line" (one feature), "noise" (the residuals' density, on
      a figure of its own beside the line); of classes "calibration", "roc", "confusion", of the
      rows that were held out where there are any

    `draw_fit(fit).figure.savefig("a.png")` saves it.
    Raises InputError for another name, and LeftOut where the picture does not apply.

    >>> import steepest
    >>> axes = draw_fit(steepest.fit([1, 2, 3], [2, 4, 6.3]), "line")
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('x', 'y')
    """
    if checked(view, FIT_VIEWS, "picture") in PATH_PICTURES:
        return _draw_path_of_fit(fit, view, ax, parameters, scale)
    if scale != "auto":
        raise InputError(
            "a scale is for pictures by epoch ({BY_STEP}), not {view!r}.",
            BY_STEP=joined(BY_STEP),
            view=view,
        )
    if parameters is not None:
        raise InputError(
            "parameters choose what a contour or surface is drawn over, not {view!r}.", view=view
        )
    if view == "regularization":
        return regularization.draw(fit, ax)
    chart = FIT_PICTURES[view].chart(fit)
    if view == "noise" and ax is None and len(fit.features) == 1:
        panels = beside(plot_chart, [FIT_PICTURES["line"].chart(fit), chart], narrow=1)
        caption(panels[-1], chart.note)
        return panels[-1]
    return draw_chart(chart, ax)


def draw(
    result: DescentPath | FitData | SeveralPaths,
    view: str | None = None,
    parameters: Sequence[str] | None = None,
) -> Axes:
    """The picture of that name on the axes of a new figure; None: the one that is usual."""
    if isinstance(result, SeveralPaths):
        return draw_study(result, view)
    if isinstance(result, FitData):
        return draw_fit(result, view or "objective", None, parameters)
    return draw_path(result, view, parameters=parameters)


class FitPicture(NamedTuple):
    """A picture of a fit: its chart, and whether a report shows it."""

    chart: Callable[[FitData], Chart]
    is_reported: Callable[[FitData], bool]


def _draw_path_of_fit(
    fit: FitData,
    name: str,
    ax: Axes | None = None,
    parameters: Sequence[str] | None = None,
    scale: Scale = "auto",
) -> Axes:
    """A picture of a fit's path; contours say of what they are."""
    if name == "objective" and parameters is None:
        return _draw_objective(Subject.of_fit(fit), ax, scale)
    scene = scene_of_fit(fit, name, parameters, scale)
    if not isinstance(scene.view, ContourView) or name == "surface":
        return with_caption(scene.plot, scene.view, ax)
    of = fact("contours of", objective=scene.view.grid.objective_label)
    return with_caption(scene.plot, scene.view, ax, of)


# What the loss, the number of classes or the rows do not have is no picture that anyone misses.
def _is_of_numbers(fit: FitData) -> bool:
    return fit.classes is None and not fit.metrics.is_loss_alone


def _is_of_classes(fit: FitData) -> bool:
    return fit.classes is not None and not fit.metrics.is_loss_alone


def _is_calibrated(fit: FitData) -> bool:
    return _is_of_classes(fit) and fit.metrics.log_loss is not None and not fit.metrics.is_unranked


def _is_ranked(fit: FitData) -> bool:
    two = fit.classes is not None and len(fit.classes) == 2
    return two and _is_of_classes(fit) and not fit.metrics.is_unranked


def _is_a_line(fit: FitData) -> bool:
    one = len(fit.features) == 1
    return one and _is_of_numbers(fit) and not isinstance(fit.loss, LogMean)


def _has_noise(fit: FitData) -> bool:
    return _is_a_line(fit) and fit.quality is not None and fit.rows >= noise.FEWEST_ROWS


def _line(fit: FitData) -> Chart:
    """The line, and how far the noise reaches beside it, where the noise has its picture."""
    try:
        deviation = noise.NoiseView.of(fit).deviation if _has_noise(fit) else None
    except LeftOut:
        deviation = None
    return line.chart(fit, deviation)


FIT_PICTURES: Mapping[str, FitPicture] = {
    "line": FitPicture(_line, _is_a_line),
    "noise": FitPicture(noise.chart, _has_noise),
    "predicted": FitPicture(predictions.predicted, _is_of_numbers),
    "residuals": FitPicture(predictions.residuals, _is_of_numbers),
    "intervals": FitPicture(intervals.chart, lambda fit: fit.reduced is not None),
    "coefficients": FitPicture(coefficients.chart, lambda fit: fit.reduced is None),
    "regularization": FitPicture(
        lambda fit: regularization.chart(regularization.RegularizationView.of(fit)),
        lambda fit: fit.regularization is not None,
    ),
    "confusion": FitPicture(confusion.chart, _is_of_classes),
    "calibration": FitPicture(calibration.chart, _is_calibrated),
    "roc": FitPicture(roc.chart, _is_ranked),
}

# What a report shows, and what else can be drawn of a fit's path.
FIT_VIEWS = tuple(dict.fromkeys(["objective", "contour", *FIT_PICTURES, *PATH_PICTURES]))
