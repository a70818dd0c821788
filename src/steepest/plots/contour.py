"""Contours of the objective with the path on them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from steepest.path.words import count
from steepest.plots.style import BLUE, GREEN, MUTED, ORANGE, PAPER, axes_or_new, label, legend
from steepest.views.contour import ContourView


def plot(view: ContourView, ax: Axes | None = None) -> Axes:
    """Draw the contours, the path, the least point, the start and the chosen step."""
    ax = axes_or_new(ax)
    ax.grid(False)
    if len(view.levels):
        _contours(view, ax)
    _updates(view, ax)
    for mask, face, name in (
        (view.exact, ORANGE, "steps"),
        (~view.exact, PAPER, "steps, projected"),
    ):
        if mask.any():
            x, y = view.steps[mask].T
            ax.plot(x, y, "o", color=ORANGE, mfc=face, ms=4, mew=1.0, label=name, zorder=3.5)
    ax.plot(*view.steps[:1].T, "s", color=BLUE, ms=7, label="start", zorder=4)
    ax.plot(*view.minimum[:, None], "P", color=GREEN, ms=9, mec=PAPER, label="least", zorder=4)
    _chosen(view, ax)
    ax.set_xlim(view.x[0], view.x[-1])
    ax.set_ylim(view.y[0], view.y[-1])
    if view.equal:
        ax.set_aspect("equal", adjustable="box")
    label(ax, *view.labels)
    legend(ax)
    return ax


def _updates(view: ContourView, ax: Axes) -> None:
    """A line for every update: none joins steps with others left out between them."""
    gaps = np.flatnonzero(np.diff(view.index) > 1) + 1
    x, y = np.insert(view.steps, gaps, np.nan, axis=0).T
    ax.plot(x, y, color=ORANGE, lw=0.8, alpha=0.7, zorder=3)


def _contours(view: ContourView, ax: Axes) -> None:
    """Lines that fade towards the minimum, with their objectives written on them."""
    shades = [to_rgba(BLUE, 0.3 + 0.6 * i / len(view.levels)) for i in range(len(view.levels))]
    drawn = ax.contour(
        view.x, view.y, view.objective, levels=view.levels, colors=shades, linewidths=0.9
    )
    texts = ax.clabel(drawn, levels=view.levels[1::3], fmt="%.5g", fontsize=7.5, colors=MUTED)
    for text in texts or ():
        text.set_parse_math(False)


def _chosen(view: ContourView, ax: Axes) -> None:
    if view.chosen in view.index:
        place = view.index.index(view.chosen)
        name = f"chosen, epoch {count(float(view.chosen))}"
        ax.plot(*view.steps[[place]].T, "D", color=MUTED, mfc=PAPER, ms=5, label=name, zorder=4.5)
