"""Ticks of logarithmic axes and of epochs, and numbers as they stand beside an axis."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.style import Axes
from steepest.wording.numbers import with_minus

if TYPE_CHECKING:
    from matplotlib.axis import Axis
else:
    Axis = Any

_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_FEW = 40


def epoch_axis(ax: Axes, last: float, many: float) -> None:
    """Whole epochs from 0 to the last one; logarithmic, with room for epoch 0, beyond `many`."""
    from matplotlib.ticker import MaxNLocator

    if last > many:
        ax.set_xscale("symlog", linthresh=1.0)
        _set_powers(ax.xaxis, _spaced(0, math.ceil(math.log10(max(last, 1.0)))), [0.0])
        ax.set_xlim(0.0, last * 1.2)
    elif last == 0.0:
        ax.set_xlim(-0.5, 0.5)
        ax.set_xticks([0.0], labels=["0"])
    else:
        ax.update_datalim([(0.0, 0.0), (last, 0.0)], updatey=False)  # also where nothing is drawn
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def marks(values: Floats, few: int = _FEW) -> dict[str, Any]:
    """A dot at every epoch of a run of at most so `few`, and at what no line shows: values (m,)
    whose neighbours are nan.
    """
    if len(values) <= few:
        return {"marker": "o", "ms": 3.5}
    drawn = np.pad(np.isfinite(values), 1)
    alone = np.flatnonzero(drawn[1:-1] & ~drawn[:-2] & ~drawn[2:]).tolist()
    return {"marker": "o", "ms": 3.5, "markevery": alone} if alone else {}


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
    if value == 0.0 or 1e-3 <= abs(value) < 1e6 or not math.isfinite(value):
        return f"{value:g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    power = power_of_ten(int(exponent))
    return power if float(mantissa) == 1.0 else f"{float(mantissa):g}·{power}"


def number_of(value: float, digits: int = 5) -> str:
    """A number in a picture, with so many significant digits at most.

    >>> number_of(0.123456789), number_of(-272.85, 2), number_of(1e-7)
    ('0.12346', '−270', '10⁻⁷')
    """
    return with_minus(scientific(float(f"{value:.{digits}g}")))


def log_ticks(axis: Axis, low: float, high: float) -> None:
    """Ticks of a logarithmic axis whose values run from `low` to `high`."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    if high >= 1e3 * low:
        _set_powers(axis, _spaced(math.floor(math.log10(low)), math.ceil(math.log10(high))))
        return
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: scientific(value)))
    axis.set_minor_locator(NullLocator())


def log_heights(ax: Axes, low: float, high: float) -> None:
    """A logarithmic y axis whose values run from `low` to `high`; what lies lower is cut off."""
    ax.set_yscale("log")
    log_ticks(ax.yaxis, low, high)
    if ax.dataLim.minposy < low:
        ax.set_ylim(low, high * 3.0)


def linear_heights(ax: Axes, values: Floats) -> None:
    """Room above and below values (m,) that do not differ; others have it already."""
    if len(values) and float(np.ptp(values)) <= 1e-12 * float(np.abs(values).max()):
        room = 0.5 * (float(abs(values[0])) or 1.0)
        ax.set_ylim(float(values[0]) - room, float(values[0]) + room)


def symlog_heights(ax: Axes, threshold: float, values: Floats) -> None:
    """A y axis that is linear up to `threshold` on both sides of 0, then logarithmic."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    first = math.floor(math.log10(threshold))
    last = math.ceil(math.log10(max(abs(low), abs(high), threshold)))
    stride = max(1, -(-(last - first) // 4))
    powers = [10.0**k for k in range(first + stride, last + 1, stride)]
    places = [*(-p for p in reversed(powers) if -p >= 2.0 * low), 0.0]
    places += [p for p in powers if p <= 2.0 * high]
    names = [("−" if place < 0.0 else "") + scientific(abs(place)) for place in places]
    ax.set_yscale("symlog", linthresh=threshold)
    _set_ticks(ax.yaxis, places, names)


def _spaced(low: int, high: int) -> list[int]:
    stride = next(k for k in (1, 2, 5, 10, 20, 50, 100) if (high - low) <= 8 * k)
    return [k for k in range(low, high + 1) if k % stride == 0]


def _set_powers(axis: Axis, exponents: Sequence[int], others: Sequence[float] = ()) -> None:
    short = all(-3 <= k <= 5 for k in exponents)
    labels = [f"{10.0**k:g}" if short else power_of_ten(k) for k in exponents]
    places = [*others, *(10.0**k for k in exponents)]
    _set_ticks(axis, places, [*(f"{value:g}" for value in others), *labels])


def _set_ticks(axis: Axis, places: Sequence[float], names: Sequence[str]) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    axis.set_major_locator(FixedLocator(places))
    axis.set_major_formatter(FixedFormatter(names))
    axis.set_minor_locator(NullLocator())
