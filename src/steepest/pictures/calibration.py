"""Predicted probabilities beside what happened, from a fit's metrics."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats, Integers
from steepest.models.metrics import Metrics
from steepest.pictures.confusion import classes_of
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import BLUE, GREEN, SQUARE, Axes, axes_or_new, label, legend, shortened
from steepest.wording.fact import Fact, fact, phrase

_SIZES = (4.0, 9.0)


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


def plot(view: CalibrationView, ax: Axes | None = None) -> Axes:
    """Draw the groups with their intervals around the diagonal; larger dots are of more rows."""
    ax = axes_or_new(ax, SQUARE)
    equal = phrase("predicted = observed")
    ax.plot((0.0, 1.0), (0.0, 1.0), color=GREEN, lw=1.2, ls="--", label=equal)
    ax.vlines(view.predicted, view.low, view.high, color=BLUE, lw=1.8, alpha=0.6)
    sizes = _SIZES[0] + (_SIZES[1] - _SIZES[0]) * view.sizes
    ax.scatter(
        view.predicted, view.observed, s=sizes**2, color=BLUE, lw=0, zorder=3,
        label=phrase("groups of rows"),
    )  # fmt: skip
    ends = (-0.02 * view.end, view.end)
    ax.set(xlim=ends, ylim=ends)
    probability = phrase("probability of", event=shortened(view.event, 40))
    label(ax, probability, phrase("observed share"))
    legend(ax)
    return ax
