"""A picture as plain data, which the browser module draws: axes, curves, marks, contours below."""

import math
import re
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np

from steepest.arrays import Array
from steepest.errors import InputError, printable
from steepest.pictures.axis_scale import Kind
from steepest.pictures.epoch_window import EpochWindow
from steepest.pictures.objective_grid import ObjectiveGrid
from steepest.pictures.projected_path import ProjectedPath
from steepest.wording.fact import Fact, text_of
from steepest.wording.numbers import capitalized

Look: TypeAlias = Literal[
    "line", "dashes", "level", "path", "start", "last", "minimum", "cross", "tangent", "arrow",
    "dots", "boxes", "spans", "area", "shades",
]  # fmt: skip
Numbers: TypeAlias = list[float | None]

_TURNS = re.compile("[\u007f-\u009f\u202a-\u202e\u2066-\u2069]")
_DIGITS = 7  # of what is drawn
_MOST = 1200  # points of a curve
HUES = 7  # colours of runs that the page has


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
    its contours, less `base` too.
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

    `square`: it is as high as wide.
    """

    name: str
    heading: str
    x: Axis = Axis("")
    y: Axis = Axis("")
    series: list[Series] = []
    ground: Ground | None = None
    note: str = ""
    square: bool = False


def json_text(data: object) -> str:
    """As JSON; characters that turn the direction of text become blanks, as in reports, and halves
    of letters, which are no text, are written out.
    """
    try:
        text = msgspec.json.encode(data)
    except UnicodeEncodeError:
        text = msgspec.json.encode(_written_out(msgspec.to_builtins(data)))
    return _TURNS.sub(" ", text.decode())


def _written_out(data: Any) -> Any:
    """Plain data with every text printable."""
    if isinstance(data, dict):
        return {_written_out(name): _written_out(each) for name, each in data.items()}
    if isinstance(data, list | tuple):
        return [_written_out(each) for each in data]
    return printable(data) if isinstance(data, str) else data


def chart_or_reason(
    name: str, heading: str, draw: Callable[[], Chart], refused: type[InputError] = InputError
) -> Chart:
    """The picture, or why it is refused."""
    try:
        return draw()
    except refused as reason:
        return Chart(name, heading, note=capitalized(str(reason)))


def series(x: Array, y: Array, name: str = "", look: Look = "line", colour: int = 0) -> Series:
    """A curve, its highest and lowest points kept where it has too many."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    kept = _telling(y)
    return Series(numbers(x[kept]), numbers(y[kept]), name, look, colour)


def level(height: float, name: str = "", colour: int = 0) -> Series:
    """A height of its own, from side to side."""
    return Series([None], [_short(height)], name, "level", colour)


def upright(place: float, name: str = "", colour: int = 0) -> Series:
    """A place of its own, from bottom to top."""
    return Series([_short(place)], [None], name, "level", colour)


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


def marks(points: Array, name: str, look: Look, colour: int = 0) -> Series:
    """Points (m, 2) of one look."""
    return Series(numbers(points[:, 0]), numbers(points[:, 1]), name, look, colour)


def walk(points: Array, path: ProjectedPath, colour: int = 0, name: str = "") -> Series:
    """A path at points (m, 2), one for each of its steps."""
    x, y = numbers(points[:, 0]), numbers(points[:, 1])
    made = Series(x, y, name, "path", colour, list(path.index))
    off = np.flatnonzero(path.off).tolist()
    return msgspec.structs.replace(made, objectives=numbers(path.objectives), off=off)


def epochs_axis(label: str, window: EpochWindow) -> Axis:
    """The epochs of a window, from 0 on."""
    return Axis(label, "symlog" if window.logarithmic else "linear", 0.0, window.last, steps=True)


def ground_of(grid: ObjectiveGrid, surface: str = "") -> Ground:
    """The grid, as far above its least as digits are seen."""
    base = grid.least if np.isfinite(grid.objective).any() else 0.0
    return Ground(
        columns=len(grid.x),
        rows=len(grid.y),
        excess=numbers((grid.objective - base).ravel(), 4),
        base=base,
        levels=[float(height) - base for height in grid.levels],
        equal=grid.equal,
        label=grid.objective_label,
        surface=surface,
    )


def axes_of(grid: ObjectiveGrid) -> tuple[Axis, Axis]:
    """Both axes of a grid."""
    x, y = grid.x, grid.y
    return (
        Axis(grid.labels[0], low=float(x[0]), high=float(x[-1])),
        Axis(grid.labels[1], low=float(y[0]), high=float(y[-1])),
    )


def noted(notes: Iterable[Fact]) -> str:
    """The sentences below a picture."""
    return text_of(tuple(notes))


def look_of(place: int) -> Look:
    """Curves beyond the page's colours are dashed."""
    return "line" if place < HUES else "dashes"


def numbers(values: Array, digits: int = _DIGITS) -> Numbers:
    """As JSON: what is not finite is None."""
    return [_short(value, digits) for value in np.asarray(values, dtype=float).tolist()]


def _short(value: float, digits: int = _DIGITS) -> float | None:
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


def _telling(values: Array) -> Array:
    """The places that are drawn: all, or of each of many stretches its lowest and its highest."""
    count = len(values)
    if count <= _MOST:
        return np.arange(count)
    parts = np.array_split(np.arange(count), _MOST // 2)
    seen = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    ends = [part[[seen[part].argmin(), seen[part].argmax()]] for part in parts]
    return np.unique(np.concatenate([[0], *ends, [count - 1]]))
