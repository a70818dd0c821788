"""The objective along one parameter, as a curve with the path on it."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from msgspec import structs

from steepest.arrays import Floats
from steepest.pictures.chart import ORANGE, PLAIN, SKY, Axis, Chart, least, marks, series, steps_of
from steepest.pictures.objective_grid import LARGEST, drawable
from steepest.pictures.picture import LeftOut
from steepest.pictures.projected_path import (
    ProjectedPath,
    far_steps,
    held_parameters,
    limits,
    undefined_steps,
)
from steepest.pictures.subject import Subject
from steepest.wording.fact import Fact, fact, phrase, text_of

TANGENTS = 4
_POINTS = 481
_APART = 0.05  # of the picture's width, between tangents


@final
@dataclass(frozen=True, eq=False)
class CurveView:
    """`objective` (n,) over `values` (n,) of the parameter, nan where it is not a finite number.

    - `path`: the path on the line of the parameter
    - `tangents` (t, 3): parameter, objective and slope at some of the first steps
    - `heights`: the part of the objective's axis that the picture shows
    """

    label: str
    objective_label: str
    values: Floats
    objective: Floats
    path: ProjectedPath
    tangents: Floats
    heights: tuple[float, float]
    chosen: int
    chosen_label: str
    notes: tuple[Fact, ...]

    @staticmethod
    def of(subject: Subject, name: str | None = None) -> "CurveView":
        """The curve over the one parameter, or over a named one of several.

        The others are held at their values at the marked step. Raises LeftOut for several
        parameters and no name.
        """
        if name is None and len(subject.names) != 1:
            count = len(subject.names)
            raise LeftOut(fact("curve needs one parameter", noun=subject.noun, count=count))
        path = path_along(subject, name)
        tangents = TANGENTS if subject.slopes else 0
        return CurveView.within(subject, path, curve_window([path]), tangents)

    @staticmethod
    def within(
        subject: Subject, path: ProjectedPath, window: tuple[float, float], tangents: int
    ) -> "CurveView":
        """The curve within a window, and the steps of one path on it."""
        values = np.linspace(*window, _POINTS)
        objective = drawable(path.slice.objectives(values[:, None]))
        return CurveView(
            label=subject.labels[int(path.slice.directions[0].argmax())],
            objective_label=subject.objective,
            values=values,
            objective=objective,
            path=path,
            tangents=_tangents(path, tangents, window[1] - window[0]),
            heights=_heights(objective, path),
            chosen=subject.chosen,
            chosen_label=subject.mark(subject.chosen),
            notes=_notes(subject, path),
        )

    @property
    def steps(self) -> Floats:
        """The parameter at each step that is drawn, shape (m,)."""
        return self.path.points[:, 0]

    @property
    def minimum(self) -> tuple[float, float] | None:
        """The point (parameter, objective) where the curve is least, if that is known."""
        least = self.path.minimum
        return None if least is None else (float(least[0]), self.path.least)

    def until(self, m: int) -> "CurveView":
        """The same picture of the first m steps."""
        return replace(self, path=self.path.until(m))


def path_along(subject: Subject, name: str | None = None) -> ProjectedPath:
    """The path on the line of one parameter."""
    return ProjectedPath.over(subject, (0,) if name is None else subject.positions([name]))


def curve_window(paths: list[ProjectedPath]) -> tuple[float, float]:
    """The limits of a curve with the steps of several paths; what lies opposite a start shows the
    valley whole."""
    low, high = (float(limit[0]) for limit in limits(paths))
    minimum = next((path.minimum for path in paths if path.minimum is not None), None)
    if minimum is None:
        return low, high
    centre = float(minimum[0])
    half = max(centre - low, high - centre)
    return centre - half, centre + half


def chart(view: CurveView, colour: int = ORANGE) -> Chart:
    """The curve, the steps on it, tangents, the minimum, the start and the marked step."""
    path, (low, high) = view.path, view.heights
    points = np.column_stack([view.steps, path.objectives])
    gone = np.column_stack([view.steps, np.full(len(points), low)])[path.undefined]
    at = view.tangents[np.isin(view.tangents[:, 0], view.steps)]
    tangents = structs.replace(
        marks(at[:, :2], phrase("tangents") if len(at) else "", "tangent", SKY),
        ends=[(1.0, slope) for slope in at[:, 2].tolist()],
    )
    minimum = [] if view.minimum is None else [least(view.minimum, path.local)]
    left, right = float(view.values[0]), float(view.values[-1])
    return Chart(
        Axis(view.label, low=left, high=right),
        Axis(view.objective_label, low=low, high=high),
        [
            series(view.values, _visible(view), colour=PLAIN),
            tangents,
            *minimum,
            *steps_of(path, points, gone, view.chosen, view.chosen_label, colour),
        ],
        note=text_of(view.notes),
    )


def _tangents(path: ProjectedPath, most: int, width: float) -> Floats:
    """Of the first steps that lie on the curve, apart from one another."""
    slopes = path.slice.gradient(path.points)[:, 0]
    places: list[int] = []
    for i in np.flatnonzero(path.exact & np.isfinite(slopes)).tolist():
        gaps = np.abs(path.points[places, 0] - path.points[i, 0])
        if len(places) < most and gaps.min(initial=np.inf) >= _APART * width:
            places.append(i)
    return np.column_stack([path.points[places, 0], path.objectives[places], slopes[places]])


def _heights(objective: Floats, path: ProjectedPath) -> tuple[float, float]:
    """From the lowest to the highest step, and some of the curve beyond them."""
    recorded = path.objectives[np.isfinite(path.objectives)]
    known = [*recorded.tolist(), *([] if path.minimum is None else [path.least])]
    curve = objective[np.isfinite(objective)]
    if not len(recorded):
        raise LeftOut(fact("no step has a finite objective"))
    if np.abs(recorded).max() > LARGEST or not len(curve):
        raise LeftOut(fact("objective too large for its curve"))
    low, high = min(known), max(known)
    reach = (high - low) or float(np.ptp(curve)) or 1.0
    low = min(low, max(float(curve.min()), low - 0.6 * reach))
    high = max(high, min(float(curve.max()), high + 0.6 * reach))
    pad = 0.05 * ((high - low) or abs(high) or 1.0)
    return low - pad, high + pad


def _notes(subject: Subject, path: ProjectedPath) -> tuple[Fact, ...]:
    return (
        *held_parameters(subject, path),
        *([fact("steps off the curve")] if path.off.any() else []),
        *undefined_steps(subject, path),
        *far_steps(subject, path),
    )


def _visible(view: CurveView) -> Floats:
    """The curve without what lies far outside: at a pole its two branches are not to be joined."""
    low, high = view.heights
    far = 5.0 * (high - low)
    with np.errstate(invalid="ignore"):
        inside = (view.objective > low - far) & (view.objective < high + far)
    return np.where(inside, view.objective, np.nan)
