"""What a fit was asked for, checked once, and kept with the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule
from steepest.descent.optimizers import SGD, Optimizer
from steepest.descent.schedules import Constant, Schedule, make_schedule
from steepest.descent.serialization import optimizer_data, optimizer_from
from steepest.descent.stopping import StoppingRule, check_walked, stopping_rules
from steepest.errors import InputError
from steepest.number_checks import given
from steepest.problems.coordinates import LARGE
from steepest.problems.squared_loss import Reduction
from steepest.tables.holdout_split import Split

Way = Literal["fast", "auto", "high"]
# Below, the number of epochs it takes is beyond float64.
SMALLEST_RATE = 1e-300
WAYS = ("fast", "auto", "high")
Start = Sequence[float] | Mapping[str, float] | Literal["random"] | None


@dataclass(frozen=True)
class Settings:
    """Every choice that shapes a fit but the rows themselves. Raises InputError for a wrong one."""

    intercept: bool = True
    standardize: bool = True
    ridge: float = 0.0
    reduction: Reduction = "mean"
    optimizer: Optimizer = field(default_factory=SGD)
    lr: float | str | Schedule = "auto"
    start: Start = None
    epochs: int | None = None
    tolerance: float | None = None
    gradient_tolerance: float | None = None
    patience: int | None = None
    time_limit: float | None = None
    validation: float | None = None
    folds: int | None = None
    seed: int = 0
    accuracy: Way = "auto"
    minimum_norm: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.ridge, Real) or not 0.0 <= self.ridge < LARGE:
            raise InputError(f"ridge is {self.ridge}; give a number from 0 to {LARGE:g}")
        if self.schedule is not None and not SMALLEST_RATE <= self.schedule.lr < LARGE:
            raise InputError(
                f"lr is {self.schedule.lr:g}; give a number from {SMALLEST_RATE:g} to {LARGE:g}"
            )
        if self.reduction not in ("mean", "sum"):
            raise InputError(f"reduction is {self.reduction!r}; use 'mean' or 'sum'")
        if self.accuracy not in WAYS:
            raise InputError(f"accuracy is {self.accuracy!r}; use 'fast', 'auto' or 'high'")
        if self.validation is not None and self.folds is not None:
            raise InputError("validation and folds split the rows in two ways; give one of them")
        if not (isinstance(self.seed, Integral) and 0 <= self.seed < 2**32):
            raise InputError(
                f"seed is {given(self.seed)}; give a whole number from 0 to 4294967295"
            )
        if self.schedule is None and isinstance(self.optimizer, SGD):
            self._check_auto(self.optimizer)
        if self.schedule is None and not isinstance(self.optimizer, SGD):
            raise InputError(
                f"lr auto is computed from the curvature for SGD; give {self.optimizer.name} "
                "a number, for example torch's default, "
                f"{0.001 if self.optimizer.name.lower().startswith('adam') else 0.01}"
            )
        _ = self.split, self.rules
        if not self.has_closed_form:
            check_walked(self.rules)

    @staticmethod
    def _check_auto(sgd: SGD) -> None:
        if sgd.momentum >= 1.0:
            raise InputError(
                f"momentum is {sgd.momentum:g}, with which no rate settles; use one below 1, or "
                "give lr a number to see what happens"
            )
        if sgd.weight_decay or sgd.dampening:
            raise InputError(
                "lr auto knows plain, momentum and Nesterov descent, not weight decay or "
                "dampening; give a number, or use ridge in place of weight decay"
            )

    @property
    def schedule(self) -> Schedule | None:
        """The learning rate as a schedule; None for "auto"."""
        return None if self.lr == "auto" else make_schedule(self.lr)

    @property
    def momentum_rule(self) -> MomentumRule:
        """Momentum and Nesterov of SGD; plain descent for every other optimizer."""
        if isinstance(self.optimizer, SGD):
            return MomentumRule(self.optimizer.momentum, self.optimizer.nesterov)
        return MomentumRule()

    @property
    def has_closed_form(self) -> bool:
        """Whether any step can be computed directly: SGD as such, at a constant rate."""
        plain = isinstance(self.optimizer, SGD) and not (
            self.optimizer.dampening or self.optimizer.weight_decay
        )
        return plain and isinstance(self.schedule, Constant | None)

    @property
    def split(self) -> Split:
        """How rows are sent to parts."""
        if self.validation is not None:
            return Split.validation(self.validation, self.seed)
        if self.folds is not None:
            return Split.cross_validation(self.folds, self.seed)
        return Split()

    @property
    def rules(self) -> list[StoppingRule]:
        """The stopping rules asked for."""
        return stopping_rules(
            self.epochs, self.tolerance, self.gradient_tolerance, self.patience, self.time_limit
        )

    def initial(self, names: tuple[str, ...]) -> Floats:
        """The start in the user's units, in the order of `names`; zeros unless asked otherwise."""
        if self.start is None:
            return np.zeros(len(names))
        if isinstance(self.start, str):
            if self.start != "random":
                raise InputError(
                    f"start is {self.start!r}; use 'random', numbers, or a dict of numbers by name"
                )
            return np.random.default_rng(self.seed).standard_normal(len(names))
        return _numbers(self.start, names)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the model file."""
        data = {f.name: getattr(self, f.name) for f in fields(self)}
        data["optimizer"] = optimizer_data(self.optimizer)
        data["lr"] = str(self.lr) if isinstance(self.lr, Schedule) else self.lr
        if self.start is not None and not isinstance(self.start, str):
            data["start"] = _plain(self.start)
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any], under: str = "settings") -> "Settings":
        """The settings that `to_json` described; `under` is the field that holds them."""
        from steepest.models.file_schema import SettingsData
        from steepest.storage.schema import checked, field

        checked(data, SettingsData, under)
        kept = dict(data)
        with field(f"{under}.optimizer"):
            optimizer = optimizer_from(kept.pop("optimizer"))
        with field(under):
            return Settings(optimizer=optimizer, **kept)


def _plain(start: Sequence[float] | Mapping[str, float]) -> dict[str, float] | list[float]:
    if isinstance(start, Mapping):
        return {name: float(value) for name, value in start.items()}
    return [float(value) for value in start]


def _numbers(start: Sequence[float] | Mapping[str, float], names: tuple[str, ...]) -> Floats:
    listed = ", ".join(names)
    if isinstance(start, Mapping):
        unknown = [name for name in start if name not in names]
        if unknown:
            raise InputError(f"start names {unknown[0]!r}; the parameters are {listed}")
        start = [start.get(name, 0.0) for name in names]
    try:
        values = np.asarray(start, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise InputError(f"start must hold numbers, not {start!r}") from None
    if len(values) != len(names):
        raise InputError(f"start has {len(values)} numbers for {len(names)} parameters ({listed})")
    if not (np.abs(values) < LARGE).all():
        raise InputError(f"start must hold finite numbers below {LARGE:g} in size")
    return values
