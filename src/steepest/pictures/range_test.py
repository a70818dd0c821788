"""A learning-rate range test: the losses over the rates, the suggestion, and the bound."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.watching.measure.range_test import MeasuredRates
from steepest.wording.fact import text_of

# Above the start so much of the height below it is shown; what blows up leaves the picture.
_ABOVE = 0.6


@final
@dataclass(frozen=True, eq=False)
class RateTestView:
    """Each step's `losses` and their `smoothed` course over `rates`, all (n,).

    - `suggestion`, `bound`: rates; None where there is none, or it lies far outside
    - `heights`: the part of the axis of losses that the picture shows
    """

    rates: Floats
    losses: Floats
    smoothed: Floats
    suggestion: float | None
    bound: float | None
    heights: tuple[float, float]
    optimizer: str
    note: str

    @staticmethod
    def of(found: MeasuredRates) -> "RateTestView":
        """The view of a range test."""
        return RateTestView(
            rates=found.rates,
            losses=found.losses,
            smoothed=found.smoothed,
            suggestion=_within(found.suggestion, found.rates),
            bound=_within(found.stable_rate, found.rates),
            heights=_heights(found),
            optimizer=found.optimizer,
            note=text_of(found.facts),
        )


def _within(rate: float, rates: Floats) -> float | None:
    """A rate that is in the picture or within ten times its ends."""
    return rate if 0.1 * rates[0] <= rate <= 10.0 * rates[-1] else None


def _heights(found: MeasuredRates) -> tuple[float, float]:
    curve = found.smoothed[np.isfinite(found.smoothed)]
    # The scatter of the losses at the start belongs in the picture; what blows up does not.
    top = max(float(curve[0]), float(np.max(found.before[np.isfinite(found.before)])))
    low = min(float(curve.min()), float(np.min(found.losses[np.isfinite(found.losses)])))
    # A loss that hardly moves is drawn level, not as its own rounding.
    reach = max(top - low, 0.01 * abs(top)) or 1.0
    drawn = found.losses[np.isfinite(found.losses)]
    high = min(top + _ABOVE * reach, float(drawn.max()) + 0.05 * reach)
    return low - 0.05 * reach, max(high, low + reach)
