"""The steps of a path that a picture over parameters has room for."""

import numpy as np

from steepest.rows.gram import Floats
from steepest.views.subject import Subject

# Steps farther from the minimum than this many times the start's distance leave a picture.
REACH = 20.0
# A path that settles or walks steadily goes no farther than this many times its mean distance.
_STEADY = 4.0


def nearby(subject: Subject) -> tuple[tuple[int, ...], Floats]:
    """Indices (m,), and descent parameters (m, d), of the steps a picture over parameters shows.

    They end before the first step that has gone so far that the rest of the picture would shrink
    to a point.
    """
    points = np.array([subject.path.descent_parameters(k) for k in subject.indices])
    with np.errstate(over="ignore", invalid="ignore"):
        if subject.minimizer is not None:
            near = _near_minimum(points, subject.minimizer)
        else:
            near = _near_start(points, _falls(subject))
    gone = np.flatnonzero(~near[1:])
    kept = int(gone[0]) + 1 if len(gone) else len(points)
    return subject.indices[:kept], points[:kept]


def _near_minimum(points: Floats, minimum: Floats) -> np.ndarray:
    distances = np.linalg.norm(points - minimum, axis=1)
    limit = REACH * distances[0] + 1e-6 * (1.0 + float(np.linalg.norm(minimum)))
    return np.asarray(distances <= limit)


def _near_start(points: Floats, falls: bool) -> np.ndarray:
    """Where no minimum is known: what settles or walks steadily is shown whole."""
    distances = np.linalg.norm(points - points[0], axis=1)
    if distances.max() <= _STEADY * distances.mean():
        return np.ones(len(points), dtype=np.bool_)
    first = float(distances[1]) if falls else 0.0
    return np.asarray(distances <= REACH * max(1.0, float(np.linalg.norm(points[0])), first))


def _falls(subject: Subject) -> bool:
    path = subject.path
    return path.epochs > 0 and path.at(1).objective < path.at(0).objective
