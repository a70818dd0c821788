"""Which epochs a picture of objectives shows: until nothing more is to be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.axis_scale import Kind
from steepest.pictures.style import Axes
from steepest.pictures.ticks import epoch_axis
from steepest.wording.fact import Fact, fact

Curve = tuple[Floats, Floats]  # epochs (m,) and objectives (m,)

# A share of the picture's height that nobody sees.
_SEEN = 0.01
# What is to be seen ends there, and some more is shown; a smaller rest is not cut off.
_MORE, _REST, _FEW = 1.25, 0.75, 40.0
# Where all but so much happens in so small a share of the epochs, their axis is logarithmic.
_LEFT, _CROWDED = 0.1, 0.02
# A logarithmic axis reaches so far below the highest start: what is lower is rounding.
DEEPEST = 1e-16


@final
@dataclass(frozen=True)
class EpochWindow:
    """Epochs 0 to `last` of `of`; `logarithmic`: what happens is crowded in the first of them.

    `axis` is that of the objectives.
    """

    last: float
    of: float
    logarithmic: bool
    axis: Kind

    @staticmethod
    def around(
        curves: Sequence[Curve],
        axis: Kind,
        heights: tuple[float, float] | None = None,
        least: float = 0.0,
    ) -> "EpochWindow":
        """The epochs up to which any of the curves differs from its own end, at `heights` of the
        axis, and at least those up to `least`.
        """
        of = max(float(epochs[-1]) for epochs, _ in curves)
        shown = [seen for curve in curves if len((seen := _seen(curve, axis, heights))[0])]
        low = min((float(places.min()) for _, places in shown), default=0.0)
        height = max((float(places.max()) for _, places in shown), default=0.0) - low
        ends = [_last_above(epochs, places, _SEEN * height) for epochs, places in shown]
        last = np.ceil(_MORE * max([*ends, least, 0.8]))
        last = of if last > _REST * of or of <= _FEW or height == 0.0 else float(last)
        falls = [
            _last_above(epochs, places, _LEFT * float(np.ptp(places))) for epochs, places in shown
        ]
        crowded = last > _FEW and max(falls, default=last) < _CROWDED * last
        return EpochWindow(last, of, crowded, axis)

    def notes(self, unit: str) -> tuple[Fact, ...]:
        """From which epoch on nothing more is to be seen, where the picture ends before the
        path.
        """
        if self.last >= self.of:
            return ()
        said = {"unit": unit, "epoch": self.last, "last": self.of, "linear": self.axis == "linear"}
        return (fact("nothing more to see", **said),)


def deep_heights(curves: Sequence[Floats], axis: Kind) -> tuple[float, float] | None:
    """The heights that a logarithmic axis shows of curves that fall below rounding; else None."""
    drawn = [finite for values in curves if len(finite := values[np.isfinite(values)])]
    if axis != "log" or not drawn:
        return None
    low, high = (float(pick([pick(values) for values in drawn])) for pick in (np.min, np.max))
    deepest = DEEPEST * max(float(values[0]) for values in drawn)
    return None if low >= deepest else (deepest, high)


def show_epochs(ax: Axes, window: EpochWindow) -> None:
    """The axis of the epochs of the window."""
    epoch_axis(ax, window.last, 0 if window.logarithmic else np.inf)
    if window.last < window.of and not window.logarithmic:
        ax.set_xlim(-0.04 * window.last, 1.02 * window.last)


def _seen(curve: Curve, axis: Kind, heights: tuple[float, float] | None) -> Curve:
    """The epochs and the places on the axis of what is drawn, at the edge what leaves it."""
    epochs, values = curve
    drawn = np.isfinite(values)
    epochs, values = epochs[drawn], values[drawn]
    if heights is not None:
        values = values.clip(*heights)
    return epochs, np.log10(values) if axis == "log" else values


def _last_above(epochs: Floats, places: Floats, most: float) -> float:
    """The first epoch from which on a curve stays as near to its end."""
    off = np.flatnonzero(np.abs(places - places[-1]) > most)
    return float(epochs[off[-1] + 1]) if len(off) else 0.0
