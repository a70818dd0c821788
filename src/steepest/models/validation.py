"""What held-out rows say of a fit."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from steepest.arrays import Floats
from steepest.models.metrics import Metrics, explained
from steepest.moments.qr_factor import Factor
from steepest.problems.squared_loss import Reduction

# An earlier epoch is chosen over the end only if held-out rows prefer it by this much.
PREFERENCE = 1e-6


@dataclass(frozen=True)
class Validation:
    """How many rows were held out, and their objective at the chosen and at the best epoch.

    With folds every row is held out once, and objectives are means over the folds. The penalty is
    no part of them. `metrics` are those of the held-out rows at the chosen epoch; of squared loss
    `r2` is 1 − mean square / variance of their target about its mean.
    """

    rows: int
    folds: int | None
    objective: float
    best_epoch: int
    best_objective: float
    metrics: Metrics

    @property
    def r2(self) -> float | None:
        """R² on the held-out rows; None for classes, and for a target without spread."""
        return self.metrics.r2

    @property
    def rmse(self) -> float | None:
        """Root mean squared error on the held-out rows, in the target's units."""
        return self.metrics.rmse

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        numbers = {name: value for name, value in vars(self).items() if name != "metrics"}
        return {**numbers, "r2": self.r2, "rmse": self.rmse, "metrics": self.metrics.to_dict()}


def squared_metrics(rows: int, weight: float, mean: float, spread: float) -> Metrics:
    """What is known of squared loss from sums alone: its mean, beside the target's variance."""
    return Metrics("squared", rows, weight, mean, rmse=sqrt(mean), r2=explained(mean, spread))


def metrics_of_factors(held_out: list[Factor], objective: float, reduction: Reduction) -> Metrics:
    """Metrics of rows that were held out in turn, from their triangles; `objective` is their mean
    over the parts: no row is read again.
    """
    weights = np.array([factor.weight for factor in held_out])
    mean = objective if reduction == "mean" else objective / float(weights.mean())
    spreads: Floats = np.array(
        [np.square(factor.triangle[:, -1]).sum() / factor.scale[-1] ** 2 for factor in held_out]
    )
    rows = sum(factor.rows for factor in held_out)
    return squared_metrics(rows, float(weights.sum()), mean, float(np.mean(spreads / weights)))
