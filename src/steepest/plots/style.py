"""Colours, axes and texts that all plots share.

Colours are Okabe and Ito's, which people with any colour vision can tell apart. Figures are made
without pyplot: nothing is registered and no window opens.
"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, NullLocator
from numpy.typing import ArrayLike

INK, MUTED, GRID, PAPER = "#24292f", "#656d76", "#d8dee4", "#fefefe"
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
SIZE = (5.8, 4.3)  # inches
_LONGEST = 32
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
    ax.set_xlabel(shown(x, 80), parse_math=False, color=INK, fontsize=10)
    ax.set_ylabel(shown(y, 60), parse_math=False, color=INK, fontsize=10)


_LEGEND_LETTERS = 72


def rows(ax: Axes, x: ArrayLike, y: ArrayLike) -> None:
    """One dot for each row, the smaller the more there are."""
    size = point_size(np.size(x))
    ax.plot(x, y, "o", color=BLUE, ms=size, alpha=0.55, mew=0, label="rows")


def legend(ax: Axes) -> None:
    """A legend above the axes, and above the power of ten that may stand there."""
    labels = ax.get_legend_handles_labels()[1]
    if not labels:
        return
    # What would not fit beside each other goes in two columns.
    columns = 5 if sum(len(label) + 4 for label in labels) <= _LEGEND_LETTERS else 2
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
