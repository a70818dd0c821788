"""Predicted probabilities beside what happened."""

import numpy as np
from matplotlib.axes import Axes

from steepest.pictures.classes import CalibrationView
from steepest.pictures.style import BLUE, GREEN, SQUARE, axes_or_new, label, legend, shown

_SIZES = (4.0, 9.0)


def plot(view: CalibrationView, ax: Axes | None = None) -> Axes:
    """Draw the groups with their intervals around the diagonal; larger dots are of more rows."""
    ax = axes_or_new(ax, SQUARE)
    ax.plot((0.0, 1.0), (0.0, 1.0), color=GREEN, lw=1.2, ls="--", label="predicted = observed")
    ax.vlines(view.predicted, view.low, view.high, color=BLUE, lw=1.8, alpha=0.6)
    sizes = _SIZES[0] + (_SIZES[1] - _SIZES[0]) * np.sqrt(view.rows / view.rows.max())
    ax.scatter(
        view.predicted,
        view.observed,
        s=sizes**2,
        color=BLUE,
        lw=0,
        zorder=3,
        label="groups of rows",
    )
    end = _end(view)
    ax.set_xlim(-0.02 * end, end)
    ax.set_ylim(-0.02 * end, end)
    label(ax, f"predicted probability of {shown(view.event, 40)}", "observed share")
    legend(ax)
    return ax


def _end(view: CalibrationView) -> float:
    """Where the axes end: at 1, unless all groups are close to 0."""
    return min(1.02, 1.1 * float(max(view.high.max(), view.predicted.max())))
