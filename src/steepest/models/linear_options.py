"""What a fit of any loss was asked for, checked once, and kept with the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

from steepest.descent.closed_form_end import DEFAULT_EPOCHS
from steepest.descent.plan import PATIENCE, Plan, penalty_of
from steepest.descent.schedules import Backtracking
from steepest.descent.stopping import RelativeTolerance, stopping_rules
from steepest.errors import InputError
from steepest.losses import Loss, Squared, parse_loss
from steepest.models.options import Settings
from steepest.number_checks import given, is_whole

# Where no end is asked for.
TOLERANCE = 1e-12
BATCH_EPOCHS = 100
BATCH_TOLERANCE = 1e-6
# Where another end is asked for than a number of epochs.
_ENDLESS = 10**9


@final
@dataclass(frozen=True)
class LinearSettings:
    """Every choice that shapes a fit of any loss but the rows: `shared` with fits of moments are
    rate, optimizer, stopping rules and what is done to the rows.
    """

    shared: Settings
    loss: Loss
    l1: float = 0.0
    batch_size: int | None = None
    shuffle: bool = True
    average: bool = False
    positive: bool = False

    def __post_init__(self) -> None:
        shared = self.shared
        if shared.folds is not None:
            raise InputError(
                "folds are for squared loss without L1 and mini-batches; hold out a part with "
                "validation 0.2"
            )
        if shared.minimum_norm or shared.accuracy != "auto":
            option = "minimum_norm" if shared.minimum_norm else "accuracy"
            raise InputError(
                f"{option} belongs to squared loss without L1 and mini-batches; leave it out"
            )
        if self.batch_size is not None:
            self._check_batches()
        elif self.average:
            raise InputError("average is of mini-batches; give a batch_size too")
        _ = self.plan

    def _check_batches(self) -> None:
        if not is_whole(self.batch_size, least=1):
            raise InputError(f"batch_size is {given(self.batch_size)}; give a whole number above 0")
        if isinstance(self.shared.schedule, Backtracking):
            raise InputError(
                "a line search needs the objective of all rows at every update; with a batch_size "
                "give lr a number, or another schedule"
            )
        if self.shared.reduction == "sum":
            raise InputError("reduction sum is for all rows at once; mini-batches descend the mean")

    @cached_property
    def plan(self) -> Plan:
        """How to descend."""
        shared = self.shared
        epochs, tolerance = self._end()
        patience = shared.patience
        if self.has_default_end and self.batch_size is not None:
            patience = PATIENCE
        return Plan(
            self.loss,
            penalty_of(self.l1, shared.ridge),
            self.positive,
            shared.optimizer,
            shared.schedule,
            None if self.batch_size is None else int(self.batch_size),
            epochs,
            tolerance,
            self.shuffle,
            self.average,
            tuple(
                stopping_rules(None, None, shared.gradient_tolerance, patience, shared.time_limit)
            ),
        )

    @property
    def what(self) -> str:
        """What makes it more than squared loss, in words."""
        if not isinstance(self.loss, Squared):
            return f"{self.loss.name} loss"
        if self.l1 or self.positive:
            return "an L1 penalty" if self.l1 else "a bound on coefficients"
        return "a descent in mini-batches"

    @property
    def on_moments(self) -> bool:
        """Whether moments say all that the descent needs to know of the rows."""
        return isinstance(self.loss, Squared) and self.batch_size is None

    @property
    def has_default_end(self) -> bool:
        """Whether no stopping rule was asked for."""
        return not self.shared.rules

    @property
    def falls(self) -> bool:
        """Whether the rate falls over all epochs: the end of a loss with kinks must be known."""
        return self.batch_size is None and not self.loss.smooth and self.shared.schedule is None

    def sentences(self) -> list[str]:
        """What is to be said of the end, for the notes."""
        plan = self.plan
        if self.falls:
            said = f"{self.loss.name} loss has kinks: the rate falls over {plan.epochs} epochs"
            ignored = self.shared.tolerance is not None
            return [f"{said}, and all are made{', whatever the tolerance' if ignored else ''}"]
        if self._has_tolerance_alone:
            return [
                f"mini-batches may swing for ever, and no epochs were asked for: at most "
                f"{plan.epochs}"
            ]
        if not self.has_default_end:
            return []
        patience = "" if self.batch_size is None else f" or has no new lowest value for {PATIENCE}"
        return [
            f"no end was asked for: at most {plan.epochs} epochs, until one changes the objective "
            f"by {plan.tolerance:g} of its value{patience}"
        ]

    def _end(self) -> tuple[int, float | None]:
        """The most epochs, and the tolerance."""
        shared = self.shared
        full = self.batch_size is None
        if self.has_default_end:
            usual = (DEFAULT_EPOCHS, TOLERANCE) if full else (BATCH_EPOCHS, BATCH_TOLERANCE)
            return usual
        if shared.epochs is not None:
            return int(shared.epochs), shared.tolerance
        ends = self.falls or self._has_tolerance_alone
        return DEFAULT_EPOCHS if ends else _ENDLESS, shared.tolerance

    @property
    def _has_tolerance_alone(self) -> bool:
        """Whether mini-batches were given no end but a tolerance, which noise may never meet."""
        asked = [rule.name for rule in self.shared.rules]
        return self.batch_size is not None and asked == [RelativeTolerance.name]

    def to_json(self) -> dict[str, Any]:
        """Plain data for the model file. Raises InputError for a loss of the user's own."""
        return {
            "shared": self.shared.to_json(),
            "loss": str(self.loss),
            "l1": self.l1,
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "average": self.average,
            "positive": self.positive,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any], under: str = "settings") -> "LinearSettings":
        """The settings that `to_json` described; `under` is the field that holds them."""
        from steepest.models.file_schema import LinearSettingsData
        from steepest.storage.schema import checked, field

        checked(data, LinearSettingsData, under)
        kept = dict(data)
        shared = Settings.from_json(kept.pop("shared", {}), f"{under}.shared")
        with field(f"{under}.loss"):
            loss = parse_loss(kept.pop("loss"))
        with field(under):
            return LinearSettings(shared, loss, **kept)
