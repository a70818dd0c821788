"""What curvature says after the run: how it ended, why, and what would have helped."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from steepest.curvature.rates import epochs_for
from steepest.descent.closed_form import SETTLED, ClosedForm
from steepest.descent.stopping import Stop
from steepest.diagnosis.forecast import TableForecast, remedy
from steepest.diagnosis.motion import exact_manner
from steepest.errors import printable
from steepest.wording.numbers import (
    Direction,
    capitalized,
    count,
    epochs,
    factor,
    number,
    rate,
    stable_and_best,
)

# A run that stops with more of an error left stands on a plateau, whatever its tolerance.
NEAR = 0.1
FORGET = "Use a momentum below 1; in a loop of your own, set the gradients to zero every epoch."

Kind = Literal[
    "converged",
    "plateau",
    "max steps",
    "oscillating",
    "cycle",
    "diverged",
    "interrupted",
    "saddle",
    "maximum",
    "flat",
    "left domain",
    "at bounds",
]


@dataclass(frozen=True)
class Verdict:
    """How a run ended (`kind`), at which `epoch`, the `reason`, and the `advice` that would help.

    `manner` says how it went, whatever its end: "one step", "fast", "monotone", "slow",
    "oscillates", "cycle", "diverges"; "" where that cannot be told. `unit` is what `epoch` counts:
    steps, where a loop was watched.

    >>> import steepest
    >>> run = steepest.fit([1, 2, 3], [2, 4, 6], intercept=False, standardize=False, lr=0.22,
    ...                    start=[1.0], epochs=100)
    >>> run.verdict.kind, run.verdict.advice
    ('diverged', 'Any rate below 0.214286 settles; 0.107143 needs the fewest epochs.')
    """

    kind: Kind
    epoch: int
    reason: str
    advice: str = ""
    manner: str = ""
    unit: Literal["epoch", "step"] = "epoch"

    def __str__(self) -> str:
        sentences = f"{capitalized(self.kind)} at {self.unit} {count(self.epoch)}: {self.why}"
        return printable(f"{sentences} {self.advice}".strip())

    @property
    def why(self) -> str:
        """The reason as it follows the epoch, which is not named again."""
        for word in ("At", "From"):
            when = f"{word} {self.unit} {self.epoch} "
            if self.reason.startswith(when):
                return capitalized(self.reason[len(when) :])
        lately = f"From {self.unit} {self.epoch - 1} to {self.epoch} "
        if self.reason.startswith(lately):
            return f"In the last {self.unit} {self.reason[len(lately) :]}"
        return self.reason

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "kind": self.kind,
            "epoch": self.epoch,
            "reason": self.reason,
            "advice": self.advice,
            "manner": self.manner,
        }


@dataclass(frozen=True)
class End:
    """The last step of a run: its epoch and objective, the start's, and the least there is.

    `arrived` says of a run without a closed form that every direction's error has vanished.
    """

    epoch: int
    initial: float
    objective: float
    minimum: float
    stop: Stop | None
    arrived: bool = False


def judge(end: End, forecast: TableForecast, closed: ClosedForm | None) -> Verdict:
    """The verdict on a run; `closed` where its steps have a closed form."""
    if end.stop is not None and end.stop.rule == "interrupted":
        return Verdict("interrupted", end.epoch, capitalized(end.stop.reason) + ".", _go_on(end))
    if closed is not None:
        return replace(_judge_closed(end, forecast, closed), manner=_manner(closed))
    if not np.isfinite(end.objective):
        return Verdict("diverged", end.epoch, _overflow(end), "Use a smaller learning rate.")
    if end.objective > end.initial:
        reason = f"The objective rose from {number(end.initial)} to {number(end.objective)}."
        return Verdict("diverged", end.epoch, reason, "Use a smaller learning rate.")
    return _judge_end(end, forecast, "")


def _judge_closed(end: End, forecast: TableForecast, closed: ClosedForm) -> Verdict:
    active = np.flatnonzero(closed.active)
    if not len(active):
        return Verdict("converged", end.epoch, "The start is already the minimum.")
    factors = closed.factors[active]
    worst = active[int(factors.argmax())]
    direction = _direction(closed, worst)
    below = closed.lr < forecast.stable_rate * (1.0 - 4.0 * np.finfo(float).eps)
    stable = below and closed.rule.momentum < 1.0
    if not stable and factors.max() > 1.0 + 1e-9:
        return _diverged(end, forecast, closed, direction)
    if not stable:
        return _undying(end, forecast, closed, direction)
    errors = np.abs(closed.remaining(end.epoch)[active])
    return _judge_end(end, forecast, _left(closed, active, errors), errors)


def _manner(closed: ClosedForm) -> str:
    """How the slowest direction, or the one that grows fastest, goes."""
    active = np.flatnonzero(closed.active)
    if not len(active):
        return ""
    worst = active[int(closed.factors[active].argmax())]
    return exact_manner(closed.rule, closed.lr, float(closed.problem.eigenvalues[worst]))


def _diverged(
    end: End, forecast: TableForecast, closed: ClosedForm, direction: Direction
) -> Verdict:
    reason = (
        f"The error along {direction} grows {factor(direction.factor)} times an epoch, because "
        f"learning rate {rate(closed.lr)} is above the largest stable rate "
        f"{rate(forecast.stable_rate)}."
    )
    if not np.isfinite(end.objective):
        reason += f" {_overflow(end)}"
    return Verdict("diverged", end.epoch, reason, _stable_rates(forecast))


def _undying(
    end: End, forecast: TableForecast, closed: ClosedForm, direction: Direction
) -> Verdict:
    if closed.rule.momentum >= 1.0:
        reason = (
            f"Momentum {closed.rule.momentum:g} keeps the whole of every step, as gradients that "
            f"are never set to zero do: the error along {direction} swings for ever."
        )
        return Verdict("oscillating", end.epoch, reason, FORGET)
    reason = (
        f"Learning rate {rate(closed.lr)} is exactly the stable limit: the error along "
        f"{direction} changes sign every epoch and keeps its size, a cycle of 2 epochs."
    )
    return Verdict("cycle", end.epoch, reason, _stable_rates(forecast))


def _judge_end(
    end: End, forecast: TableForecast, left: str, errors: np.ndarray | None = None
) -> Verdict:
    settled = end.arrived or (errors is not None and float(errors.max()) <= SETTLED)
    gap = max(end.objective - end.minimum, 0.0)
    if settled:
        reason = f"Every direction's error is below {SETTLED:g} of what it was."
        if end.stop is not None and end.stop.rule == "settled":
            when = epochs(forecast.epochs_to_settle or 0)
            reason = (
                f"After {when} every direction's error was below {SETTLED:g} of what it had been, "
                "and now no parameter can be told from its minimum."
            )
        return Verdict("converged", end.epoch, reason)
    above = f"The objective is {number(end.objective)}, {number(gap)} above its least."
    if end.stop is not None and end.stop.rule in ("relative tolerance", "gradient norm"):
        reason = f"{capitalized(end.stop.reason)}. {above}{left}"
        arrived = errors is None or float(errors.max()) <= NEAR
        return Verdict("converged" if arrived else "plateau", end.epoch, reason)
    if end.stop is not None and end.stop.rule == "patience":
        return Verdict("plateau", end.epoch, f"{capitalized(end.stop.reason)}. {above}{left}")
    why = f"{capitalized(end.stop.reason)}. " if end.stop is not None else ""
    if errors is not None:
        advice = remedy(forecast)
    elif end.stop is not None and end.stop.rule == "time limit":
        advice = "Give it more time, or another rate."
    else:
        advice = "Give it more epochs, or another rate; SGD at a constant rate needs no patience."
    return Verdict("max steps", end.epoch, f"{why}{above}{left}", advice)


def _left(closed: ClosedForm, active: np.ndarray, errors: np.ndarray) -> str:
    """Which direction has settled, which has hardly begun, and what it would need."""
    share = float(errors.max())
    if share <= SETTLED:
        return ""
    slow = active[int(errors.argmax())]
    fast = active[(errors <= 1e-3) & (errors < share)]
    said = ""
    if len(fast):
        done = str(_direction(closed, fast[-1])) if len(fast) == 1 else f"{len(fast)} directions"
        said += f" The error along {done} has settled."
    state = "has hardly begun to shrink" if share > 0.9 else "is still shrinking"
    said += f" The error along {_direction(closed, slow)} {state}: {share:.3g} of it is left"
    needed = epochs_for(closed.rule, closed.lr, float(closed.problem.eigenvalues[slow]), 1e-3)
    overshoot = closed.rule.overshoots(closed.lr, closed.problem.eigenvalues[[slow]])[0]
    swing = ", changing sign every epoch" if overshoot else ""
    return f"{said}{swing}, and each factor of 1000 takes it {epochs(needed)}."


def _direction(closed: ClosedForm, index: int) -> Direction:
    problem = closed.problem
    return Direction.of(
        problem.names,
        problem.eigenvalues[index],
        closed.factors[index],
        problem.eigenvectors[:, index],
    )


def _overflow(end: End) -> str:
    return f"The objective is no longer a finite number at epoch {end.epoch}."


def _stable_rates(forecast: TableForecast) -> str:
    stable, best = stable_and_best(forecast.stable_rate, forecast.best_rate)
    return f"Any rate below {stable} settles; {best} needs the fewest epochs."


def _go_on(end: End) -> str:
    return f"The path up to epoch {end.epoch} is kept."
