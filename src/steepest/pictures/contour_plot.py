"""Contours of the objective with the path on them."""

import numpy as np
from matplotlib.axes import Axes

from steepest.pictures.contour import ContourView
from steepest.pictures.objective_grid_plot import draw_ground
from steepest.pictures.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    axes_or_new,
    direction_arrows,
    legend,
    step_size,
)
from steepest.wording.numbers import count


def plot(view: ContourView, ax: Axes | None = None) -> Axes:
    """Draw the contours, the path, the least point, the start and the marked step.

    Arrows point down the surface; only their direction tells, all are of one length.
    """
    ax = axes_or_new(ax)
    draw_standing(view, ax)
    draw_steps(view, ax)
    legend(ax)
    return ax


def draw_standing(view: ContourView, ax: Axes) -> None:
    """What is there before the first step: the contours and the minimum."""
    draw_ground(view.ground, ax)
    if view.minimum is not None:
        name = "local minimum" if view.local else "least"
        ax.plot(*view.minimum[:, None], "P", color=GREEN, ms=9, mec=PAPER, label=name, zorder=4)


def draw_steps(view: ContourView, ax: Axes) -> None:
    """The steps of the view and the updates between them."""
    x, y = with_gaps(view.index, view.steps).T
    ax.plot(x, y, color=ORANGE, lw=0.8, alpha=0.7, zorder=3)
    size = step_size(len(view.steps))
    for mask, face, name in (
        (view.exact, ORANGE, "steps"),
        (~view.exact & ~view.undefined, PAPER, "steps, projected"),
    ):
        if mask.any():
            x, y = view.steps[mask].T
            ax.plot(x, y, "o", color=ORANGE, mfc=face, ms=size, mew=1.0, label=name, zorder=3.5)
    if view.undefined.any():
        x, y = view.steps[view.undefined].T
        ax.plot(x, y, "x", color=ORANGE, ms=7, mew=2.0, label="undefined", zorder=3.5)
    ax.plot(*view.steps[:1].T, "s", color=BLUE, ms=7, label="start", zorder=4)
    _chosen(view, ax)
    drawn = [
        i for i in range(len(view.arrows_at)) if (view.steps == view.arrows_at[i]).all(1).any()
    ]
    if drawn:
        direction_arrows(ax, view.arrows_at[drawn], view.arrows[drawn], INK, "negative gradient")


def with_gaps(index: tuple[int, ...], points: np.ndarray) -> np.ndarray:
    """The points, nan between steps with others left out between them: no line joins those."""
    gaps = np.flatnonzero(np.diff(index) > 1) + 1
    return np.insert(points, gaps, np.nan, axis=0)


def _chosen(view: ContourView, ax: Axes) -> None:
    if view.chosen in view.index and not view.undefined[view.index.index(view.chosen)]:
        place = view.index.index(view.chosen)
        name = f"{view.chosen_name}, {view.unit} {count(view.chosen_epoch)}"
        ax.plot(*view.steps[[place]].T, "D", color=MUTED, mfc=PAPER, ms=5, label=name, zorder=4.5)
