"""The steps of a path that a picture over parameters has room for."""

import numpy as np

from steepest.arrays import Booleans, Floats
from steepest.pictures.subject import Subject
from steepest.problems.slice import Slice

# Steps farther from the minimum than this many times the start's distance leave a picture.
REACH = 20.0
# Where no minimum is known: this many times the start's distance from 0.
_FAR = 4.0
# A path that settles or walks steadily goes no farther than this many times its mean distance.
_STEADY = 4.0
# Among more parameters no minimum is looked for.
_FEW = 50


def nearby(subject: Subject) -> tuple[tuple[int, ...], Floats]:
    """Indices (m,), and descent parameters (m, d), of the steps a picture over parameters shows.

    They end before the first step that has gone so far that the rest of the picture would shrink
    to a point.
    """
    points = np.array([subject.path.descent_parameters(k) for k in subject.indices])
    minimum = subject.minimizer
    if minimum is None:
        minimum = _minimum_by_start(subject, points[0])
    with np.errstate(over="ignore", invalid="ignore"):
        if minimum is not None:
            near = _near_minimum(points, minimum)
        else:
            near = _near_start(points, _falls(subject))
        if subject.minimizer is None and _is_steady(points):
            near[:] = True
    gone = np.flatnonzero(~near[1:])
    kept = int(gone[0]) + 1 if len(gone) else len(points)
    return subject.indices[:kept], points[:kept]


def _minimum_by_start(subject: Subject, start: Floats) -> Floats | None:
    """A minimum that Newton's method finds from the start, in all parameters."""
    if len(start) > _FEW:
        return None
    everything = tuple(range(len(start)))
    return Slice.over(subject.path.problem, everything, start).local_minimum(start)


def _near_minimum(points: Floats, minimum: Floats) -> Booleans:
    distances = np.linalg.norm(points - minimum, axis=1)
    limit = REACH * distances[0] + 1e-6 * (1.0 + float(np.linalg.norm(minimum)))
    return np.asarray(distances <= limit)


def _near_start(points: Floats, falls: bool) -> Booleans:
    """Where no minimum is known: as far as the numbers of the start, or the first step, suggest."""
    distances = np.linalg.norm(points - points[0], axis=1)
    first = float(distances[1]) if falls else 0.0
    return np.asarray(distances <= _FAR * max(1.0, float(np.linalg.norm(points[0])), first))


def _is_steady(points: Floats) -> bool:
    """Whether the path settles, walks steadily or goes round, so that it can be shown whole."""
    distances = np.linalg.norm(points - points[0], axis=1)
    largest = float(distances.max())
    return bool(np.isfinite(largest) and largest <= _STEADY * distances.mean())


def _falls(subject: Subject) -> bool:
    path = subject.path
    return path.epochs > 0 and path.at(path.recorded[1]).objective < path.at(0).objective
