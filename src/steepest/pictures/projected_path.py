"""A path on the line or plane of parameters that a picture shows it on."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from steepest.arrays import Booleans, Floats
from steepest.pictures.subject import Subject
from steepest.pictures.visible_steps import REACH, visible_steps
from steepest.problems.slice import Slice
from steepest.wording.fact import Fact, fact

# A step whose objective differs from the slice's by no more lies on the slice.
SAME = 1e-9


@final
@dataclass(frozen=True, eq=False)
class ProjectedPath:
    """The steps `index` (m,) of a path, at `points` (m, p) of a slice, with their recorded
    `objectives` (m,).

    - `exact` (m,): the steps where the slice's objective is the recorded one; the others are
      projections, `distances` (m,) off the slice, or have no finite objective
    - `center`: the step that the slice goes through
    - `minimum` (p,): where the slice is least, as far as is known; `local`: it is a minimum, but
      not known to be the least
    """

    slice: Slice
    index: tuple[int, ...]
    points: Floats
    objectives: Floats
    exact: Booleans
    distances: Floats
    center: int
    minimum: Floats | None
    local: bool

    @staticmethod
    def over(subject: Subject, positions: tuple[int, ...]) -> "ProjectedPath":
        """The path over the parameters at `positions`; the others stay at those of one step."""
        index, full = visible_steps(subject)
        center = _center(subject, index)
        plane = Slice.over(subject.path.problem, positions, full[index.index(center)])
        return _project(subject, plane, index, full, center)

    @staticmethod
    def on(subject: Subject, plane: Slice) -> "ProjectedPath":
        """The path on a slice that is given."""
        index, full = visible_steps(subject)
        return _project(subject, plane, index, full, _center(subject, index))

    @staticmethod
    def on_main_plane(subject: Subject) -> "ProjectedPath":
        """The path on the plane through its marked step that its two main directions span.

        Those are the first two principal components of the steps' displacements from it.
        """
        index, full = visible_steps(subject)
        center = _center(subject, index)
        origin = full[index.index(center)]
        plane = Slice(subject.path.problem, origin, _main_directions(full - origin))
        return _project(subject, plane, index, full, center)

    @property
    def least(self) -> float:
        """The objective at the minimum; nan where none is known."""
        return np.nan if self.minimum is None else float(self.slice.objectives(self.minimum))

    @property
    def undefined(self) -> Booleans:
        """The steps (m,) that have no finite objective."""
        return ~np.isfinite(self.objectives)

    @property
    def off(self) -> Booleans:
        """The steps (m,) whose finite objective the slice does not show."""
        return ~self.exact & ~self.undefined

    def until(self, m: int) -> "ProjectedPath":
        """The first m steps."""
        return replace(
            self,
            index=self.index[:m],
            points=self.points[:m],
            objectives=self.objectives[:m],
            exact=self.exact[:m],
            distances=self.distances[:m],
        )


def limits(paths: list[ProjectedPath], pad: float = 0.12) -> tuple[Floats, Floats]:
    """Lower and upper limits (p,) of a picture that holds several paths and their minima."""
    minima = [path.minimum for path in paths if path.minimum is not None]
    everything = np.vstack([*(path.points for path in paths), *minima])
    low, high = everything.min(axis=0), everything.max(axis=0)
    size = high - low
    noise = np.maximum(1e-9 * np.maximum(np.abs(low), np.abs(high)), 1e-12 * size.max())
    none = size <= noise
    if none.any():
        size = np.where(none, np.maximum(_scale(paths[0], size), 10.0 * noise), size)
    reach = np.where(none, 0.5, pad) * size
    return low - reach, high + reach


def undefined_steps(subject: Subject, path: ProjectedPath) -> list[Fact]:
    """At which step first the objective is not finite, if at any."""
    if not path.undefined.any():
        return []
    epoch = subject.epoch(path.index[int(path.undefined.argmax())])
    return [fact("objective is not finite", unit=subject.path.unit, epoch=epoch)]


def far_steps(subject: Subject, path: ProjectedPath) -> list[Fact]:
    """After which step the others went too far to be drawn, if any did."""
    last = path.index[-1]
    if last >= subject.path.epochs:
        return []
    return [fact("steps too far away", unit=subject.path.unit, epoch=subject.epoch(last))]


def held_parameters(subject: Subject, path: ProjectedPath, chosen: str = "") -> list[Fact]:
    """At which step's values a slice holds the other parameters, where there are any; `chosen`: by
    what its own were, where nobody named them.
    """
    others, unit = len(subject.names) - len(path.slice.directions), subject.path.unit
    if not others:
        return []
    epoch = subject.epoch(path.center)
    return [fact("other parameters held", others=others, unit=unit, epoch=epoch, chosen=chosen)]


def _center(subject: Subject, index: tuple[int, ...]) -> int:
    """The marked step, or the last one that is visible and has a finite objective."""
    finite = [k for k in index if np.isfinite(subject.path.at(k).objective)]
    if subject.chosen in finite:
        return subject.chosen
    return finite[-1] if finite else index[-1]


def _project(
    subject: Subject, plane: Slice, index: tuple[int, ...], full: Floats, center: int
) -> ProjectedPath:
    points, distances = plane.project(full), plane.distances(full)
    recorded = np.array([subject.path.at(k).objective for k in index])
    with np.errstate(invalid="ignore"):
        near = np.abs(plane.objectives(points) - recorded) <= SAME * np.abs(recorded)
    # A plane through the path's own directions misses its steps by their rounding.
    on = distances <= 1e-14 * float(np.linalg.norm(np.ptp(full, axis=0)))
    exact = np.isfinite(recorded) & (on | near)
    minimum, local = _minimum(subject, plane, points, points[index.index(center)])
    return ProjectedPath(plane, index, points, recorded, exact, distances, center, minimum, local)


def _minimum(
    subject: Subject, plane: Slice, points: Floats, start: Floats
) -> tuple[Floats | None, bool]:
    """The least point where it is known; else a minimum not far from the path."""
    if subject.minimizer is not None:
        least = plane.project(subject.minimizer)
        if np.array_equal(plane.full(least), subject.minimizer):
            return least, False
    minimum = plane.local_minimum(start)
    if minimum is None or subject.convex:
        return minimum, False
    extent = float(np.linalg.norm(np.ptp(points, axis=0))) or 1.0 + float(np.linalg.norm(start))
    far = float(np.linalg.norm(minimum - start)) > REACH * extent
    return (None, False) if far else (minimum, True)


def _main_directions(steps: Floats) -> Floats:
    """Two orthonormal directions (2, d); where the path is straight, an axis fills in."""
    _, sizes, rows = np.linalg.svd(steps, full_matrices=False)
    main = [row for row, size in zip(rows, sizes, strict=True) if size > 1e-12 * sizes[0]][:2]
    while len(main) < 2:
        rest = np.eye(steps.shape[1])
        for row in main:
            rest = rest - np.outer(rest @ row, row)
        longest = rest[np.linalg.norm(rest, axis=1).argmax()]
        main.append(longest / np.linalg.norm(longest))
    return np.array([row * np.sign(row[np.abs(row).argmax()]) for row in main])


def _scale(path: ProjectedPath, size: Floats) -> Floats:
    """A size for the axes along which nothing changes, no hair's breadth beside the others."""
    margin = path.slice.margin(path.points[path.index.index(path.center)])
    return np.asarray(np.maximum(margin, 0.25 * size.max()))
