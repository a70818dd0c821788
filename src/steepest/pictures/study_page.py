"""A study on one page: each path on the curve or on contours, the objectives, the first steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from msgspec.structs import replace

from steepest.arrays import Floats
from steepest.path.path import DescentPath
from steepest.path.several import SeveralPaths
from steepest.pictures import curve, study_contour, study_objectives
from steepest.pictures.chart_drawing import plot_chart
from steepest.pictures.curve import CurveView, curve_window, path_along
from steepest.pictures.new_figure import new_figure
from steepest.pictures.study_contour import StudyContourView
from steepest.pictures.study_objectives import ObjectivesView, evenly
from steepest.pictures.style import (
    GRID,
    INK,
    MUTED,
    PAPER,
    Axes,
    label,
    run_styles,
    shortened,
)
from steepest.pictures.subject import Subject
from steepest.pictures.tracks import in_one_window
from steepest.translation import said_of, translated
from steepest.wording.fact import phrase
from steepest.wording.numbers import number, with_minus

WIDTH = 11.0  # inches
MOST_PANELS = 12
_PANELS = 3  # beside each other
_PANEL, _CURVES, _TRACKS, _ROW = 2.35, 3.3, 5.2, 0.24  # inches high
_MOST_CELLS = 16  # beside each other in the table
_MOST_RUNS = 24  # rows of the table of runs
_LETTERS = 150  # likewise
_ROWS = 6  # of the first epochs


@final
@dataclass(frozen=True, eq=False)
class StudyView:
    """Paths side by side.

    - `linear`, `log`: their objectives on either kind of axis
    - `curves`: each path on the curve, where there is one parameter; else empty
    - `contour`: the paths on shared contours, where there are two; else None
    - `outcomes`: how each ended, in a word or two
    - `rows` (r,): the first epochs; `parameters` (n, r, d), `objectives` (n, r): their points, in
      the user's units, nan after a path's end
    - `runs`: heads and cells of the table of runs, where the first epochs are not shown; else empty
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    outcomes: tuple[str, ...]
    linear: ObjectivesView
    log: ObjectivesView
    curves: tuple[CurveView, ...]
    contour: StudyContourView | None
    rows: tuple[int, ...]
    parameters: Floats
    objectives: Floats
    runs: tuple[tuple[str, ...], ...]

    @staticmethod
    def of(study: SeveralPaths, rows: int = _ROWS) -> "StudyView":
        """The runs of a study; of a table or a model only objectives and the table of runs."""
        paths = study.paths if study.is_of_function else ()
        subjects = [Subject.of(path) for path in paths]
        names = paths[0].names if paths else ()
        longest = max((path.epochs for path in paths), default=-1)
        epochs = tuple(range(min(rows, 1 + longest)))
        parameters, objectives = _first_rows(paths, names, len(epochs))
        return StudyView(
            labels=study.labels,
            names=names,
            outcomes=tuple(path.verdict.manner or path.verdict.kind for path in paths),
            linear=ObjectivesView.of(study, "linear"),
            log=ObjectivesView.of(study, "log"),
            curves=shared_curves(subjects) if len(names) == 1 else (),
            contour=StudyContourView.of(subjects, study.labels) if len(names) == 2 else None,
            rows=epochs,
            parameters=parameters,
            objectives=objectives,
            runs=() if paths else tuple(map(tuple, study.table())),
        )


def page(view: StudyView) -> Axes:
    """Draw everything on a new figure, and return the axes of the objectives."""
    above = _above(view)
    heights = [above, _CURVES, _table_height(view)]
    figure = new_figure((WIDTH, sum(heights) + 0.5), layout="constrained", facecolor=PAPER)
    figure.get_layout_engine().set(h_pad=0.1, w_pad=0.08)  # type: ignore[union-attr, call-arg]  # constrained has both
    rows = [height for height in heights if height]
    grid = figure.add_gridspec(len(rows), 1, height_ratios=rows)
    if view.curves:
        _draw_curves(view, figure, grid[0])
    elif view.contour is not None:
        plot_chart(study_contour.chart(view.contour), figure.add_subplot(grid[0]))
    axes = _draw_objectives(view, figure, grid[1 if above else 0])
    if _table_height(view):
        _draw_table(view, figure.add_subplot(grid[len(rows) - 1]))
    return axes


def shared_curves(subjects: list[Subject]) -> tuple[CurveView, ...]:
    """Each path on the curve, in one window unless it goes much farther than the others."""
    paths = [path_along(subject) for subject in subjects]
    near = in_one_window(subjects, paths)
    shared = curve_window(near)
    return tuple(
        CurveView.within(subject, path, shared if path in near else curve_window([path]), 3)
        for subject, path in zip(subjects, paths, strict=True)
    )


def _first_rows(
    paths: Sequence[DescentPath], names: Sequence[str], rows: int
) -> tuple[Floats, Floats]:
    parameters = np.full((len(paths), rows, len(names)), np.nan)
    objectives = np.full((len(paths), rows), np.nan)
    for i, path in enumerate(paths):
        for k in range(min(rows, path.epochs + 1)):
            step = path.at(k)
            parameters[i, k], objectives[i, k] = step.parameters, step.objective
    return parameters, objectives


def _above(view: StudyView) -> float:
    if view.curves:
        return _PANEL * math.ceil(min(len(view.curves), MOST_PANELS) / _PANELS)
    return _TRACKS if view.contour is not None else 0.0


