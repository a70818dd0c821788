"""Residuals against predicted values."""

from matplotlib.axes import Axes

from steepest.pictures.predictions import PredictionsView
from steepest.pictures.style import GREEN, MUTED, axes_or_new, label, legend, rows


def plot(view: PredictionsView, ax: Axes | None = None) -> Axes:
    """Draw the residuals, their zero, and two standard deviations on both sides of it."""
    ax = axes_or_new(ax)
    rows(ax, view.predicted, view.residuals)
    ax.axhline(0.0, color=GREEN, lw=1.2, ls="--")
    if view.deviation is not None and abs(view.residuals).max() < 1e3 * view.deviation:
        for sign, name in ((-1.0, None), (1.0, "± 2 standard deviations")):
            ax.axhline(sign * 2.0 * view.deviation, color=MUTED, lw=1.0, ls=":", label=name)
    label(ax, f"predicted {view.target}", f"true − predicted {view.target}")
    legend(ax)
    return ax
