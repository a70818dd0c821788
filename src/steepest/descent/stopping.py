"""When a descent ends. Every rule says, when it fires, which it is and with what numbers."""

import math
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias, final

from steepest.descent.checks import is_number, is_whole
from steepest.errors import InputError

TINY = sys.float_info.min

# Called once a step with (k, objective, gradient norm): the stop, or None to go on.
Check: TypeAlias = Callable[[int, float, float], "Stop | None"]
Clock: TypeAlias = Callable[[], float]


@final
@dataclass(frozen=True)
class Stop:
    """Why a descent ended: the rule's name and a sentence with the numbers."""

    rule: str
    reason: str


@dataclass(frozen=True)
class StoppingRule(ABC):
    """One reason to end a descent. `stop(…)` words it; `start` makes a check for one run."""

    name: ClassVar[str]

    @abstractmethod
    def start(self, clock: Clock) -> Check:
        """A fresh check, to be called once for each step from step 0 on."""


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
        _check_whole("epochs", self.count, least=0)

    def stop(self) -> Stop:
        return Stop(self.name, f"all {self.count} epochs asked for were made")

    def start(self, clock: Clock) -> Check:
        return lambda k, objective, norm: self.stop() if k >= self.count else None


@final
@dataclass(frozen=True)
class RelativeTolerance(StoppingRule):
    """Fires at the first k ≥ 1 with |J_{k−1} − J_k| ≤ tol · max(|J_k|, tiny).

    tiny = 2.2e-308, the smallest normal float64, so that J = 0 twice in a row fires too. The rule
    sees how little one epoch changes, not how near the minimum is: with a small learning rate,
    or where momentum turns round, it fires early.
    """

    name: ClassVar[str] = "relative tolerance"
    tol: float

    def __post_init__(self) -> None:
        _check_number("the relative tolerance", self.tol, zero=True)

    def fires(self, previous: float, objective: float) -> bool:
        """Whether the rule holds for two objectives that follow one another."""
        return abs(previous - objective) <= self.tol * max(abs(objective), TINY)

    def stop(self, k: int, previous: float, objective: float) -> Stop:
        change = abs(previous - objective)
        return Stop(
            self.name,
            f"from epoch {k - 1} to {k} the objective changed by {change:.6g}, at most "
            f"{self.tol:g} of its value {objective:.6g}",
        )

    def start(self, clock: Clock) -> Check:
        previous = math.nan

        def check(k: int, objective: float, norm: float) -> Stop | None:
            nonlocal previous
            before, previous = previous, objective
            return self.stop(k, before, objective) if self.fires(before, objective) else None

        return check


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
            self.name, f"at epoch {k} the gradient norm was {norm:.6g}, at most {self.tol:g}"
        )

    def start(self, clock: Clock) -> Check:
        return lambda k, objective, norm: self.stop(k, norm) if norm <= self.tol else None


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
        return Stop(
            self.name,
            f"the objective has not fallen below {lowest:.6g}, reached at epoch {best}, "
            f"for {k - best} epochs",
        )

    def start(self, clock: Clock) -> Check:
        best, lowest = 0, math.inf

        def check(k: int, objective: float, norm: float) -> Stop | None:
            nonlocal best, lowest
            if objective < lowest:
                best, lowest = k, objective
            return self.stop(k, best, lowest) if k - best >= self.epochs else None

        return check


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
        return Stop(
            self.name,
            f"the time limit of {self.seconds:g} s was reached at epoch {k}, after {elapsed:.3g} s",
        )

    def start(self, clock: Clock) -> Check:
        began = clock()

        def check(k: int, objective: float, norm: float) -> Stop | None:
            elapsed = clock() - began
            return self.stop(k, elapsed) if elapsed >= self.seconds else None

        return check


@final
class StoppingRun:
    """Stopping rules at work on one run: fed every step, it answers with the first that fires.

    Where several fire at one step, the first in the order given is named.

    >>> run = StoppingRun([Epochs(2), GradientNorm(0.1)])
    >>> run.check(0, 8.0, 4.0), run.check(1, 2.0, 2.0)
    (None, None)
    >>> run.check(2, 0.5, 1.0)
    Stop(rule='epochs', reason='all 2 epochs asked for were made')
    """

    def __init__(self, rules: Sequence[StoppingRule], clock: Clock = time.monotonic) -> None:
        self._checks = [rule.start(clock) for rule in rules]
        self.needs_gradient_norm = any(isinstance(rule, GradientNorm) for rule in rules)

    def check(self, k: int, objective: float, gradient_norm: float = math.nan) -> Stop | None:
        """The stop that is due at step k, or None. Every rule sees every step."""
        first = None
        for check in self._checks:
            stop = check(k, objective, gradient_norm)
            if stop is not None and first is None:
                first = stop
        return first


def _check_whole(what: str, value: object, least: int) -> None:
    if not is_whole(value, least):
        raise InputError(f"{what} must be a whole number, {least} or more, not {value!r}.")


def _check_number(what: str, value: object, zero: bool) -> None:
    if not is_number(value) or value < 0 or (value == 0 and not zero):
        least = "0 or more" if zero else "above 0"
        raise InputError(f"{what} must be a number, {least}, not {value!r}.")
