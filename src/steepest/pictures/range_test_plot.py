"""A learning-rate range test: losses over rates on a logarithmic axis."""

from matplotlib.axes import Axes

from steepest.pictures.range_test import RateTestView
from steepest.pictures.style import (
    BLUE,
    GREEN,
    MUTED,
    ORANGE,
    axes_or_new,
    caption,
    label,
    legend,
    log_ticks,
)
from steepest.wording.numbers import number


def plot(view: RateTestView, ax: Axes | None = None) -> Axes:
    """Draw each batch's loss, the smoothed course, and lines at the suggestion and the bound."""
    given = ax
    ax = axes_or_new(ax)
    ax.plot(view.rates, view.losses, "o", color=MUTED, ms=3.0, alpha=0.45, mew=0, label="batches")
    ax.plot(view.rates, view.smoothed, color=BLUE, lw=1.8, label="smoothed")
    ax.set_xscale("log")
    ends = [float(view.rates[0]), float(view.rates[-1])]
    if view.suggestion is not None:
        name = f"suggestion {number(view.suggestion)}"
        ax.axvline(view.suggestion, color=GREEN, lw=1.6, ls="--", label=name)
        ends.append(view.suggestion)
    if view.bound is not None:
        name = f"SGD's bound {number(view.bound)}"
        ax.axvline(view.bound, color=ORANGE, lw=1.6, ls=":", label=name)
        ends.append(view.bound)
    ax.set_xlim(min(ends) / 1.2, max(ends) * 1.2)
    ax.set_ylim(*view.heights)
    log_ticks(ax.xaxis, min(ends), max(ends))
    label(ax, f"learning rate of {view.optimizer}", "loss")
    legend(ax)
    if given is None:
        caption(ax, view.note)
    return ax
