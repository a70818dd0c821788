"""Colours, axes and texts that all plots share.

Colours are Okabe and Ito's, which people with any colour vision can tell apart. Figures are made
without pyplot: nothing is registered and no window opens.
"""

import math
import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, NullLocator
from numpy.typing import ArrayLike

from steepest.arrays import Floats

INK, MUTED, GRID, PAPER = "#24292f", "#656d76", "#d8dee4", "#fefefe"
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
SKY, PURPLE, AMBER = "#56b4e9", "#cc79a7", "#e69f00"
_COLORS, _STYLES = (BLUE, ORANGE, GREEN, PURPLE, AMBER, SKY, INK), ("-", "--", "-.", ":")
# Colour and line style of one curve among several: no two are told apart by colour alone.
SERIES = tuple((_COLORS[i % 7], _STYLES[i % 4]) for i in range(28))
SIZE = (5.8, 4.3)  # inches
SQUARE = (4.7, 4.5)  # of shares on both axes
_LONGEST = 32
_WIDE, _HIGH = 64, 44  # so many letters stand along the axes
_CAPTION_LETTERS = 17.5  # an inch
_ARROW = 0.11  # of the picture's height
_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def axes_or_new(ax: Axes | None, size: tuple[float, float] = SIZE) -> Axes:
    """The axes given, or those of a new figure, in the house style."""
    if ax is None:
        figure = Figure(figsize=size, layout="constrained")
        figure.set_facecolor(PAPER)
        ax = figure.add_subplot()
        ax.set_facecolor(PAPER)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(MUTED)
    ax.tick_params(which="both", color=MUTED, labelcolor=INK, labelsize=9)
    ax.grid(True, color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def label(ax: Axes, x: str, y: str) -> None:
    """Name the axes. A dollar sign in a name is a dollar sign, not a formula."""
    ax.set_xlabel(_fitted(x, _WIDE), parse_math=False, color=INK, fontsize=10)
    ax.set_ylabel(_fitted(y, _HIGH), parse_math=False, color=INK, fontsize=10)


def _fitted(name: str, most: int) -> str:
    """A name along an axis: what is too long goes on two lines, parted at a comma, or is cut."""
    first, comma, rest = name.rpartition(", ")
    if len(name) <= most or not comma:
        return shown(name, most)
    return f"{shown(first, most)},\n{shown(rest, most)}"


_LEGEND_LETTERS = 70


def rows(ax: Axes, x: ArrayLike, y: ArrayLike) -> None:
    """One dot for each row, the smaller the more there are."""
    size = point_size(np.size(x))
    ax.plot(x, y, "o", color=BLUE, ms=size, alpha=0.55, mew=0, label="rows")


def legend(ax: Axes) -> None:
    """A legend above the axes, and above the power of ten that may stand there."""
    labels = ax.get_legend_handles_labels()[1]
    if not labels:
        return
    # What would not fit beside each other goes in two columns, or three.
    columns = 5 if sum(len(label) + 4 for label in labels) <= _LEGEND_LETTERS else 2
    if columns == 2 and len(labels) >= 5 and 3 * (max(map(len, labels)) + 4) <= _LEGEND_LETTERS:
        columns = 3
    made = ax.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.045), ncols=columns, frameon=False, fontsize=8.5,
        borderaxespad=0.2, handletextpad=0.4, columnspacing=1.0, handlelength=1.5,
    )  # fmt: skip
    for text in made.get_texts():
        text.set_parse_math(False)
        text.set_color(INK)


def point_size(count: int) -> float:
    """Diameter of a row's dot: the more rows, the smaller."""
    return 6.0 if count <= 30 else 4.0 if count <= 400 else 2.5


def step_size(count: int) -> float:
    """Diameter of a step's dot: the more steps, the smaller."""
    return 4.0 if count <= 80 else 3.0 if count <= 200 else 2.0


def direction_arrows(ax: Axes, points: Floats, vectors: Floats, color: str, name: str) -> None:
    """Arrows of one length in the picture that start at points (n, 2) and point along vectors.

    The axes must have their limits. At equal scales right angles are right angles.
    """
    size = np.array([np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())])
    shape = 1.0 if ax.get_aspect() == 1.0 else size[1] / size[0]
    # Lengths are measured in the picture, where both axes of the window may have their own scale.
    vectors = vectors / np.abs(vectors).max(axis=1, keepdims=True)
    scaled = vectors * np.array([shape, 1.0])
    arrows = _ARROW * size[1] * vectors / np.linalg.norm(scaled, axis=1, keepdims=True)
    ax.quiver(
        *points.T, *arrows.T, angles="xy", scale_units="xy", scale=1.0, color=color,
        width=0.004, headwidth=5.0, headlength=6.0, headaxislength=5.2, zorder=3.8,
    )  # fmt: skip
    ax.plot([], [], color=color, lw=1.2, marker=">", ms=4.5, label=name)


