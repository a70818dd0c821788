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


def visible_steps(subject: Subject) -> tuple[tuple[int, ...], Floats]:
    """Indices (m,), and descent parameters (m, d), of the steps a picture over parameters shows.

    They end before the first step that has gone so far that the rest of the picture would shrink
    to a point.
    """
    points = np.array([subject.path.descent_parameters(k) for k in subject.indices])
    with np.errstate(over="ignore", invalid="ignore"):
        near = _near(subject, points)
    far = np.flatnonzero(~near[1:])
    count = int(far[0]) + 1 if len(far) else len(points)
    return subject.indices[:count], points[:count]


def _near(subject: Subject, points: Floats) -> Booleans:
    """Whether each point is near the minimum; where none is known, near the start as far as its
    numbers, or the first step, suggest.
    """
    from_start = np.linalg.norm(points - points[0], axis=1)
    if subject.minimizer is None and _is_steady(from_start):
        return np.ones(len(points), dtype=np.bool_)
    minimum = _minimum(subject, points[0])
    if minimum is not None:
        distances = np.linalg.norm(points - minimum, axis=1)
        limit = REACH * distances[0] + 1e-6 * (1.0 + float(np.linalg.norm(minimum)))
        return np.asarray(distances <= limit)
    path = subject.path
    falls = path.epochs > 0 and path.at(path.recorded[1]).objective < path.at(0).objective
    first = float(from_start[1]) if falls else 0.0
    return np.asarray(from_start <= _FAR * max(1.0, float(np.linalg.norm(points[0])), first))


def _minimum(subject: Subject, start: Floats) -> Floats | None:
    """The minimum that is known, or that Newton's method finds from the start in all parameters."""
    if subject.minimizer is not None:
        return subject.minimizer
    if len(start) > _FEW:
        return None
    everything = tuple(range(len(start)))
    return Slice.over(subject.path.problem, everything, start).local_minimum(start)


def _is_steady(distances: Floats) -> bool:
    """Whether the path settles, walks steadily or goes round, so that it can be shown whole."""
    largest = float(distances.max())
    return bool(np.isfinite(largest) and largest <= _STEADY * distances.mean())
