"""Several paths on shared contours."""

from matplotlib.axes import Axes

from steepest.pictures.contour_plot import with_gaps
from steepest.pictures.objective_grid_plot import draw_ground
from steepest.pictures.study_objectives_plot import MOST_NAMED, series
from steepest.pictures.study_page import TracksView
from steepest.pictures.style import GREEN, INK, PAPER, axes_or_new, legend, shown, step_size


def plot(view: TracksView, ax: Axes | None = None) -> Axes:
    """Draw the contours, and each path with its last step as a diamond."""
    ax = axes_or_new(ax)
    draw_ground(view.ground, ax)
    named = len(view.tracks) <= MOST_NAMED
    for track, (color, style) in zip(view.tracks, series(len(view.tracks)), strict=True):
        x, y = with_gaps(track.index, track.steps).T
        size = step_size(len(track.steps)) * 0.75
        name = shown(track.label, 26) if named else None
        ax.plot(
            x, y, marker="o", ms=size, color=color, ls=style, lw=1.2, alpha=0.9, label=name,
            zorder=3,
        )  # fmt: skip
        ax.plot(*track.steps[-1:].T, "D", color=color, mfc=PAPER, ms=5, zorder=4)
    for track in view.tracks:
        ax.plot(*track.steps[:1].T, "s", color=INK, ms=6, zorder=4.5)
    if len(view.minima):
        plural = "minima" if len(view.minima) > 1 else "minimum"
        name = f"local {plural}" if view.local else "least"
        ax.plot(*view.minima.T, "P", color=GREEN, ms=9, mec=PAPER, label=name, zorder=5)
    legend(ax)
    return ax
