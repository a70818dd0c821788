"""The ROC curve of two classes, from a fit's metrics."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.models.metrics import Metrics
from steepest.pictures.chart import BLUE, Axis, Chart, band, diagonal, series
from steepest.pictures.confusion import classes_of, measured
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import shortened
from steepest.wording.fact import Fact, fact, phrase, text_of


@final
@dataclass(frozen=True, eq=False)
class RocView:
    """Points of the ROC curve: share of `hits` (m,) over share of false `alarms` (m,).

    `event` is the class that is looked for, `area` the area under the curve.
    """

    alarms: Floats
    hits: Floats
    area: float
    event: str
    notes: tuple[Fact, ...]

    @staticmethod
    def of(metrics: Metrics, where: str = "rows") -> "RocView":
        """The curve of rows, called `where`. Raises LeftOut unless there are two classes."""
        classes = classes_of(metrics)
        if len(classes) > 2:
            raise LeftOut(fact("roc curve needs two classes"))
        if metrics.roc_auc is None or not metrics.roc:
            raise LeftOut(fact("rows of one class"))
        alarms, hits = np.array(metrics.roc).T
        notes = [fact("rows measured", rows=metrics.rows, where=where)]
        if metrics.roc_auc_error:
            notes.append(fact("area of binned scores", error=metrics.roc_auc_error))
        return RocView(alarms, hits, metrics.roc_auc, classes[1], tuple(notes))


def chart(fit: FitData) -> Chart:
    """The share of hits over that of false alarms, and the diagonal of guessing."""
    view = RocView.of(*measured(fit))
    area, event = phrase("area under curve", area=view.area), shortened(view.event, 24)
    drawn = [
        series(view.alarms, view.hits, area, colour=BLUE),
        band(view.alarms, np.zeros(len(view.hits)), view.hits, "", BLUE),
        diagonal(phrase("guessing, area 0.5")),
    ]
    x = Axis(phrase("false alarms", event=event), low=-0.02, high=1.02)
    y = Axis(phrase("hits", event=event), low=-0.02, high=1.02)
    return Chart(x, y, drawn, note=text_of(view.notes), square=True)
