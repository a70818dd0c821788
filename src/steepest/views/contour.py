"""Contours of the objective over two parameters, with the path on them.

The picture is in the descent's own coordinates, where every step of plain descent runs along the
negative gradient, at right angles to the contour. With more than two parameters it is a slice: the
others are held at their values at the chosen epoch. Steps that do not lie on the slice are marked
as projections, because the surface does not show their objective.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.errors import InputError, nearest
from steepest.model.fit import Fit
from steepest.path.words import count
from steepest.rows.gram import Floats
from steepest.views.left_out import LeftOut
from steepest.views.objective import objective_label
from steepest.views.slice import Shown, Slice, outside, parameter_label

SHAPE = 4.0 / 3.0  # width to height of the picture
_STRETCH = 8.0  # beyond this ratio of extents, equal scales would make a line of the path
_GRID = (121, 91)
_LEVELS = 12
_LARGEST = 1e200


@final
@dataclass(frozen=True, eq=False)
class ContourView:
    """`objective` (ny, nx) over `x` (nx,) and `y` (ny,), contour `levels`, and the steps (m, 2).

    - `exact` (m,): the steps whose recorded objective, `step_objectives` (m,), the surface shows
    - `equal`: both axes have one scale, so that right angles are right angles
    - `minimum` (2,): where the surface is least
    """

    labels: tuple[str, str]
    objective_label: str
    x: Floats
    y: Floats
    objective: Floats
    levels: Floats
    index: tuple[int, ...]
    steps: Floats
    step_objectives: Floats
    exact: NDArray[np.bool_]
    minimum: Floats
    chosen: int
    equal: bool
    note: str

    @staticmethod
    def of(fit: Fit, names: tuple[str, str] | None = None) -> "ContourView":
        """The contours over two named parameters; by default over the two stiffest.

        Raises LeftOut where there is one parameter only, or the surface is too high to be drawn.
        """
        if len(fit.names) < 2:
            raise LeftOut("A contour needs two parameters; this fit has one.")
        shown = Shown.of(fit, _positions(fit, names))
        if not (shown.objectives <= _LARGEST).all():
            raise LeftOut("The objective is too large for its contours to be drawn.")
        low, high = shown.limits()
        if high[1] - low[1] > high[0] - low[0]:
            # The longer way lies along the wider side of the picture.
            shown = Shown.of(fit, shown.slice.positions[::-1])
            low, high = low[::-1], high[::-1]
        low, high, equal = _window(low, high)
        x, y = (np.linspace(low[i], high[i], _GRID[i]) for i in (0, 1))
        surface = shown.slice.objectives(np.stack(np.meshgrid(x, y), axis=-1))
        minimum = shown.slice.minimum()
        first, second = shown.slice.positions
        return ContourView(
            (parameter_label(fit, first), parameter_label(fit, second)),
            objective_label(fit),
            x,
            y,
            surface,
            _levels(shown.slice, minimum, surface),
            shown.index,
            shown.points,
            shown.objectives,
            shown.exact,
            minimum,
            fit.epochs,
            equal,
            _note(fit, shown, equal),
        )


def _positions(fit: Fit, names: tuple[str, str] | None) -> tuple[int, int]:
    if names is not None:
        unknown = [name for name in names if name not in fit.names]
        if unknown:
            raise InputError(
                f"this fit has no parameter {unknown[0]!r}; it has {', '.join(fit.names)}."
                f"{nearest(unknown[0], fit.names)}"
            )
        if len(names) != 2 or names[0] == names[1]:
            raise InputError("a contour is drawn over two different parameters")
        return fit.names.index(names[0]), fit.names.index(names[1])
    if len(fit.names) == 2:
        return 0, 1
    return _stiffest(fit)


def _stiffest(fit: Fit) -> tuple[int, int]:
    """The two features with the largest second derivatives; of equal ones, those that move most."""
    problem, path = fit.path.problem, fit.path
    curvature = np.square(problem.eigenvectors) @ problem.eigenvalues
    moved = np.abs(problem.minimizer - path.descent_parameters(0))
    features = len(fit.names) - fit.settings.intercept
    order = sorted(range(features), key=lambda i: (-float(f"{curvature[i]:.6g}"), -moved[i]))
    pair = sorted([*order, features][:2])
    return pair[0], pair[1]


def _window(low: Floats, high: Floats) -> tuple[Floats, Floats, bool]:
    """The limits, widened to the picture's shape at equal scales unless they are too unequal."""
    size = high - low
    if not size.max() <= _STRETCH * size.min():
        return low, high, False
    unit = max(size[0] / SHAPE, size[1])
    half = 0.5 * unit * np.array([SHAPE, 1.0])
    centre = 0.5 * (low + high)
    return centre - half, centre + half, True


def _levels(plane: Slice, minimum: Floats, surface: Floats) -> Floats:
    """Objectives of the contours, their excess over the least in equal ratios."""
    least = float(plane.objectives(minimum))
    span = float(surface.max()) - least
    if not span > 1e-12 * abs(least):
        return np.empty(0)
    levels = least + span * np.geomspace(1e-4, 0.9, _LEVELS)
    return np.unique(levels)


def _note(fit: Fit, shown: Shown, equal: bool) -> str:
    notes = []
    rest = len(fit.names) - 2
    if rest:
        others = "The other parameter is" if rest == 1 else f"The other {rest} parameters are"
        notes.append(f"{others} held at the values of epoch {count(float(shown.epoch))}.")
    if not shown.exact.all():
        notes.append(
            "Hollow steps lie off this slice: they are projections, and the contours do not "
            "show their objective."
        )
    if not equal:
        notes.append(
            "The axes have different scales: a gradient does not look perpendicular to the "
            "contour, though it is."
        )
    return " ".join([*notes, *filter(None, [outside(fit, shown.index)])])
