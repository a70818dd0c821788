"""The objective as a surface in three dimensions, with the path at its recorded objectives."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LightSource
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D  # type: ignore[import-untyped]  # has no stubs
from mpl_toolkits.mplot3d.art3d import Poly3DCollection  # type: ignore[import-untyped]  # has none

from steepest.errors import InputError
from steepest.pictures.contour import ContourView
from steepest.pictures.contour_plot import with_gaps
from steepest.pictures.objective_grid import Ground
from steepest.pictures.style import BLUE, GREEN, INK, MUTED, ORANGE, PAPER, legend, shown, step_size
from steepest.wording.numbers import count

SIZE = (6.4, 5.4)  # inches
_CELLS = 60  # along an axis
_ROOM = 1.3  # the surface is cut off so many times as high as the highest step


def plot(view: ContourView, ax: Axes | None = None) -> Axes:
    """Draw the surface and the path on `ax`, which must have three dimensions, or on new axes.

    The surface is cut off above the path, and has holes where the objective is no number. It never
    hides the path. Raises InputError for axes of two dimensions.
    """
    axes: Axes = axes_or_new_3d(ax)
    draw_standing(view, axes)
    draw_steps(view, axes)
    legend(axes)
    return axes


def axes_or_new_3d(ax: Axes | None) -> Axes3D:
    """The axes given, which must have three dimensions, or those of a new figure."""
    if ax is None:
        figure = Figure(figsize=SIZE, facecolor=PAPER)
        made = figure.add_axes((0.02, 0.1, 0.86, 0.8), projection="3d", computed_zorder=False)
        assert isinstance(made, Axes3D)
        made.set_facecolor(PAPER)
        made.view_init(elev=32.0, azim=-58.0)
        made.tick_params(labelsize=8, colors=MUTED, labelcolor=INK)
        return made
    if not isinstance(ax, Axes3D):
        raise InputError('a surface needs axes made with projection="3d".')
    return ax


def draw_standing(view: ContourView, ax: Axes) -> None:
    """What is there before the first step: the surface and its minimum."""
    assert isinstance(ax, Axes3D)
    low, high = _heights(view)
    ax.add_collection3d(_surface(view.ground, high), autolim=False)
    if view.minimum is not None:
        name = "local minimum" if view.local else "least"
        ax.plot(
            *view.minimum[:, None], [view.least], "P",
            color=GREEN, ms=9, mec=PAPER, label=name, zorder=6,
        )  # fmt: skip
    ax.set_xlim(view.ground.x[0], view.ground.x[-1])
    ax.set_ylim(view.ground.y[0], view.ground.y[-1])
    ax.set_zlim(low, high)
    names = (*view.ground.labels, view.ground.objective_label)
    for axis, name in zip((ax.xaxis, ax.yaxis, ax.zaxis), names, strict=True):
        # Slanted labels have room for a short name; what a direction is made of is in the note.
        axis.set_label_text(shown(name.split(":")[0]), parse_math=False, color=INK, fontsize=10)
    ax.zaxis.labelpad = 4.0 + 1.6 * len(f"{max(abs(low), abs(high)):.0f}")


def draw_steps(view: ContourView, ax: Axes) -> None:
    """The steps of the view at their recorded objectives, and the updates between them."""
    assert isinstance(ax, Axes3D)
    places = np.column_stack([view.steps, view.step_objectives])
    ax.plot(*with_gaps(view.index, places).T, color=ORANGE, lw=1.0, zorder=4)
    size = step_size(len(view.steps))
    for mask, face, name in (
        (view.exact, ORANGE, "steps"),
        (~view.exact & ~view.undefined, PAPER, "steps, off the surface"),
    ):
        if mask.any():
            ax.plot(*places[mask].T, "o", color=ORANGE, mfc=face, ms=size, label=name, zorder=5)
    ax.plot(*places[:1].T, "s", color=BLUE, ms=7, label="start", zorder=6)
    if view.chosen in view.index:
        place = places[[view.index.index(view.chosen)]]
        name = f"{view.chosen_name}, {view.unit} {count(view.chosen_epoch)}"
        ax.plot(*place.T, "D", color=MUTED, mfc=PAPER, ms=5, label=name, zorder=7)


def _heights(view: ContourView) -> tuple[float, float]:
    surface = view.ground.objective
    steps = view.step_objectives[~view.undefined]
    low = min(float(steps.min()), view.ground.least)
    highest = float(np.nanmax(surface))
    top = min(highest, low + _ROOM * (float(steps.max()) - low))
    # A path that hardly climbs would cut off all there is to see.
    high = max(top, float(np.nanquantile(surface, 0.25)), float(steps.max()))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _surface(ground: Ground, high: float) -> Poly3DCollection:
    """Its cells, coloured by height and shaded, without those cut off or of no number."""
    rows, columns = (
        np.linspace(0, n - 1, min(n, _CELLS)).astype(int) for n in ground.objective.shape
    )
    x, y = np.meshgrid(ground.x[columns], ground.y[rows])
    z = ground.objective[np.ix_(rows, columns)]
    corners = np.stack([x, y, z], axis=-1)
    cells = np.stack(
        [corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2
    )
    low = ground.least
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


def _below(cell: np.ndarray, high: float) -> np.ndarray:
    """The part of a polygon (n, 3) that is no higher, which is a polygon again."""
    kept = []
    for start, end in zip(cell, np.roll(cell, -1, axis=0), strict=True):
        if start[2] <= high:
            kept.append(start)
        if (start[2] <= high) != (end[2] <= high):
            kept.append(start + (high - start[2]) / (end[2] - start[2]) * (end - start))
    return np.array(kept)
