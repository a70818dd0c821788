"""What held-out rows say of a fit, from their triangles alone: no row is read again."""

from dataclasses import asdict, dataclass

import numpy as np

from steepest.descent.closed_form_end import lowest
from steepest.models.options import Settings
from steepest.models.reduce import Reduced
from steepest.path.path import DescentPath


@dataclass(frozen=True)
class Validation:
    """How many rows were held out, and their objective at the chosen and at the best epoch.

    With folds every row is held out once, and objectives are means over the folds. `r2` is
    1 − objective / variance of the held-out target about its mean; `rmse` its root.
    """

    rows: int
    folds: int | None
    objective: float
    best_epoch: int
    best_objective: float
    r2: float | None
    rmse: float

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return asdict(self)


def validate(
    path: DescentPath, epoch: int, reduced: Reduced, settings: Settings
) -> Validation | None:
    """The held-out rows' word on the parameters of an epoch; None where no rows were held out."""
    curve = path.validation
    if curve is None:
        return None
    held = [factor for _, factor in reduced.held_out]
    weights = np.array([factor.weight for factor in held])
    chosen, best = curve(epoch), lowest(curve, path.epochs)
    mean = chosen if settings.reduction == "mean" else chosen / float(weights.mean())
    spreads = [
        float(np.square(factor.triangle[:, -1]).sum() / factor.scale[-1] ** 2) for factor in held
    ]
    variance = float(np.mean(np.array(spreads) / weights))
    return Validation(
        sum(factor.rows for factor in held),
        settings.folds,
        chosen,
        best,
        curve(best),
        1.0 - mean / variance if variance > 0.0 else None,
        float(np.sqrt(mean)),
    )
