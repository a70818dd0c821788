"""Which scale shows objectives best, and what is subtracted for a logarithmic one."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np

from steepest.arrays import Booleans, Floats
from steepest.wording.fact import Fact, fact

Scale: TypeAlias = Literal["auto", "linear", "log"]
Kind: TypeAlias = Literal["linear", "log", "symlog"]
SCALES: tuple[Scale, ...] = ("auto", "linear", "log")

# What lies beyond cannot be put on an axis with margins around it.
LARGEST, SMALLEST = 1e250, 1e-250
_WIDE = 20.0
_FAR = 1e3


def spans_much(curves: list[Floats]) -> bool:
    """Whether a logarithmic axis shows these values better."""
    values = np.concatenate(curves)
    values = values[np.isfinite(values) & (np.abs(values) <= LARGEST)]
    if not len(values) or values.min() < 0.0:
        return False
    values = values[values >= SMALLEST]
    return len(values) > 0 and bool(values.max() > _WIDE * values.min())


def axis_for(curves: list[Floats], scale: Scale, minimum: float | None) -> Kind:
    """The axis that shows curves (m,) of objectives best, or that was asked for."""
    if scale == "linear":
        return "linear"
    if minimum is None and _falls_far(np.concatenate(curves), threshold_of(curves)):
        return "symlog"
    return "log" if scale == "log" or spans_much(curves) else "linear"


def threshold_of(curves: list[Floats]) -> float:
    """The size of the objectives that curves start from, at least 1."""
    starts = np.abs([values[0] for values in curves if len(values)])
    return max(1.0, float(starts[np.isfinite(starts)].max(initial=0.0)))


def _falls_far(values: Floats, threshold: float) -> bool:
    finite = values[np.abs(values) <= LARGEST]
    return bool(finite.min(initial=0.0) < -_FAR * threshold)


def excess_base(curves: list[Floats], minimum: float | None) -> float:
    """What is subtracted for a logarithmic axis: the least objective, where that is known; where
    values fall to 0 or below, the lowest of them; else 0.
    """
    values = np.concatenate(curves)
    lowest = float(values[np.isfinite(values)].min(initial=np.inf))
    if minimum is not None and minimum <= lowest + 1e-12 * abs(minimum):
        return minimum
    return lowest if -LARGEST <= lowest <= 0.0 else 0.0


def on_axis(values: Floats, base: float, log: bool) -> Floats:
    """The values less `base`, nan where they have no place on the axis.

    On a logarithmic axis that is what is no farther above the base than rounding.
    """
    floor = max(SMALLEST, 4.0 * np.finfo(float).eps * abs(base))
    with np.errstate(all="ignore"):
        above = np.asarray(values, dtype=np.float64) - base
        lost = ~(np.abs(above) <= LARGEST) | (log & (above < floor))
    return np.where(lost, np.nan, above)


def at_first(mask: Booleans, epochs: Floats, make: Callable[[float], Fact]) -> list[Fact]:
    """The fact made of the first of epochs (m,) where the mask (m,) holds; none where it never
    does.
    """
    return [make(float(epochs[int(mask.argmax())]))] if mask.any() else []


def only_one(drawn: Booleans, epochs: Floats, unit: str) -> list[Fact]:
    """That of several epochs (m,) a single one is drawn, where it is so."""
    if len(drawn) < 2 or np.count_nonzero(drawn) != 1:
        return []
    return at_first(drawn, epochs, lambda epoch: fact("one value drawn", unit=unit, epoch=epoch))
