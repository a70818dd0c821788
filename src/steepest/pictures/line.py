"""The fitted line over the rows, for a fit on one feature."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.losses.counts_and_amounts import LogMean
from steepest.models.fit_data import FitData
from steepest.path.minibatch_path import MinibatchPath
from steepest.path.step import Step
from steepest.pictures.chart import ORANGE, Axis, Chart, Look, band, rows_at, series
from steepest.pictures.picture import LeftOut
from steepest.pictures.predictions import rows_shown, visible_rows
from steepest.wording.fact import Fact, fact, phrase, text_of

_LARGEST = 1e100
BANDS = ((2.0, "± 2σ"), (1.0, "± σ"))


@final
@dataclass(frozen=True, eq=False)
class LineView:
    """Rows (`x`, `y`), shape (m,), and the lines of some epochs over `ends` (2,).

    `lines` holds, by epoch, the line's heights at the two ends; the last one is the chosen epoch's,
    unless it is too far away to be drawn, as `notes` then say.
    """

    feature: str
    target: str
    x: Floats
    y: Floats
    ends: Floats
    lines: dict[int, Floats]
    chosen: int
    rows: int
    notes: tuple[Fact, ...]

    @staticmethod
    def of(fit: FitData) -> "LineView":
        """The line at the start, after epochs 1 and 2, and at the chosen epoch.

        Raises LeftOut for another number of features than one, or without rows.
        """
        if len(fit.features) != 1:
            raise LeftOut(fact("line needs one feature", count=len(fit.features)))
        if isinstance(fit.loss, LogMean):
            raise LeftOut(fact("mean is a curve", loss=fit.loss.name))
        sample = visible_rows(fit)
        x = sample.features[:, 0]
        ends = np.array([x.min(), x.max()])
        # Of mini-batches the steps between ends of epochs are no epochs.
        early = (0,) if isinstance(fit.path, MinibatchPath) else (0, 1, 2)
        steps = {k: fit.path.at(k) for k in early if k < fit.epochs} | {fit.epochs: fit.step}
        heights = {k: _heights(step, fit.features[0], ends) for k, step in steps.items()}
        lines = {k: line for k, line in heights.items() if (np.abs(line) <= _LARGEST).all()}
        notes = rows_shown(len(x), fit.rows)
        if fit.epochs not in lines:
            notes.append(fact("line too far away", epoch=float(fit.epochs)))
        return LineView(
            fit.features[0],
            fit.target,
            x,
            sample.target,
            ends,
            lines,
            fit.epochs,
            fit.rows,
            tuple(notes),
        )

    @property
    def heights(self) -> tuple[float, float]:
        """Room for the rows, and for the lines as far as they stay within twice the rows' range."""
        low, high = float(self.y.min()), float(self.y.max())
        reach = high - low or abs(high) or 1.0
        heights = [float(value) for line in self.lines.values() for value in line]
        lowest = max(min([low, *heights]), low - reach / 2.0)
        highest = min(max([high, *heights]), high + reach / 2.0)
        pad = 0.05 * (highest - lowest or reach)
        return lowest - pad, highest + pad

    @property
    def seen(self) -> dict[int, Floats]:
        """The lines that pass through that room."""
        low, high = self.heights
        lines = self.lines.items()
        return {k: line for k, line in lines if line.max() >= low and line.min() <= high}


def chart(fit: FitData, deviation: float | None = None) -> Chart:
    """The rows, the lines of the first epochs dashed, and the chosen one, with the reach of noise
    of a known `deviation` on both sides of it.
    """
    view = LineView.of(fit)
    drawn = [rows_at(view.x, view.y)]
    for place, (epoch, heights) in enumerate(view.seen.items()):
        chosen, name = epoch == view.chosen, phrase("of epoch", epoch=float(epoch))
        if chosen and deviation is not None:
            for times, reach in BANDS:
                far = times * deviation
                drawn.append(band(view.ends, heights - far, heights + far, reach, ORANGE))
        look: Look = "line" if chosen else "dashes"
        drawn.append(series(view.ends, heights, name, look, ORANGE if chosen else 2 + place))
    low, high = view.heights
    y = Axis(view.target, low=low, high=high)
    return Chart(Axis(view.feature), y, drawn, note=text_of(view.notes))


def _heights(step: Step, feature: str, ends: Floats) -> Floats:
    slope = step[feature] if feature in step.names else 0.0
    offset = step["intercept"] if step.names[-1] == "intercept" else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        return slope * ends + offset
