"""Predicted against true values, and residuals, for a sample of the rows."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.moments.row_sample import Sample, evenly_spread
from steepest.pictures.left_out import LeftOut
from steepest.wording.fact import fact

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
    def of(fit: FitData) -> "PredictionsView":
        """Predicted means at the chosen step. Raises LeftOut where there is nothing to draw."""
        sample, line = shown_rows(fit), fit.lines[0]
        with np.errstate(over="ignore", invalid="ignore"):
            eta = sample.features @ line[: len(fit.features)]
            predicted = fit.loss.mean(eta + (line[-1] if fit.settings.intercept else 0.0))
        if not (np.abs(predicted) <= LARGEST).all():
            raise LeftOut("The predictions are too large to be drawn beside the rows.")
        # Spread of counts and amounts grows with their mean, and outliers make that of others: two
        # lines at one distance would say what is not so.
        return PredictionsView(
            fit.target,
            sample.rows,
            sample.target,
            predicted,
            fit.metrics.rows if fit.reduced is None else fit.rows,
            fit.r2,
            fit.residual_deviation,
        )

    @property
    def residuals(self) -> Floats:
        """True less predicted, shape (m,)."""
        return self.true - self.predicted

    @property
    def note(self) -> str:
        """How many of the rows are shown."""
        return shown_of(len(self.true), self.rows)


def shown_rows(fit: FitData) -> Sample:
    """At most `MOST_POINTS` of the rows, evenly spread. Raises LeftOut for classes, and where none
    were kept.
    """
    sample = fit.sample
    if fit.classes is not None:
        raise LeftOut(str(fact("target is a class")))
    if sample is None or not len(sample.target):
        raise LeftOut(str(fact("no rows kept")))
    keep = evenly_spread(len(sample.target), MOST_POINTS)
    return Sample(sample.rows[keep], sample.features[keep], sample.target[keep])


def shown_of(shown: int, rows: int) -> str:
    """A sentence on a sample; nothing where all rows are shown.

    >>> shown_of(1000, 2_000_000)
    '1,000 of 2,000,000 rows are shown.'
    """
    return "" if shown >= rows else f"{shown:,} of {rows:,} rows are shown."
