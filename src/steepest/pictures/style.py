"""Colours, axes, marks and texts that all pictures share.

Colours are Okabe and Ito's, which people with any colour vision can tell apart. Matplotlib is
imported by what draws.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from steepest import errors
from steepest.arrays import Booleans, Floats
from steepest.pictures.new_figure import current_axes, new_figure
from steepest.wording.fact import phrase
from steepest.wording.text_table import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
else:
    Axes = Any

V = TypeVar("V")

INK, MUTED, GRID, PAPER = "#24292f", "#656d76", "#d8dee4", "#fefefe"
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
SKY, PURPLE, AMBER = "#56b4e9", "#cc79a7", "#e69f00"
# In the order of the page's: a run has one colour wherever it is drawn.
COLORS, STYLES = (ORANGE, BLUE, GREEN, PURPLE, AMBER, SKY, INK), ("-", "--", "-.", ":")
# Colour and line style of one curve among several: no two are told apart by colour alone.
SERIES = tuple((COLORS[i % 7], STYLES[i % 4]) for i in range(28))


MOST_NAMED = 14  # runs that are told apart by colour and style, and named


def run_styles(count: int) -> list[tuple[str, str]]:
    """Colour and line style of each of several runs; of many, shades in their order."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    if count <= MOST_NAMED:
        return list(SERIES)
    shades = colormaps["viridis"](np.linspace(0.0, 0.85, count))
    return [(to_hex(shade), "-") for shade in shades]


SIZE = (5.8, 4.3)  # inches
SQUARE = (4.7, 4.5)  # of shares on both axes
_TWO, _NARROW = (10.0, 4.2), 6.0  # for two pictures beside each other, and where one has no room
_LONGEST = 32
_WIDE, _HIGH = 64, 44  # so many letters stand along the axes
_CAPTION_LETTERS = 17.5  # an inch
_ARROW = 0.11  # of the picture's height
_LEGEND_LETTERS, _HANDLE = 15.5, 4  # an inch of a legend's line, and what stands before a name
_LEGEND_LINE, _LEGEND_SHARE = 0.17, 0.3  # inches; of the picture's height for all of its lines


def check_axes(ax: object) -> None:
    """Raise InputError for what is neither None nor axes."""
    if not (ax is None or hasattr(ax, "get_figure")):
        raise errors.InputError(
            "ax is {ax}; give axes of matplotlib, or leave it out", ax=errors.shortened(repr(ax))
        )


