"""The landscape around a path of a model: contours on a plane, and the steps on it."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Booleans, Floats
from steepest.pictures.drawn_steps import drawn_steps
from steepest.pictures.objective_grid import ObjectiveGrid, draw_contours, drawable, levels_of
from steepest.pictures.picture import with_caption
from steepest.pictures.style import (
    GREEN,
    ORANGE,
    PAPER,
    Axes,
    axes_or_new,
    legend,
    plot_start,
    plot_steps,
)
from steepest.pictures.thinned_steps import thin
from steepest.watching.measure.landscape import MeasuredLandscape
from steepest.wording.fact import Fact, fact, phrase

ON_PLANE = 1e-6  # of the path's extent: a step nearer to the plane lies on it
_FIRST, _VISIBLE = 40, 120


@final
@dataclass(frozen=True, eq=False)
class LandscapeView:
    """The surface `grid`, and the steps `index` on it, at `steps` (m, 2).

    `exact` (m,): the steps that lie on the plane; the others are projections, of which the surface
    does not show the objective. `notes`: how much of the path's motion the plane holds, and how
    far from it the steps lie.
    """

    grid: ObjectiveGrid
    index: tuple[int, ...]
    steps: Floats
    exact: Booleans
    notes: tuple[Fact, ...]

    @staticmethod
    def of(landscape: MeasuredLandscape) -> "LandscapeView":
        """The view of a landscape; of a long path evenly spread steps."""
        surface = drawable(landscape.objective)
        grid = ObjectiveGrid(
            labels=_labels(landscape),
            objective_label=phrase("objective"),
            x=landscape.x,
            y=landscape.y,
            objective=surface,
            levels=levels_of(surface, np.inf),
            equal=_equal(landscape),
        )
        count = len(landscape.index)
        visible = list(thin(count - 1, _FIRST, _VISIBLE) if count > _VISIBLE else range(count))
        return LandscapeView(
            grid=grid,
            index=tuple(landscape.index[place] for place in visible),
            steps=landscape.points[visible],
            exact=landscape.distances[visible] <= ON_PLANE * _extent(landscape),
            notes=tuple(_notes(landscape)),
        )


def draw(landscape: MeasuredLandscape, ax: Axes | None = None) -> Axes:
    """Draw a landscape on `ax`, or with its caption on a new figure."""
    return with_caption(plot, LandscapeView.of(landscape), ax)


def plot(view: LandscapeView, ax: Axes | None = None) -> Axes:
    """Draw the contours and the path; steps off the plane are hollow, the last is a diamond."""
    ax = axes_or_new(ax)
    draw_contours(view.grid, ax, [view.steps if len(view.steps) else np.zeros((1, 2))])
    if len(view.steps):
        low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
        dots, line = drawn_steps(tuple(range(len(view.steps))), view.steps, low, high)
        ax.plot(*line.T, color=ORANGE, lw=0.9, alpha=0.8, zorder=3)
        off = phrase("steps, projected")
        plot_steps(ax, view.steps, view.exact & dots, ~view.exact & dots, off)
        plot_start(ax, view.steps)
        last = phrase("marked step", called="last", unit="step", epoch=view.index[-1])
        ax.plot(*view.steps[-1:].T, "D", color=GREEN, mec=PAPER, ms=8, label=last, zorder=4.5)
    else:
        ax.plot(0.0, 0.0, "D", color=GREEN, mec=PAPER, ms=8, label=phrase("model"), zorder=4)
    legend(ax)
    return ax


def _labels(landscape: MeasuredLandscape) -> tuple[str, str]:
    if landscape.kind == "random":
        one = phrase("random direction 1, filters as long as the model's")
        return one, phrase("random direction 2")
    shares = landscape.held.tolist() if np.isfinite(landscape.held[0]) else [None, None]
    one, two = (
        phrase("main direction", place=place, share=share) for place, share in enumerate(shares, 1)
    )
    return one, two


def _notes(landscape: MeasuredLandscape) -> list[Fact]:
    through_path = landscape.kind == "path"
    notes = [fact("plane through the last step") if through_path else fact("random plane")]
    if not len(landscape.index):
        return [*notes, fact("model in the middle")]
    extent, largest = _extent(landscape), float(landscape.distances.max())
    if largest <= ON_PLANE * extent:
        return [*notes, fact("steps lie on the plane")]
    return [
        *notes,
        fact("motion in the plane", share=float(landscape.held.sum())),
        fact("steps lie off the plane", distance=largest, share=largest / extent),
        fact("hollow steps are projections"),
    ]


def _extent(landscape: MeasuredLandscape) -> float:
    """About the path's extent: its greatest distance from the origin."""
    along = np.linalg.norm(landscape.points @ landscape.directions, axis=1)
    return float(np.hypot(along, landscape.distances).max(initial=0.0)) or 1.0


def _equal(landscape: MeasuredLandscape) -> bool:
    """Whether both axes have one scale: the grid was laid out that way."""
    return bool(
        landscape.kind == "path"
        and np.isclose(np.ptp(landscape.x) / np.ptp(landscape.y), 4.0 / 3.0)
    )
