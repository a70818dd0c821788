"""Contours of the objective over two directions of parameters."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from steepest.pictures.objective_grid import Ground
from steepest.pictures.style import BLUE, GRID, MUTED, label, number_of


def draw_ground(ground: Ground, ax: Axes) -> None:
    """Contours that fade towards the minimum; where there is no number, the paper is grey."""
    ax.grid(False)
    missing = np.isnan(ground.objective)
    if missing.any():
        ax.contourf(
            ground.x, ground.y, missing.astype(float), levels=[0.5, 1.5], colors=[GRID], zorder=0.5
        )
    if len(ground.levels):
        _contours(ground, ax)
    ax.set_xlim(ground.x[0], ground.x[-1])
    ax.set_ylim(ground.y[0], ground.y[-1])
    if ground.equal:
        ax.set_aspect("equal", adjustable="box")
    label(ax, *ground.labels)


def _contours(ground: Ground, ax: Axes) -> None:
    """Lines with their objectives written on them."""
    count = len(ground.levels)
    shades = [to_rgba(BLUE, 0.3 + 0.6 * i / count) for i in range(count)]
    drawn = ax.contour(
        ground.x,
        ground.y,
        np.ma.masked_invalid(ground.objective),
        levels=ground.levels,
        colors=shades,
        linewidths=0.9,
        linestyles="solid",
    )
    texts = ax.clabel(drawn, levels=ground.levels[1::3], fmt=number_of, fontsize=7.5, colors=MUTED)
    for text in texts or ():
        text.set_parse_math(False)
