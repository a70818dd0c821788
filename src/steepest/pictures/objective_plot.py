"""The objective over the epochs."""

import math

from matplotlib.axes import Axes

from steepest.pictures.epoch_axis import epoch_axis, marker
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.style import (
    BLUE,
    GREEN,
    MUTED,
    ORANGE,
    PAPER,
    axes_or_new,
    label,
    legend,
    log_ticks,
    symlog_ticks,
)
from steepest.wording.numbers import count


def plot(view: ObjectiveView, ax: Axes | None = None) -> Axes:
    """Draw training and validation objective, the least one, and the marked epoch."""
    ax = axes_or_new(ax)
    dots = marker(len(view.epochs))
    ax.plot(view.epochs, view.training, color=BLUE, marker=dots, ms=3.5, label=view.curve)
    if view.validation is not None:
        ax.plot(view.epochs, view.validation, color=ORANGE, ls="--", label=view.held_out)
    _least(view, ax)
    _chosen(view, ax)
    _scales(view, ax)
    label(ax, view.unit, view.label)
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
        label=f"{view.chosen_name}, {view.unit} {count(float(view.chosen))}",
        clip_on=False,
        zorder=4,
    )


def _scales(view: ObjectiveView, ax: Axes) -> None:
    epoch_axis(ax, float(view.epochs[-1]), view.log_epochs)
    if view.axis == "symlog":
        ax.set_yscale("symlog", linthresh=view.threshold)
        symlog_ticks(ax.yaxis, view.threshold, float(view.values.min()), float(view.values.max()))
    if view.log_objective and len(view.values):
        ax.set_yscale("log")
        least = [] if view.minimum is None or not view.shows_minimum else [view.minimum]
        log_ticks(ax.yaxis, min([*view.values, *least]), float(view.values.max()))
