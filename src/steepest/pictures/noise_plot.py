"""The density of the noise, alone or beside the fitted line."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from steepest.pictures.line import LineView
from steepest.pictures.noise import NoiseView
from steepest.pictures.style import (
    BLUE,
    GREEN,
    ORANGE,
    PAPER,
    axes_or_new,
    caption,
    label,
    legend,
    rows,
)
from steepest.wording.numbers import number

_SIZE = (9.6, 4.3)  # inches
_BANDS = ((2.0, "± 2σ", 0.12), (1.0, "± σ", 0.3))


def plot(view: NoiseView, ax: Axes | None = None) -> Axes:
    """Draw the residuals' density as bars, and the normal density of the same deviation."""
    ax = axes_or_new(ax)
    ax.stairs(view.heights, view.edges, fill=True, color=BLUE, alpha=0.45, label="residuals")
    name = f"normal, σ = {number(view.deviation)}"
    ax.plot(view.at, view.normal, color=ORANGE, lw=2.0, label=name)
    ax.axvline(0.0, color=GREEN, lw=1.2, ls="--")
    ax.set_ylim(bottom=0.0)
    label(ax, f"true − predicted {view.target}", "density")
    legend(ax)
    return ax


def page(view: NoiseView) -> Axes:
    """The density beside the fitted line, on a new figure; the axes returned are the density's.

    For several features there is no line, and the density stands alone.
    """
    if view.line is None:
        axes = plot(view)
    else:
        figure = Figure(figsize=_SIZE, layout="constrained", facecolor=PAPER)
        left, right = figure.subplots(1, 2)
        _draw_line(view.line, view.deviation, axes_or_new(left))
        axes = plot(view, axes_or_new(right))
    caption(axes, view.note)
    return axes


def _draw_line(line: LineView, deviation: float, ax: Axes) -> None:
    """The rows, the fitted line, and how far the noise reaches on both sides of it."""
    rows(ax, line.x, line.y)
    heights = line.lines.get(line.chosen)
    if heights is not None:
        for times, name, alpha in _BANDS:
            low, high = heights - times * deviation, heights + times * deviation
            ax.fill_between(line.ends, low, high, color=ORANGE, alpha=alpha, lw=0, label=name)
        ax.plot(line.ends, heights, color=ORANGE, lw=2.0, label="fitted line")
    label(ax, line.feature, line.target)
    legend(ax)
