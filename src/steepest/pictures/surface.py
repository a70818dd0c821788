"""The objective as a surface in three dimensions, with the path at its recorded objectives."""

from typing import Any

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.pictures.contour import ContourView
from steepest.pictures.drawn_steps import drawn_steps
from steepest.pictures.new_figure import new_figure
from steepest.pictures.objective_grid import ObjectiveGrid, drawable
from steepest.pictures.style import (
    BLUE,
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
)
from steepest.wording.fact import phrase

SIZE = (6.4, 5.4)  # inches
_CELLS = 20_000  # of the part that is seen, at most where the grid is parted
_FINEST = 6  # parts of a cell of the grid, along both axes
_BELOW = 0.3  # of the surface's height, from the surface down to its contours
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
    """The surface, its contours on the floor, and its minimum. It is cut off along a contour above
    the path, and has holes where the objective is no number; it never hides the path.
    """
    from matplotlib.ticker import MaxNLocator

    solid = axes_or_new_3d(ax)
    low, high = _heights(view)
    path, grid = view.path, view.grid
    solid.add_collection3d(_surface(view, high), autolim=False)
    _draw_contours(grid, high, _floor(low, high), solid)
    if path.minimum is not None:
        name = phrase("local minimum" if path.local else "least")
        plot_minimum(ax, np.append(path.minimum, path.least), name, zorder=6)
    solid.set_xlim(grid.x[0], grid.x[-1])
    solid.set_ylim(grid.y[0], grid.y[-1])
    solid.set_zlim(_floor(low, high), high)
    ticks = MaxNLocator(5).tick_values(low, high)
    solid.set_zticks([tick for tick in ticks if low - 1e-9 * (high - low) <= tick <= high])
    names = (*grid.labels, grid.objective_label)
    for axis, name in zip((solid.xaxis, solid.yaxis, solid.zaxis), names, strict=True):
        # Slanted labels have room for a short name; what a direction is made of is in the note.
        axis.set_label_text(shortened(name.split(":")[0]), parse_math=False, color=INK, fontsize=10)
    solid.zaxis.labelpad = 4.0 + 1.6 * len(f"{max(abs(low), abs(high)):.0f}")


def draw_steps(view: ContourView, ax: Axes) -> None:
    """The steps of the view at their recorded objectives, the updates between them, and these
    below on the floor.
    """
    path, grid = view.path, view.grid
    low, high = _heights(view)
    points = np.column_stack([path.points, path.objectives])
    ends = np.array([[grid.x[0], grid.x[-1]], [grid.y[0], grid.y[-1]], [low, high]])
    dots, line = drawn_steps(path.index, points, *ends.T)
    ax.plot(*line.T, color=ORANGE, lw=1.0, zorder=4)
    floor = np.where(np.isnan(line[:, 2]), np.nan, _floor(low, high))
    ax.plot(*line.T[:2], floor, color=ORANGE, lw=0.6, alpha=0.6, zorder=0.8)
    off = phrase("steps, off the surface")
    plot_steps(ax, points, path.exact & dots, path.off & dots, off, zorder=5)
    plot_start(ax, points, zorder=6)
    if view.chosen in path.index:
        plot_chosen(ax, points[path.index.index(view.chosen)], view.chosen_label, 5, 7)


def _heights(view: ContourView) -> tuple[float, float]:
    surface = view.grid.objective
    steps = view.path.objectives[~view.path.undefined]
    low = min(float(steps.min()), view.grid.least)
    highest = float(np.nanmax(surface))
    top = min(highest, low + _ROOM * (float(steps.max()) - low))
    # A path that hardly climbs would cut off all there is to see.
    high = max(top, float(np.nanquantile(surface, 0.25)), float(steps.max()))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _floor(low: float, high: float) -> float:
    """The height of the contours below the surface."""
    return low - _BELOW * (high - low)


def _draw_contours(grid: ObjectiveGrid, high: float, floor: float, solid: Any) -> None:
    """Those of the part that is not cut off, on the floor, and its rim."""
    objective = np.ma.masked_invalid(grid.objective)
    levels = grid.levels[grid.levels < high]
    if len(levels):
        solid.contour(
            grid.x, grid.y, objective, levels=levels, zdir="z", offset=floor, zorder=0.6,
            colors=BLUE, linestyles="solid", linewidths=0.7, alpha=0.6,
        )  # fmt: skip
    if grid.least < high < float(objective.max()):
        solid.contour(
            grid.x,
            grid.y,
            objective,
            levels=[high],
            colors=MUTED,
            linestyles="solid",
            linewidths=0.8,
            zorder=1.2,
        )


