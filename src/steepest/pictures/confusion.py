"""Which classes are taken for which, from a fit's metrics."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.models.metrics import MOST_CLASSES, Metrics
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import BLUE, INK, PAPER, Axes, axes_or_new, label, shortened
from steepest.wording.fact import Fact, fact, phrase

_DARK = 0.55
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


def plot(view: ConfusionView, ax: Axes | None = None) -> Axes:
    """Draw a field for each pair of classes, the darker the greater its share of the true class."""
    from matplotlib.colors import LinearSegmentedColormap

    count = len(view.labels)
    ax = axes_or_new(ax, (5.8, 4.3 if count <= _FEW else 5.4))
    ax.grid(False)
    ends, shares = np.arange(count + 1), np.nan_to_num(view.shares)
    shades = LinearSegmentedColormap.from_list("shares", [PAPER, BLUE])
    ax.pcolormesh(ends, ends, shares, cmap=shades, vmin=0, vmax=1)
    for row in range(count):
        for column in range(count):
            _write(view, ax, row, column)
    places = np.arange(count) + 0.5
    names = [shortened(name, 16 if count <= _FEW else 10) for name in view.labels]
    turn = 30 if sum(map(len, names)) > 60 else 0
    ax.set_xticks(
        places, labels=names, parse_math=False, rotation=turn, ha="right" if turn else "center"
    )
    ax.set_yticks(places, labels=names, parse_math=False)
    ax.tick_params(length=0)
    ax.set_ylim(count, 0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    label(ax, phrase("taken for"), phrase("true class"))
    return ax


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


def _write(view: ConfusionView, ax: Axes, row: int, column: int) -> None:
    color = PAPER if view.shares[row, column] > _DARK else INK
    size = 10 if len(view.labels) <= _FEW else 7.5
    ax.text(
        column + 0.5, row + 0.5, view.written(row, column), ha="center", va="center", color=color,
        fontsize=size,
    )  # fmt: skip
