"""The arguments that `fit` and `compare` share."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from steepest.descent.optimizers import Optimizer
    from steepest.losses import Loss
    from steepest.models.options import Start
    from steepest.tables.column_encoding import Missing


class RowOptions(TypedDict, total=False):
    """What is fitted, and how it descends: the meanings and defaults are those of `fit`."""

    features: Sequence[str] | None
    exclude: Sequence[str] | None
    weights: object
    intercept: bool
    standardize: bool
    loss: "str | Loss"
    delta: float | None
    quantile: float | None
    power: float | None
    ridge: float
    l1: float
    positive: bool
    optimizer: "str | Optimizer"
    momentum: float | None
    nesterov: bool | None
    shuffle: bool
    start: "Start"
    seed: int
    missing: "Missing | None"
