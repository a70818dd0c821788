"""A picture as plain data: axes, curves, marks, contours below. Matplotlib draws it
(`chart_drawing.py`), and the browser module of reports and pages.
"""

from math import isfinite
from typing import Literal, TypeAlias

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from steepest.arrays import Array
from steepest.pictures.axis_scale import Kind
from steepest.pictures.objective_grid import ObjectiveGrid
from steepest.pictures.projected_path import ProjectedPath
from steepest.wording.fact import phrase

Look: TypeAlias = Literal[
    "line", "dashes", "level", "path", "start", "last", "minimum", "cross", "tangent", "arrow",
    "dots", "boxes", "spans", "area", "shades",
]  # fmt: skip
Numbers: TypeAlias = list[float | None]

# Colours: places in the list of runs', or of what is no run's.
ORANGE, BLUE, GREEN, SKY, DARK, PLAIN, FAINT = 0, 1, 2, 5, 6, -1, -2


class Axis(msgspec.Struct, frozen=True, omit_defaults=True):
    """An axis from `low` to `high`; where these are None, as far as the curves reach.

    A "symlog" axis is linear up to `threshold` on both sides of 0. Where `low` is the greater the
    axis runs down.

    - `steps`: its values are steps of a path
    - `names`: what stands at 0, 1, 2, … in the place of numbers
    """

    label: str
    kind: Kind = "linear"
    low: float | None = None
    high: float | None = None
    threshold: float = 1.0
    steps: bool = False
    names: list[str] = []


class Series(msgspec.Struct, frozen=True, omit_defaults=True):
    """Points (x, y) that share a `look` and the colour of a run; what is None is not drawn.

    - `name`: for the legend; "" for none
    - `steps`: the step of each point: those after the step that is shown are faint
    - `ends`: how far tangents, arrows and spans lead from their points, and of boxes the opposite
      corners, `(dx, dy)`; an "area" is what its points go around
    - `sizes`: from 0 to 1, of dots, or how full boxes are of colour;   `texts`: in boxes
    - of "shades" `x` and `y` are the sides of columns and rows, and `sizes` the fields by rows
    - `objectives`: at the points of a path;   `off`: places of those that only project onto it
    """

    x: Numbers
    y: Numbers
    name: str = ""
    look: Look = "line"
    colour: int = 0
    steps: list[int] = []
    ends: list[tuple[float, float]] = []
    objectives: Numbers = []
    off: list[int] = []
    sizes: Numbers = []
    texts: list[str] = []


class Ground(msgspec.Struct, frozen=True, omit_defaults=True):
    """The objective, less `base`, on a grid over both axes, by rows from below; and the levels of
    its contours, less `base` too: as a page gets it.
    """

    columns: int
    rows: int
    excess: Numbers
    base: float
    levels: list[float]
    equal: bool  # both axes have one scale
    label: str
    surface: str = ""  # the heading of the same as a surface; "" where that is not drawn


class Chart(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture under its heading; without series it is left out, and `note` says why.

    `square`: it is as high as wide.   `runs`: so many share a study with those of the picture.
    """

    x: Axis = Axis("")
    y: Axis = Axis("")
    series: list[Series] = []
    ground: ObjectiveGrid | Ground | None = None
    note: str = ""
    square: bool = False
    runs: int = 1
    name: str = ""
    heading: str = ""


def series(
    x: ArrayLike, y: ArrayLike, name: str = "", look: Look = "line", colour: int = 0
) -> Series:
    """A curve."""
    return Series(numbers(x), numbers(y), name, look, colour)


def level(height: float, name: str = "", colour: int = GREEN) -> Series:
    """A height of its own, from side to side."""
    return Series([None], numbers([height]), name, "level", colour)


def upright(place: float, name: str = "", colour: int = GREEN) -> Series:
    """A place of its own, from bottom to top."""
    return Series(numbers([place]), [None], name, "level", colour)


def spread(corners: Array, ends: Array, look: Look, name: str = "", colour: int = 0) -> Series:
    """Boxes or spans from `corners` (m, 2) to the corners `ends` (m, 2) opposite."""
    made = marks(corners, name, look, colour)
    ways = [(float(right), float(up)) for right, up in ends - corners]
    return msgspec.structs.replace(made, ends=ways)


def band(x: Array, low: Array, high: Array, name: str, colour: int = 0) -> Series:
    """What lies between two curves, as far as both are known."""
    known = np.isfinite(low) & np.isfinite(high)
    x, low, high = x[known], low[known], high[known]
    around = np.column_stack([np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]])])
    return marks(around, name, "area", colour)


def marks(points: ArrayLike, name: str, look: Look, colour: int = ORANGE) -> Series:
    """Points (m, 2) of one look."""
    x, y = np.reshape(points, (-1, 2)).T
    return Series(numbers(x), numbers(y), name, look, colour)


def rows_at(x: Array, y: Array) -> Series:
    """A dot for each row."""
    return marks(np.column_stack([x, y]), phrase("rows"), "dots", BLUE)


def diagonal(name: str) -> Series:
    """Where two shares are equal."""
    return series([0.0, 1.0], [0.0, 1.0], name, "dashes", GREEN)


def names_down(names: list[str]) -> Axis:
    """An axis of names, the first on top."""
    return Axis("", low=len(names) - 0.4, high=-0.6, names=names)


def walk(points: Array, path: ProjectedPath, colour: int = 0, name: str = "") -> Series:
    """A path at points (m, 2), one for each of its steps."""
    x, y = numbers(points[:, 0]), numbers(points[:, 1])
    made = Series(x, y, name, "path", colour, list(path.index))
    off = np.flatnonzero(path.off).tolist()
    return msgspec.structs.replace(made, objectives=numbers(path.objectives), off=off)


def epochs_axis(unit: str, last: float, logarithmic: bool) -> Axis:
    """The epochs, or another `unit` of steps, from 0 to the last that is shown."""
    label = phrase("unit of steps", unit=unit)
    return Axis(label, "symlog" if logarithmic else "linear", 0.0, last, steps=True)


def axes_of(grid: ObjectiveGrid) -> tuple[Axis, Axis]:
    """Both axes of a grid."""
    x, y = grid.x, grid.y
    return (
        Axis(grid.labels[0], low=float(x[0]), high=float(x[-1])),
        Axis(grid.labels[1], low=float(y[0]), high=float(y[-1])),
    )


def least(points: ArrayLike, local: bool) -> Series:
    """Minima at points (m, 2), which may be `local`."""
    several = np.size(points) > 2
    name = phrase("local minima" if several else "local minimum") if local else phrase("least")
    return marks(points, name, "minimum")


def steps_of(
    path: ProjectedPath, points: Array, gone: Array, chosen: int, label: str, colour: int = ORANGE
) -> list[Series]:
    """The path with its start and its marked step, and at `gone` (k, 2) the steps that have no
    finite objective.
    """
    made = [walk(points, path, colour), marks(points[:1], phrase("start"), "start", colour)]
    if len(gone):
        made.append(marks(gone, phrase("not defined"), "cross", colour))
    if chosen in path.index and not path.undefined[path.index.index(chosen)]:
        made.append(marks(points[path.index.index(chosen)], label, "last", colour))
    return made


def numbers(values: ArrayLike) -> Numbers:
    """What is not finite is None."""
    return [each if isfinite(each) else None for each in np.asarray(values, dtype=float).tolist()]
