"""When a descent ends. A rule that fires gives its name and the numbers that made it fire."""

import math
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, final

import numpy as np

from steepest.arrays import Booleans, Floats
from steepest.errors import InputError
from steepest.number_checks import MOST_WHOLE, given, is_number, is_whole
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


class Watch(ABC):
    """The state of a rule for the runs of a batch. It is given every step from step 0 on."""

    @abstractmethod
    def fires(self, k: int, objective: Floats, norm: Floats) -> Booleans | None:
        """Which of the runs it ends at step k, None where it can end none; objectives and gradient
        norms have shape (b,).
        """

    @abstractmethod
    def stop(self, k: int, run: int) -> Stop:
        """Why it has just ended that run."""

    def select(self, going: Booleans) -> None:  # noqa: B027 (most rules remember nothing of a run)
        """Forget the runs that have ended: `going` (b,) are those that go on."""


@dataclass(frozen=True)
class StoppingRule(ABC):
    """One reason to end a descent. `stop(…)` gives its facts; `start` watches a batch of runs."""

    name: ClassVar[str]

    @abstractmethod
    def start(self, clock: Clock, runs: int) -> Watch:
        """A fresh watch over so many runs."""


@final
@dataclass(frozen=True)
class Epochs(StoppingRule):
    """Fires at step `count`: after `count` updates, so the path has `count` + 1 steps.

    >>> Epochs(100).stop().reason
    'all 100 epochs asked for were made'
    """

    name: ClassVar[str] = "epochs"
    count: int

    def __post_init__(self) -> None:
        _check_whole("epochs", self.count, least=0, most=MOST_IN_CLOSED_FORM)

    def stop(self) -> Stop:
        return Stop(self.name, fact("epochs made", count=self.count))

    def start(self, clock: Clock, runs: int) -> Watch:
        return _EpochsWatch(self)


@final
class _EpochsWatch(Watch):
    def __init__(self, rule: Epochs) -> None:
        self.rule = rule

    def fires(self, k: int, objective: Floats, norm: Floats) -> Booleans | None:
        return np.ones(objective.shape, dtype=np.bool_) if k >= self.rule.count else None

    def stop(self, k: int, run: int) -> Stop:
        return self.rule.stop()


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
        _check_number("the relative tolerance", self.tol, zero=True)

    def fires(self, previous: float, objective: float) -> bool:
        """Whether the rule holds for two objectives that follow one another."""
        return abs(previous - objective) <= self.tol * max(abs(objective), TINY)

    def stop(self, k: int, previous: float, objective: float, first: float = 0.0) -> Stop:
        numbers = {"epoch": k, "change": abs(previous - objective), "tolerance": self.tol}
        if self.of_fall:
            fall = first - objective
            return Stop(self.name, fact("objective hardly fell", **numbers, fall=fall))
        return Stop(self.name, fact("objective hardly changed", **numbers, objective=objective))

    def start(self, clock: Clock, runs: int) -> Watch:
        return _ToleranceWatch(self, runs)


@final
class _ToleranceWatch(Watch):
    def __init__(self, rule: RelativeTolerance, runs: int) -> None:
        self.rule = rule
        self.before = self.now = self.first = np.full(runs, np.nan)

    def fires(self, k: int, objective: Floats, norm: Floats) -> Booleans:
        self.before, self.now = self.now, objective
        if np.isnan(self.first).all():
            self.first = objective
        size = objective - self.first if self.rule.of_fall else objective
        scale = np.maximum(np.abs(size), TINY)
        with np.errstate(over="ignore"):
            return np.asarray(np.abs(self.before - objective) <= self.rule.tol * scale)

    def stop(self, k: int, run: int) -> Stop:
        before, now, first = (float(each[run]) for each in (self.before, self.now, self.first))
        return self.rule.stop(k, before, now, first)

    def select(self, going: Booleans) -> None:
        self.before, self.now = self.before[going], self.now[going]
        self.first = self.first[going]


@final
@dataclass(frozen=True)
class GradientNorm(StoppingRule):
    """Fires at the first k with ‖∇J(θ_k)‖₂ ≤ tol.

    >>> GradientNorm(1e-6).stop(12, 4.5e-7).reason
    'at epoch 12 the gradient norm was 4.5e-07, at most 1e-06'
    """

    name: ClassVar[str] = "gradient norm"
    tol: float

    def __post_init__(self) -> None:
        _check_number("the gradient norm to stop at", self.tol, zero=True)

    def stop(self, k: int, norm: float) -> Stop:
        return Stop(
            self.name, fact("gradient norm reached", epoch=k, norm=norm, tolerance=self.tol)
        )

    def start(self, clock: Clock, runs: int) -> Watch:
        return _GradientWatch(self)


