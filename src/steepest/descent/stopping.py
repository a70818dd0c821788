"""When a descent ends. A rule that fires gives its name and the numbers that made it fire."""

import math
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, final

import numpy as np

from steepest.arrays import Booleans, Floats, Integers
from steepest.errors import InputError
from steepest.number_checks import check_number, check_whole
from steepest.translation import say
from steepest.wording.fact import Fact, fact, facts_saying

TINY = sys.float_info.min
# Epochs that are walked one by one: more take longer than a day even of a few rows.
MOST_WALKED = 10**10
# Epochs in closed form, whose number is a float64 there.
MOST_IN_CLOSED_FORM = 10**300
_SECONDS_PER_EPOCH = 1e-5

Clock: TypeAlias = Callable[[], float]


@final
@dataclass(frozen=True)
class Stop:
    """Why a descent ended: the rule's name, and what happened, with its numbers."""

    rule: str
    happened: Fact

    @property
    def reason(self) -> str:
        """What happened, in words."""
        return str(self.happened)

    def to_dict(self) -> dict[str, object]:
        """Plain data for a file."""
        return {"rule": self.rule, "reason": self.reason, "happened": self.happened.to_dict()}

    @staticmethod
    def of_dict(data: Mapping[str, Any]) -> "Stop":
        """The stop that `to_dict` wrote; older files hold the words alone."""
        happened = data.get("happened")
        facts = facts_saying([data["reason"]], [] if happened is None else [happened])
        return Stop(data["rule"], facts[0] if facts else fact("text", text=""))


@final
@dataclass(eq=False)
class Seen:
    """What rules judge the runs of a batch by, at the latest step; arrays are (b,).

    - `k`: the step;   `objective`, `before`, `first`: now, at the step before, and at step 0
    - `lowest`, `lowest_at`: the lowest objective so far, and the first step that had it
    - `norm`: of the gradient;   `elapsed`: seconds since the descent began
    """

    k: int
    objective: Floats
    before: Floats
    first: Floats
    lowest: Floats
    lowest_at: Integers
    norm: Floats
    elapsed: float = 0.0

    @staticmethod
    def of(
        k: int,
        objective: float,
        *,
        before: float = math.nan,
        lowest: float = math.inf,
        lowest_at: int = 0,
        norm: float = math.nan,
    ) -> "Seen":
        """What is seen of a single run."""
        now, then, least = (np.array([value]) for value in (objective, before, lowest))
        return Seen(k, now, then, now, least, np.array([lowest_at]), np.array([norm]))


@dataclass(frozen=True)
class StoppingRule(ABC):
    """One reason to end a descent. It is given every step from step 0 on."""

    name: ClassVar[str]

    @abstractmethod
    def fires(self, seen: Seen) -> Booleans | bool:
        """Which of the runs it ends, (b,), or all or none of them."""

    @abstractmethod
    def happened(self, seen: Seen, run: int) -> Fact:
        """What has just ended that run."""

    def stop(self, seen: Seen, run: int = 0) -> Stop:
        """Why it has just ended that run."""
        return Stop(self.name, self.happened(seen, run))


@final
@dataclass(frozen=True)
class Epochs(StoppingRule):
    """Fires at step `count`: after `count` updates, so the path has `count` + 1 steps.

    >>> Epochs(100).stop(Seen.of(100, 0.5)).reason
    'all 100 epochs asked for were made'
    """

    name: ClassVar[str] = "epochs"
    count: int

    def __post_init__(self) -> None:
        check_whole("epochs", self.count, 0, MOST_IN_CLOSED_FORM)

    def fires(self, seen: Seen) -> bool:
        return seen.k >= self.count

    def happened(self, seen: Seen, run: int) -> Fact:
        return fact("epochs made", count=self.count)


