"""The objective over two directions of parameters, with the path on it.

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
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.pictures.left_out import LeftOut
from steepest.pictures.objective_grid import SHAPE, Ground
from steepest.pictures.projected_path import Shown, off_plane, outside, undefined
from steepest.pictures.subject import Subject
from steepest.problems.slice import MOST_PARAMETERS
from steepest.wording.numbers import count

ARROWS = 8
_APART = 0.11  # of the picture's diagonal, between arrows
_MOST_NAMES = 3
_SMALL = 0.05  # a share of a direction that is not worth a name


@final
@dataclass(frozen=True, eq=False)
class ContourView:
    """The surface `ground`, and the steps `index` on it, at `steps` (m, 2).

    - `exact` (m,): the steps whose recorded objective, `step_objectives` (m,), the surface shows;
      the others lie `distances` (m,) off the plane, or have no finite objective
    - `origin` (d,), `directions` (2, d): where the plane lies; its point (u, v) has the parameters
      origin + u·directions[0] + v·directions[1]
    - `minimum` (2,): where the surface is least, if that is known, and `least`, the objective there
      (nan); `local`: it is a minimum, but not known to be the least
    - `arrows_at`, `arrows` (n, 2): some of the steps, and the surface's negative gradient there
    """

    ground: Ground
    index: tuple[int, ...]
    steps: Floats
    step_objectives: Floats
    exact: NDArray[np.bool_]
    distances: Floats
    origin: Floats
    directions: Floats
    minimum: Floats | None
    least: float
    local: bool
    arrows_at: Floats
    arrows: Floats
    chosen: int
    chosen_epoch: float
    chosen_name: str
    unit: str
    note: str

    @staticmethod
    def of(
        subject: Subject, names: Sequence[str] | None = None, arrows: int = ARROWS
    ) -> "ContourView":
        """The slice over two named parameters, by default over the two stiffest, with so many
        arrows at most.

        Raises LeftOut where there is one parameter only, or the surface is too high to be drawn,
        and InputError for names that are not there.
        """
        _need_two(subject)
        first, second = _positions(subject, names)
        shown = Shown.of(subject, (first, second))
        if subject.turns and _is_tall(shown):
            # The longer way lies along the wider side of the picture.
            first, second = second, first
            shown = Shown.of(subject, (first, second))
        labels = (subject.labels[first], subject.labels[second])
        return _view(subject, shown, labels, arrows, _held(subject, shown))

    @staticmethod
    def on_main_plane(subject: Subject, arrows: int = ARROWS) -> "ContourView":
        """The plane of the path's two main directions, through its marked step."""
        _need_two(subject)
        shown = Shown.on_main_plane(subject)
        first, second = shown.slice.directions
        labels = (direction_label(subject, 1, first), direction_label(subject, 2, second))
        extent = float(np.linalg.norm(np.ptp(shown.slice.full(shown.points), axis=0))) or 1.0
        where = f"The plane of the path's two main directions. {off_plane(shown, extent)}"
        return _view(subject, shown, labels, arrows, where)

    @property
    def undefined(self) -> NDArray[np.bool_]:
        """The steps (m,) that have no finite objective."""
        return ~np.isfinite(self.step_objectives)

    def until(self, m: int) -> "ContourView":
        """The same picture of the first m steps shown."""
        return replace(
            self,
            index=self.index[:m],
            steps=self.steps[:m],
            step_objectives=self.step_objectives[:m],
            exact=self.exact[:m],
            distances=self.distances[:m],
        )


def shown_over(subject: Subject, names: Sequence[str] | None = None) -> Shown:
    """The steps on the slice over two parameters, for pictures of several paths."""
    _need_two(subject)
    return Shown.of(subject, _positions(subject, names))


def direction_label(subject: Subject, place: int, direction: Floats) -> str:
    """What a direction is made of: its greatest entries, with their parameters."""
    order = np.argsort(-np.abs(direction), kind="stable")
    telling = [i for i in order if abs(direction[i]) >= _SMALL]
    terms = [
        f"{'−' if direction[i] < 0.0 else '+'}{abs(direction[i]):.2g} {subject.labels[i]}"
        for i in telling[:_MOST_NAMES]
    ]
    more = " …" if len(telling) > _MOST_NAMES else ""
    return f"direction {place}: " + " ".join(terms).lstrip("+") + more


