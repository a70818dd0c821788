"""The verdict on a loop that was watched: from the course of its objective and gradients."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.motion import LEVEL
from steepest.diagnosis.verdict import FORGET, Kind, Verdict
from steepest.watching.record.step_record import Record
from steepest.wording.numbers import factor, number, rate, stable_and_best

# Fewer records do not show how a course goes on.
_ENOUGH = 16
# The gradient has become so small against its greatest: that is a minimum, or as good as one.
_SETTLED = 1e-6
# Of what the objective had above its least value so much is left, where that value is known.
_LEFT = 1e-6
# What the last half still gains of the whole fall, on a plateau at most.
_STANDING = 1e-3
# What a quarter of the steps still gains, relative to the objective, while it falls.
_FALLING = 1e-2
# The gradient against its greatest, where an objective that stands has come to rest.
_RESTING = 1e-2
# Updates whose cosine with the one before is below this go from side to side.
_TURNED = -0.9


@final
@dataclass(frozen=True, eq=False)
class Course:
    """Records of a loop, the last being its end, and what is known besides.

    - `ended`: what broke the block off, such as "KeyboardInterrupt"; "" where nothing did
    - `least`: the least value of the objective, where it is `exact` and has one; else nan
    - `rising`: whether the optimizer is told to maximise
    - `forecast`: from the curvature, where `exact` says that it is the same everywhere and all
      steps saw the same batch
    """

    records: Sequence[Record]
    forecast: Forecast
    exact: bool
    ended: str
    rising: bool = False
    least: float = np.nan

    def verdict(self) -> Verdict:
        """How the loop ended."""
        if self.ended:
            kept = f"The path up to step {self.last.index} is kept."
            return self._said("interrupted", f"{self.ended} ended the block.", kept)
        if not self.last.index:
            return self._said("max steps", "No optimizer made a step inside the block.")
        with np.errstate(over="ignore", invalid="ignore"):
            return (
                self._broken()
                or self._silent()
                or self._forgotten()
                or self._unstable()
                or self._settled()
                or self._arrived()
                or self._risen()
                or self._turning()
                or self._standing()
                or self._unfinished()
            )

    @property
    def last(self) -> Record:
        """The point that the last update led to."""
        return self.records[-1]

    @cached_property
    def known(self) -> list[Record]:
        """Records with an objective."""
        return [record for record in self.records if record.losses or self._is_computed(record)]

    @cached_property
    def objectives(self) -> Floats:
        """Their objectives."""
        return np.array([record.objective for record in self.known])

    @cached_property
    def slopes(self) -> Floats:
        """The gradient's norm at the recorded steps that have one."""
        norms = np.array([record.gradient_norms for record in self.records])
        with np.errstate(over="ignore", invalid="ignore"):
            total = np.sqrt(np.nansum(np.square(norms), axis=1))
        return np.asarray(total[~np.isnan(norms).all(axis=1)])

    def _is_computed(self, record: Record) -> bool:
        return self.exact and bool(np.isfinite(record.objective))

    def _broken(self) -> Verdict | None:
        for record in self.records:
            lost = bool(record.losses) and not np.isfinite(record.objective)
            if lost or not np.isfinite(record.parameter_norms).all():
                what = "objective is" if lost else "parameters are"
                noun = "a finite number" if lost else "finite numbers"
                reason = f"The {what} no longer {noun} at step {record.index}."
                return self._said("diverged", f"{reason}{self._above()}", self._stable())
        return None

    def _silent(self) -> Verdict | None:
        if self.known:
            return None
        reason = f"{self.last.index} steps were made, but no loss came in."
        advice = "Hand it in with run.loss(loss), or give watch the module that computes it."
        return self._said("max steps", reason, advice)

    def _forgotten(self) -> Verdict | None:
        # A gradient that is dropped later, before the step's own pass, does no harm.
        known = [record for record in self.records if record.cleared is not None]
        if not known or any(record.cleared or record.dropped for record in known):
            return None
        reason = (
            "Each step adds the gradients of all those before, as momentum 1 does: the steps swing "
            "for ever."
        )
        return self._said("oscillating", reason, FORGET)

    def _unstable(self) -> Verdict | None:
        growth = self.forecast.growth
        if not self.exact or growth is None or growth <= 1.0 + LEVEL:
            return None
        along = f" along {self.forecast.stiffest}" if self.forecast.stiffest else ""
        reason = f"The error{along} grows {factor(growth)} times a step.{self._above()}"
        return self._said("diverged", reason, self._stable())

    def _arrived(self) -> Verdict | None:
        first, last = float(self.objectives[0]), float(self.objectives[-1])
        if not last - self.least <= _LEFT * (first - self.least):
            return None
        reason = (
            f"{self._fall()} Less than a millionth of what it had above its least value, "
            f"{number(self.least)}, is left."
        )
        return self._said("converged", reason)

    def _settled(self) -> Verdict | None:
        if len(self.slopes) < 2 or self.slopes[-1] > _SETTLED * self.slopes.max():
            return None
        reason = (
            f"The gradient's norm has fallen from {number(self.slopes.max())} to "
            f"{number(self.slopes[-1])}. {self._fall()}"
        )
        return self._said("converged", reason)

    def _risen(self) -> Verdict | None:
        third, fourth = _quarters(self.objectives)
        first = float(self.objectives[0])
        if (
            self.rising
            or len(self.objectives) < 4
            or not float(fourth.min()) > max(first, float(third.min()))
        ):
            return None
        return self._said("diverged", f"{self._fall()}{self._above()}", self._stable())

    def _turning(self) -> Verdict | None:
        """Updates of which each takes back the one before, with nothing gained."""
        cosines = _cosines(self.records)
        if len(cosines) < _ENOUGH or float(np.median(cosines)) > _TURNED or self._gain() > 0.1:
            return None
        reason = f"Each update takes back most of the one before. {self._fall()}"
        return self._said("oscillating", reason, self._stable())

    def _standing(self) -> Verdict | None:
        if len(self.objectives) < _ENOUGH or self._gain() > _STANDING or self._still_falls():
            return None
        share = float(self.slopes[-1] / self.slopes.max()) if len(self.slopes) else np.nan
        size = f"the gradient's norm is {number(share)} of its greatest. {self._fall()}"
        if share <= _RESTING:
            return self._said("converged", f"The last half of the steps gained little, and {size}")
        reason = f"The last half of the steps gained nothing more, while {size}"
        advice = "Let the learning rate fall, or try another one: steepest.find_lr measures it."
        return self._said("plateau", reason, advice)

    def _unfinished(self) -> Verdict:
        reason = f"The loop ended. {self._fall()}"
        if 2 * self.known[-1].index < self.last.index:
            reason = f"{reason} Later ones did not come in, or were not recorded."
            return self._said("max steps", reason, "watch(…, every=1) records every step.")
        falls = float(self.objectives[-1]) < float(self.objectives[0]) and self._gain() > 0.0
        advice = "It was still falling: give it more steps." if falls else ""
        return self._said("max steps", reason, advice)

    def _still_falls(self) -> bool:
        """Whether the last quarter of the steps took a share of the objective itself away."""
        third, fourth = (float(np.median(part)) for part in _quarters(self.objectives))
        return third - fourth > _FALLING * abs(third)

    def _gain(self) -> float:
        """How much the median of the last quarter is below that of the one before, relative to
        the whole fall.
        """
        third, fourth = _quarters(self.objectives)
        whole = float(np.ptp(self.objectives))
        return float(np.median(third) - np.median(fourth)) / whole if whole else 0.0

    def _fall(self) -> str:
        first, last = self.known[0], self.known[-1]
        if first is last:
            return f"The objective is {number(first.objective)} at step {first.index}."
        verb = "fell" if last.objective < first.objective else "rose"
        return (
            f"The objective {verb} from {number(first.objective)} to {number(last.objective)} "
            f"at step {last.index}."
        )

    def _above(self) -> str:
        """Where the learning rate is above the largest stable one, which is known."""
        lr, stable = self.last.learning_rates[0], self.forecast.stable_rate
        if not lr > stable:
            return ""
        return f" Learning rate {rate(lr)} is above the largest stable rate {rate(stable)}."

    def _stable(self) -> str:
        stable, best = self.forecast.stable_rate, self.forecast.best_rate
        if not np.isfinite(stable):
            return "Use a smaller learning rate: steepest.find_lr measures which."
        pair = stable_and_best(stable, best)
        return f"Any rate below {pair[0]} settles; {pair[1]} needs the fewest steps."

    def _said(self, kind: Kind, reason: str, advice: str = "") -> Verdict:
        return Verdict(kind, self.last.index, reason, advice, unit="step")


def _quarters(values: Floats) -> tuple[Floats, Floats]:
    """The third and the fourth quarter, of one entry at least."""
    half = len(values) // 2
    middle = max((half + len(values)) // 2, 1)
    return values[min(half, middle - 1) : middle], values[min(middle, len(values) - 1) :]


def _cosines(records: Sequence[Record]) -> Floats:
    """Between each update of the later half and the one before it, where both are known."""
    late = records[len(records) // 2 :]
    moves = []
    for one, other in pairwise(late):
        here, there = one.parameters, other.parameters
        if here is None or there is None or other.index != one.index + 1:
            return np.zeros(0)
        moves.append(there - here)
    steps = np.array(moves)
    if len(steps) < 2:
        return np.zeros(0)
    lengths = np.linalg.norm(steps, axis=1)
    scale = lengths[1:] * lengths[:-1]
    dots = (steps[1:] * steps[:-1]).sum(axis=1)
    return np.asarray(dots[scale > 0.0] / scale[scale > 0.0])
