"""Pictures of predicted classes, from a fit's metrics: calibration, ROC curve, confusion."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.models.metrics import MOST_CLASSES, Metrics
from steepest.pictures.left_out import LeftOut

OTHERS = "others"


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
    rows: NDArray[np.int64]
    event: str
    note: str

    @staticmethod
    def of(metrics: Metrics, where: str = "rows") -> "CalibrationView":
        """The groups of rows, called `where`. Raises LeftOut where there are no probabilities."""
        classes = _classes(metrics)
        groups = metrics.calibration
        if not groups:
            why = (
                "The loss gives no probabilities that could be compared with what happened."
                if metrics.log_loss is None
                else "There are no finite probabilities to compare with what happened."
            )
            raise LeftOut(why)
        several = len(classes) > 2
        return CalibrationView(
            np.array([group.predicted for group in groups]),
            np.array([group.observed for group in groups]),
            np.array([group.low for group in groups]),
            np.array([group.high for group in groups]),
            np.array([group.rows for group in groups]),
            "the most probable class being right" if several else classes[1],
            f"{_counted(metrics, where)} in {groups_of(len(groups))} by predicted probability. "
            "Bars are 95 % intervals (Wilson).",
        )


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
    note: str

    @staticmethod
    def of(metrics: Metrics, where: str = "rows") -> "RocView":
        """The curve of rows, called `where`. Raises LeftOut unless there are two classes."""
        classes = _classes(metrics)
        if len(classes) > 2:
            raise LeftOut("A ROC curve is of two classes; of several it would be one for each.")
        if metrics.roc_auc is None or not metrics.roc:
            raise LeftOut("The rows do not hold both classes, so that none can be told apart.")
        alarms, hits = np.array(metrics.roc).T
        error = metrics.roc_auc_error
        note = f"{_counted(metrics, where)}."
        if error:
            note += f" The area is right to ±{error:.1g}: scores were counted in cells."
        return RocView(alarms, hits, metrics.roc_auc, classes[1], note)


@final
@dataclass(frozen=True, eq=False)
class ConfusionView:
    """`weights` (k, k) of rows of class i (down) that are taken for class j (across).

    `shares` (k, k) are their parts of class i's rows, nan for a class without rows. Of many classes
    the heaviest are told apart, and the rest are `others`.
    """

    labels: tuple[str, ...]
    weights: Floats
    shares: Floats
    note: str

    @staticmethod
    def of(metrics: Metrics, where: str = "rows") -> "ConfusionView":
        """The table of rows, called `where`. Raises LeftOut where predictions are no numbers."""
        labels = _classes(metrics)
        if metrics.confusion is None:
            raise LeftOut("The predictions are no numbers, so that no class can be told.")
        weights, note = np.array(metrics.confusion), f"{_counted(metrics, where)}."
        if metrics.weight != metrics.rows:
            note += " Fields hold their weights."
        if len(labels) > MOST_CLASSES:
            kept = MOST_CLASSES - 1
            note += f" The {kept} heaviest of {len(labels)} classes are told apart."
            labels, weights = _gathered(labels, weights, kept)
        totals = weights.sum(axis=1, keepdims=True)
        shares = np.divide(weights, totals, out=np.full(weights.shape, np.nan), where=totals > 0.0)
        return ConfusionView(labels, weights, shares, note)


def measured(fit: FitData) -> tuple[Metrics, str]:
    """Metrics of the rows that say more, and what those are called."""
    if fit.validation_metrics is not None:
        return fit.validation_metrics, "held-out rows"
    return fit.metrics, "training rows"


def _classes(metrics: Metrics) -> tuple[str, ...]:
    if metrics.classes is None:
        raise LeftOut("The target of this loss is a number, not a class.")
    if metrics.is_loss_alone:
        raise LeftOut("The rows stayed in their engine: nothing but their loss was measured.")
    return metrics.classes


def _counted(metrics: Metrics, where: str) -> str:
    return f"{metrics.rows:,} {where}"


def groups_of(count: int) -> str:
    """So many groups, in words.

    >>> groups_of(1), groups_of(10)
    ('one group', '10 groups')
    """
    return "one group" if count == 1 else f"{count} groups"


def _gathered(
    labels: tuple[str, ...], weights: Floats, kept: int
) -> tuple[tuple[str, ...], Floats]:
    """The heaviest classes in their order, and all others as one."""
    heaviest = np.sort(np.argsort(-weights.sum(axis=1), kind="stable")[:kept])
    place = np.full(len(labels), kept)
    place[heaviest] = np.arange(kept)
    joined = np.zeros((kept + 1, kept + 1))
    np.add.at(joined, (place[:, None], place[None, :]), weights)
    return (*(labels[i] for i in heaviest), OTHERS), joined
