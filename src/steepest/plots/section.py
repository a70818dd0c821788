"""The objective over one parameter, with the path on it."""

from matplotlib.axes import Axes

from steepest.path.words import count
from steepest.plots.style import BLUE, GREEN, MUTED, ORANGE, PAPER, axes_or_new, label, legend
from steepest.views.section import SectionView


def plot(view: SectionView, ax: Axes | None = None) -> Axes:
    """Draw the curve, the steps on it, the minimum, the start and the chosen step."""
    ax = axes_or_new(ax)
    ax.plot(view.values, view.objective, color=MUTED, lw=1.2)
    ax.plot(view.steps, view.step_objectives, "o", color=ORANGE, ms=4, label="steps")
    ax.plot(view.steps[:1], view.step_objectives[:1], "s", color=BLUE, ms=7, label="start")
    ax.plot(*([value] for value in view.minimum), "P", color=GREEN, ms=9, label="minimum")
    if view.chosen in view.index:
        place = view.index.index(view.chosen)
        ax.plot(
            view.steps[[place]],
            view.step_objectives[[place]],
            "D",
            color=MUTED,
            markerfacecolor=PAPER,
            ms=6,
            label=f"chosen, epoch {count(float(view.chosen))}",
        )
    label(ax, view.label, view.objective_label)
    legend(ax)
    return ax
