"""The pictures of a run: drawn, or left out with a sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import final

import numpy as np
from mpl_toolkits.mplot3d import Axes3D  # type: ignore[import-untyped]  # has no stubs

from steepest.errors import InputError
from steepest.path.path import DescentPath
from steepest.pictures import (
    contour_plot as contour,
)
from steepest.pictures import (
    curve_plot as section,
)
from steepest.pictures import (
    gradient_plot as gradient,
)
from steepest.pictures import (
    objective_plot as objective,
)
from steepest.pictures import (
    parameters_plot as parameters,
)
from steepest.pictures import (
    surface,
)
from steepest.pictures.contour import ContourView
from steepest.pictures.curve import SectionView
from steepest.pictures.drawn import Drawn
from steepest.pictures.gradient import GradientView
from steepest.pictures.left_out import LeftOut
from steepest.pictures.objective import ObjectiveView, Scale
from steepest.pictures.parameters import ParametersView
from steepest.pictures.style import MUTED
from steepest.pictures.subject import Subject
from steepest.reports.figures import picture_section
from steepest.reports.html import Html, tag
from steepest.wording.numbers import capitalized, count, number

Names = tuple[str, str]


@final
@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that a run's report has: its name in ids, its heading, and how it is drawn."""

    name: str
    heading: str
    draw: Callable[[], Drawn]

    def section(self) -> Html:
        """The picture under its heading, or why there is none."""
        return picture_section(self.name, self.heading, self._drawn)

    def _drawn(self) -> Drawn:
        try:
            return self.draw()
        except LeftOut:
            raise
        except InputError as error:
            # A function that is not in its run's file, say.
            raise LeftOut(capitalized(str(error))) from None


def run_pictures(path: DescentPath, names: Names | None = None) -> Html:
    """All pictures of a run, two beside each other where there is room.

    `names` are the two parameters that the contour is drawn over; by default the two stiffest.
    """
    subject = Subject.of(path)
    over = _over_parameters(subject, names)
    made = [each.section() for each in (*over, *over_steps(subject))]
    return tag("div", made, class_="two pictures")


def _over_parameters(subject: Subject, names: Names | None) -> list[Picture]:
    if len(subject.names) == 1:
        return [Picture("curve", "The path on the curve", partial(_curve, subject))]
    if len(subject.names) == 2:
        view = partial(ContourView.of, subject, names)
        return [
            Picture("contour", "The path on contours", partial(_contour, view)),
            Picture("surface", "The path on the surface", partial(_surface, view)),
        ]
    plane, slice_ = (
        partial(ContourView.on_main_plane, subject),
        partial(ContourView.of, subject, names),
    )
    return [
        Picture("plane", "The plane of the path's main directions", partial(_contour, plane)),
        Picture("surface", "The surface over that plane", partial(_surface, plane)),
        Picture("contour", "A slice over two parameters", partial(_contour, slice_)),
    ]


def over_steps(subject: Subject) -> list[Picture]:
    """The pictures over the steps of any path."""
    unit = subject.path.unit
    linear, log = (partial(_objective, subject, scale) for scale in ("linear", "log"))
    return [
        Picture("objective", f"Objective by {unit}", linear),
        Picture("objective-log", f"Objective by {unit}, logarithmic", log),
        Picture("parameters", f"Parameters by {unit}", partial(_parameters, subject)),
        Picture("gradient", f"The gradient's norm by {unit}", partial(_gradient, subject)),
    ]


def _curve(subject: Subject) -> Drawn:
    view = SectionView.of(subject)
    return Drawn(section.plot(view), view.note, _ends(subject))


def _contour(make: Callable[[], ContourView]) -> Drawn:
    view = make()
    first, second = view.ground.labels
    told = f"contours of the {view.ground.objective_label} over {first} and {second}"
    return Drawn(contour.plot(view), view.note, told)


def _surface(make: Callable[[], ContourView]) -> Drawn:
    view = make()
    axes = surface.plot(view)
    assert isinstance(axes, Axes3D)
    for drawn in axes.collections:
        drawn.set_rasterized(True)  # thousands of cells
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color("none")  # the page is its paper
        axis.line.set_color(MUTED)
    first, second = view.ground.labels
    told = f"the {view.ground.objective_label} over {first} and {second}, in three dimensions"
    return Drawn(axes, "The surface is cut off above the path.", told, tight=True)


def _objective(subject: Subject, scale: Scale) -> Drawn:
    view = ObjectiveView.of(subject, scale)
    if not len(view.values):
        raise LeftOut("The objective is too large to be drawn at any epoch.")
    if scale == "log" and np.isfinite(view.values).sum() < min(2, len(view.epochs)):
        raise LeftOut("Too few of the objectives have a place on a logarithmic axis.")
    return Drawn(objective.plot(view), " ".join(view.notes), _ends(subject))


def _parameters(subject: Subject) -> Drawn:
    view = ParametersView.of(subject)
    return Drawn(parameters.plot(view), " ".join(view.notes), f"of {len(view.names)}")


def _gradient(subject: Subject) -> Drawn:
    view = GradientView.of(subject)
    return Drawn(gradient.plot(view), " ".join(view.notes))


def _ends(subject: Subject) -> str:
    """From where to where the objective went."""
    path = subject.path
    known = [k for k in (0, *path.recorded) if path.knows_objective(k)]
    if not known:
        return "unknown"
    first, last = known[0], known[-1]
    return (
        f"from {number(path.at(first).objective)} at {path.unit} {count(float(first))} to "
        f"{number(path.at(last).objective)} at {path.unit} {count(float(last))}"
    )