@final
class _GradientWatch(Watch):
    norm: Floats

    def __init__(self, rule: GradientNorm) -> None:
        self.rule = rule

    def fires(self, k: int, objective: Floats, norm: Floats) -> Booleans:
        self.norm = norm
        return np.asarray(norm <= self.rule.tol)

    def stop(self, k: int, run: int) -> Stop:
        return self.rule.stop(k, float(self.norm[run]))


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
        _check_whole("patience", self.epochs, least=1)

    def stop(self, k: int, best: int, lowest: float) -> Stop:
        return Stop(self.name, fact("no new lowest", lowest=lowest, epoch=k, since=best))

    def start(self, clock: Clock, runs: int) -> Watch:
        return _PatienceWatch(self, runs)


@final
class _PatienceWatch(Watch):
    def __init__(self, rule: Patience, runs: int) -> None:
        self.rule = rule
        self.best = np.zeros(runs, dtype=np.int64)
        self.lowest = np.full(runs, np.inf)

    def fires(self, k: int, objective: Floats, norm: Floats) -> Booleans:
        self.best = np.where(objective < self.lowest, k, self.best)
        self.lowest = np.fmin(objective, self.lowest)
        return np.asarray(k - self.best >= self.rule.epochs)

    def stop(self, k: int, run: int) -> Stop:
        return self.rule.stop(k, int(self.best[run]), float(self.lowest[run]))

    def select(self, going: Booleans) -> None:
        self.best, self.lowest = self.best[going], self.lowest[going]


@final
@dataclass(frozen=True)
class TimeLimit(StoppingRule):
    """Fires at the first step that ends `seconds` or more after the descent began.

    >>> TimeLimit(60).stop(81250, 60.004).reason
    'the time limit of 60 s was reached at epoch 81250, after 60 s'
    """

    name: ClassVar[str] = "time limit"
    seconds: float

    def __post_init__(self) -> None:
        _check_number("the time limit", self.seconds, zero=False)

    def stop(self, k: int, elapsed: float) -> Stop:
        numbers = {"seconds": self.seconds, "epoch": k, "elapsed": elapsed}
        return Stop(self.name, fact("time limit reached", **numbers))

    def start(self, clock: Clock, runs: int) -> Watch:
        return _TimeWatch(self, clock)


@final
class _TimeWatch(Watch):
    def __init__(self, rule: TimeLimit, clock: Clock) -> None:
        self.rule, self.clock = rule, clock
        self.began, self.elapsed = clock(), 0.0

    def fires(self, k: int, objective: Floats, norm: Floats) -> Booleans | None:
        self.elapsed = self.clock() - self.began
        over = self.elapsed >= self.rule.seconds
        return np.ones(objective.shape, dtype=np.bool_) if over else None

    def stop(self, k: int, run: int) -> Stop:
        return self.rule.stop(k, self.elapsed)


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
        raise InputError(f"stopping is {stopping!r}; give steepest.Stopping(…)")
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
            f"{most} epochs are walked one by one, and would take about {days:.2g} days or more; "
            f"use at most {MOST_WALKED:,} (more with a time limit)"
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
        self._watches = [rule.start(clock, runs) for rule in rules]
        self.needs_gradient_norm = any(isinstance(rule, GradientNorm) for rule in rules)

    def check(self, k: int, objective: float, gradient_norm: float = math.nan) -> Stop | None:
        """The stop that is due at step k of a single run, or None."""
        return self.check_all(k, np.array([objective]), np.array([gradient_norm])).get(0)

    def check_all(self, k: int, objective: Floats, gradient_norm: Floats) -> dict[int, Stop]:
        """The stops that are due at step k, by the run's place in the batch (b,). Every rule sees
        every step.
        """
        stops: dict[int, Stop] = {}
        for watch in self._watches:
            fired = watch.fires(k, objective, gradient_norm)
            if fired is not None and fired.any():
                for run in np.flatnonzero(fired).tolist():
                    stops.setdefault(run, watch.stop(k, run))
        return stops

    def select(self, going: Booleans) -> None:
        """Forget the runs that have ended: `going` (b,) are those that go on."""
        for watch in self._watches:
            watch.select(going)


def _check_whole(what: str, value: object, least: int, most: int = MOST_WHOLE) -> None:
    if not is_whole(value, least, most):
        raise InputError(f"{what} must be a whole number, {least} or more, not {given(value)}.")


def _check_number(what: str, value: object, zero: bool) -> None:
    if not is_number(value) or value < 0 or (value == 0 and not zero):
        least = "0 or more" if zero else "above 0"
        raise InputError(f"{what} must be a number, {least}, not {value!r}.")
