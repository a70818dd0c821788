"""Contours of the objective over two directions of parameters, with the path on them.

The picture is in the descent's own coordinates, where every step of plain descent runs along the
negative gradient, at right angles to the contour. With more than two parameters it is a plane: a
slice over two of them, the others held at their values at the marked step, or the plane of the
path's two main directions. Steps that do not lie on the plane are marked as projections, because
the surface does not show their objective.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from msgspec import structs

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.pictures.chart import Chart, axes_of, least, marks, steps_of
from steepest.pictures.objective_grid import SHAPE, ObjectiveGrid
from steepest.pictures.picture import LeftOut
from steepest.pictures.projected_path import (
    ProjectedPath,
    far_steps,
    held_parameters,
    limits,
    undefined_steps,
)
from steepest.pictures.subject import Subject
from steepest.problems.slice import MOST_PARAMETERS
from steepest.wording.fact import Fact, fact, phrase, text_of

ARROWS = 8
_APART = 0.11  # of the picture's diagonal, between arrows
_MOST_NAMES = 3
_SMALL = 0.05  # a share of a direction that is not worth a name


@final
@dataclass(frozen=True, eq=False)
class ContourView:
    """The surface `grid`, and the `path` on it.

    `arrows_at`, `arrows` (n, 2): some of the steps, and the surface's negative gradient there.
    """

    grid: ObjectiveGrid
    path: ProjectedPath
    arrows_at: Floats
    arrows: Floats
    chosen: int
    chosen_label: str
    notes: tuple[Fact, ...]

    @staticmethod
    def of(subject: Subject, names: Sequence[str] | None = None) -> "ContourView":
        """The slice over two named parameters, by default over the two stiffest.

        Raises LeftOut where there is one parameter only, or the surface is too high to be drawn,
        and InputError for names that are not there.
        """
        positions, chosen = _positions(subject, names)
        path = ProjectedPath.over(subject, positions)
        first, second = path.slice.directions.argmax(axis=1).tolist()
        if subject.may_swap and _is_tall(path):
            # The longer way lies along the wider side of the picture.
            first, second = second, first
            path = ProjectedPath.over(subject, (first, second))
        labels = (subject.labels[first], subject.labels[second])
        return _view(subject, path, labels, held_parameters(subject, path, chosen))

    @staticmethod
    def on_main_plane(subject: Subject) -> "ContourView":
        """The plane of the path's two main directions, through its marked step."""
        need_two(subject)
        path = ProjectedPath.on_main_plane(subject)
        first, second = path.slice.directions
        labels = (direction_label(subject, 1, first), direction_label(subject, 2, second))
        extent = float(np.linalg.norm(np.ptp(path.slice.full(path.points), axis=0))) or 1.0
        largest = float(path.distances.max())
        where = [fact("main plane"), fact("steps lie on the plane")]
        if largest > 1e-9 * extent:
            where[1] = fact("steps lie off the plane", distance=largest, share=largest / extent)
        return _view(subject, path, labels, where)

    def until(self, m: int) -> "ContourView":
        """The same picture of the first m steps."""
        return replace(self, path=self.path.until(m))


def direction_label(subject: Subject, place: int, direction: Floats) -> str:
    """What a direction is made of: its greatest entries, with their parameters."""
    order = np.argsort(-np.abs(direction), kind="stable")
    telling = [i for i in order if abs(direction[i]) >= _SMALL]
    terms = [(float(direction[i]), subject.labels[i]) for i in telling[:_MOST_NAMES]]
    return phrase("direction", place=place, terms=terms, more=len(telling) > _MOST_NAMES)


