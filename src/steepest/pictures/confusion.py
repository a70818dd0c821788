"""Which classes are taken for which."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from steepest.pictures.classes import ConfusionView
from steepest.pictures.style import BLUE, INK, PAPER, axes_or_new, label, shown

_MAP = LinearSegmentedColormap.from_list("shares", [PAPER, BLUE])
_DARK = 0.55


def plot(view: ConfusionView, ax: Axes | None = None) -> Axes:
    """Draw a field for each pair of classes, the darker the greater its share of the true class."""
    count = len(view.labels)
    ax = axes_or_new(ax, (5.8, 4.3 if count <= 5 else 5.4))
    ax.grid(False)
    shares = np.nan_to_num(view.shares)
    ax.pcolormesh(np.arange(count + 1), np.arange(count + 1), shares, cmap=_MAP, vmin=0, vmax=1)
    for row in range(count):
        for column in range(count):
            _write(view, ax, row, column)
    places = np.arange(count) + 0.5
    names = [shown(name, 16 if count <= 5 else 10) for name in view.labels]
    turn = 30 if sum(map(len, names)) > 60 else 0
    ax.set_xticks(
        places, labels=names, parse_math=False, rotation=turn, ha="right" if turn else "center"
    )
    ax.set_yticks(places, labels=names, parse_math=False)
    ax.tick_params(length=0)
    ax.set_ylim(count, 0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    label(ax, "taken for", "true class")
    return ax


def _write(view: ConfusionView, ax: Axes, row: int, column: int) -> None:
    weight, share = float(view.weights[row, column]), float(view.shares[row, column])
    said = f"{weight:.6g}" if weight < 1e6 else f"{weight:.2g}"
    if not np.isnan(share) and len(view.labels) <= 5:
        said += f"\n{share:.1%}"
    color = PAPER if share > _DARK else INK
    size = 10 if len(view.labels) <= 5 else 7.5
    ax.text(column + 0.5, row + 0.5, said, ha="center", va="center", color=color, fontsize=size)
