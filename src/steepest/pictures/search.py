"""A grid search: its curve or map, the least of the grid, and a descent."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.grid_search import SearchedGrid
from steepest.errors import InputError
from steepest.path.path import DescentPath
from steepest.pictures.axis_scale import LARGEST
from steepest.pictures.drawn_steps import drawn_steps
from steepest.pictures.projected_path import ProjectedPath, far_steps, undefined_steps
from steepest.pictures.style import (
    BLUE,
    GREEN,
    GRID,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    Axes,
    axes_or_new,
    label,
    legend,
    step_size,
)
from steepest.pictures.subject import Subject
from steepest.pictures.ticks import number_of
from steepest.problems.slice import Slice
from steepest.translation import joined
from steepest.wording.fact import Fact, fact, phrase

_MOST_CELLS = 600  # along an axis of the picture
_DOTS = 80  # a finer grid is drawn as a line alone


@final
@dataclass(frozen=True, eq=False)
class SearchView:
    """`objective` over the axes `x` (nx,) and `y` (ny,), shape (nx,) or (ny, nx); nan where none.

    - `names`: of the one or two axes; `y` is empty for one
    - `best` (p,) and `best_objective`: the least of the grid; `tied`: how many points are as low
    - `path`: a descent on them, or None
    """

    names: tuple[str, ...]
    objective_label: str
    x: Floats
    y: Floats
    objective: Floats
    best: Floats
    best_objective: float
    tied: int
    path: ProjectedPath | None
    notes: tuple[Fact, ...]

    @staticmethod
    def of(search: SearchedGrid, path: DescentPath | None = None) -> "SearchView":
        """The first one or two axes, further ones at the best point; and a descent of the same
        parameters. Raises InputError where the path has other parameters.
        """
        if not isinstance(path, DescentPath | None):
            raise InputError("the path is that of a run, not {path!r}.", path=path)
        if path is not None and path.names != search.problem.names:
            raise InputError(
                "the search is over {names} and the path over {names_2}; both must have the "
                "same parameters.",
                names=joined(search.problem.names),
                names_2=joined(path.names),
            )
        count = min(2, len(search.names))
        names = search.names[:count]
        held = {**dict(search.at), **{name: search.best[name] for name in search.names[count:]}}
        strides = [-(-len(axis) // _MOST_CELLS) for axis in search.axes[:count]]
        notes = [fact("parameters held", values=held)] if held else []
        notes += [fact("some points shown")] if max(strides) > 1 else []
        projected = None
        if path is not None:
            projected = _project(search, path, names)
            notes += _notes(Subject.of(path), projected)
        axes = [axis[::stride] for axis, stride in zip(search.axes, strides, strict=False)]
        return SearchView(
            names=names,
            objective_label=phrase("objective"),
            x=axes[0],
            y=axes[1] if count == 2 else np.empty(0),
            objective=_objective(search, count, strides),
            best=np.array([search.best[name] for name in names]),
            best_objective=search.best_objective,
            tied=search.tied,
            path=projected,
            notes=tuple(notes),
        )


def plot(view: SearchView, ax: Axes | None = None) -> Axes:
    """Draw the curve, or the map, with the least point of the grid marked, and the steps."""
    path, best = view.path, view.best
    points = None if path is None else path.points
    if len(view.names) == 1:
        ax = axes_or_new(ax)
        _draw_curve(view, ax)
        best = np.array([view.best[0], view.best_objective])
        points = None if path is None else np.column_stack([path.points, path.objectives])
    else:
        ax = axes_or_new(ax, (6.4, 4.6))
        _draw_map(view, ax)
    if path is not None and points is not None:
        _draw_path(path, points, ax, joined=len(view.names) == 2)
    least = number_of(view.best_objective)
    name = phrase("least of grid", points=view.tied + 1, objective=least)
    ax.plot(*best[:, None], "P", color=GREEN, ms=10, mec=PAPER, label=name, zorder=5)
    legend(ax)
    return ax


def _project(search: SearchedGrid, path: DescentPath, names: tuple[str, ...]) -> ProjectedPath:
    positions = tuple(search.problem.names.index(name) for name in names)
    plane = Slice.over(search.problem, positions, search.best_parameters)
    return ProjectedPath.on(Subject.of(path), plane)


def _notes(subject: Subject, path: ProjectedPath) -> list[Fact]:
    notes = undefined_steps(subject, path) + far_steps(subject, path)
    return [*notes, fact("steps off the grid")] if path.off.any() else notes


def _objective(search: SearchedGrid, count: int, strides: list[int]) -> Floats:
    """The objective with a row for each value of the second axis, nan where it cannot be drawn."""
    place: Any = (*(slice(None, None, k) for k in strides), *search.best_index[count:])
    objective = search.objective[place]
    return np.where(np.abs(objective) <= LARGEST, objective, np.nan).T


def _draw_curve(view: SearchView, ax: Axes) -> None:
    dots = "o" if len(view.x) <= _DOTS else ""
    name = phrase("grid")
    ax.plot(view.x, view.objective, color=MUTED, lw=1.2, marker=dots, ms=3.0, label=name)
    label(ax, view.names[0], view.objective_label)


def _draw_map(view: SearchView, ax: Axes) -> None:
    """Cells around the grid's points, coloured by how far they are above the least."""
    from matplotlib.colors import LogNorm

    ax.grid(False)
    ax.set_facecolor(GRID)
    least = float(np.nanmin(view.objective))
    excess = view.objective - least
    span = float(np.nanmax(excess)) or 1.0
    cells = ax.pcolormesh(
        _edges(view.x), _edges(view.y), np.clip(excess, 1e-4 * span, None),
        norm=LogNorm(1e-4 * span, span), cmap="viridis", rasterized=True, zorder=0.5,
    )  # fmt: skip
    bar = ax.figure.colorbar(cells, ax=ax, pad=0.02)
    name = phrase("objective above", objective=view.objective_label, base=least)
    bar.set_label(name, color=INK, fontsize=9)
    bar.ax.tick_params(labelsize=8, labelcolor=INK, color=MUTED)
    label(ax, *view.names)


def _edges(axis: Floats) -> Floats:
    """The borders between the cells around the values of an axis."""
    if len(axis) == 1:
        return np.array([axis[0] - 0.5, axis[0] + 0.5])
    middles = 0.5 * (axis[1:] + axis[:-1])
    return np.concatenate([[2 * axis[0] - middles[0]], middles, [2 * axis[-1] - middles[-1]]])


def _draw_path(path: ProjectedPath, points: Floats, ax: Axes, *, joined: bool) -> None:
    ends = np.array([ax.get_xlim(), ax.get_ylim()]).T
    dots, line = drawn_steps(path.index, points, *ends)
    if joined:
        ax.plot(*line.T, color=ORANGE, lw=1.0, zorder=3)
    size = step_size(len(points)) + 1.0
    # A pale rim parts few dots from the map; of many it would hide them.
    rim = PAPER if len(points) <= _DOTS else ORANGE
    for mask, face, edge, name in (
        (path.exact & dots, ORANGE, rim, phrase("descent")),
        (path.off & dots, PAPER, ORANGE, phrase("descent, off this picture")),
    ):
        if mask.any():
            ax.plot(
                *points[mask].T, "o", mfc=face, mec=edge, ms=size, mew=0.6, label=name, zorder=3.5
            )
    ax.plot(*points[:1].T, "s", color=BLUE, mec=PAPER, ms=8, label=phrase("start"), zorder=4)