@final
@dataclass(frozen=True)
class RelativeTolerance(StoppingRule):
    """Fires at the first k ≥ 1 with |J_{k−1} − J_k| ≤ tol · max(|J_k|, tiny).

    tiny = 2.2e-308, the smallest normal float64, so that J = 0 twice in a row fires too. The rule
    sees how little one epoch changes, not how near the minimum is: with a small learning rate,
    or where momentum turns round, it fires early.

    `of_fall`: with |J_0 − J_k| in place of |J_k|, so that what outliers have in J does not count.
    """

    name: ClassVar[str] = "relative tolerance"
    tol: float
    of_fall: bool = False

    def __post_init__(self) -> None:
        check_number(say("the relative tolerance"), self.tol)

    def fires(self, seen: Seen) -> Booleans:
        size = seen.objective - seen.first if self.of_fall else seen.objective
        scale = np.maximum(np.abs(size), TINY)
        with np.errstate(over="ignore"):
            return np.asarray(np.abs(seen.before - seen.objective) <= self.tol * scale)

    def happened(self, seen: Seen, run: int) -> Fact:
        before, objective = float(seen.before[run]), float(seen.objective[run])
        numbers = {"epoch": seen.k, "change": abs(before - objective), "tolerance": self.tol}
        if self.of_fall:
            fall = float(seen.first[run]) - objective
            return fact("objective hardly fell", **numbers, fall=fall)
        return fact("objective hardly changed", **numbers, objective=objective)


@final
@dataclass(frozen=True)
class GradientNorm(StoppingRule):
    """Fires at the first k with ‖∇J(θ_k)‖₂ ≤ tol.

    >>> GradientNorm(1e-6).stop(Seen.of(12, 0.5, norm=4.5e-7)).reason
    'at epoch 12 the gradient norm was 4.5e-07, at most 1e-06'
    """

    name: ClassVar[str] = "gradient norm"
    tol: float

    def __post_init__(self) -> None:
        check_number(say("the gradient norm to stop at"), self.tol)

    def fires(self, seen: Seen) -> Booleans:
        return np.asarray(seen.norm <= self.tol)

    def happened(self, seen: Seen, run: int) -> Fact:
        norm = float(seen.norm[run])
        return fact("gradient norm reached", epoch=seen.k, norm=norm, tolerance=self.tol)


@final
@dataclass(frozen=True)
class Patience(StoppingRule):
    """Fires when the objective has not fallen below its lowest value for `epochs` epochs.

    With k* the first step that had the lowest objective so far, it fires at the first k with
    k − k* ≥ epochs. It may be fed a validation objective instead.
    """

    name: ClassVar[str] = "patience"
    epochs: int

    def __post_init__(self) -> None:
        check_whole("patience", self.epochs, 1)

    def fires(self, seen: Seen) -> Booleans:
        return np.asarray(seen.k - seen.lowest_at >= self.epochs)

    def happened(self, seen: Seen, run: int) -> Fact:
        lowest, since = float(seen.lowest[run]), int(seen.lowest_at[run])
        return fact("no new lowest", lowest=lowest, epoch=seen.k, since=since)


@final
@dataclass(frozen=True)
class TimeLimit(StoppingRule):
    """Fires at the first step that ends `seconds` or more after the descent began."""

    name: ClassVar[str] = "time limit"
    seconds: float

    def __post_init__(self) -> None:
        check_number(say("the time limit"), self.seconds, above=True)

    def fires(self, seen: Seen) -> bool:
        return seen.elapsed >= self.seconds

    def happened(self, seen: Seen, run: int) -> Fact:
        numbers = {"seconds": self.seconds, "epoch": seen.k, "elapsed": seen.elapsed}
        return fact("time limit reached", **numbers)


@final
@dataclass(frozen=True)
class Stopping:
    """When to stop beside epochs and tolerance; the first rule that fires ends the descent.

    - `gradient_tolerance`: at this norm of the gradient
    - `patience`: after so many epochs without a new lowest objective
    - `time_limit`: after so many seconds

    Raises InputError for a value out of range.

    >>> Stopping(patience=5).rules
    [Patience(epochs=5)]
    """

    gradient_tolerance: float | None = None
    patience: int | None = None
    time_limit: float | None = None

    def __post_init__(self) -> None:
        _ = self.rules

    @property
    def rules(self) -> list[StoppingRule]:
        """The rules that are asked for, in this order."""
        asked: list[tuple[Callable[[Any], StoppingRule], float | None]] = [
            (GradientNorm, self.gradient_tolerance),
            (Patience, self.patience),
            (TimeLimit, self.time_limit),
        ]
        return [rule(value) for rule, value in asked if value is not None]


