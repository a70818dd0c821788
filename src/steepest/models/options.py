"""What a fit was asked for, checked once, and kept with the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from numbers import Integral, Real
from reprlib import repr as shortened
from typing import TYPE_CHECKING, Any, Literal, final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.closed_form_end import DEFAULT_EPOCHS
from steepest.descent.optimizers import SGD, InteriorPoint, Newton, Optimizer
from steepest.descent.plan import PATIENCE, Plan, automatic_optimizer, penalty_of, schedule_or_auto
from steepest.descent.schedules import Backtracking, Schedule
from steepest.descent.stopping import (
    RelativeTolerance,
    Stopping,
    StoppingRule,
    check_walked,
    stopping_rules,
)
from steepest.errors import InputError
from steepest.losses import Loss, Squared, parse_loss
from steepest.models.inference import ERRORS, Errors
from steepest.models.regularization import Rule
from steepest.number_checks import check_choice, check_number, check_switch, given, hold_as_python
from steepest.problems.coordinates import LARGE
from steepest.problems.squared_loss import Reduction
from steepest.tables.holdout_split import Split
from steepest.translation import joined, say
from steepest.wording.fact import Fact, fact

if TYPE_CHECKING:
    from steepest.descent.penalty_path import Varied

Way = Literal["fast", "auto", "high"]
Dependent = Literal["drop", "error", "minimum_norm"]
DEPENDENT = ("drop", "error", "minimum_norm")
# Below, the number of epochs it takes is beyond float64.
SMALLEST_RATE = 1e-300
WAYS = ("fast", "auto", "high")
# Where no end is asked for.
TOLERANCE = 1e-12
BATCH_EPOCHS = 100
BATCH_TOLERANCE = 1e-6
# Where another end is asked for than a number of epochs.
_ENDLESS = 10**9
Start = Sequence[float] | Mapping[str, float] | Literal["random"] | None


@final
@dataclass(frozen=True)
class Settings:
    """Every choice that shapes a fit but the rows themselves. Raises InputError for a wrong one.

    - `is_least_squares`: squared loss of all rows at once, without L1 and bounds: the objective is
      a quadratic, and its descent may have a closed form
    - `optimizer`: None for the one that suits, `update_rule`
    - `plan`: how to descend on anything else
    - `positive_class`: which of two classes counts as 1; the order of a fit's labels keeps it
    - `penalty_path`: whether l1 or ridge is chosen along a path; until then any number stands there
    """

    intercept: bool = True
    standardize: bool = True
    ridge: float = 0.0
    reduction: Reduction = "mean"
    optimizer: Optimizer | None = None
    lr: float | str | Schedule = "auto"
    start: Start = None
    epochs: int | None = None
    tolerance: float | None = None
    stopping: Stopping = field(default_factory=Stopping)
    validation: float | None = None
    folds: int | None = None
    seed: int = 0
    accuracy: Way = "auto"
    dependent: Dependent = "drop"
    loss: Loss = field(default_factory=Squared)
    l1: float = 0.0
    positive: bool = False
    batch_size: int | None = None
    shuffle: bool = True
    average: bool = False
    errors: Errors = "classical"
    penalty_path: "Varied | None" = None
    path_rule: Rule = "lowest"
    positive_class: str | float | None = None

    def __post_init__(self) -> None:
        hold_as_python(self)
        if not isinstance(self.ridge, Real) or not 0.0 <= self.ridge < LARGE:
            raise InputError(
                "ridge is {ridge}; give a number from 0 to {LARGE:g}", ridge=self.ridge, LARGE=LARGE
            )
        if self.schedule is not None and not SMALLEST_RATE <= self.schedule.lr < LARGE:
            raise InputError(
                "lr is {lr:g}; give a number from {SMALLEST_RATE:g} to {LARGE:g}",
                lr=self.schedule.lr,
                SMALLEST_RATE=SMALLEST_RATE,
                LARGE=LARGE,
            )
        check_choice("reduction", self.reduction, ("mean", "sum"))
        check_choice("accuracy", self.accuracy, WAYS)
        check_choice("dependent", self.dependent, DEPENDENT)
        check_choice("errors", self.errors, ERRORS, say("'classical', 'robust', or 'HC0' to 'HC3'"))
        check_number("l1", self.l1)
        for name in ("intercept", "standardize", "positive", "shuffle", "average"):
            check_switch(name, getattr(self, name))
        if self.errors in ("HC2", "HC3") and not isinstance(self.loss, Squared):
            raise InputError(
                "errors {errors} belongs to squared loss; with {name} use 'robust'",
                errors=self.errors,
                name=self.loss.name,
            )
        if self.validation is not None and self.folds is not None:
            raise InputError("validation and folds split the rows in two ways; give one of them")
        if not (isinstance(self.seed, Integral) and 0 <= self.seed < 2**32):
            raise InputError(
                "seed is {seed}; give a whole number from 0 to 4294967295", seed=given(self.seed)
            )
        rule = self.update_rule
        if self.schedule is None and isinstance(rule, SGD):
            self._check_auto(rule)
        if self.schedule is None and not (isinstance(rule, SGD) or rule.arrives):
            from steepest.descent.automatic_rate import no_automatic_rate

            raise no_automatic_rate(rule)
        if self.schedule is not None and isinstance(rule, InteriorPoint):
            raise InputError("the interior point method has no learning rate; leave lr out")
        _ = self.split, self.rules
        if self.batch_size is not None:
            self._check_batches()
        elif self.average:
            raise InputError("average is of mini-batches; give a batch_size too")
        if self.penalty_path is not None:
            self._check_path(self.penalty_path)
        if not self.is_least_squares:
            self._check_general()
        if not (self.is_least_squares and self.plan.has_closed_form):
            check_walked(self.plan.rules)

    def _check_general(self) -> None:
        """Refuse what only least squares have."""
        if self.folds is not None and self.penalty_path is None:
            raise InputError(
                "folds are for squared loss without L1 and mini-batches; hold out a part "
                "with validation 0.2"
            )
        if self.minimum_norm or self.accuracy != "auto":
            option = "minimum_norm" if self.minimum_norm else "accuracy"
            raise InputError(
                "{option} belongs to squared loss without L1 and mini-batches; leave it out",
                option=option,
            )

    def _check_path(self, name: str) -> None:
        """Refuse a path of minima where there is none."""
        if not self.loss.smooth:
            raise InputError(
                "a path of {name} follows the curvature, and {name_2} loss has kinks; give "
                "{name} a number",
                name=name,
                name_2=self.loss.name,
            )
        if self.batch_size is not None:
            raise InputError(
                "a path of {name} is of minima, which mini-batches end near; leave batch_size out",
                name=name,
            )
        if self.validation is None and self.folds is None:
            raise InputError("a path of {name} is chosen by held-out rows; give folds 5", name=name)
        if self.folds is None and self.path_rule != "lowest":
            raise InputError(
                "one held-out part has no standard error; give folds, or {name} 'path'", name=name
            )

    def _check_batches(self) -> None:
        if isinstance(self.schedule, Backtracking):
            raise InputError(
                "a line search needs the objective of all rows at every update; with a "
                "batch_size give lr a number, or another schedule"
            )
        if self.reduction == "sum":
            raise InputError("reduction sum is for all rows at once; mini-batches descend the mean")

    @staticmethod
    def _check_auto(sgd: SGD) -> None:
        if sgd.momentum >= 1.0:
            raise InputError(
                "momentum is {momentum:g}, with which no rate settles; use one below 1, or "
                "give lr a number to see what happens",
                momentum=sgd.momentum,
            )
        if sgd.weight_decay or sgd.dampening:
            raise InputError(
                "lr auto knows plain, momentum and Nesterov descent, not weight decay or "
                "dampening; give a number, or use ridge in place of weight decay"
            )

    @property
    def update_rule(self) -> Optimizer:
        """The optimizer: as it was asked for, or the one that suits."""
        if self.optimizer is not None:
            return self.optimizer
        way = (self.epochs, self.batch_size, self.schedule)
        prescribed = self.is_least_squares or any(part is not None for part in way)
        return automatic_optimizer(self.loss, prescribed=prescribed)

    @property
    def is_least_squares(self) -> bool:
        """Whether the objective is a quadratic: squared loss of all rows, at most with ridge."""
        return self.on_moments and not (self.l1 or self.positive)

    @cached_property
    def plan(self) -> Plan:
        """How to descend."""
        epochs, tolerance = self._end()
        rule = self.update_rule
        stopping = self.stopping
        if self.has_default_end and self.batch_size is not None:
            stopping = Stopping(patience=PATIENCE)
        return Plan(
            self.loss,
            penalty_of(self.l1, self.ridge),
            self.positive,
            rule,
            self.schedule,
            None if self.batch_size is None else int(self.batch_size),
            epochs,
            tolerance,
            self.shuffle,
            self.average,
            tuple(stopping.rules),
            self.is_least_squares and self.epochs is None,
            self._goes_to_sample(rule),
        )

    def _goes_to_sample(self, rule: Optimizer) -> bool:
        """Whether nothing of the way was prescribed, and held-out rows choose none of its steps."""
        free = self.optimizer is None and self.start is None and self.split.parts == 1
        return free and isinstance(rule, Newton)

    @property
    def on_moments(self) -> bool:
        """Whether moments say all that the descent needs to know of the rows."""
        return isinstance(self.loss, Squared) and self.batch_size is None

    @property
    def minimum_norm(self) -> bool:
        """Whether rows that do not determine the answer are accepted."""
        return self.dependent == "minimum_norm"

    @property
    def has_default_end(self) -> bool:
        """Whether no stopping rule was asked for."""
        return not self.rules

    @property
    def falls(self) -> bool:
        """Whether the rate falls over all epochs: the end of a loss with kinks must be known."""
        if self.update_rule.arrives:
            return False
        return self.batch_size is None and not self.loss.smooth and self.schedule is None

    def notes(self) -> list[Fact]:
        """What ends the descent, where that was not asked for."""
        plan, tolerance = self.plan, self.tolerance is not None
        if self.falls:
            name = self.loss.name
            return [fact("rate falls", loss=name, epochs=plan.epochs, tolerance=tolerance)]
        if self._has_tolerance_alone:
            return [fact("tolerance alone", epochs=plan.epochs)]
        if not self.has_default_end or plan.optimizer.arrives:
            return []
        patience = None if self.batch_size is None else PATIENCE
        epochs, change = plan.epochs, plan.tolerance
        of_fall = self.batch_size is not None and not self.loss.smooth
        return [
            fact("default end", epochs=epochs, tolerance=change, patience=patience, of_fall=of_fall)
        ]

    def _end(self) -> tuple[int, float | None]:
        """The most epochs, and the tolerance."""
        full = self.batch_size is None
        if self.is_least_squares:
            return DEFAULT_EPOCHS if self.epochs is None else int(self.epochs), self.tolerance
        if self.has_default_end and self.update_rule.arrives:
            return DEFAULT_EPOCHS, None
        if self.has_default_end:
            usual = (DEFAULT_EPOCHS, TOLERANCE) if full else (BATCH_EPOCHS, BATCH_TOLERANCE)
            return usual
        if self.epochs is not None:
            return int(self.epochs), self.tolerance
        ends = self.falls or self._has_tolerance_alone
        return DEFAULT_EPOCHS if ends else _ENDLESS, self.tolerance

    @property
    def _has_tolerance_alone(self) -> bool:
        """Whether mini-batches were given no end but a tolerance, which noise may never meet."""
        asked = [rule.name for rule in self.rules]
        return self.batch_size is not None and asked == [RelativeTolerance.name]

    @property
    def schedule(self) -> Schedule | None:
        """The learning rate as a schedule; None for "auto"."""
        return schedule_or_auto(self.lr)

    @property
    def split(self) -> Split:
        """How rows are sent to parts."""
        if self.validation is not None:
            return Split.validation(self.validation, self.seed)
        if self.folds is not None:
            return Split.cross_validation(self.folds, self.seed)
        return Split()

    @property
    def split_of_fit(self) -> Split:
        """The same for the fit itself: folds that chose a strength are no parts of it."""
        return Split() if self.penalty_path is not None and self.folds else self.split

    @property
    def varied(self) -> "tuple[Varied, float]":
        """The penalty whose strength is chosen, and the strength of the other."""
        return ("ridge", self.l1) if self.penalty_path == "ridge" else ("l1", self.ridge)

    def at_strength(self, strength: float) -> "Settings":
        """The settings with the strength that was chosen."""
        if self.penalty_path == "ridge":
            return replace(self, ridge=strength)
        return replace(self, l1=strength)

    @property
    def rules(self) -> list[StoppingRule]:
        """The stopping rules asked for."""
        return stopping_rules(self.epochs, self.tolerance, self.stopping)

    def initial(self, names: tuple[str, ...]) -> Floats:
        """The start in the user's units, in the order of `names`; zeros unless asked otherwise."""
        if self.start is None:
            return np.zeros(len(names))
        if isinstance(self.start, str):
            if self.start != "random":
                raise InputError(
                    "start is {start!r}; use 'random', numbers, or a dict of numbers by name",
                    start=self.start,
                )
            return np.random.default_rng(self.seed).standard_normal(len(names))
        return _numbers(self.start, names)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the model file."""
        from steepest.descent.serialization import optimizer_data
        from steepest.models.file_schema import SettingsData

        data = {f.name: getattr(self, f.name) for f in fields(self)}
        data |= vars(data.pop("stopping"))
        data["minimum_norm"] = self.minimum_norm
        data["optimizer"] = optimizer_data(self.update_rule)
        data["loss"] = str(self.loss)
        data["lr"] = str(self.lr) if isinstance(self.lr, Schedule) else self.lr
        if self.start is not None and not isinstance(self.start, str):
            data["start"] = _plain(self.start)
        return {name: data[name] for name in SettingsData.__annotations__ if name in data}

    @staticmethod
    def from_json(data: Mapping[str, Any], under: str = "settings") -> "Settings":
        """The settings that `to_json` described; `under` is the field that holds them."""
        from steepest.descent.serialization import optimizer_from
        from steepest.models.file_schema import SettingsData
        from steepest.storage.schema import checked, field

        checked(data, SettingsData, under)
        kept = dict(data)
        # Before, what least squares do not have stood around the rest, which was `shared`.
        shared = kept.pop("shared", {})
        checked(shared, SettingsData, f"{under}.shared")
        kept |= shared
        if kept.pop("minimum_norm", False):
            kept["dependent"] = "minimum_norm"
        ends = {f.name: kept.pop(f.name) for f in fields(Stopping) if f.name in kept}
        with field(f"{under}.optimizer"):
            optimizer = optimizer_from(kept.pop("optimizer"))
        with field(f"{under}.loss"):
            loss = parse_loss(kept.pop("loss", "squared"))
        with field(under):
            return Settings(optimizer=optimizer, loss=loss, stopping=Stopping(**ends), **kept)


def _plain(start: Sequence[float] | Mapping[str, float]) -> dict[str, float] | list[float]:
    if isinstance(start, Mapping):
        return {name: float(value) for name, value in start.items()}
    return [float(value) for value in start]


def _numbers(start: Sequence[float] | Mapping[str, float], names: tuple[str, ...]) -> Floats:
    listed = joined(names)
    if isinstance(start, Mapping):
        unknown = [name for name in start if name not in names]
        if unknown:
            raise InputError(
                "start names {unknown!r}; the parameters are {listed}",
                unknown=unknown[0],
                listed=listed,
            )
        start = [start.get(name, 0.0) for name in names]
    try:
        values = np.asarray(start, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        raise InputError("start must hold numbers, not {start}", start=shortened(start)) from None
    if len(values) != len(names):
        raise InputError(
            "start has {count: number} for {count_2: parameter} ({listed})",
            count=len(values),
            count_2=len(names),
            listed=listed,
        )
    if not (np.abs(values) < LARGE).all():
        raise InputError("start must hold finite numbers below {LARGE:g} in size", LARGE=LARGE)
    return values
