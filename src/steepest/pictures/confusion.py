"""Which classes are taken for which, from a fit's metrics."""

from dataclasses import dataclass
from typing import final

import numpy as np
from msgspec.structs import replace

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.models.metrics import MOST_CLASSES, Metrics
from steepest.pictures.chart import BLUE, Axis, Chart, numbers, spread
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import shortened
from steepest.wording.fact import Fact, fact, phrase, text_of

_FEW = 5  # classes whose fields have room for shares


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
    notes: tuple[Fact, ...]

    def written(self, row: int, column: int) -> str:
        """What stands in a field: the weight, and of few classes its share on a line below."""
        weight, share = float(self.weights[row, column]), float(self.shares[row, column])
        text = f"{weight:.6g}" if weight < 1e6 else f"{weight:.2g}"
        return f"{text}\n{share:.1%}" if len(self.labels) <= _FEW and share == share else text

    @staticmethod
    def of(metrics: Metrics, where: str = "rows") -> "ConfusionView":
        """The table of rows, called `where`. Raises LeftOut where predictions are no numbers."""
        labels = classes_of(metrics)
        if metrics.confusion is None:
            raise LeftOut(fact("predictions are no numbers"))
        weights = np.array(metrics.confusion)
        notes = [fact("rows measured", rows=metrics.rows, where=where)]
        if metrics.weight != metrics.rows:
            notes.append(fact("fields hold weights"))
        if len(labels) > MOST_CLASSES:
            heaviest = MOST_CLASSES - 1
            notes.append(fact("heaviest classes", shown=heaviest, of=len(labels)))
            labels, weights = _gathered(labels, weights, heaviest)
        totals = weights.sum(axis=1, keepdims=True)
        shares = np.divide(weights, totals, out=np.full(weights.shape, np.nan), where=totals > 0.0)
        return ConfusionView(labels, weights, shares, tuple(notes))


def measured(fit: FitData) -> tuple[Metrics, str]:
    """Metrics of the rows that say more, and what those are called."""
    if fit.validation_metrics is not None:
        return fit.validation_metrics, phrase("held-out rows")
    return fit.metrics, phrase("training rows")


def classes_of(metrics: Metrics) -> tuple[str, ...]:
    """The classes. Raises LeftOut where the target is a number, or only the loss was measured."""
    if metrics.classes is None:
        raise LeftOut(fact("target is a number"))
    if metrics.is_loss_alone:
        raise LeftOut(fact("only the loss was measured"))
    return metrics.classes


def chart(fit: FitData) -> Chart:
    """A field for each pair of classes, the fuller the greater its share of the true class."""
    view = ConfusionView.of(*measured(fit))
    count = len(view.labels)
    row, column = (place.ravel() for place in np.indices((count, count)))
    corners = np.column_stack([column - 0.5, row - 0.5])
    fields = replace(
        spread(corners, corners + 1.0, "boxes", colour=BLUE),
        sizes=numbers(np.nan_to_num(view.shares).ravel()),
        texts=[view.written(i, j) for i, j in zip(row.tolist(), column.tolist(), strict=True)],
    )
    names = [shortened(label) for label in view.labels]
    down = Axis(phrase("true class"), low=count - 0.5, high=-0.5, names=names)
    across = Axis(phrase("taken for"), low=-0.5, high=count - 0.5, names=names)
    return Chart(across, down, [fields], note=text_of(view.notes))


def _gathered(
    labels: tuple[str, ...], weights: Floats, count: int
) -> tuple[tuple[str, ...], Floats]:
    """The heaviest classes in their order, and all others as one."""
    heaviest = np.sort(np.argsort(-weights.sum(axis=1), kind="stable")[:count])
    place = np.full(len(labels), count)
    place[heaviest] = np.arange(count)
    joined = np.zeros((count + 1, count + 1))
    np.add.at(joined, (place[:, None], place[None, :]), weights)
    return (*(labels[i] for i in heaviest), phrase("others")), joined
