"""Predicted against true values."""

from matplotlib.axes import Axes

from steepest.pictures.predictions import PredictionsView
from steepest.pictures.style import GREEN, axes_or_new, label, legend, rows


def plot(view: PredictionsView, ax: Axes | None = None) -> Axes:
    """Draw the rows around the diagonal on which predicted equals true."""
    ax = axes_or_new(ax)
    rows(ax, view.true, view.predicted)
    middle = (float(view.true.min()), float(view.true.max()))
    ax.plot(middle, middle, color=GREEN, lw=1.2, ls="--", label="predicted = true")
    label(ax, f"true {view.target}", f"predicted {view.target}")
    legend(ax)
    return ax