def _draw_curves(view: StudyView, figure: Any, room: Any) -> None:
    from matplotlib.gridspec import GridSpecFromSubplotSpec

    places = evenly(len(view.curves), MOST_PANELS)
    grid = GridSpecFromSubplotSpec(math.ceil(len(places) / _PANELS), _PANELS, subplot_spec=room)
    styles, marks = run_styles(len(view.curves)), dict[str, Any]()
    for i, place in enumerate(places):
        panel, color = view.curves[place], styles[place][0]
        ax = figure.add_subplot(grid[i // _PANELS, i % _PANELS])
        drawn = replace(curve.chart(panel, place), runs=len(view.curves))
        plot_chart(drawn, ax, named=False)
        label(ax, panel.label, panel.objective_label if i % _PANELS == 0 else "")
        title = said_of(shortened(view.labels[place], 30), translated(view.outcomes[place]))
        ax.set_title(title, fontsize=9.5, color=INK, loc="left", parse_math=False)
        for handle, name in zip(*ax.get_legend_handles_labels(), strict=True):
            # Each path has a last epoch of its own.
            named = phrase("last step") if name == panel.chosen_label else name
            marks.setdefault(named, _without_colour(handle, color))
    figure.legend(
        list(marks.values()), list(marks), loc="outside upper left", ncols=6,
        frameon=False, fontsize=8.5, labelcolor=INK,
    )  # fmt: skip


def _without_colour(handle: Any, color: str) -> Any:
    """A mark of one path as the legend shows that of all: grey where each has its own colour."""
    from matplotlib.lines import Line2D

    mark = Line2D([], [])
    mark.update_from(handle)
    mark.set_markersize(max(handle.get_markersize(), 3.5))
    if handle.get_color() == color:
        mark.set_color(MUTED)
        if handle.get_markerfacecolor() == color:
            mark.set_markerfacecolor(MUTED)
        mark.set_markeredgecolor(MUTED)
    return mark


def _draw_objectives(view: StudyView, figure: Any, room: Any) -> Axes:
    """On a linear and on a logarithmic axis."""
    from matplotlib.gridspec import GridSpecFromSubplotSpec

    grid = GridSpecFromSubplotSpec(1, 2, subplot_spec=room)
    left: Axes = figure.add_subplot(grid[0])
    right: Axes = figure.add_subplot(grid[1])
    study_objectives.draw(view.linear, left)
    study_objectives.draw(view.log, right)
    study_objectives.name_curves(view.log, right)
    return left


def _columns(view: StudyView) -> list[tuple[str, list[str]]]:
    """Heading and cells: the epochs, then parameters and objective of each path."""
    columns = [(phrase("epoch"), [str(k) for k in view.rows])]
    for i in range(len(view.labels)):
        for j, parameter in enumerate(view.names):
            cells = [_cell(value) for value in view.parameters[i, :, j]]
            columns.append((shortened(parameter, 12), cells))
        columns.append((phrase("objective"), [_cell(value) for value in view.objectives[i]]))
    return columns


def _numbers_of_runs(view: StudyView) -> list[tuple[str, list[str]]]:
    """Heading and cells of the table of runs."""
    columns = list(zip(*view.runs, strict=True))
    return [(head, [with_minus(shortened(cell, 30)) for cell in cells]) for head, *cells in columns]


def _cell(value: float) -> str:
    return "" if math.isnan(value) else with_minus(number(value))


def _table_height(view: StudyView) -> float:
    """0 where the table is too wide or too long for the page."""
    if view.runs:
        return _ROW * (len(view.runs) + 1.2) if len(view.runs) <= _MOST_RUNS else 0.0
    wide = 1 + len(view.labels) * (len(view.names) + 1) > _MOST_CELLS
    return 0.0 if wide else _ROW * (len(view.rows) + 2.2)


def _draw_table(view: StudyView, ax: Axes) -> None:
    from matplotlib.transforms import Bbox

    columns = _numbers_of_runs(view) if view.runs else _columns(view)
    ax.set_axis_off()
    ax.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0))
    rows = [list(cells) for cells in zip(*(cells for _, cells in columns), strict=True)]
    above = 0.0 if view.runs else 1.2 / (len(rows) + 2.2)  # for the names of the paths
    table = ax.table(
        rows, colLabels=[heading for heading, _ in columns], cellLoc="right", colLoc="right",
        bbox=Bbox([[0.0, 0.0], [1.0, 1.0 - above]]), edges="horizontal",
    )  # fmt: skip
    table.auto_set_font_size(False)
    table.set_fontsize(8.0)
    for (row, _), cell in table.get_celld().items():
        cell.set_edgecolor(GRID)
        text = cell.get_text()
        text.set_color(MUTED if row == 0 else INK)
        text.set_parse_math(False)
    if view.runs:
        _draw_samples(len(rows), ax)
    else:
        _draw_heads(view, ax, 1.0 - above)


def _draw_samples(runs: int, ax: Axes) -> None:
    """A piece of its curve before the row of each run."""
    for i, (color, style) in enumerate(run_styles(runs)[:runs]):
        height = 1.0 - (i + 1.5) / (runs + 1)
        ax.plot([-0.035, -0.01], [height] * 2, color=color, ls=style, lw=1.8, clip_on=False)


def _draw_heads(view: StudyView, ax: Axes, floor: float) -> None:
    """The name of each path over all of its columns, with a line as its curve's between them."""
    each = len(view.names) + 1
    width = 1.0 / (1 + each * len(view.labels))
    room = int(_LETTERS * each * width) - 2
    for i, (name, (color, style)) in enumerate(
        zip(view.labels, run_styles(len(view.labels)), strict=False)
    ):
        left, right = (1 + each * i + 0.25) * width, (1 + each * (i + 1)) * width
        ax.plot([left, right], [floor, floor], color=color, ls=style, lw=1.8, clip_on=False)
        ax.text(
            0.5 * (left + right), floor + 0.02, shortened(name, room), ha="center", va="bottom",
            fontsize=8.0, color=INK, parse_math=False,
        )  # fmt: skip
