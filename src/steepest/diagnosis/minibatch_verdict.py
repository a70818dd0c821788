"""The verdict on a descent in mini-batches: at its minimum, in its noise, on its way, or gone."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.plan import Plan
from steepest.descent.stopping import Stop
from steepest.diagnosis.minibatch_forecast import BatchedForecast
from steepest.diagnosis.verdict import Kind, Verdict
from steepest.problems.problem import Problem
from steepest.wording.numbers import capitalized, factor, number, rate

_SETTLED = ("relative tolerance", "gradient norm", "patience")
# A mean of some epochs this far above the forecast floor is still in the noise.
_IN_NOISE = 2.0
# A floor below this share of the minimum is as good as the minimum.
_LOW = 0.01
# What is left above the minimum, as a share of what there was, when the minimum is reached.
_ARRIVED = 1e-3
# The gradient's norm at a minimum, as a share of what it was.
_FLAT = 1e-6


@final
@dataclass(frozen=True, eq=False)
class BatchedEnd:
    """How a run went, as far as a verdict needs it.

    - `initial`, `objective`: at the first and the last step, the averaged one where there is one
    - `late`: the objectives at the last ends of epochs;   `parameters` (d,): of the last step
    - `slopes`: the gradient's norm at the first and the last step, as far as L1 and bounds let go
    - `epoch`: epochs that were made
    """

    problem: Problem
    plan: Plan
    initial: float
    objective: float
    late: tuple[float, ...]
    slopes: tuple[float, float]
    parameters: Floats
    epoch: int
    stop: Stop

    @property
    def level(self) -> float:
        """The mean objective of the last epochs; of a run that is averaged, or whose rate falls,
        the last one."""
        falls = self.plan.schedule is None or self.plan.schedule.name != "constant"
        return self.objective if falls or self.plan.average else float(np.mean(self.late))


def judge_batches(end: BatchedEnd, forecast: BatchedForecast) -> Verdict:
    """How the descent ended, why, and what would have helped."""
    reason = f"{capitalized(end.stop.reason)}."
    if end.stop.rule == "interrupted":
        kept = f"The path up to epoch {end.epoch} is kept."
        return Verdict("interrupted", end.epoch, reason, kept)
    rose = end.stop.rule == "diverged" or not end.objective <= end.initial
    if rose and not _in_noise(end, forecast):
        return _diverged(end, forecast)
    if math.isnan(forecast.minimum):
        return _judge_alone(end, reason)
    if forecast.learning_rate is None or forecast.noise_floor == 0.0 or end.plan.average:
        return _judge_quiet(end, forecast, reason)
    return _judge_noisy(end, forecast, reason)


def _judge_alone(end: BatchedEnd, reason: str) -> Verdict:
    """Where the minimum is not known."""
    first, last = end.slopes
    said = f"{reason} The objective is {number(end.objective)}."
    if last <= _FLAT * first:
        said = f"{said} The gradient's norm fell from {number(first)} to {number(last)}."
        return Verdict("converged", end.epoch, said)
    return Verdict("converged" if end.stop.rule in _SETTLED else "max steps", end.epoch, said)


def _excess(end: BatchedEnd, forecast: BatchedForecast) -> float:
    return max(end.level - forecast.minimum, 0.0)


def _in_noise(end: BatchedEnd, forecast: BatchedForecast) -> bool:
    return _excess(end, forecast) <= _IN_NOISE * forecast.noise_floor


def _judge_quiet(end: BatchedEnd, forecast: BatchedForecast, reason: str) -> Verdict:
    """Where noise dies out: the rate falls, or adapts, or rows agree, or steps are averaged."""
    excess, first = _excess(end, forecast), end.initial - forecast.minimum
    said = (
        f"{reason} The objective is {number(end.objective)}, {number(excess)} above the minimum "
        f"{number(forecast.minimum)}."
    )
    near = excess <= max(_ARRIVED * first, 1e-12 * abs(forecast.minimum))
    if near:
        return Verdict("converged", end.epoch, said)
    if end.stop.rule in _SETTLED:
        advice = "A rate that falls more slowly would go on; or give a smaller tolerance."
        return Verdict("plateau", end.epoch, said, advice)
    return Verdict("max steps", end.epoch, said, "Give it more epochs, or a larger rate.")


def _judge_noisy(end: BatchedEnd, forecast: BatchedForecast, reason: str) -> Verdict:
    """At a constant rate, with noise at the minimum."""
    floor, least = forecast.noise_floor, forecast.minimum
    excess = _excess(end, forecast)
    if excess > _IN_NOISE * floor:
        said = (
            f"{reason} The objective is {number(end.objective)}, {number(excess)} above the "
            f"minimum {number(least)}; noise would let it come to {number(floor)} above."
        )
        kind: Kind = "plateau" if end.stop.rule in _SETTLED else "max steps"
        return Verdict(kind, end.epoch, said, "Give it more epochs, or a larger rate.")
    said = (
        f"The objective swings around {number(end.level)}: at learning rate "
        f"{rate(forecast.learning_rate or 0.0)} the noise of batches of {forecast.batch_size} "
        f"keeps it about {number(floor)} above the minimum of all rows, {number(least)}."
    )
    settled = floor <= max(_LOW * abs(least), 1e-6 * (end.initial - least))
    return Verdict("converged" if settled else "plateau", end.epoch, said, _lower(forecast))


def _lower(forecast: BatchedForecast) -> str:
    """What would lower the floor, with numbers."""
    said = (
        f"Half the rate would leave {number(forecast.half_rate_floor)} above it, twice the batch "
        f"{number(forecast.twice_batch_floor)}"
    )
    if forecast.averaged_floor < forecast.noise_floor:
        return f"{said}, the average of the steps {number(forecast.averaged_floor)} or less."
    return f"{said}."


def _diverged(end: BatchedEnd, forecast: BatchedForecast) -> Verdict:
    lr, stable = forecast.learning_rate, forecast.stable_rate
    if math.isfinite(end.objective):
        happened = f"The objective rose from {number(end.initial)} to {number(end.objective)}."
    else:
        happened = f"{capitalized(end.stop.reason)}{_culprit(end)}."
    if lr is None or not lr >= stable:
        return Verdict("diverged", end.epoch, happened, _smaller(end, forecast))
    size = f"{forecast.batch_size} row{'s' * (forecast.batch_size != 1)}"
    reason = (
        f"Learning rate {rate(lr)} is above {rate(stable)}, the largest that is stable for "
        f"batches of {size}: errors grow {factor(forecast.growth_of_update)} times an update "
        f"(root mean square), most along {forecast.growing}. {happened}"
    )
    advice = f"Rates below {rate(stable)} settle; {number(forecast.best_rate)} needs the fewest "
    advice += "epochs."
    if forecast.stable_batch:
        advice += f" At this rate batches of {forecast.stable_batch} rows or more are stable."
    return Verdict("diverged", end.epoch, reason, advice)


def _culprit(end: BatchedEnd) -> str:
    """The first row whose loss is not finite, where the parameters are."""
    why = end.problem.explain(end.parameters) if np.isfinite(end.parameters).all() else ""
    return f": {why}" if why else ""


def _smaller(end: BatchedEnd, forecast: BatchedForecast) -> str:
    if not math.isfinite(end.initial):
        return "The objective is not finite at the start: begin elsewhere, or rescale the target."
    schedule = end.plan.schedule
    if schedule is not None and schedule.lr > forecast.stable_rate:
        return (
            f"Begin at a rate below {rate(forecast.stable_rate)}, which is stable for this batch."
        )
    if schedule is not None:
        return f"Use a smaller learning rate, such as {rate(schedule.lr / 10.0)}."
    return "Use a smaller learning rate."
