"""The ROC curve of two classes."""

from matplotlib.axes import Axes

from steepest.pictures.classes import RocView
from steepest.pictures.style import BLUE, GREEN, SQUARE, axes_or_new, label, legend, shown


def plot(view: RocView, ax: Axes | None = None) -> Axes:
    """Draw the share of hits over that of false alarms, and the diagonal of guessing."""
    ax = axes_or_new(ax, SQUARE)
    ax.fill_between(view.alarms, view.hits, color=BLUE, alpha=0.12, lw=0)
    ax.plot(view.alarms, view.hits, color=BLUE, lw=1.6, label=f"area {view.area:.4g}")
    ax.plot((0.0, 1.0), (0.0, 1.0), color=GREEN, lw=1.2, ls="--", label="guessing, area 0.5")
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    event = shown(view.event, 24)
    label(ax, f"share of other rows taken for {event}", f"share of {event} found")
    legend(ax)
    return ax
