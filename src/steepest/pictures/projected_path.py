"""The steps that a picture shows, and the line or plane of parameters it shows them on."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.pictures.subject import Subject
from steepest.pictures.visible_steps import REACH, nearby
from steepest.problems.slice import Slice
from steepest.wording.numbers import count, number

# A step whose objective differs from the slice's by no more lies on the slice.
SAME = 1e-9


@final
@dataclass(frozen=True, eq=False)
class Shown:
    """The steps that a slice shows: `index` (m,), `points` (m, p), recorded `objectives` (m,).

    - `exact` (m,): the steps where the slice's objective is the recorded one; the others are
      projections, `distances` (m,) off the slice, or have no finite objective
    - `epoch`: where the slice was taken
    - `minimum` (p,): where the slice is least, as far as is known; `local`: it is a minimum, but
      not known to be the least
    """

    slice: Slice
    index: tuple[int, ...]
    points: Floats
    objectives: Floats
    exact: NDArray[np.bool_]
    distances: Floats
    epoch: int
    minimum: Floats | None
    local: bool

    @staticmethod
    def of(subject: Subject, positions: tuple[int, ...]) -> "Shown":
        """The steps near enough to be drawn, over the parameters at `positions`."""
        index, full = nearby(subject)
        epoch = _taken_at(subject, index)
        place = Slice.over(subject.path.problem, positions, full[index.index(epoch)])
        return _on(subject, place, index, full, epoch)

    @staticmethod
    def on(subject: Subject, place: Slice) -> "Shown":
        """The steps on a slice that is given."""
        index, full = nearby(subject)
        return _on(subject, place, index, full, _taken_at(subject, index))

    @staticmethod
    def on_main_plane(subject: Subject) -> "Shown":
        """The steps on the plane through the marked one that the path's two main directions span.

        Those are the first two principal components of the steps' displacements from it.
        """
        index, full = nearby(subject)
        epoch = _taken_at(subject, index)
        origin = full[index.index(epoch)]
        place = Slice(subject.path.problem, origin, _main_directions(full - origin))
        return _on(subject, place, index, full, epoch)

    @property
    def least(self) -> float:
        """The objective at the minimum; nan where none is known."""
        return np.nan if self.minimum is None else float(self.slice.objectives(self.minimum))

    def limits(self, pad: float = 0.12) -> tuple[Floats, Floats]:
        """Lower and upper limits (p,) of a picture that holds all points and the minimum."""
        return limits([self], pad)


def limits(several: list[Shown], pad: float = 0.12) -> tuple[Floats, Floats]:
    """Lower and upper limits (p,) of a picture of several paths on one slice."""
    minima = [shown.minimum for shown in several if shown.minimum is not None]
    everything = np.vstack([*(shown.points for shown in several), *minima])
    low, high = everything.min(axis=0), everything.max(axis=0)
    size = high - low
    noise = np.maximum(1e-9 * np.maximum(np.abs(low), np.abs(high)), 1e-12 * size.max())
    none = size <= noise
    if none.any():
        size = np.where(none, np.maximum(_scale(several[0], size), 10.0 * noise), size)
    reach = np.where(none, 0.5, pad) * size
    return low - reach, high + reach


def outside(subject: Subject, index: tuple[int, ...]) -> str:
    """A sentence on the steps that went too far to be drawn; nothing where there are none."""
    if index[-1] >= subject.path.epochs:
        return ""
    last = count(subject.epoch(index[-1]))
    return f"Steps after {subject.path.unit} {last} lie too far away to be drawn."


def undefined(subject: Subject, shown: Shown) -> str:
    """A sentence on the steps that have no finite objective; nothing where there are none."""
    gone = np.flatnonzero(~np.isfinite(shown.objectives))
    if not len(gone):
        return ""
    epoch = count(subject.epoch(shown.index[gone[0]]))
    return f"At {subject.path.unit} {epoch} the objective is not a finite number."


def off_plane(shown: Shown, scale: float) -> str:
    """A sentence on how far the steps are from the plane they are drawn on."""
    largest = float(shown.distances.max())
    if largest <= 1e-9 * scale:
        return "Every step lies on it."
    return (
        f"The steps lie up to {number(largest)} off it, {largest / scale:.2g} of the path's extent."
    )


def _taken_at(subject: Subject, index: tuple[int, ...]) -> int:
    """The marked step, or the last one that is shown and has a finite objective."""
    if subject.chosen in index and np.isfinite(_objective(subject, subject.chosen)):
        return subject.chosen
    return next((k for k in reversed(index) if np.isfinite(_objective(subject, k))), index[-1])


def _objective(subject: Subject, k: int) -> float:
    return subject.path.at(k).objective


def _on(subject: Subject, place: Slice, index: tuple[int, ...], full: Floats, epoch: int) -> Shown:
    points, distances = place.project(full), place.distances(full)
    recorded = np.array([_objective(subject, k) for k in index])
    with np.errstate(invalid="ignore"):
        near = np.abs(place.objectives(points) - recorded) <= SAME * np.abs(recorded)
    # A plane through the path's own directions misses its steps by their rounding.
    on = distances <= 1e-14 * float(np.linalg.norm(np.ptp(full, axis=0)))
    exact = np.isfinite(recorded) & (on | near)
    minimum, local = _minimum(subject, place, points, points[index.index(epoch)])
    return Shown(place, index, points, recorded, exact, distances, epoch, minimum, local)


def _minimum(
    subject: Subject, place: Slice, points: Floats, start: Floats
) -> tuple[Floats | None, bool]:
    """The least point where it is known; else a minimum not far from the path."""
    if subject.minimizer is not None:
        least = place.project(subject.minimizer)
        if np.array_equal(place.full(least), subject.minimizer):
            return least, False
    found = place.local_minimum(start)
    if found is None or subject.convex:
        return found, False
    extent = float(np.linalg.norm(np.ptp(points, axis=0))) or 1.0 + float(np.linalg.norm(start))
    far = float(np.linalg.norm(found - start)) > REACH * extent
    return (None, False) if far else (found, True)


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


def _scale(shown: Shown, size: Floats) -> Floats:
    """A size for the axes along which nothing moves, no hair's breadth beside the others."""
    margin = shown.slice.margin(shown.points[shown.index.index(shown.epoch)])
    return np.asarray(np.maximum(margin, 0.25 * size.max()))
