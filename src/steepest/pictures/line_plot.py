"""The fitted line over the rows."""

from matplotlib.axes import Axes

from steepest.pictures.line import LineView
from steepest.pictures.style import BLUE, MUTED, ORANGE, axes_or_new, label, legend, point_size
from steepest.wording.numbers import count

_STYLES = (":", "--", "-.")


def plot(view: LineView, ax: Axes | None = None) -> Axes:
    """Draw the rows, the lines of the first epochs faintly, and the chosen one."""
    ax = axes_or_new(ax)
    ax.plot(view.x, view.y, "o", color=BLUE, ms=point_size(len(view.x)), alpha=0.5, mew=0)
    low, high = _limits(view)
    for place, (epoch, heights) in enumerate(view.lines.items()):
        chosen = epoch == view.chosen
        color, width, style = (ORANGE, 2.0, "-") if chosen else (MUTED, 1.0, _STYLES[place % 3])
        if heights.max() < low or heights.min() > high:
            continue
        name = f"epoch {count(float(epoch))}"
        ax.plot(view.ends, heights, color=color, lw=width, ls=style, label=name)
    ax.set_ylim(low, high)
    label(ax, view.feature, view.target)
    legend(ax)
    return ax


def _limits(view: LineView) -> tuple[float, float]:
    """Room for the rows, and for the lines as far as they stay within twice the rows' range."""
    low, high = float(view.y.min()), float(view.y.max())
    reach = high - low or abs(high) or 1.0
    heights = [float(value) for line in view.lines.values() for value in line]
    lowest = max(min([low, *heights]), low - reach / 2.0)
    highest = min(max([high, *heights]), high + reach / 2.0)
    pad = 0.05 * (highest - lowest or reach)
    return lowest - pad, highest + pad