def stopping_rules(
    epochs: int | None = None, tolerance: float | None = None, stopping: Stopping | None = None
) -> list[StoppingRule]:
    """The rules that are asked for, in this order; none for None.

    >>> stopping_rules(30, stopping=Stopping(patience=5))
    [Epochs(count=30), Patience(epochs=5)]
    """
    if not isinstance(stopping, Stopping | None):
        raise InputError("stopping is {stopping!r}; give steepest.Stopping(…)", stopping=stopping)
    rules: list[StoppingRule] = [] if epochs is None else [Epochs(epochs)]
    if tolerance is not None:
        rules.append(RelativeTolerance(tolerance))
    return rules if stopping is None else [*rules, *stopping.rules]


def check_walked(rules: Sequence[StoppingRule]) -> None:
    """Refuse more epochs than can be computed one by one in reasonable time, without a time limit.

    >>> check_walked([Epochs(10**18), TimeLimit(60)])
    """
    most = min((rule.count for rule in rules if isinstance(rule, Epochs)), default=0)
    if most > MOST_WALKED and not any(isinstance(rule, TimeLimit) for rule in rules):
        days = most * _SECONDS_PER_EPOCH / 86400.0
        raise InputError(
            "{most} epochs are walked one by one, and would take about {days:.2g} days or "
            "more; use at most {MOST_WALKED:,} (more with a time limit)",
            most=most,
            days=days,
            MOST_WALKED=MOST_WALKED,
        )


@final
class StoppingRun:
    """The stopping rules of a batch of runs. Given every step, it returns which runs end and why.

    Where several fire at one step, the first in the order given is named.

    >>> run = StoppingRun([Epochs(2), GradientNorm(0.1)])
    >>> run.check(0, 8.0, 4.0), run.check(1, 2.0, 2.0)
    (None, None)
    >>> run.check(2, 0.5, 1.0).reason
    'all 2 epochs asked for were made'
    """

    def __init__(
        self, rules: Sequence[StoppingRule], clock: Clock = time.monotonic, runs: int = 1
    ) -> None:
        self._rules, self._clock, self._began = tuple(rules), clock, clock()
        self.needs_gradient_norm = any(isinstance(rule, GradientNorm) for rule in rules)
        self._needs_lowest = any(isinstance(rule, Patience) for rule in rules)
        unknown, lowest = np.full(runs, np.nan), np.full(runs, np.inf)
        places = np.zeros(runs, dtype=np.int64)
        self._seen = Seen(-1, unknown, unknown, unknown, lowest, places, unknown)

    def check(self, k: int, objective: float, gradient_norm: float = math.nan) -> Stop | None:
        """The stop that is due at step k of a single run, or None."""
        return self.check_all(k, np.array([objective]), np.array([gradient_norm])).get(0)

    def check_all(self, k: int, objective: Floats, gradient_norm: Floats) -> dict[int, Stop]:
        """The stops that are due at step k, by the run's place in the batch (b,). Every rule sees
        every step.
        """
        stops, seen = dict[int, Stop](), self._seen
        seen.first = objective if seen.k < 0 else seen.first
        seen.k, seen.before, seen.objective, seen.norm = k, seen.objective, objective, gradient_norm
        seen.elapsed = self._clock() - self._began
        if self._needs_lowest:
            seen.lowest_at = np.where(objective < seen.lowest, k, seen.lowest_at)
            seen.lowest = np.fmin(objective, seen.lowest)
        for rule in self._rules:
            fired = rule.fires(seen)
            if fired is not False and np.any(fired):
                for run in np.flatnonzero(np.broadcast_to(fired, objective.shape)).tolist():
                    stops.setdefault(run, rule.stop(seen, run))
        return stops

    def select(self, going: Booleans) -> None:
        """Forget the runs that have ended: `going` (b,) are those that go on."""
        seen = self._seen
        seen.objective, seen.first = seen.objective[going], seen.first[going]
        seen.lowest, seen.lowest_at = seen.lowest[going], seen.lowest_at[going]