def _surface(view: ContourView, high: float) -> Any:
    """Its parts in the colour of their height."""
    from matplotlib import colormaps
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection  # type: ignore[import-untyped]  # has no stubs

    parts, least = surface_parts(view, high), view.grid.least
    shares = np.array([part[:, 2].mean() - least for part in parts]) / (high - least)
    colors = 0.25 + 0.75 * colormaps["viridis"](np.sqrt(shares.clip(0.0, 1.0)))[:, :3]
    return Poly3DCollection(parts, facecolors=colors, edgecolors=colors, linewidths=0.3, zorder=1)


def surface_parts(view: ContourView, high: float) -> list[Floats]:
    """The surface as polygons (n, 3), without what is above `high` or no number."""
    triangles = _triangles(*_finer(view, high))
    with np.errstate(invalid="ignore"):
        below = triangles[..., 2] <= high
    whole = below.all(axis=-1)
    rim = below.any(axis=-1) & ~whole & ~np.isnan(triangles[..., 2]).any(axis=-1)
    low = min(view.grid.least, float(np.nanmin(triangles[..., 2])))
    return [*triangles[whole], *(_below(each, low, high) for each in triangles[rim])]


def _finer(view: ContourView, high: float) -> tuple[Floats, Floats, Floats]:
    """The objective (m, n) over x (n,) and y (m,), nan away from what is no higher than `high`.

    The smaller that part, the finer: where a narrow valley spans few cells of the grid, its walls
    would have teeth.
    """
    grid = view.grid
    below = np.pad(grid.objective <= high, 1)
    cells = np.lib.stride_tricks.sliding_window_view(below, (4, 4)).any(axis=(-2, -1))
    parts = int(np.clip(np.sqrt(_CELLS / cells.sum()), 1, _FINEST))
    if parts == 1:
        return grid.x, grid.y, grid.objective
    x, y = (np.linspace(a[0], a[-1], parts * (len(a) - 1) + 1) for a in (grid.x, grid.y))
    seen = np.pad(np.kron(cells, np.ones((parts, parts), dtype=bool)), 1)
    seen = seen[1:, 1:] | seen[1:, :-1] | seen[:-1, 1:] | seen[:-1, :-1]
    objective = np.full(seen.shape, np.nan)
    points = np.stack(np.meshgrid(x, y), axis=-1)[seen]
    objective[seen] = drawable(view.path.slice.objectives(points))
    return x, y, objective


def _triangles(x: Floats, y: Floats, objective: Floats) -> Floats:
    """Two triangles (n, 3, 3) for each cell of the grid, parted along the diagonal on which the
    objective differs less: a valley that runs aslant is not torn to pleats.
    """
    corners = np.stack([*np.meshgrid(x, y), objective], axis=-1)
    a, b = corners[:-1, :-1].reshape(-1, 3), corners[:-1, 1:].reshape(-1, 3)
    c, d = corners[1:, 1:].reshape(-1, 3), corners[1:, :-1].reshape(-1, 3)
    along = np.abs(a[:, 2] - c[:, 2]) <= np.abs(b[:, 2] - d[:, 2])
    first = np.where(along[:, None, None], np.stack([a, b, c], 1), np.stack([a, b, d], 1))
    second = np.where(along[:, None, None], np.stack([a, c, d], 1), np.stack([b, c, d], 1))
    return np.concatenate([first, second])


def _below(triangle: Floats, low: float, high: float) -> Floats:
    """The part of a triangle (3, 3) that is no higher, which is a polygon.

    Between two corners the root of the height above the lowest point is taken to be straight: next
    to a minimum it is, and the rim is a smooth contour.
    """
    corners = []
    for start, end in zip(triangle, np.roll(triangle, -1, axis=0), strict=True):
        if start[2] <= high:
            corners.append(start)
        if (start[2] <= high) != (end[2] <= high):
            first, last, cut = np.sqrt(np.array([start[2], end[2], high]) - low)
            corners.append(
                np.append((start + (cut - first) / (last - first) * (end - start))[:2], high)
            )
    return np.array(corners)
