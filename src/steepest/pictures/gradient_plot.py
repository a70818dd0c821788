"""The gradient's norm over the epochs."""

import numpy as np
from matplotlib.axes import Axes

from steepest.pictures.epoch_axis import epoch_axis, marker
from steepest.pictures.gradient import GradientView
from steepest.pictures.style import BLUE, axes_or_new, label, log_ticks


def plot(view: GradientView, ax: Axes | None = None) -> Axes:
    """Draw the norm on a logarithmic axis."""
    ax = axes_or_new(ax)
    ax.plot(view.epochs, view.norms, color=BLUE, marker=marker(len(view.epochs)), ms=3.5)
    drawn = view.norms[np.isfinite(view.norms)]
    if len(drawn):
        ax.set_yscale("log")
        log_ticks(ax.yaxis, float(drawn.min()), float(drawn.max()))
    epoch_axis(ax, float(view.epochs[-1]), view.log_epochs)
    label(ax, view.unit, "norm of the gradient")
    return ax
