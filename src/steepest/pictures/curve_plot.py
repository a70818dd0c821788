"""The objective along one parameter, with the path on it."""

import numpy as np
from matplotlib.axes import Axes

from steepest.pictures.curve import SectionView
from steepest.pictures.style import (
    BLUE,
    GREEN,
    MUTED,
    ORANGE,
    PAPER,
    SKY,
    axes_or_new,
    label,
    legend,
    step_size,
)
from steepest.wording.numbers import count

_TANGENT = 0.11  # of the picture's width and height, to both sides


def plot(view: SectionView, ax: Axes | None = None) -> Axes:
    """Draw the curve, the steps on it, tangents, the minimum, the start and the marked step."""
    ax = axes_or_new(ax)
    draw_standing(view, ax)
    draw_steps(view, ax)
    legend(ax)
    return ax


def draw_standing(view: SectionView, ax: Axes) -> None:
    """What is there before the first step: the curve and its minimum."""
    ax.plot(view.values, _visible(view), color=MUTED, lw=1.2)
    if view.minimum is not None:
        name = "local minimum" if view.local else "minimum"
        ax.plot(*([v] for v in view.minimum), "P", color=GREEN, ms=9, label=name, zorder=4)
    low, high = float(view.values[0]), float(view.values[-1])
    ax.set_xlim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    ax.set_ylim(*view.heights)
    label(ax, view.label, view.objective_label)


def draw_steps(view: SectionView, ax: Axes) -> None:
    """The steps of the view, and the tangents at those that have one."""
    size = step_size(len(view.steps))
    on, off = view.exact, ~view.exact & np.isfinite(view.step_objectives)
    for mask, face, name in ((on, ORANGE, "steps"), (off, PAPER, "steps, off the section")):
        if mask.any():
            ax.plot(
                view.steps[mask], view.step_objectives[mask], "o",
                color=ORANGE, mfc=face, ms=size, label=name, zorder=3,
            )  # fmt: skip
    gone = view.steps[~np.isfinite(view.step_objectives)]
    if len(gone):
        floor = np.full(len(gone), view.heights[0])
        ax.plot(gone, floor, "x", color=ORANGE, ms=8, mew=2.0, label="undefined", clip_on=False)
    ax.plot(
        view.steps[:1], view.step_objectives[:1], "s", color=BLUE, ms=7, label="start", zorder=4
    )
    _tangents(view, ax)
    _chosen(view, ax)


def _visible(view: SectionView) -> np.ndarray:
    """The curve without what lies far outside: at a pole its two branches are not to be joined."""
    low, high = view.heights
    far = 5.0 * (high - low)
    with np.errstate(invalid="ignore"):
        inside = (view.objective > low - far) & (view.objective < high + far)
    return np.where(inside, view.objective, np.nan)


def _tangents(view: SectionView, ax: Axes) -> None:
    """Pieces of one length in the picture, whatever their slope."""
    width = float(np.ptp(view.values))
    height = view.heights[1] - view.heights[0]
    name: str | None = "tangents"
    for x, y, slope in view.tangents:
        if x not in view.steps:
            continue
        half = _TANGENT / np.hypot(1.0 / width, slope / height)
        ends = np.array([-half, half])
        ax.plot(x + ends, y + slope * ends, color=SKY, lw=2.2, label=name, zorder=2.5)
        name = None


def _chosen(view: SectionView, ax: Axes) -> None:
    if view.chosen not in view.index:
        return
    place = view.index.index(view.chosen)
    ax.plot(
        view.steps[[place]],
        view.step_objectives[[place]],
        "D",
        color=MUTED,
        markerfacecolor=PAPER,
        ms=6,
        zorder=4.5,
        label=f"{view.chosen_name}, {view.unit} {count(view.chosen_epoch)}",
    )
