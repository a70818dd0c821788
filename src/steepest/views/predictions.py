"""Predicted against true values, and residuals, for a sample of the rows."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.moments.row_sample import Sample
from steepest.results.fit import Fit
from steepest.results.linear_fit import LinearFit
from steepest.views.left_out import LeftOut

# More points than this hide each other and make a report large.
MOST_POINTS = 1000
LARGEST = 1e100


@final
@dataclass(frozen=True, eq=False)
class PredictionsView:
    """`true` and `predicted` (m,), in the target's units, of m rows out of `rows`.

    `index` (m,) are the rows' numbers in the source; `deviation` is the residuals' standard
    deviation, None where it is undefined.
    """

    target: str
    index: NDArray[np.int64]
    true: Floats
    predicted: Floats
    rows: int
    r2: float | None
    deviation: float | None

    @staticmethod
    def of(fit: Fit) -> "PredictionsView":
        """Predictions at the chosen epoch. Raises LeftOut where there is nothing to draw."""
        sample = shown_rows(fit)
        slopes = np.array([fit.coefficients[name] for name in fit.features])
        with np.errstate(over="ignore", invalid="ignore"):
            predicted = sample.features @ slopes + (fit.intercept or 0.0)
        if not (np.abs(predicted) <= LARGEST).all():
            raise LeftOut("The predictions are too large to be drawn beside the rows.")
        return PredictionsView(
            fit.target,
            sample.rows,
            sample.target,
            predicted,
            fit.rows,
            fit.r2,
            fit.residual_deviation,
        )

    @staticmethod
    def of_linear(fit: LinearFit) -> "PredictionsView":
        """Predicted means of a fit of any loss. Raises LeftOut where there is nothing to draw."""
        if fit.classes is not None:
            raise LeftOut("The target is a class, not a number.")
        sample = fit.sample
        if sample is None or not len(sample.target):
            raise LeftOut("No rows were kept to draw.")
        keep = evenly(len(sample.target))
        line = fit.lines[0]
        with np.errstate(over="ignore", invalid="ignore"):
            eta = sample.features[keep] @ line[: len(fit.features)]
            eta = eta + (line[-1] if fit.settings.shared.intercept else 0.0)
            predicted = fit.loss.mean(eta)
        if not (np.abs(predicted) <= LARGEST).all():
            raise LeftOut("The predictions are too large to be drawn beside the rows.")
        # Spread of counts and amounts grows with their mean, and outliers make that of others: two
        # lines at one distance would say what is not so.
        return PredictionsView(
            fit.target, keep, sample.target[keep], predicted, fit.metrics.rows, fit.metrics.r2, None
        )

    @property
    def residuals(self) -> Floats:
        """True less predicted, shape (m,)."""
        return self.true - self.predicted

    @property
    def note(self) -> str:
        """How many of the rows are shown."""
        return shown_of(len(self.true), self.rows)


def shown_rows(fit: Fit) -> Sample:
    """At most `MOST_POINTS` of the rows, evenly spread. Raises LeftOut where none were kept."""
    sample = fit.sample
    if sample is None or not len(sample.target):
        raise LeftOut("No rows were kept to draw: the fit was made from sums over the rows alone.")
    count = len(sample.target)
    if count <= MOST_POINTS:
        return sample
    keep = evenly(count)
    return Sample(sample.rows[keep], sample.features[keep], sample.target[keep])


def evenly(count: int) -> NDArray[np.int64]:
    """At most `MOST_POINTS` numbers of so many rows."""
    return np.linspace(0.0, count - 1.0, min(count, MOST_POINTS)).astype(np.int64)


def shown_of(shown: int, rows: int) -> str:
    """A sentence on a sample; nothing where all rows are shown.

    >>> shown_of(1000, 2_000_000)
    '1,000 of 2,000,000 rows are shown.'
    """
    return "" if shown >= rows else f"{shown:,} of {rows:,} rows are shown."
