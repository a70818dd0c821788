"""Coefficients with their intervals."""

import numpy as np
from matplotlib.axes import Axes

from steepest.pictures.intervals import IntervalsView
from steepest.pictures.style import BLUE, MUTED, axes_or_new, label, shown


def plot(view: IntervalsView, ax: Axes | None = None) -> Axes:
    """Draw a dot and a bar for each coefficient, the greatest effect on top."""
    count = len(view.names)
    ax = axes_or_new(ax, (5.8, min(1.4 + 0.27 * count, 9.5)))
    places = np.arange(count, 0, -1)
    ax.axvline(0.0, color=MUTED, lw=1.0)
    if view.low is not None and view.high is not None:
        ax.hlines(places, view.low, view.high, color=BLUE, lw=2.2, alpha=0.6)
    ax.plot(view.effects, places, "o", color=BLUE, ms=5)
    ax.set_yticks(places, labels=[shown(name) for name in view.names], parse_math=False)
    ax.set_ylim(0.4, count + 0.6)
    label(ax, f"change of {shown(view.target)} per {view.spread} of the feature", "")
    return ax
