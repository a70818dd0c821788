"""A grid search: its curve or map, the least of the grid, and a descent."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from steepest.pictures.contour_plot import with_gaps
from steepest.pictures.objective import excess_label
from steepest.pictures.search import SearchView
from steepest.pictures.style import (
    BLUE,
    GREEN,
    GRID,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    axes_or_new,
    label,
    legend,
    number_of,
    step_size,
)

_DOTS = 80  # a finer grid is drawn as a line alone


def plot(view: SearchView, ax: Axes | None = None) -> Axes:
    """Draw the curve, or the map, with the least point of the grid marked, and the steps."""
    if len(view.names) == 1:
        ax = axes_or_new(ax)
        _curve(view, ax)
        points = np.column_stack([view.steps[:, 0], view.step_objectives])
        best = np.array([view.best[0], view.best_objective])
    else:
        ax = axes_or_new(ax, (6.4, 4.6))
        _map(view, ax)
        points, best = view.steps, view.best
    _steps(view, ax, points)
    name = f"least of the grid, {number_of(view.best_objective)}"
    if view.tied:
        name = f"one of {view.tied + 1:,} least of the grid, {number_of(view.best_objective)}"
    ax.plot(*best[:, None], "P", color=GREEN, ms=10, mec=PAPER, label=name, zorder=5)
    legend(ax)
    return ax


def _curve(view: SearchView, ax: Axes) -> None:
    dots = "o" if len(view.x) <= _DOTS else ""
    ax.plot(view.x, view.objective, color=MUTED, lw=1.2, marker=dots, ms=3.0, label="grid")
    label(ax, view.names[0], view.objective_label)


def _map(view: SearchView, ax: Axes) -> None:
    """Cells around the grid's points, coloured by how far they are above the least."""
    ax.grid(False)
    ax.set_facecolor(GRID)
    least = float(np.nanmin(view.objective))
    excess = view.objective - least
    span = float(np.nanmax(excess)) or 1.0
    drawn = ax.pcolormesh(
        _edges(view.x), _edges(view.y), np.clip(excess, 1e-4 * span, None),
        norm=LogNorm(1e-4 * span, span), cmap="viridis", rasterized=True, zorder=0.5,
    )  # fmt: skip
    figure = ax.figure
    bar = figure.colorbar(drawn, ax=ax, pad=0.02)
    bar.set_label(excess_label(view.objective_label, least), color=INK, fontsize=9)
    bar.ax.tick_params(labelsize=8, labelcolor=INK, color=MUTED)
    label(ax, *view.names)


def _edges(axis: np.ndarray) -> np.ndarray:
    """The borders between the cells around the values of an axis."""
    if len(axis) == 1:
        return np.array([axis[0] - 0.5, axis[0] + 0.5])
    middles = 0.5 * (axis[1:] + axis[:-1])
    return np.concatenate([[2 * axis[0] - middles[0]], middles, [2 * axis[-1] - middles[-1]]])


def _steps(view: SearchView, ax: Axes, points: np.ndarray) -> None:
    if not len(points):
        return
    if len(view.names) == 2:
        ax.plot(*with_gaps(view.index, points).T, color=ORANGE, lw=1.0, zorder=3)
    size = step_size(len(points)) + 1.0
    finite = np.isfinite(view.step_objectives)
    # A pale rim parts few dots from the map; of many it would hide them.
    rim = PAPER if len(points) <= _DOTS else ORANGE
    for mask, face, edge, name in (
        (view.exact, ORANGE, rim, "descent"),
        (~view.exact & finite, PAPER, ORANGE, "descent, off this picture"),
    ):
        if mask.any():
            ax.plot(
                *points[mask].T, "o", mfc=face, mec=edge, ms=size, mew=0.6, label=name, zorder=3.5
            )
    ax.plot(*points[:1].T, "s", color=BLUE, mec=PAPER, ms=8, label="start", zorder=4)