def shown(name: str, longest: int = _LONGEST) -> str:
    """A name from the data on one line: unprintable characters are blanks, long ones are cut.

    >>> shown("a" * 40), shown("tab\\there")
    ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…', 'tab here')
    """
    name = "".join(letter if letter.isprintable() else " " for letter in name)
    return name if len(name) <= longest else name[: longest - 1] + "…"


def power_of_ten(exponent: int) -> str:
    """10 to a whole power.

    >>> power_of_ten(-7)
    '10⁻⁷'
    """
    return "10" + str(exponent).translate(_DIGITS)


def scientific(value: float) -> str:
    """A round number as a reader would write it.

    >>> scientific(500.0), scientific(2e7), scientific(1e-5)
    ('500', '2·10⁷', '10⁻⁵')
    """
    if value == 0.0 or 1e-3 <= abs(value) < 1e6:
        return f"{value:g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    power = power_of_ten(int(exponent))
    return power if float(mantissa) == 1.0 else f"{float(mantissa):g}·{power}"


def symlog_ticks(axis: Axis, threshold: float, low: float, high: float) -> None:
    """Ticks of an axis that is linear up to `threshold` on both sides of 0, then logarithmic."""
    first = math.floor(math.log10(threshold))
    last = math.ceil(math.log10(max(abs(low), abs(high), threshold)))
    stride = max(1, -(-(last - first) // 4))
    powers = [10.0**k for k in range(first + stride, last + 1, stride)]
    places = [*(-p for p in reversed(powers) if -p >= 2.0 * low), 0.0]
    places += [p for p in powers if p <= 2.0 * high]
    names = [("−" if place < 0.0 else "") + scientific(abs(place)) for place in places]
    axis.set_major_locator(FixedLocator(places))
    axis.set_major_formatter(FixedFormatter(names))
    axis.set_minor_locator(NullLocator())


def caption(ax: Axes, text: str) -> None:
    """Sentences below the picture, on a figure that holds nothing else."""
    figure = ax.figure
    if text and isinstance(figure, Figure):
        lines = "\n".join(textwrap.wrap(text, int(figure.get_figwidth() * _CAPTION_LETTERS)))
        figure.supxlabel(
            lines, x=0.02, ha="left", fontsize=7.5, color=MUTED, parse_math=False, linespacing=1.35
        )


def number_of(value: float) -> str:
    """A level of a contour: five significant digits at most.

    >>> number_of(0.123456789), number_of(-2.5)
    ('0.12346', '−2.5')
    """
    return f"{value:.5g}".replace("-", "−")


def log_ticks(axis: Axis, low: float, high: float) -> None:
    """Ticks of a logarithmic axis whose values run from `low` to `high`."""
    if high < 1e3 * low:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: scientific(value)))
    else:
        exponents = _spaced(math.floor(math.log10(low)), math.ceil(math.log10(high)))
        _fix(axis, exponents, [])
    axis.set_minor_locator(NullLocator())


def epoch_ticks(axis: Axis, last: float) -> None:
    """Ticks of a logarithmic axis of epochs that has room for epoch 0."""
    _fix(axis, _spaced(0, math.ceil(math.log10(max(last, 1.0)))), [0.0])
    axis.set_minor_locator(NullLocator())


def _spaced(low: int, high: int) -> list[int]:
    stride = next(k for k in (1, 2, 5, 10, 20, 50, 100) if (high - low) <= 8 * k)
    return [k for k in range(low, high + 1) if k % stride == 0]


def _fix(axis: Axis, exponents: Sequence[int], others: Sequence[float]) -> None:
    short = all(-3 <= k <= 5 for k in exponents)
    labels = [f"{10.0**k:g}" if short else power_of_ten(k) for k in exponents]
    axis.set_major_locator(FixedLocator([*others, *(10.0**k for k in exponents)]))
    axis.set_major_formatter(FixedFormatter([*(f"{value:g}" for value in others), *labels]))
