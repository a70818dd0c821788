"""The objective over the epochs."""

import math

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from steepest.path.words import count
from steepest.plots.style import (
    BLUE,
    GREEN,
    MUTED,
    ORANGE,
    PAPER,
    axes_or_new,
    epoch_ticks,
    label,
    legend,
    log_ticks,
)
from steepest.views.objective import ObjectiveView

_FEW = 40


def plot(view: ObjectiveView, ax: Axes | None = None) -> Axes:
    """Draw training and validation objective, the least one, and the chosen epoch."""
    ax = axes_or_new(ax)
    marker = {"marker": "o", "markersize": 3.5} if len(view.epochs) <= _FEW else {}
    ax.plot(view.epochs, view.training, color=BLUE, label=view.curve, **marker)  # type: ignore[arg-type]  # markers only
    if view.validation is not None:
        ax.plot(view.epochs, view.validation, color=ORANGE, ls="--", label=view.held_out)
    _least(view, ax)
    _chosen(view, ax)
    _scales(view, ax)
    label(ax, "epoch", view.label)
    legend(ax)
    return ax


def _least(view: ObjectiveView, ax: Axes) -> None:
    if view.minimum is not None and view.shows_minimum:
        ax.axhline(view.minimum, color=GREEN, lw=1.2, ls=":", label=f"least, {view.minimum:.6g}")


def _chosen(view: ObjectiveView, ax: Axes) -> None:
    if math.isnan(view.chosen_objective):
        return
    ax.plot(
        [float(view.chosen)],
        [view.chosen_objective],
        "D",
        color=MUTED,
        markerfacecolor=PAPER,
        markersize=7,
        label=f"{view.chosen_name}, epoch {count(float(view.chosen))}",
        clip_on=False,
        zorder=4,
    )


def _scales(view: ObjectiveView, ax: Axes) -> None:
    if view.log_epochs:
        ax.set_xscale("symlog", linthresh=1.0)
        epoch_ticks(ax.xaxis, float(view.epochs[-1]))
        ax.set_xlim(0.0, float(view.epochs[-1]) * 1.2)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if view.log_objective and len(view.values):
        ax.set_yscale("log")
        least = [] if view.minimum is None or not view.shows_minimum else [view.minimum]
        log_ticks(ax.yaxis, min([*view.values, *least]), float(view.values.max()))
