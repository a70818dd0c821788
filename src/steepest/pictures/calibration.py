"""Predicted probabilities beside what happened, from a fit's metrics."""

from dataclasses import dataclass
from typing import final

import numpy as np
from msgspec.structs import replace

from steepest.arrays import Floats, Integers
from steepest.models.fit_data import FitData
from steepest.models.metrics import Metrics
from steepest.pictures.chart import BLUE, Axis, Chart, diagonal, marks, numbers, spread
from steepest.pictures.confusion import classes_of, measured
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import shortened
from steepest.wording.fact import Fact, fact, phrase, text_of


@final
@dataclass(frozen=True, eq=False)
class CalibrationView:
    """Groups of rows with similar predictions: mean probability `predicted` (g,) beside the share
    `observed` (g,) of rows in which it came true, Wilson's 95 % interval from `low` to `high` (g,),
    and how many `rows` (g,) there are.

    `event` is what the probability is of.
    """

    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats
    rows: Integers
    event: str
    notes: tuple[Fact, ...]

    @staticmethod
    def of(metrics: Metrics, where: str = "rows") -> "CalibrationView":
        """The groups of rows, called `where`. Raises LeftOut where there are no probabilities."""
        classes, groups = classes_of(metrics), metrics.calibration
        if not groups:
            none = metrics.log_loss is None
            raise LeftOut(fact("no probabilities") if none else fact("no finite probabilities"))
        event = classes[1] if len(classes) == 2 else phrase("the most probable class being right")
        note = fact("rows in groups", rows=metrics.rows, where=where, groups=len(groups))
        return CalibrationView(
            np.array([group.predicted for group in groups]),
            np.array([group.observed for group in groups]),
            np.array([group.low for group in groups]),
            np.array([group.high for group in groups]),
            np.array([group.rows for group in groups]),
            event,
            (note,),
        )

    @property
    def end(self) -> float:
        """Of both axes: 1, unless all groups are close to 0."""
        return min(1.02, 1.1 * float(max(self.high.max(), self.predicted.max())))

    @property
    def sizes(self) -> Floats:
        """√(rows / most rows), shape (g,)."""
        shares: Floats = np.sqrt(self.rows / self.rows.max())
        return shares


def chart(fit: FitData) -> Chart:
    """The groups with their intervals around the diagonal; larger dots are of more rows."""
    view = CalibrationView.of(*measured(fit))
    groups = marks(
        np.column_stack([view.predicted, view.observed]), phrase("groups of rows"), "dots", BLUE
    )
    lows, highs = (np.column_stack([view.predicted, end]) for end in (view.low, view.high))
    drawn = [
        diagonal(phrase("predicted = observed")),
        spread(lows, highs, "spans", colour=BLUE),
        replace(groups, sizes=numbers(view.sizes)),
    ]
    low, high = -0.02 * view.end, view.end
    x = Axis(phrase("probability of", event=shortened(view.event, 40)), low=low, high=high)
    y = Axis(phrase("observed share"), low=low, high=high)
    return Chart(x, y, drawn, note=text_of(view.notes), square=True)
