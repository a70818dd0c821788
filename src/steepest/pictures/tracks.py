"""Several paths over the parameters that they share, each in its colour."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.drawn_steps import drawn_steps
from steepest.pictures.projected_path import ProjectedPath
from steepest.pictures.style import (
    INK,
    MOST_NAMED,
    MUTED,
    PAPER,
    Axes,
    run_styles,
    shortened,
    step_size,
)
from steepest.pictures.subject import Subject
from steepest.wording.fact import phrase

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


def draw_tracks(tracks: Tracks, points: Sequence[Floats], ax: Axes) -> None:
    """Each path at its points (m, 2), its last step as a diamond, and a square at its start.

    The axes must have their limits.
    """
    count = len(tracks.paths)
    low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
    for name, path, at, (color, style) in zip(
        tracks.labels, tracks.paths, points, run_styles(count)[:count], strict=True
    ):
        dots, line = drawn_steps(path.index, at, low, high)
        looks: dict[str, Any] = {"color": color, "ls": style, "lw": 1.2, "alpha": 0.9, "zorder": 3}
        ax.plot(*line.T, **looks)
        looks |= {"ls": "", "marker": "o", "ms": step_size(len(at)) * 0.75}
        ax.plot(*at[dots].T, **looks)
        if count <= MOST_NAMED:
            ax.plot([], [], **(looks | {"ls": style}), label=shortened(name, 26))
        ax.plot(*at[-1:].T, "D", color=color, mfc=PAPER, ms=5, zorder=4)
    starts = np.vstack([at[0] for at in points])
    ax.plot(*starts.T, "s", color=INK, ms=6, label=phrase("start"), zorder=4.5)
    ax.plot([], [], "D", color=MUTED, mfc=PAPER, ms=5, label=phrase("last step"))


def draw_minima(tracks: Tracks, points: Floats, ax: Axes) -> None:
    """A plus at each of points (k, 2), the minima."""
    if not len(points):
        return
    local = phrase("local minimum" if len(points) == 1 else "local minima")
    name = local if any(path.local for path in tracks.paths) else phrase("least")
    ax.plot(*points.T, "P", color=INK, ms=9, mec=PAPER, label=name, zorder=5)