def axes_or_new(ax: Axes | None, size: tuple[float, float] = SIZE) -> Axes:
    """The axes given, else pyplot's where a user has made some, else those of a new figure."""
    from matplotlib.ticker import ScalarFormatter

    check_axes(ax)
    if ax is None:
        ax = current_axes()
    if ax is None:
        ax = new_figure(size, layout="constrained", facecolor=PAPER).add_subplot()
        ax.set_facecolor(PAPER)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(MUTED)
    ax.tick_params(which="both", color=MUTED, labelcolor=INK, labelsize=9)
    for axis in (ax.xaxis, ax.yaxis):
        formatter = axis.get_major_formatter()
        if isinstance(formatter, ScalarFormatter):
            formatter.set_useMathText(True)  # 10⁹, not 1e9, as on other axes
    ax.grid(True, color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def beside(plot: Callable[[V, Axes], object], views: Sequence[V], narrow: int = 0) -> list[Axes]:
    """One or two pictures of a kind on a new figure, their axes; of two on a narrow figure the one
    at the place `narrow` alone.
    """
    figure = new_figure(_TWO if len(views) > 1 else SIZE, layout="constrained", facecolor=PAPER)
    if figure.get_figwidth() < _NARROW:
        views = [views[min(narrow, len(views) - 1)]]
    panels: list[Axes] = figure.subplots(1, len(views), squeeze=False)[0].tolist()
    for ax, view in zip(panels, views, strict=True):
        ax.set_facecolor(PAPER)
        plot(view, ax)
    figure.sca(panels[0])
    return panels


def label(ax: Axes, x: str, y: str) -> None:
    """Name the axes. A dollar sign in a name is a dollar sign, not a formula."""
    ax.set_xlabel(_fitted(x, _WIDE), parse_math=False, color=INK, fontsize=10)
    ax.set_ylabel(_fitted(y, _HIGH), parse_math=False, color=INK, fontsize=10)


def _fitted(name: str, most: int) -> str:
    """A name along an axis: what is too long goes on two lines, parted at a comma, or is cut."""
    first, comma, rest = name.rpartition(", ")
    if len(name) <= most or not comma:
        return shortened(name, most)
    return f"{shortened(first, most)},\n{shortened(rest, most)}"


def legend(ax: Axes) -> None:
    """A legend above the axes, and above the power of ten that may stand there, of what is drawn
    within them; none where it would take the room of the picture.
    """
    drawn = [pair for pair in zip(*ax.get_legend_handles_labels(), strict=True) if _is_seen(*pair)]
    if not drawn:
        return
    handles, labels = zip(*drawn, strict=True)
    box, dots = ax.get_window_extent(), ax.figure.dpi
    width, height = box.width / dots, box.height / dots
    letters = _LEGEND_LETTERS * width
    longest = max(map(len, labels)) + _HANDLE
    columns = len(labels) if sum(len(label) + _HANDLE for label in labels) <= letters else 0
    columns = min(columns or max(1, int(letters / longest)), 5)
    if -(-len(labels) // columns) * _LEGEND_LINE > _LEGEND_SHARE * height:
        return
    made = ax.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(0.0, 1.045), ncols=columns,
        frameon=False, fontsize=8.5, borderaxespad=0.2, handletextpad=0.4, columnspacing=1.0,
        handlelength=1.5,
    )  # fmt: skip
    for text in made.get_texts():
        text.set_parse_math(False)
        text.set_color(INK)


def _is_seen(handle: Any, label: str) -> bool:
    """Whether a line or dots of that name lie within the axes; what has no points does."""
    if (
        not hasattr(handle, "get_xydata")
        or handle.axes is None
        or handle.axes.name != "rectilinear"
    ):
        return True
    handle.axes.get_xlim()  # the limits are found when they are asked for, and not before
    shares = handle.axes.transAxes.inverted().transform(
        handle.get_transform().transform(handle.get_xydata())
    )
    shares = shares[np.isfinite(shares).all(axis=1)]
    # Lines may cross the picture between two points outside of it.
    low, high = shares.min(axis=0, initial=np.inf), shares.max(axis=0, initial=-np.inf)
    return not len(shares) or bool((low <= 1.001).all() and (high >= -0.001).all())


def point_size(count: int) -> float:
    """Diameter of a row's dot: the more rows, the smaller."""
    return 6.0 if count <= 30 else 4.0 if count <= 400 else 2.5


def step_size(count: int) -> float:
    """Diameter of a step's dot: the more steps, the smaller."""
    return 4.0 if count <= 80 else 3.0 if count <= 200 else 2.0


def plot_steps(
    ax: Axes,
    points: Floats,
    exact: Booleans,
    projected: Booleans,
    hollow: str,
    zorder: float = 3.5,
    color: str = ORANGE,
) -> None:
    """The steps of a path at points (m, p): filled dots where the picture shows their objective,
    hollow ones, which the legend calls `hollow`, where they are projected on it.
    """
    size = step_size(len(points))
    for mask, face, name in ((exact, color, phrase("marks of steps")), (projected, PAPER, hollow)):
        if mask.any():
            ax.plot(*points[mask].T, "o", color=color, mfc=face, ms=size, label=name, zorder=zorder)


def plot_start(ax: Axes, points: Floats, zorder: float = 4.0, color: str = INK) -> None:
    """A square at the first of points (m, p)."""
    ax.plot(*points[:1].T, "s", color=color, ms=7, label=phrase("start"), zorder=zorder)


def plot_chosen(ax: Axes, point: Floats, name: str, size: float, zorder: float) -> None:
    """A hollow diamond at the marked step (p,)."""
    ax.plot(*point[:, None], "D", color=MUTED, mfc=PAPER, ms=size, label=name, zorder=zorder)


def plot_minimum(ax: Axes, point: Floats, name: str, zorder: float = 4.0) -> None:
    """A plus at the minimum (p,)."""
    ax.plot(*point[:, None], "P", color=GREEN, ms=9, mec=PAPER, label=name, zorder=zorder)


def direction_arrows(ax: Axes, points: Floats, vectors: Floats, color: str, name: str) -> None:
    """Arrows of one length in the picture that start at points (n, 2) and point along vectors.

    The axes must have their limits. At equal scales right angles are right angles.
    """
    size = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
    shape = 1.0 if ax.get_aspect() == 1.0 else size[1] / size[0]
    arrows = arrows_along(vectors, size[1], shape)
    ax.quiver(
        *points.T, *arrows.T, angles="xy", scale_units="xy", scale=1.0, color=color,
        width=0.004, headwidth=5.0, headlength=6.0, headaxislength=5.2, zorder=3.8,
    )  # fmt: skip
    ax.plot([], [], color=color, lw=1.2, marker=">", ms=4.5, label=name)


def arrows_along(vectors: Floats, height: float, shape: float = 1.0) -> Floats:
    """Arrows (n, 2) of one length in a picture of that height. Lengths are measured in the picture,
    where both axes of the window may have their own scale.
    """
    vectors = vectors / np.abs(vectors).max(axis=1, keepdims=True)
    scaled = vectors * np.array([shape, 1.0])
    return np.asarray(_ARROW * height * vectors / np.linalg.norm(scaled, axis=1, keepdims=True))


def shortened(name: str, longest: int = _LONGEST) -> str:
    """A name from the data on one line: control characters are blanks, long ones are cut.

    >>> shortened("a" * 40), shortened("tab\\there")
    ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…', 'tab here')
    """
    name = "".join(letter if errors.printable(letter) == letter else " " for letter in name)
    return errors.shortened(name, longest)


def caption(ax: Axes, text: str) -> None:
    """Sentences below the picture, on a figure that holds nothing else."""
    from matplotlib.figure import Figure

    figure = ax.figure
    if text and isinstance(figure, Figure):
        lines = "\n".join(wrapped(text, int(figure.get_figwidth() * _CAPTION_LETTERS)))
        figure.supxlabel(
            lines, x=0.02, ha="left", fontsize=7.5, color=MUTED, parse_math=False, linespacing=1.35
        )