def chart(view: ContourView) -> Chart:
    """The contours, the path, the least point, the start and the marked step.

    Arrows point down the surface; only their direction tells.
    """
    path, points = view.path, view.path.points
    visible = [i for i, at in enumerate(view.arrows_at) if (points == at).all(axis=1).any()]
    arrows = marks(view.arrows_at[visible], "", "arrow")
    if visible:
        ends = [(float(right), float(up)) for right, up in view.arrows[visible]]
        arrows = structs.replace(arrows, name=phrase("negative gradient"), ends=ends)
    minimum = [] if path.minimum is None else [least(path.minimum, path.local)]
    walked = steps_of(path, points, points[path.undefined], view.chosen, view.chosen_label)
    x, y = axes_of(view.grid)
    drawn = [arrows, *walked, *minimum]
    return Chart(x, y, drawn, view.grid, text_of(view.notes))


def _view(
    subject: Subject, path: ProjectedPath, labels: tuple[str, str], where: list[Fact]
) -> ContourView:
    grid = ObjectiveGrid.under([path], labels, subject.objective)
    places = _arrow_places(grid, path, ARROWS if subject.slopes else 0)
    notes = [*where, *undefined_steps(subject, path)]
    notes += [fact("steps off the slice")] if path.off.any() else []
    notes += grid.thinned(path)
    notes += [] if grid.equal else [fact("axes of two scales")]
    return ContourView(
        grid=grid,
        path=path,
        arrows_at=path.points[places],
        arrows=-path.slice.gradient(path.points[places]),
        chosen=subject.chosen,
        chosen_label=subject.mark(subject.chosen),
        notes=(*notes, *far_steps(subject, path)),
    )


def need_two(subject: Subject) -> None:
    """Raises LeftOut for a path over one parameter."""
    if len(subject.names) < 2:
        raise LeftOut(fact("contour needs two parameters", noun=subject.noun))


def _positions(subject: Subject, names: Sequence[str] | None) -> tuple[tuple[int, int], str]:
    """Where the two parameters stand, and by what they were chosen, where nobody named them."""
    need_two(subject)
    if names is not None:
        positions = subject.positions(names)
        if len(positions) != 2 or positions[0] == positions[1]:
            raise InputError("a contour is drawn over two different parameters")
        return (positions[0], positions[1]), ""
    if len(subject.names) == 2:
        return (0, 1), ""
    return _stiffest(subject)


def _stiffest(subject: Subject) -> tuple[tuple[int, int], str]:
    """The two with the largest second derivatives; of equal ones, those that move most."""
    path, start = subject.path, subject.path.descent_parameters(0)
    here = path.descent_parameters(subject.chosen)
    end = here if subject.minimizer is None else subject.minimizer
    motion = np.nan_to_num(np.abs(end - start))
    place = here if np.isfinite(here).all() else start
    curvature = np.zeros(len(place))
    if len(place) <= MOST_PARAMETERS:
        with np.errstate(all="ignore"):
            curvature = np.nan_to_num(np.abs(np.diag(path.problem.hessian(place))))
    order = sorted(subject.features, key=lambda i: (-float(f"{curvature[i]:.6g}"), -motion[i]))
    pair = sorted(order[:2])
    if len(subject.names) == 3 and len(order) == 2:  # the third is the intercept
        return (pair[0], pair[1]), ""
    chosen = "curvature" if len(order) > 2 and curvature[pair].any() else "motion"
    return (pair[0], pair[1]), chosen


def _is_tall(path: ProjectedPath) -> bool:
    low, high = limits([path])
    return bool(high[1] - low[1] > high[0] - low[0])


def _arrow_places(grid: ObjectiveGrid, path: ProjectedPath, most: int) -> list[int]:
    """Steps from the first on that lie apart from one another and have a slope."""
    size = np.array([np.ptp(grid.x), np.ptp(grid.y)])
    scaled = path.points / size * np.array([SHAPE, 1.0])
    slopes = path.slice.gradient(path.points)
    usable = np.isfinite(slopes).all(axis=1) & (slopes != 0.0).any(axis=1)
    places: list[int] = []
    for i in np.flatnonzero(usable & ~path.undefined).tolist():
        gaps = np.linalg.norm(scaled[places] - scaled[i], axis=1)
        if len(places) < most and gaps.min(initial=np.inf) >= _APART * np.hypot(SHAPE, 1.0):
            places.append(i)
    return places
