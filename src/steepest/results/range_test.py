"""A learning-rate range test, with its picture."""

from dataclasses import dataclass
from typing import Any, final

from steepest.watching.measure.range_test import MeasuredRates


@final
@dataclass(frozen=True, eq=False, repr=False)
class RateTest(MeasuredRates):
    """What a learning-rate range test found, as `steepest.find_lr` returns it."""

    def plot(self, ax: Any = None) -> Any:
        """Draw the losses over the rates, with both marks, on matplotlib axes; returns them."""
        from steepest.pictures.range_test import RateTestView
        from steepest.pictures.range_test_plot import plot

        return plot(RateTestView.of(self), ax)
