"""The landscape around a path of a model, with the path on it."""

from matplotlib.axes import Axes

from steepest.pictures.landscape import LandscapeView
from steepest.pictures.objective_grid_plot import draw_ground
from steepest.pictures.style import (
    BLUE,
    GREEN,
    ORANGE,
    PAPER,
    axes_or_new,
    caption,
    legend,
    step_size,
)


def plot(view: LandscapeView, ax: Axes | None = None) -> Axes:
    """Draw the contours and the path; steps off the plane are hollow, the last is a diamond."""
    given = ax
    ax = axes_or_new(ax)
    draw_ground(view.ground, ax)
    if len(view.steps):
        _steps(view, ax)
    else:
        ax.plot(0.0, 0.0, "D", color=GREEN, mec=PAPER, ms=8, label="model", zorder=4)
    legend(ax)
    if given is None:
        caption(ax, view.note)
    return ax


def _steps(view: LandscapeView, ax: Axes) -> None:
    ax.plot(*view.steps.T, color=ORANGE, lw=0.9, alpha=0.8, zorder=3)
    size = step_size(len(view.steps))
    for mask, face, name in (
        (view.exact, ORANGE, "steps"),
        (~view.exact, PAPER, "steps, projected"),
    ):
        if mask.any():
            ax.plot(
                *view.steps[mask].T, "o", color=ORANGE, mfc=face, ms=size, label=name, zorder=3.5
            )
    ax.plot(*view.steps[:1].T, "s", color=BLUE, ms=7, label="start", zorder=4)
    last = f"last, step {view.index[-1]}"
    ax.plot(*view.steps[-1:].T, "D", color=GREEN, mec=PAPER, ms=8, label=last, zorder=4.5)
