"""Several paths over the parameters that they share, each in its colour."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.chart import DARK, Series, marks, walk
from steepest.pictures.projected_path import ProjectedPath
from steepest.pictures.style import MOST_NAMED, shortened
from steepest.pictures.subject import Subject
from steepest.wording.fact import phrases

# A path that goes so many times farther than the others has a window of its own.
_FARTHER = 1.5


@final
@dataclass(frozen=True, eq=False)
class Tracks:
    """The `paths` of the runs `labels`, with the `epochs` of their steps, each (m,)."""

    labels: tuple[str, ...]
    paths: tuple[ProjectedPath, ...]
    epochs: tuple[Floats, ...]

    @staticmethod
    def of(
        subjects: Sequence[Subject], labels: Sequence[str], paths: Sequence[ProjectedPath]
    ) -> "Tracks":
        """The paths of subjects, as they are projected on what they share."""
        epochs = [
            np.array([subject.epoch(index) for index in path.index])
            for subject, path in zip(subjects, paths, strict=True)
        ]
        return Tracks(tuple(labels), tuple(paths), tuple(epochs))

    @property
    def moments(self) -> list[float]:
        """Every epoch at which some path has a step."""
        return sorted({epoch for each in self.epochs for epoch in each.tolist()})

    @property
    def minima(self) -> Floats:
        """The minima (k, p) that are known, each once, though found with different rounding."""
        distinct: list[Floats] = []
        for point in (path.minimum for path in self.paths if path.minimum is not None):
            near = 1e-6 * (1.0 + np.abs(point).max())
            if all(np.abs(point - other).max() > near for other in distinct):
                distinct.append(point)
        return np.array(distinct).reshape(-1, self.paths[0].points.shape[1])

    def until(self, m: int) -> "Tracks":
        """The steps of all paths until the m-th moment."""
        reached = [int(np.searchsorted(each, self.moments[m - 1], "right")) for each in self.epochs]
        paths = [path.until(count) for path, count in zip(self.paths, reached, strict=True)]
        return replace(self, paths=tuple(paths))


def in_one_window(subjects: Sequence[Subject], paths: list[ProjectedPath]) -> list[ProjectedPath]:
    """The paths that share a window: those that do not rise, and those that go little farther."""
    extents = [float(np.linalg.norm(np.ptp(path.points, axis=0))) for path in paths]
    falls = [s.path.last.objective <= s.path.at(0).objective for s in subjects]
    usual = max((extent for extent, fall in zip(extents, falls, strict=True) if fall), default=0.0)
    limit = _FARTHER * usual if any(falls) else np.inf
    return [path for path, extent in zip(paths, extents, strict=True) if extent <= limit]


def drawn(tracks: Tracks, points: Sequence[Floats]) -> list[Series]:
    """Each path at its points (m, 2), its last step as a diamond, and a square at its start."""
    named, none = len(tracks.labels) <= MOST_NAMED, np.empty((0, 2))
    made: list[Series] = []
    for k, (name, path, at) in enumerate(zip(tracks.labels, tracks.paths, points, strict=True)):
        made.append(walk(at, path, k, shortened(name, 26) if named else ""))
        made += [marks(at[:1], "", "start", k), marks(at[-1:], "", "last", k)]
    starts, ends = phrases("start", "last step")  # the legend tells them once, after the runs
    return [*made, marks(none, starts, "start"), marks(none, ends, "last", DARK)]
