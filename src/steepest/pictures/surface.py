"""The objective as a surface in three dimensions, with the path at its recorded objectives."""

from typing import Any

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.pictures.contour import ContourView
from steepest.pictures.new_figure import new_figure
from steepest.pictures.objective_grid import ObjectiveGrid
from steepest.pictures.style import (
    INK,
    MUTED,
    ORANGE,
    PAPER,
    Axes,
    legend,
    plot_chosen,
    plot_minimum,
    plot_start,
    plot_steps,
    shortened,
    with_gaps,
)
from steepest.wording.fact import phrase

SIZE = (6.4, 5.4)  # inches
_CELLS = 60  # along an axis
_ROOM = 1.3  # the surface is cut off so many times as high as the highest step


def plot(view: ContourView, ax: Axes | None = None) -> Axes:
    """Draw the surface and the path on `ax`, which must have three dimensions, or on new axes."""
    axes: Axes = axes_or_new_3d(ax)
    draw_background(view, axes)
    draw_steps(view, axes)
    legend(axes)
    return axes


def axes_or_new_3d(ax: Axes | None) -> Any:
    """The axes given, which must have three dimensions, or those of a new figure.

    Raises InputError for axes of two dimensions.
    """
    from mpl_toolkits.mplot3d import Axes3D  # type: ignore[import-untyped]  # has no stubs

    if ax is None:
        figure = new_figure(SIZE, facecolor=PAPER)
        made = figure.add_axes((0.02, 0.1, 0.86, 0.8), projection="3d", computed_zorder=False)
        assert isinstance(made, Axes3D)
        made.set_facecolor(PAPER)
        made.view_init(elev=32.0, azim=-58.0)
        made.tick_params(labelsize=8, colors=MUTED, labelcolor=INK)
        return made
    if not isinstance(ax, Axes3D):
        raise InputError('a surface needs axes made with projection="3d".')
    return ax


def draw_background(view: ContourView, ax: Axes) -> None:
    """The surface and its minimum. It is cut off above the path, and has holes where the objective
    is no number; it never hides the path.
    """
    solid = axes_or_new_3d(ax)
    low, high = _heights(view)
    solid.add_collection3d(_surface(view.grid, high), autolim=False)
    path, grid = view.path, view.grid
    if path.minimum is not None:
        name = phrase("local minimum" if path.local else "least")
        plot_minimum(ax, np.append(path.minimum, path.least), name, zorder=6)
    solid.set_xlim(grid.x[0], grid.x[-1])
    solid.set_ylim(grid.y[0], grid.y[-1])
    solid.set_zlim(low, high)
    names = (*grid.labels, grid.objective_label)
    for axis, name in zip((solid.xaxis, solid.yaxis, solid.zaxis), names, strict=True):
        # Slanted labels have room for a short name; what a direction is made of is in the note.
        axis.set_label_text(shortened(name.split(":")[0]), parse_math=False, color=INK, fontsize=10)
    solid.zaxis.labelpad = 4.0 + 1.6 * len(f"{max(abs(low), abs(high)):.0f}")


def draw_steps(view: ContourView, ax: Axes) -> None:
    """The steps of the view at their recorded objectives, and the updates between them."""
    path = view.path
    points = np.column_stack([path.points, path.objectives])
    ax.plot(*with_gaps(path.index, points).T, color=ORANGE, lw=1.0, zorder=4)
    plot_steps(ax, points, path.exact, path.off, phrase("steps, off the surface"), zorder=5)
    plot_start(ax, points, zorder=6)
    if view.chosen in path.index:
        plot_chosen(ax, points[path.index.index(view.chosen)], view.chosen_label, 5, 7)


def lay_on_page(ax: Axes) -> None:
    """Make the surface ready for a page of HTML, whose paper is behind it."""
    solid = axes_or_new_3d(ax)
    for cells in solid.collections:
        cells.set_rasterized(True)  # thousands of them
    for axis in (solid.xaxis, solid.yaxis, solid.zaxis):
        axis.set_pane_color("none")
        axis.line.set_color(MUTED)


def _heights(view: ContourView) -> tuple[float, float]:
    surface = view.grid.objective
    steps = view.path.objectives[~view.path.undefined]
    low = min(float(steps.min()), view.grid.least)
    highest = float(np.nanmax(surface))
    top = min(highest, low + _ROOM * (float(steps.max()) - low))
    # A path that hardly climbs would cut off all there is to see.
    high = max(top, float(np.nanquantile(surface, 0.25)), float(steps.max()))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _surface(grid: ObjectiveGrid, high: float) -> Any:
    """Its cells, coloured by height and shaded, without those cut off or of no number."""
    from matplotlib import colormaps
    from matplotlib.colors import LightSource
    from mpl_toolkits.mplot3d.art3d import (  # type: ignore[import-untyped]  # has no stubs
        Poly3DCollection,
    )

    rows, columns = (
        np.linspace(0, n - 1, min(n, _CELLS)).astype(int) for n in grid.objective.shape
    )
    x, y = np.meshgrid(grid.x[columns], grid.y[rows])
    z = grid.objective[np.ix_(rows, columns)]
    corners = np.stack([x, y, z], axis=-1)
    cells = np.stack(
        [corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2
    )
    low = grid.least
    heights = np.where(np.isnan(z), low, np.minimum(z, high))
    span = (high - low) or 1.0
    shade = LightSource(azdeg=300.0, altdeg=50.0).hillshade(heights, vert_exag=_CELLS / 3.0 / span)
    colors = colormaps["viridis"](((heights - low) / span) ** 0.5)[..., :3]
    colors = (0.35 * colors + 0.65) * (0.75 + 0.25 * shade[..., None])
    colors = colors[:-1, :-1].clip(0.0, 1.0)
    with np.errstate(invalid="ignore"):
        whole = (cells[..., 2] <= high).all(axis=-1)
        rim = (cells[..., 2] <= high).any(axis=-1) & ~whole & ~np.isnan(cells[..., 2]).any(axis=-1)
    return Poly3DCollection(
        [*cells[whole], *(_below(cell, high) for cell in cells[rim])],
        facecolors=np.concatenate([colors[whole], colors[rim]]),
        edgecolors=(0.0, 0.0, 0.0, 0.12), linewidths=0.2, zorder=1,
    )  # fmt: skip


def _below(cell: Floats, high: float) -> Floats:
    """The part of a polygon (n, 3) that is no higher, which is a polygon again."""
    corners = []
    for start, end in zip(cell, np.roll(cell, -1, axis=0), strict=True):
        if start[2] <= high:
            corners.append(start)
        if (start[2] <= high) != (end[2] <= high):
            corners.append(start + (high - start[2]) / (end[2] - start[2]) * (end - start))
    return np.array(corners)
