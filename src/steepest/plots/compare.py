"""Excess over the minimum against looks at the rows, a curve for each batch size."""

from matplotlib.axes import Axes

from steepest.plots.several import series
from steepest.plots.style import axes_or_new, caption, label, legend, log_ticks
from steepest.results.batch_comparison import Comparison
from steepest.views.compare import ComparisonView

_SIZE = (7.2, 4.6)  # inches
_DOTS = 60  # so many looks have a dot each
_WIDE = 6.0  # of so few looks the first is wide enough for its updates
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def draw_comparison(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Draw a comparison, and return the axes."""
    view = ComparisonView.of(comparison)
    axes = plot(view, ax)
    if ax is None:
        caption(axes, view.note)
    return axes


def plot(view: ComparisonView, ax: Axes | None = None) -> Axes:
    """Draw a curve for each batch size, and dashed where noise holds it."""
    ax = axes_or_new(ax, _SIZE)
    last = max(float(epochs[-1]) for epochs in view.epochs)
    colors = [color for color, _ in series(len(view.labels))]
    for place, (name, epochs, excess, floor, color) in enumerate(
        zip(view.labels, view.epochs, view.excess, view.floors, colors, strict=True)
    ):
        said = "all rows" if name == "full" else f"batch {name}"
        ends = epochs % 1.0 == 0.0
        dots = _MARKERS[place % len(_MARKERS)] if ends.sum() <= _DOTS else ""
        if last <= _WIDE:
            early = epochs <= 1.0
            ax.plot(epochs[early], excess[early], color=color, lw=0.8, alpha=0.5)
        ax.plot(epochs[ends], excess[ends], color=color, lw=1.6, marker=dots, ms=3.6, label=said)
        if floor is not None:
            ax.axhline(floor, color=color, lw=1.1, ls=(0, (5, 3)), alpha=0.8)
    ax.set_xlim(0.0, last or 1.0)
    if view.heights is not None:
        ax.set_yscale("log")
        log_ticks(ax.yaxis, *view.heights)
        ax.set_ylim(*view.heights)
    label(ax, "looks at all rows (epochs)", "objective above its least")
    legend(ax)
    return ax
