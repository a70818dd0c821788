"""A study on one page: each path on the curve or on contours, the objectives, the first steps."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpecFromSubplotSpec, SubplotSpec
from matplotlib.transforms import Bbox

from steepest.pictures import (
    curve_plot as section,
)
from steepest.pictures import (
    study_contour_plot as tracks,
)
from steepest.pictures import (
    study_objectives_plot as several,
)
from steepest.pictures.study_objectives_plot import evenly
from steepest.pictures.study_page import StudyView
from steepest.pictures.style import GRID, INK, MUTED, PAPER, axes_or_new, label, shown
from steepest.wording.numbers import number

WIDTH = 11.0  # inches
MOST_PANELS = 12
_PANELS = 3  # beside each other
_PANEL, _CURVES, _TRACKS, _ROW = 2.35, 3.3, 5.2, 0.24  # inches high
_MOST_CELLS = 16  # beside each other in the table
_MOST_RUNS = 24  # rows of the table of runs
_LETTERS = 150  # likewise


def page(view: StudyView) -> Axes:
    """Draw everything on a new figure, and return the axes of the objectives."""
    above = _above(view)
    heights = [above, _CURVES, _table_height(view)]
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.5), layout="constrained", facecolor=PAPER)
    figure.get_layout_engine().set(h_pad=0.1, w_pad=0.08)  # type: ignore[union-attr, call-arg]  # constrained has both
    rows = [height for height in heights if height]
    grid = figure.add_gridspec(len(rows), 1, height_ratios=rows)
    if view.curves:
        _draw_curves(view, figure, grid[0])
    elif view.tracks is not None:
        tracks.plot(view.tracks, axes_or_new(figure.add_subplot(grid[0])))
    axes = _draw_objectives(view, figure, grid[1 if above else 0])
    if _table_height(view):
        _draw_table(view, figure.add_subplot(grid[len(rows) - 1]))
    return axes


def _above(view: StudyView) -> float:
    if view.curves:
        return _PANEL * math.ceil(min(len(view.curves), MOST_PANELS) / _PANELS)
    return _TRACKS if view.tracks is not None else 0.0


def _draw_curves(view: StudyView, figure: Figure, room: SubplotSpec) -> None:
    places = evenly(len(view.curves), MOST_PANELS)
    count = len(places)
    grid = GridSpecFromSubplotSpec(math.ceil(count / _PANELS), _PANELS, subplot_spec=room)
    for i, place in enumerate(places):
        curve = view.curves[place]
        ax = axes_or_new(figure.add_subplot(grid[i // _PANELS, i % _PANELS]))
        section.draw_standing(curve, ax)
        section.draw_steps(curve, ax)
        label(ax, curve.label, curve.objective_label if i % _PANELS == 0 else "")
        title = f"{shown(view.labels[place], 30)}: {view.outcomes[place]}"
        ax.set_title(title, fontsize=9.5, color=INK, loc="left", parse_math=False)
        if i == 0:
            handles, words = ax.get_legend_handles_labels()
            # Each path has a last epoch of its own.
            words = ["last step" if word.startswith("last,") else word for word in words]
            figure.legend(
                handles, words, loc="outside upper left", ncols=6,
                frameon=False, fontsize=8.5, labelcolor=INK,
            )  # fmt: skip


def _draw_objectives(view: StudyView, figure: Figure, place: SubplotSpec) -> Axes:
    """On a linear and on a logarithmic axis."""
    grid = GridSpecFromSubplotSpec(1, 2, subplot_spec=place)
    axes = several.plot(view.linear, axes_or_new(figure.add_subplot(grid[0])))
    several.plot(view.log, axes_or_new(figure.add_subplot(grid[1])))
    return axes


def _columns(view: StudyView) -> list[tuple[str, list[str]]]:
    """Heading and cells: the epochs, then parameters and objective of each path.

    A path's label ends over its last column, and reaches over the others.
    """
    columns = [("\nepoch", [str(k) for k in view.rows])]
    each = len(view.names) + 1
    room = _LETTERS * each // (1 + each * len(view.labels)) - 2
    for i, name in enumerate(view.labels):
        for j, parameter in enumerate(view.names):
            cells = [_cell(value) for value in view.parameters[i, :, j]]
            columns.append((f"\n{shown(parameter, 12)}", cells))
        heading = f"{shown(name, room)}\nobjective"
        columns.append((heading, [_cell(value) for value in view.objectives[i]]))
    return columns


def _numbers_of_runs(view: StudyView) -> list[tuple[str, list[str]]]:
    """Heading and cells of the table of runs."""
    columns = list(zip(*view.runs, strict=True))
    return [(f"\n{head}", [shown(cell, 30) for cell in cells]) for head, *cells in columns]


def _cell(value: float) -> str:
    return "" if math.isnan(value) else number(value).replace("-", "−")


def _table_height(view: StudyView) -> float:
    """0 where the table is too wide or too long for the page."""
    if view.runs:
        return _ROW * (len(view.runs) + 1.2) if len(view.runs) <= _MOST_RUNS else 0.0
    wide = 1 + len(view.labels) * (len(view.names) + 1) > _MOST_CELLS
    return 0.0 if wide else _ROW * (len(view.rows) + 2.2)


def _draw_table(view: StudyView, ax: Axes) -> None:
    columns = _numbers_of_runs(view) if view.runs else _columns(view)
    ax.set_axis_off()
    rows = [list(cells) for cells in zip(*(cells for _, cells in columns), strict=True)]
    made = ax.table(
        rows, colLabels=[heading for heading, _ in columns], bbox=Bbox.unit(),
        cellLoc="right", colLoc="right", edges="horizontal",
    )  # fmt: skip
    made.auto_set_font_size(False)
    made.set_fontsize(8.0)
    for (row, _), cell in made.get_celld().items():
        cell.set_edgecolor(GRID)
        cell.set_height(1.9 if row == 0 else 1.0)
        text = cell.get_text()
        text.set_color(MUTED if row == 0 else INK)
        text.set_parse_math(False)