def _view(
    subject: Subject, shown: Shown, labels: tuple[str, str], arrows: int, where: str
) -> ContourView:
    ground = Ground.under([shown], labels, subject.objective)
    places = _arrow_places(ground, shown, arrows)
    return ContourView(
        ground=ground,
        index=shown.index,
        steps=shown.points,
        step_objectives=shown.objectives,
        exact=shown.exact,
        distances=shown.distances,
        origin=shown.slice.origin,
        directions=shown.slice.directions,
        minimum=shown.minimum,
        least=shown.least,
        local=shown.local,
        arrows_at=shown.points[places],
        arrows=-shown.slice.gradient(shown.points[places]),
        chosen=subject.chosen,
        chosen_epoch=subject.epoch(subject.chosen),
        chosen_name=subject.chosen_name,
        unit=subject.path.unit,
        note=_note(subject, shown, ground.equal, where),
    )


def _need_two(subject: Subject) -> None:
    if len(subject.names) < 2:
        raise LeftOut(f"A contour needs two parameters; this {subject.noun} has one.")


def _positions(subject: Subject, names: Sequence[str] | None) -> tuple[int, int]:
    if names is not None:
        positions = subject.positions(names)
        if len(positions) != 2 or positions[0] == positions[1]:
            raise InputError("a contour is drawn over two different parameters")
        return positions[0], positions[1]
    if len(subject.names) == 2:
        return 0, 1
    return _stiffest(subject)


def _stiffest(subject: Subject) -> tuple[int, int]:
    """The two with the largest second derivatives; of equal ones, those that move most."""
    path, start = subject.path, subject.path.descent_parameters(0)
    here = path.descent_parameters(subject.chosen)
    end = here if subject.minimizer is None else subject.minimizer
    moved = np.nan_to_num(np.abs(end - start))
    place = here if np.isfinite(here).all() else start
    curvature = np.zeros(len(place))
    if len(place) <= MOST_PARAMETERS:
        with np.errstate(all="ignore"):
            curvature = np.nan_to_num(np.abs(np.diag(path.problem.hessian(place))))
    order = sorted(subject.features, key=lambda i: (-float(f"{curvature[i]:.6g}"), -moved[i]))
    pair = sorted(order[:2])
    return pair[0], pair[1]


def _is_tall(shown: Shown) -> bool:
    low, high = shown.limits()
    return bool(high[1] - low[1] > high[0] - low[0])


def _arrow_places(ground: Ground, shown: Shown, most: int) -> list[int]:
    """Steps from the first on that lie apart from one another and have a slope."""
    size = np.array([np.ptp(ground.x), np.ptp(ground.y)])
    scaled = shown.points / size * np.array([SHAPE, 1.0])
    slopes = shown.slice.gradient(shown.points)
    usable = np.isfinite(slopes).all(axis=1) & (slopes != 0.0).any(axis=1)
    places: list[int] = []
    for i in np.flatnonzero(usable & np.isfinite(shown.objectives)).tolist():
        gaps = np.linalg.norm(scaled[places] - scaled[i], axis=1)
        if len(places) < most and gaps.min(initial=np.inf) >= _APART * np.hypot(SHAPE, 1.0):
            places.append(i)
    return places


def _held(subject: Subject, shown: Shown) -> str:
    rest = len(subject.names) - 2
    if not rest:
        return ""
    others = "The other parameter is" if rest == 1 else f"The other {rest} parameters are"
    return (
        f"{others} held at the values of {subject.path.unit} {count(subject.epoch(shown.epoch))}."
    )


def _note(subject: Subject, shown: Shown, equal: bool, where: str) -> str:
    notes = [where, undefined(subject, shown)]
    if (~shown.exact & np.isfinite(shown.objectives)).any():
        notes.append(
            "Hollow steps lie off this slice: they are projections, and the picture does not "
            "show their objective."
        )
    if not equal:
        notes.append(
            "The axes have different scales: a gradient does not look perpendicular to the "
            "contour, though it is."
        )
    return " ".join(filter(None, [*notes, outside(subject, shown.index)]))
