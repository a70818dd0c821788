"""Axes of epochs."""

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from steepest.pictures.style import epoch_ticks

_FEW = 40


def epoch_axis(ax: Axes, last: float, log: bool) -> None:
    """Whole epochs from 0 to the last one; logarithmic, with room for epoch 0, where asked."""
    if log:
        ax.set_xscale("symlog", linthresh=1.0)
        epoch_ticks(ax.xaxis, last)
        ax.set_xlim(0.0, last * 1.2)
    elif last == 0.0:
        ax.set_xlim(-0.5, 0.5)
        ax.set_xticks([0.0], labels=["0"])
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def marker(count: int) -> str:
    """A dot at every epoch of a short run."""
    return "o" if count <= _FEW else ""
