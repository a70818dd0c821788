"""What a fit is worth, in the numbers that belong to its loss; measured block by block."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from steepest.arrays import Floats
from steepest.losses import Gamma, Loss, Multinomial, Poisson, Quantile, Tweedie
from steepest.losses.two_classes import TwoClasses
from steepest.models.calibration import CalibrationGroup
from steepest.models.deviance import Spread, deviances
from steepest.models.inference import Quality, Targets, measure_quality
from steepest.models.ranking import Curve
from steepest.wording.fact import phrase
from steepest.wording.numbers import finite, rounded

if TYPE_CHECKING:
    from steepest.models.class_metrics import ClassRun

_MEAN_LOSS = {
    "squared": "mean squared error",
    "huber": "Huber loss",
    "quantile": "pinball loss",
    "log-cosh": "log-cosh loss",
    "hinge": "hinge loss",
    "squared-hinge": "squared hinge loss",
}
# A table of more classes fills no terminal.
MOST_CLASSES = 10


@final
@dataclass(frozen=True)
class Metrics:
    """How well predictions follow rows. What does not belong to the loss, or is undefined, is None.

    All are weighted by the rows' weights.

    - `loss`: the loss by name;   `mean_loss`: Σwℓ/Σw, the objective without its penalty
    - `rows`: how many weigh more than 0;   `weight`: their Σw
    - `accuracy`: share of rows whose most probable class is theirs
    - `log_loss`: mean −log of the probability of a row's class;   None for hinge losses
    - `roc_auc`: area under the ROC curve; of several classes the mean over each against the rest.
      `roc_auc_error`: how far off it may be; 0, unless there were too many rows to sort
    - `classes`: labels;   `confusion[i][j]`: weight of rows of class i that are taken for j
    - `calibration`: groups of rows by predicted probability: of two classes that of the second, of
      several that of the most probable one, which then is right or not
    - `roc`: about a hundred points (share of false alarms, share of hits), of two classes
    - `deviance`: mean deviance;   `d2`: the part of the constant's deviance that is explained
    - `mae`: mean absolute error;   `rmse`: root mean squared error;   `r2`: 1 − squares/spread
    - `below`: share of rows that are not above the prediction, for quantiles
    """

    loss: str
    rows: int
    weight: float
    mean_loss: float
    accuracy: float | None = None
    log_loss: float | None = None
    roc_auc: float | None = None
    roc_auc_error: float | None = None
    classes: tuple[str, ...] | None = None
    confusion: tuple[tuple[float, ...], ...] | None = None
    calibration: tuple[CalibrationGroup, ...] = ()
    roc: Curve = ()
    deviance: float | None = None
    d2: float | None = None
    mae: float | None = None
    rmse: float | None = None
    r2: float | None = None
    below: float | None = None

    @property
    def is_loss_alone(self) -> bool:
        """Whether nothing but the mean loss is known."""
        measured = any(value is not None for value in (self.accuracy, self.mae, self.rmse))
        return not measured and self.weight > 0.0 and math.isfinite(self.mean_loss)

    @property
    def is_unranked(self) -> bool:
        """Whether ROC AUC and calibration are not measured, as of rows that stay in their engine:
        rows of every class were met, and still there is none.
        """
        met = self.confusion is not None and bool((np.sum(self._confused, axis=1) > 0.0).all())
        return met and self.roc_auc is None

    @property
    def scores(self) -> dict[str, float | None]:
        """The numbers one looks for first, by the names they are shown under."""
        kind = self.loss.partition(":")[0]
        named: dict[str, float | None] = {}
        if self.is_loss_alone:
            usual = f"mean {kind} loss" if self.classes is None else "log loss"
            return {_MEAN_LOSS.get(kind, usual): self.mean_loss}
        if self.classes is not None:
            named["accuracy"] = self.accuracy
            if self.log_loss is not None:
                named["log loss"] = self.log_loss
        if self.deviance is not None:
            named |= {
                "deviance explained (D²)": self.d2,
                "mean deviance": self.deviance,
            }
        if kind in _MEAN_LOSS:
            named[_MEAN_LOSS[kind]] = self.mean_loss
        if self.classes is not None:
            if not self.is_unranked:
                named["ROC AUC"] = self.roc_auc
        else:
            # Moments tell the squares of the errors, but not their sizes.
            if self.mae is not None or self.rmse is None:
                named["mean absolute error"] = self.mae
            named["R²"] = self.r2
        if self.below is not None:
            named["rows below"] = self.below
        return named

    @property
    def recall(self) -> tuple[float | None, ...]:
        """Of the rows of each class the share that is taken for it; () without classes."""
        return self._shares(np.sum(self._confused, axis=1)) if self.confusion else ()

    @property
    def precision(self) -> tuple[float | None, ...]:
        """Of the rows taken for each class the share that is of it; () without classes."""
        return self._shares(np.sum(self._confused, axis=0)) if self.confusion else ()

    def lines(self) -> tuple[str, ...]:
        """For the terminal: the scores, and the confusion table of up to ten classes."""
        return (
            "   ".join(f"{name} {_shown(value)}" for name, value in named(self.scores)),
            *self._remarks(),
            *self._table(),
        )

    def to_dict(self) -> dict[str, object]:
        """Plain data under the keys of docs/json.md; no NaN or infinity in it."""
        data: dict[str, object] = finite(asdict(self))
        return data

    @property
    def _confused(self) -> Floats:
        return np.asarray(self.confusion, dtype=np.float64)

    def _shares(self, totals: Floats) -> tuple[float | None, ...]:
        right = np.diagonal(self._confused)
        both = zip(right.tolist(), totals.tolist(), strict=True)
        return tuple(part / whole if whole > 0.0 else None for part, whole in both)

    def _remarks(self) -> list[str]:
        error = self.roc_auc_error
        return [phrase("area is rounded", error=error)] if error else []

    def _table(self) -> list[str]:
        if self.classes is None or self.confusion is None:
            return []
        if len(self.classes) > MOST_CLASSES:
            return [phrase("confusion left out", classes=len(self.classes))]
        head = [phrase("true \\ taken for"), *map(_clipped, self.classes)]
        body = [
            [_clipped(label), *(f"{entry:.6g}" for entry in row)]
            for label, row in zip(self.classes, self.confusion, strict=True)
        ]
        from steepest.wording.text_table import text_table

        return text_table([head, *body], left=1, gap=3)


def named(scores: Mapping[str, float | None]) -> list[tuple[str, float | None]]:
    """The scores with their names in the language spoken."""
    return [(phrase("score named", name=name), value) for name, value in scores.items()]


class Worth(NamedTuple):
    """What a fit is worth on its training rows: metrics, and R² and its like of squared loss."""

    metrics: Metrics
    quality: Quality | None


def measure(
    loss: Loss,
    target: Any,
    eta: Any,
    weights: Any = None,
    classes: Sequence[str] | None = None,
) -> Metrics:
    """Metrics of linear predictors η (n,), of the multinomial loss (n, k), for targets (n,).

    - `target`: as the loss takes it, classes as 0, 1, …;   `weights` (n,) of 0 or more, or None
    - `classes`: their labels in that order

    >>> from steepest.losses import Logistic
    >>> found = measure(Logistic(), [0.0, 1.0, 1.0], [-1.0, 2.0, -0.5], None, ("no", "yes"))
    >>> round(found.accuracy, 6), found.roc_auc, found.confusion
    (0.666667, 1.0, ((1.0, 0.0), (1.0, 1.0)))
    >>> print("\\n".join(found.lines()))
    accuracy 0.666667   log loss 0.471422   ROC AUC 1
    true \\ taken for   no   yes
    no                  1     0
    yes                 1     1
    """
    run = MetricsRun(loss, classes)
    run.add(eta, target, weights)
    return run.result()


@final
class MetricsRun:
    """Metrics of rows that come in blocks.

    >>> from steepest.losses import Absolute
    >>> run = MetricsRun(Absolute())
    >>> run.add([1.0, 2.0], [1.0, 3.0]), run.add([3.0], [5.0])
    (None, None)
    >>> run.result().mae, run.result().r2
    (1.0, 0.375)
    """

    def __init__(self, loss: Loss, classes: Sequence[str] | None = None) -> None:
        self._loss, self.classes = loss, classes
        self._rows, self._weight, self._total = 0, 0.0, 0.0
        self._part = self._part_of(loss, classes)

    @staticmethod
    def _part_of(loss: Loss, classes: Sequence[str] | None) -> "_NumberRun | ClassRun":
        if not isinstance(loss, TwoClasses | Multinomial):
            return _NumberRun(loss)
        from steepest.models.class_metrics import ClassRun

        return ClassRun(loss, classes)

    def add(self, eta: Any, target: Any, weights: Any = None) -> None:
        """Take in rows: η (n,) or (n, k), targets (n,), weights (n,) or None."""
        eta = np.asarray(eta, dtype=np.float64)
        y = np.asarray(target, dtype=np.float64)
        w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
        if not (w > 0.0).all():
            eta, y, w = eta[w > 0.0], y[w > 0.0], w[w > 0.0]
        if not len(y):
            return
        self._rows += len(y)
        self._weight += float(w.sum())
        with np.errstate(over="ignore", invalid="ignore"):
            self._total += float(w @ self._loss.value(eta, y))
            self._part.add(eta, y, w)

    def add_run(self, other: "MetricsRun") -> None:
        """Take in what a run of the same loss has measured of other rows."""
        self._rows += other._rows
        self._weight += other._weight
        self._total += other._total
        mine: Any = self._part
        mine.add_run(other._part)

    def result(self) -> Metrics:
        """The metrics of all rows so far; those that no row with weight speaks of are None."""
        mean_loss = self._total / self._weight if self._weight > 0.0 else math.nan
        found = self._part.result() if self._weight > 0.0 else {}
        if found.get("log_loss", False) is None:
            found["log_loss"] = mean_loss
        return Metrics(str(self._loss), self._rows, self._weight, mean_loss, **found)

    def quality(self, parameters: int, intercept: bool) -> Quality | None:
        """R² and its like of a fit of so many parameters; None for other losses than squared."""
        part = self._part
        if self._loss.name != "squared" or not isinstance(part, _NumberRun) or not self._rows:
            return None
        targets = Targets(self._rows, self._weight, part.targets.mean, part.targets.total)
        return measure_quality(targets, self._total, parameters, intercept)

    def worth(self, parameters: int, intercept: bool) -> Worth:
        """Both, of a fit of so many parameters."""
        return Worth(self.result(), self.quality(parameters, intercept))


@final
class _NumberRun:
    """Errors of predicted numbers, and deviance where the loss has one."""

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._power = deviance_power(loss)
        self.targets, self._spread = Spread(0.0), Spread(self._power or 0.0)
        self._absolute = self._squares = self._deviance = self._below = 0.0

    def add(self, eta: Floats, y: Floats, w: Floats) -> None:
        mean = self._loss.mean(eta)
        self.targets.add(y, w)
        self._absolute += float(w @ np.abs(y - mean))
        self._squares += float(w @ np.square(y - mean))
        self._below += float(w @ (y <= mean))
        if self._power is not None:
            self._spread.add(y, w)
            self._deviance += float(w @ deviances(y, mean, self._power))

    def add_run(self, other: "_NumberRun") -> None:
        self.targets.add_spread(other.targets)
        self._spread.add_spread(other._spread)
        self._absolute += other._absolute
        self._squares += other._squares
        self._deviance += other._deviance
        self._below += other._below

    def result(self) -> dict[str, Any]:
        weight = self.targets.weight
        found: dict[str, Any] = {
            "mae": self._absolute / weight,
            "rmse": math.sqrt(self._squares / weight),
            "r2": explained(self._squares, self.targets.total),
        }
        if self._power is not None:
            found["deviance"] = self._deviance / weight
            found["d2"] = explained(self._deviance, self._spread.total)
        if isinstance(self._loss, Quantile):
            found["below"] = self._below / weight
        return found


def deviance_power(loss: Loss) -> float | None:
    """The power of the loss's deviance; None where it has none."""
    if isinstance(loss, Tweedie):
        return loss.power
    return 1.0 if isinstance(loss, Poisson) else 2.0 if isinstance(loss, Gamma) else None


def explained(left: float, total: float) -> float | None:
    """1 − left/total; None where nothing was there to explain."""
    return 1.0 - left / total if total > 0.0 else None


def _shown(value: float | None) -> str:
    return phrase("not defined") if value is None or math.isnan(value) else rounded(value, 6)


def _clipped(label: str, width: int = 12) -> str:
    said = label if label.isprintable() else repr(label)
    return said if len(said) <= width else said[: width - 1] + "…"
