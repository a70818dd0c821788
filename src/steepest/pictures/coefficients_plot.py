"""Coefficients on one scale, with those that are exactly 0."""

import numpy as np
from matplotlib.axes import Axes

from steepest.pictures.coefficients import EffectsView
from steepest.pictures.style import BLUE, MUTED, ORANGE, PAPER, axes_or_new, label, legend, shown


def plot(view: EffectsView, ax: Axes | None = None) -> Axes:
    """Draw a bar for each coefficient, the greatest effect on top; a ring is exactly 0."""
    count = len(view.names)
    ax = axes_or_new(ax, (5.8, min(1.6 + 0.27 * count, 9.5)))
    places = np.arange(count, 0, -1)
    zero = view.effects == 0.0
    ax.barh(places[~zero], view.effects[~zero], height=0.55, color=BLUE, alpha=0.85)
    if zero.any():
        ax.plot(
            view.effects[zero], places[zero], "o", mec=ORANGE, mfc=PAPER, mew=1.5, ms=6,
            label="exactly 0", zorder=3,
        )  # fmt: skip
    ax.axvline(0.0, color=MUTED, lw=1.0)
    if zero.all():
        ax.set_xlim(-1.0, 1.0)
    ax.set_yticks(places, labels=_names(view), parse_math=False)
    ax.set_ylim(0.4, count + 0.6)
    label(ax, shown(view.label, 48), "")
    legend(ax)
    return ax


def _names(view: EffectsView) -> list[str]:
    if view.classes is None:
        return [shown(name) for name in view.names]
    both = zip(view.names, view.classes, strict=True)
    return [f"{shown(name, 18)}, {shown(of, 14)}" for name, of in both]
