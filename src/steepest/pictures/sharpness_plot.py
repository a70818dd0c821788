"""The learning rate of a watched loop, and the largest stable one."""

import numpy as np
from matplotlib.axes import Axes

from steepest.pictures.sharpness import SharpnessView
from steepest.pictures.style import (
    BLUE,
    ORANGE,
    axes_or_new,
    caption,
    label,
    legend,
    log_ticks,
    step_size,
)


def plot(view: SharpnessView, ax: Axes | None = None) -> Axes:
    """Draw both on a logarithmic axis: what separates them is their ratio."""
    given = ax
    ax = axes_or_new(ax)
    size = step_size(len(view.measured))
    ax.plot(view.measured, view.stable, "o-", color=ORANGE, lw=1.2, ms=size, label="stable below")
    ax.plot(view.steps, view.rates, color=BLUE, lw=1.8, label="learning rate")
    drawn = np.concatenate([view.stable, view.rates])
    drawn = drawn[np.isfinite(drawn) & (drawn > 0.0)]
    if len(drawn):
        ax.set_yscale("log")
        low, high = float(drawn.min()), float(drawn.max())
        ax.set_ylim(low / 1.5, high * 1.5)
        log_ticks(ax.yaxis, low / 1.5, high * 1.5)
    label(ax, "step", "learning rate")
    legend(ax)
    if given is None:
        caption(ax, view.note)
    return ax
