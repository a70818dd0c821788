"""The fitted line over the rows, for a fit on one feature."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.losses.counts_and_amounts import LogMean
from steepest.models.fit_data import FitData
from steepest.path.minibatch_path import MinibatchPath
from steepest.path.step import Step
from steepest.pictures.left_out import LeftOut
from steepest.pictures.predictions import shown_of, shown_rows
from steepest.wording.numbers import count

_LARGEST = 1e100


@final
@dataclass(frozen=True, eq=False)
class LineView:
    """Rows (`x`, `y`), shape (m,), and the lines of some epochs over `ends` (2,).

    `lines` holds, by epoch, the line's heights at the two ends; the last one is the chosen epoch's,
    unless it is too far away to be drawn, as `note` then says.
    """

    feature: str
    target: str
    x: Floats
    y: Floats
    ends: Floats
    lines: dict[int, Floats]
    chosen: int
    rows: int
    note: str

    @staticmethod
    def of(fit: FitData) -> "LineView":
        """The line at the start, after epochs 1 and 2, and at the chosen epoch.

        Raises LeftOut for another number of features than one, or without rows.
        """
        if len(fit.features) != 1:
            raise LeftOut(
                f"A line is drawn for a fit on one feature; this one has {len(fit.features)}."
            )
        if isinstance(fit.loss, LogMean):
            raise LeftOut(f"The mean of {fit.loss.name} loss is a curve, not a line.")
        sample = shown_rows(fit)
        x = sample.features[:, 0]
        ends = np.array([x.min(), x.max()])
        # Of mini-batches the steps between ends of epochs are no epochs.
        early = (0,) if isinstance(fit.path, MinibatchPath) else (0, 1, 2)
        steps = {k: fit.path.at(k) for k in early if k < fit.epochs} | {fit.epochs: fit.step}
        heights = {k: _heights(step, fit.features[0], ends) for k, step in steps.items()}
        lines = {k: line for k, line in heights.items() if (np.abs(line) <= _LARGEST).all()}
        notes = [shown_of(len(x), fit.rows)]
        if fit.epochs not in lines:
            notes.append(
                f"The line of epoch {count(float(fit.epochs))} is too far away to be drawn."
            )
        return LineView(
            fit.features[0],
            fit.target,
            x,
            sample.target,
            ends,
            lines,
            fit.epochs,
            fit.rows,
            " ".join(note for note in notes if note),
        )


def _heights(step: Step, feature: str, ends: Floats) -> Floats:
    slope = step[feature] if feature in step.names else 0.0
    offset = step["intercept"] if step.names[-1] == "intercept" else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        return slope * ends + offset
