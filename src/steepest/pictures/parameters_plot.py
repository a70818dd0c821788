"""The parameters over the epochs."""

import numpy as np
from matplotlib.axes import Axes

from steepest.pictures.epoch_axis import epoch_axis, marker
from steepest.pictures.parameters import ParametersView
from steepest.pictures.style import SERIES, axes_or_new, label, legend, shown, symlog_ticks


def plot(view: ParametersView, ax: Axes | None = None) -> Axes:
    """Draw a line for each parameter, and dotted where the objective is least."""
    ax = axes_or_new(ax)
    for place, name in enumerate(view.names):
        color, style = SERIES[place]
        ax.plot(
            view.epochs, view.values[:, place], color=color, ls=style, lw=1.5,
            marker=marker(len(view.epochs)), ms=3.5, label=shown(name),
        )  # fmt: skip
        if view.minimizer is not None:
            ax.axhline(view.minimizer[place], color=color, lw=0.9, ls=":", alpha=0.8)
    if view.wide:
        ax.set_yscale("symlog", linthresh=view.threshold)
        symlog_ticks(
            ax.yaxis,
            view.threshold,
            float(np.nanmin(view.values)),
            float(np.nanmax(view.values)),
        )
    epoch_axis(ax, float(view.epochs[-1]), view.log_epochs)
    label(ax, view.unit, view.names[0] if len(view.names) == 1 else "parameters")
    if len(view.names) > 1:
        legend(ax)
    return ax
