"""Predicted against true values, and residuals, for a sample of the rows."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.moments.row_sample import Sample, evenly_spread
from steepest.pictures.chart import GREEN, PLAIN, Axis, Chart, level, rows_at, series
from steepest.pictures.picture import LeftOut
from steepest.wording.fact import Fact, fact, phrase, text_of

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
        sample = visible_rows(fit)
        with np.errstate(over="ignore", invalid="ignore"):
            predicted = fit.loss.mean(fit.predictor(sample.features)[:, 0])
        if not (np.abs(predicted) <= LARGEST).all():
            raise LeftOut(fact("predictions too large"))
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
    def ends(self) -> tuple[float, float]:
        """From the least to the greatest of both, with some room."""
        both = np.concatenate([self.true, self.predicted])
        room = 0.04 * (float(np.ptp(both)) or abs(float(both[0])) or 1.0)
        return float(both.min()) - room, float(both.max()) + room

    @property
    def reach(self) -> float | None:
        """Two standard deviations, where the residuals are not so large that they were as 0."""
        sizes, deviation = np.abs(self.residuals), self.deviation
        known = deviation is not None and sizes.max() < 1e3 * deviation
        return 2.0 * deviation if deviation is not None and known else None

    @property
    def notes(self) -> tuple[Fact, ...]:
        """How many of the rows are shown."""
        return tuple(rows_shown(len(self.true), self.rows))


def visible_rows(fit: FitData) -> Sample:
    """At most `MOST_POINTS` of the rows, evenly spread. Raises LeftOut for classes, and where none
    were kept.
    """
    sample = fit.sample
    if fit.classes is not None:
        raise LeftOut(fact("target is a class"))
    if sample is None or not len(sample.target):
        raise LeftOut(fact("no rows kept"))
    keep = evenly_spread(len(sample.target), MOST_POINTS)
    return Sample(sample.rows[keep], sample.features[keep], sample.target[keep])


def rows_shown(visible: int, rows: int) -> list[Fact]:
    """How many rows are shown, unless all are."""
    return [] if visible >= rows else [fact("some rows shown", shown=visible, of=rows)]


def predicted(fit: FitData) -> Chart:
    """The rows around the diagonal on which predicted equals true, at equal limits."""
    view = PredictionsView.of(fit)
    low, high = view.ends
    drawn = [
        rows_at(view.true, view.predicted),
        series(view.ends, view.ends, phrase("predicted = true"), "dashes", GREEN),
    ]
    x = Axis(phrase("true values", target=view.target), low=low, high=high)
    y = Axis(phrase("predicted values", target=view.target), low=low, high=high)
    return Chart(x, y, drawn, note=text_of(view.notes), square=True)


def residuals(fit: FitData) -> Chart:
    """The residuals, their zero, and two standard deviations on both sides of it."""
    view = PredictionsView.of(fit)
    drawn = [rows_at(view.predicted, view.residuals), level(0.0)]
    if view.reach is not None:
        drawn.append(level(-view.reach, colour=PLAIN))
        drawn.append(level(view.reach, phrase("± 2 standard deviations"), PLAIN))
    x = Axis(phrase("predicted values", target=view.target))
    y = Axis(phrase("residuals of", target=view.target))
    return Chart(x, y, drawn, note=text_of(view.notes))
