"""A study: its objectives, and of a function each path on the curve or on contours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.path.path import DescentPath
from steepest.path.several import SeveralPaths
from steepest.pictures.contour import shown_over
from steepest.pictures.curve import SectionView, curve_window, section, shown_along
from steepest.pictures.left_out import LeftOut
from steepest.pictures.objective_grid import Ground
from steepest.pictures.projected_path import Shown
from steepest.pictures.study_objectives import ObjectivesView
from steepest.pictures.subject import Subject

_ROWS = 6
# A path that goes so many times farther than the others has a window of its own.
_FARTHER = 1.5


@final
@dataclass(frozen=True, eq=False)
class Track:
    """One path on shared contours: `steps` (m, 2) of the epochs `index`; `exact` as elsewhere."""

    label: str
    index: tuple[int, ...]
    steps: Floats
    step_objectives: Floats
    exact: NDArray[np.bool_]


@final
@dataclass(frozen=True, eq=False)
class TracksView:
    """Several paths over one surface of two parameters.

    `minima` (k, 2) are the minima that are known; `local`: they are not known to be the least.
    """

    ground: Ground
    tracks: tuple[Track, ...]
    minima: Floats
    local: bool

    @staticmethod
    def of(subjects: Sequence[Subject], labels: Sequence[str]) -> "TracksView":
        """The paths of a problem with two parameters. Raises LeftOut for another number."""
        first = subjects[0]
        if len(first.names) != 2:
            raise LeftOut(
                f"Paths share contours over two parameters; these have {len(first.names)}."
            )
        shown = [shown_over(subject) for subject in subjects]
        near = _together(subjects, shown)
        ground = Ground.under(near, (first.labels[0], first.labels[1]), first.objective)
        return TracksView(
            ground,
            tuple(_track(label, one) for label, one in zip(labels, shown, strict=True)),
            _distinct([one.minimum for one in shown if one.minimum is not None]),
            any(one.local for one in shown),
        )


@final
@dataclass(frozen=True, eq=False)
class StudyView:
    """Paths side by side.

    - `linear`, `log`: their objectives on either kind of axis
    - `curves`: each path on the curve, where there is one parameter; else empty
    - `tracks`: the paths on shared contours, where there are two; else None
    - `outcomes`: how each ended, in a word or two
    - `rows` (r,): the first epochs; `parameters` (n, r, d), `objectives` (n, r): their points, in
      the user's units, nan after a path's end
    - `runs`: heads and cells of the table of runs, where the first epochs are not shown; else empty
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    outcomes: tuple[str, ...]
    linear: ObjectivesView
    log: ObjectivesView
    curves: tuple[SectionView, ...]
    tracks: TracksView | None
    rows: tuple[int, ...]
    parameters: Floats
    objectives: Floats
    runs: tuple[tuple[str, ...], ...]

    @staticmethod
    def of(study: SeveralPaths, rows: int = _ROWS) -> "StudyView":
        """The runs of a study; of a table or a model only objectives and the table of runs."""
        paths = study.paths if study.is_of_function else ()
        subjects = [Subject.of(path) for path in paths]
        names = paths[0].names if paths else ()
        longest = max((path.epochs for path in paths), default=-1)
        wanted = tuple(range(min(rows, 1 + longest)))
        parameters, objectives = _first_rows(paths, names, len(wanted))
        return StudyView(
            labels=study.labels,
            names=names,
            outcomes=tuple(map(_outcome, paths)),
            linear=ObjectivesView.of(study, "linear"),
            log=ObjectivesView.of(study, "log"),
            curves=_curves(subjects) if len(names) == 1 else (),
            tracks=TracksView.of(subjects, study.labels) if len(names) == 2 else None,
            rows=wanted,
            parameters=parameters,
            objectives=objectives,
            runs=() if paths else tuple(map(tuple, study.table())),
        )


def _outcome(path: DescentPath) -> str:
    return path.verdict.manner or path.verdict.kind


def _curves(subjects: list[Subject]) -> tuple[SectionView, ...]:
    """Each path on the curve, in one window unless it goes much farther than the others."""
    shown = [shown_along(subject) for subject in subjects]
    near = _together(subjects, shown)
    shared = curve_window(near)
    return tuple(
        section(subject, one, shared if one in near else curve_window([one]), 3)
        for subject, one in zip(subjects, shown, strict=True)
    )


def _together(subjects: Sequence[Subject], shown: list[Shown]) -> list[Shown]:
    """The paths that share a window: those that do not rise, and those that go little farther."""
    extents = [float(np.linalg.norm(np.ptp(one.points, axis=0))) for one in shown]
    falls = [s.path.last.objective <= s.path.at(0).objective for s in subjects]
    usual = max((extent for extent, fall in zip(extents, falls, strict=True) if fall), default=0.0)
    limit = _FARTHER * usual if any(falls) else np.inf
    return [one for one, extent in zip(shown, extents, strict=True) if extent <= limit]


def _distinct(points: list[Floats]) -> Floats:
    """Each point once (k, 2), though found with different rounding."""
    kept: list[Floats] = []
    for point in points:
        near = 1e-6 * (1.0 + np.abs(point).max())
        if all(np.abs(point - other).max() > near for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, 2)


def _track(label: str, shown: Shown) -> Track:
    return Track(label, shown.index, shown.points, shown.objectives, shown.exact)


def _first_rows(
    paths: Sequence[DescentPath], names: Sequence[str], rows: int
) -> tuple[Floats, Floats]:
    parameters = np.full((len(paths), rows, len(names)), np.nan)
    objectives = np.full((len(paths), rows), np.nan)
    for i, path in enumerate(paths):
        for k in range(min(rows, path.epochs + 1)):
            step = path.at(k)
            parameters[i, k], objectives[i, k] = step.parameters, step.objective
    return parameters, objectives
