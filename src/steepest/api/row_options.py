"""The arguments that `fit` and studies share, and those of studies of every kind."""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from torch import Tensor

    from steepest.api.minimize import Bounded
    from steepest.descent.stepwise import Progress
    from steepest.losses import Loss
    from steepest.models.fit_progress import FitProgress
    from steepest.models.options import Way
    from steepest.problems.squared_loss import Reduction
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
    reduction: "Reduction"
    momentum: float | None
    nesterov: bool | None
    shuffle: bool
    average: bool
    checkpoint: str | PathLike[str] | None
    epochs: int | None
    tolerance: float | None
    gradient_tolerance: float | None
    patience: int | None
    time_limit: float | None
    validation: float | None
    folds: int | None
    seed: int
    missing: "Missing | None"
    accuracy: "Way"
    minimum_norm: bool


class StudyOptions(RowOptions, total=False):
    """Those of `fit`, and what only studies of functions (`bounds`) or models have.

    `progress` is told how far the runs are: of a table as `fit` tells it, of a function as
    `minimize` does.
    """

    bounds: "Bounded | None"
    loss_fn: "Callable[..., Tensor]"
    loader: Any
    progress: "FitProgress | Progress | None"
