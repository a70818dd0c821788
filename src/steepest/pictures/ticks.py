"""Ticks of logarithmic axes and of epochs, and numbers as they stand beside an axis."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.axis_scale import Kind
from steepest.pictures.style import Axes
from steepest.wording.numbers import with_minus

if TYPE_CHECKING:
    from matplotlib.axis import Axis
else:
    Axis = Any

_DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_FEW = 40
_WIDE = 1e5


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
        # Numbers in powers of ten are wide.
        room: dict[str, Any] = {"nbins": 5, "steps": [1, 2, 5, 10]} if last >= _WIDE else {}
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, **room))
        ax.xaxis.set_major_formatter(_formatter())


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
    return f"{value:g}" if _is_plain(value) else _in_powers(value)


def alike(values: Sequence[float]) -> list[str]:
    """Numbers beside one axis: all of them plain, or all in powers of ten; plain ones within a
    decade have the same number of decimals.

    >>> alike([0.5, 0.55, 0.6]), alike([0.0, 2e5, 1e6]), alike([0.1, 1.0, 10.0])
    (['0.50', '0.55', '0.60'], ['0', '2·10⁵', '10⁶'], ['0.1', '1', '10'])
    """
    if not all(map(_is_plain, values)):
        return [with_minus(_in_powers(value) if value else "0") for value in values]
    plain = [f"{value:g}" for value in values]
    sizes = [abs(value) for value in values if value]
    if sizes and max(sizes) < 10.0 * min(sizes):
        decimals = max(len(text.partition(".")[2]) for text in plain)
        plain = [f"{value:.{decimals}f}" for value in values]
    return [with_minus(text) for text in plain]


def _is_plain(value: float) -> bool:
    return value == 0.0 or 1e-3 <= abs(value) < 1e6 or not math.isfinite(value)


def _in_powers(value: float) -> str:
    mantissa, exponent = f"{value:.3e}".split("e")
    power = power_of_ten(int(exponent))
    short = f"{float(mantissa):g}"
    return {"1": power, "-1": f"-{power}"}.get(short, f"{short}·{power}")


def number_of(value: float, digits: int = 5) -> str:
    """A number in a picture, with so many significant digits at most.

    >>> number_of(0.123456789), number_of(-272.85, 2), number_of(1e-7)
    ('0.12346', '−270', '10⁻⁷')
    """
    return with_minus(scientific(float(f"{value:.{digits}g}")))


def scale_heights(
    ax: Axes,
    kind: Kind,
    values: Floats,
    threshold: float,
    heights: tuple[float, float] | None = None,
) -> None:
    """An upright axis of that kind for these finite values (m,), or for a part of it."""
    if kind == "linear":
        linear_heights(ax, values)
    elif kind == "symlog":
        symlog_heights(ax, threshold, values)
    elif len(values):
        low, high = heights or (values.min(), values.max())
        log_heights(ax, float(low), float(high))


def log_ticks(axis: Axis, low: float, high: float) -> None:
    """Ticks of a logarithmic axis whose values run from `low` to `high`."""
    from matplotlib.ticker import LogLocator, NullLocator

    if high >= 1e3 * low:
        _set_powers(axis, _spaced(math.floor(math.log10(low)), math.ceil(math.log10(high))))
        return
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(_formatter())
    axis.set_minor_locator(NullLocator())


def _formatter() -> Any:
    """What writes the ticks of an axis alike."""
    from matplotlib.ticker import Formatter

    class Alike(Formatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return with_minus(scientific(x))

        def format_ticks(self, values: list[float]) -> list[str]:
            return alike([float(f"{value:.12g}") for value in values])

    return Alike()


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
    names = alike(places)
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
