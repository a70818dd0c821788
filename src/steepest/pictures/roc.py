"""The ROC curve of two classes, from a fit's metrics."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.models.metrics import Metrics
from steepest.pictures.confusion import classes_of
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import BLUE, GREEN, SQUARE, Axes, axes_or_new, label, legend, shortened
from steepest.wording.fact import Fact, fact, phrase


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


def plot(view: RocView, ax: Axes | None = None) -> Axes:
    """Draw the share of hits over that of false alarms, and the diagonal of guessing."""
    ax = axes_or_new(ax, SQUARE)
    ax.fill_between(view.alarms, view.hits, color=BLUE, alpha=0.12, lw=0)
    area, guessing = phrase("area under curve", area=view.area), phrase("guessing, area 0.5")
    ax.plot(view.alarms, view.hits, color=BLUE, lw=1.6, label=area)
    ax.plot((0.0, 1.0), (0.0, 1.0), color=GREEN, lw=1.2, ls="--", label=guessing)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    event = shortened(view.event, 24)
    label(ax, phrase("false alarms", event=event), phrase("hits", event=event))
    legend(ax)
    return ax
