"""The density of eigenvalues on a logarithmic axis: few large ones among many near 0."""

from matplotlib.axes import Axes

from steepest.pictures.spectrum import SpectrumView
from steepest.pictures.style import BLUE, GREEN, axes_or_new, caption, label, log_ticks


def plot(view: SpectrumView, ax: Axes | None = None) -> Axes:
    """Draw the density, and a line at 0."""
    given = ax
    ax = axes_or_new(ax)
    ax.fill_between(view.at, view.heights[0], view.density, color=BLUE, alpha=0.25, lw=0)
    ax.plot(view.at, view.density, color=BLUE, lw=1.4)
    ax.axvline(0.0, color=GREEN, lw=1.2, ls="--")
    ax.set_yscale("log")
    ax.set_ylim(*view.heights)
    ax.set_xlim(view.at[0], view.at[-1])
    log_ticks(ax.yaxis, *view.heights)
    label(ax, "eigenvalue of the second derivative", "density")
    if given is None:
        caption(ax, view.note)
    return ax
