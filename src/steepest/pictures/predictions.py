"""Predicted against true values, and residuals, for a sample of the rows."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.moments.row_sample import Sample, evenly_spread
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import (
    GREEN,
    MUTED,
    SQUARE,
    Axes,
    axes_or_new,
    label,
    legend,
    plot_rows,
)
from steepest.wording.fact import Fact, fact, phrase

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


def plot_predicted(view: PredictionsView, ax: Axes | None = None) -> Axes:
    """Draw the rows around the diagonal on which predicted equals true, at equal limits."""
    ax = axes_or_new(ax, SQUARE)
    plot_rows(ax, view.true, view.predicted)
    ends = view.ends
    ax.plot(ends, ends, color=GREEN, lw=1.2, ls="--", label=phrase("predicted = true"))
    ax.set(xlim=ends, ylim=ends)
    ax.set_aspect("equal", adjustable="box")
    of = view.target
    label(ax, phrase("true values", target=of), phrase("predicted values", target=of))
    legend(ax)
    return ax


def plot_residuals(view: PredictionsView, ax: Axes | None = None) -> Axes:
    """Draw the residuals, their zero, and two standard deviations on both sides of it."""
    ax = axes_or_new(ax)
    plot_rows(ax, view.predicted, view.residuals)
    ax.axhline(0.0, color=GREEN, lw=1.2, ls="--")
    if view.reach is not None:
        for sign, name in ((-1.0, None), (1.0, phrase("± 2 standard deviations"))):
            ax.axhline(sign * view.reach, color=MUTED, lw=1.0, ls=":", label=name)
    of = view.target
    label(ax, phrase("predicted values", target=of), phrase("residuals of", target=of))
    legend(ax)
    return ax
