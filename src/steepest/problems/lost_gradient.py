"""Whether torch's gradient of a Python function is its slope: a number that leaves torch takes its
part of the gradient along.

A difference quotient is set beside the gradient only where numbers leave, and differs from it only
where it is proven to: at three widths and on both sides it must be the same, and the gradient
another by more than rounding explains. So a kink, a jump, noise, a logged or printed number and a
branch that a number chooses are no loss.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.graphs.departures import SLIGHTLY, Departure, Departures, matters
from steepest.wording.fact import Fact, fact

# Widths of the quotients, in units of the cube root of a number's precision: there the errors of
# rounding and of the third derivative are alike.
_WIDTHS = np.array([1.0, 1.0 / 3.0, 0.1])
_COARSEST = 1e-6  # precision of numbers; of coarser ones, of 16 bits, quotients tell nothing
_ALIKE = 0.01  # by which the quotients of three widths may differ
_APART = 1e-3  # by which the gradient differs from them at least
_ROUNDINGS = 40.0  # roundings of an objective
_MOST_CALLS = 20  # whose influence is asked for
_MOST_AXES = 20


@final
@dataclass(frozen=True)
class LostGradient:
    """A slope that the gradient leaves out.

    - `axis`: the parameter, or "" for a direction of all;  `slope` along it, and the `gradient`'s
    - `calls`: by which numbers left that the objective depends on
    """

    axis: str
    slope: float
    gradient: float
    calls: tuple[Departure, ...]

    @property
    def unmeant(self) -> tuple[Departure, ...]:
        """Those calls that do not say that no gradient shall flow back."""
        return tuple(call for call in self.calls if not call.meant)

    @property
    def fact(self) -> Fact:
        """What is lost, and by which calls."""
        calls = tuple(call.written for call in self.calls)
        numbers = {"slope": self.slope, "gradient": self.gradient}
        return fact("gradient lost", axis=self.axis, calls=calls, **numbers)

    @property
    def advice(self) -> Fact:
        """What to write instead."""
        remedies = tuple(dict.fromkeys(call.remedy for call in self.calls))
        return fact("keep in torch", remedies=remedies, meant=not self.unmeant)


def lost_gradient(
    names: tuple[str, ...],
    objectives: Callable[[Floats], Floats],
    watched: Callable[[Departures], float],
    departures: Departures,
    here: tuple[Floats, float, Floats],
    beside: Floats,
) -> LostGradient | None:
    """What the gradient at a point leaves out; None where it is the slope, or nothing is known.

    - `objectives` of rows (n, d), `watched` at the point;  `departures`: what left there
    - `here`: the point (d,), its objective and gradient (d,);  `beside` (d,): the start, for scale

    Calls the function for 6 points where numbers left it, and once for each of at most 20 calls
    whose numbers left; where one of these matters for 6 points of each of at most 20 parameters,
    until a lost slope is found: a steep parameter hides the others in a direction of all.
    """
    point, value, gradient = here
    finite = np.isfinite(value) and np.isfinite(gradient).all()
    if not departures.seen or departures.precision > _COARSEST or not finite:
        return None
    sizes = np.maximum(np.abs(point), np.abs(beside))
    sizes[sizes == 0.0] = sizes.max() or 1.0
    mixed = np.random.default_rng(0).uniform(0.5, 1.0, point.size) * sizes
    axes = [np.where(np.arange(point.size) == i, sizes, 0.0) for i in range(point.size)]

    def along(direction: Floats) -> tuple[float, float] | None:
        slopes = float(gradient @ direction)
        found = _slope(objectives, here, direction, slopes, departures.precision)
        return None if found is None else (found, slopes)

    general = along(mixed if point.size > 1 else axes[0])
    if general is None and point.size == 1:
        return None
    seen = list(departures.seen)[:_MOST_CALLS]
    calls = [each for each in seen if matters(each, value, watched, SLIGHTLY, 1.0)]
    if not calls:
        return None
    for i in range(min(point.size, _MOST_AXES)):
        one = general if point.size == 1 else along(axes[i])
        if one is not None:
            return LostGradient(
                names[i], float(one[0] / sizes[i]), float(one[1] / sizes[i]), tuple(calls)
            )
    if general is None:
        return None
    length = float(np.linalg.norm(mixed))
    return LostGradient("", general[0] / length, general[1] / length, tuple(calls))


def _slope(
    objectives: Callable[[Floats], Floats],
    here: tuple[Floats, float, Floats],
    direction: Floats,
    gradient: float,
    precision: float,
) -> float | None:
    """The slope along a direction where it is proven not to be the `gradient`'s; else None."""
    point, value, _ = here
    widths = np.cbrt(precision) * _WIDTHS
    places = point + np.concatenate([widths, -widths])[:, None] * direction
    try:
        with np.errstate(all="ignore"):
            above, below = objectives(places).reshape(2, -1)
            forward, backward = (above - value) / widths, (value - below) / widths
    except Exception:  # the function's own: it is not defined there
        return None
    slopes = (forward + backward) / 2.0
    if not np.isfinite(slopes).all():
        return None
    gaps = np.abs(slopes - gradient)
    rounding = _ROUNDINGS * precision * max(abs(value), np.abs(above).max()) / widths
    beyond = gaps > np.maximum(rounding, _APART * max(np.abs(slopes).max(), abs(gradient)))
    least, size = float(gaps.min()), float(np.abs(slopes).min())
    smooth = np.abs(forward - backward).max() <= 0.2 * least
    steady = float(np.ptp(slopes)) <= min(0.1 * least, _ALIKE * size)
    return float(slopes[-2]) if beyond.all() and smooth and steady and size > 0.0 else None
