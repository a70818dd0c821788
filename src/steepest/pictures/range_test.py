"""A learning-rate range test: the losses over the rates, the suggestion, and the bound."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.picture import with_caption
from steepest.pictures.style import BLUE, GREEN, MUTED, ORANGE, Axes, axes_or_new, label, legend
from steepest.pictures.ticks import log_ticks
from steepest.watching.measure.range_test import MeasuredRates
from steepest.wording.fact import Fact, phrase

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
    notes: tuple[Fact, ...]

    @staticmethod
    def of(test: MeasuredRates) -> "RateTestView":
        """The view of a range test."""
        return RateTestView(
            rates=test.rates,
            losses=test.losses,
            smoothed=test.smoothed,
            suggestion=_within(test.suggestion, test.rates),
            bound=_within(test.stable_rate, test.rates),
            heights=_heights(test),
            optimizer=test.optimizer,
            notes=tuple(test.facts),
        )


def draw(test: MeasuredRates, ax: Axes | None = None) -> Axes:
    """Draw a range test on `ax`, or with its caption on a new figure."""
    return with_caption(plot, RateTestView.of(test), ax)


def plot(view: RateTestView, ax: Axes | None = None) -> Axes:
    """Draw each batch's loss, the smoothed course, and lines at the suggestion and the bound."""
    ax = axes_or_new(ax)
    batches = phrase("batches")
    ax.plot(view.rates, view.losses, "o", color=MUTED, ms=3.0, alpha=0.45, mew=0, label=batches)
    ax.plot(view.rates, view.smoothed, color=BLUE, lw=1.8, label=phrase("smoothed"))
    ax.set_xscale("log")
    ends = [float(view.rates[0]), float(view.rates[-1])]
    if view.suggestion is not None:
        name = phrase("suggested rate", lr=view.suggestion)
        ax.axvline(view.suggestion, color=GREEN, lw=1.6, ls="--", label=name)
        ends.append(view.suggestion)
    if view.bound is not None:
        name = phrase("bound of sgd", stable=view.bound)
        ax.axvline(view.bound, color=ORANGE, lw=1.6, ls=":", label=name)
        ends.append(view.bound)
    ax.set_xlim(min(ends) / 1.2, max(ends) * 1.2)
    ax.set_ylim(*view.heights)
    log_ticks(ax.xaxis, min(ends), max(ends))
    label(ax, phrase("rates of", optimizer=view.optimizer), phrase("loss"))
    legend(ax)
    return ax


def _within(rate: float, rates: Floats) -> float | None:
    """A rate that is in the picture or within ten times its ends."""
    return rate if 0.1 * rates[0] <= rate <= 10.0 * rates[-1] else None


def _heights(test: MeasuredRates) -> tuple[float, float]:
    curve = test.smoothed[np.isfinite(test.smoothed)]
    # The scatter of the losses at the start belongs in the picture; what blows up does not.
    top = max(float(curve[0]), float(np.max(test.before[np.isfinite(test.before)])))
    low = min(float(curve.min()), float(np.min(test.losses[np.isfinite(test.losses)])))
    # A loss that hardly moves is drawn level, not as its own rounding.
    reach = max(top - low, 0.01 * abs(top)) or 1.0
    highest = float(np.max(test.losses[np.isfinite(test.losses)]))
    high = min(top + _ABOVE * reach, highest + 0.05 * reach)
    return low - 0.05 * reach, max(high, low + reach)
