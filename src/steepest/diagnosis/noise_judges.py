"""Descents in mini-batches: at the minimum, in their noise, on their way, or gone."""

import math

from steepest.diagnosis.evidence import Evidence, Noise
from steepest.diagnosis.thresholds import (
    IN_NOISE,
    LOW_NOISE,
    NEGLIGIBLE,
    NOISE_LEFT,
    ROUNDING,
    SETTLED,
    VANISHED,
)
from steepest.diagnosis.verdict import Kind, Verdict
from steepest.wording.fact import Fact, fact


def judge_noise(evidence: Evidence) -> Verdict | None:
    """How near to the minimum of all rows a descent in mini-batches has come."""
    noise = evidence.noise
    if noise is None:
        return None
    rose = evidence.stop.rule == "diverged" or not evidence.objective <= evidence.initial
    if rose and not _in_noise(noise):
        return _diverged(evidence, noise)
    if evidence.exact is not None:
        return None
    if math.isnan(noise.minimum):
        return _without_minimum(evidence, noise)
    return _quiet(evidence, noise) if noise.dies_out else _noisy(evidence, noise)


def _excess(noise: Noise) -> float:
    """Of the last epochs, above the minimum."""
    return max(noise.level - noise.minimum, 0.0)


def _in_noise(noise: Noise) -> bool:
    return _excess(noise) <= IN_NOISE * noise.floor


def _without_minimum(evidence: Evidence, noise: Noise) -> Verdict:
    first, last = noise.slopes
    reasons = evidence.ending, fact("objective is", objective=evidence.objective)
    if last <= VANISHED * first:
        fell = fact("gradient fell", start=first, end=last)
        return evidence.verdict("converged", *reasons, fell)
    kind: Kind = "converged" if evidence.little_happened else "max steps"
    return evidence.verdict(kind, *reasons)


def _quiet(evidence: Evidence, noise: Noise) -> Verdict:
    """Where noise dies out: the rate falls, or adapts, or rows agree, or steps are averaged."""
    minimum = noise.minimum
    excess, first = max(evidence.objective - minimum, 0.0), evidence.initial - minimum
    above = fact("above minimum", objective=evidence.objective, excess=excess, minimum=minimum)
    reasons = (evidence.ending, above)
    if _has_arrived(evidence, noise, excess, first):
        return evidence.verdict("converged", *reasons)
    if evidence.little_happened:
        return evidence.verdict("plateau", *reasons, advice=fact("slower fall or tolerance"))
    return evidence.verdict("max steps", *reasons, advice=fact("more epochs or larger rate"))


def _has_arrived(evidence: Evidence, noise: Noise, excess: float, first: float) -> bool:
    """Where there is no noise at all, as it is judged of any descent."""
    if not noise.is_none:
        return excess <= max(NOISE_LEFT * first, SETTLED * abs(noise.minimum))
    if evidence.little_happened:
        return excess <= max(NEGLIGIBLE**2 * first, ROUNDING * abs(noise.minimum))
    return noise.slopes[1] <= SETTLED * noise.slopes[0]


def _noisy(evidence: Evidence, noise: Noise) -> Verdict:
    """At a constant rate, with noise at the minimum."""
    floor, least = noise.floor, noise.minimum
    if not _in_noise(noise):
        above = fact(
            "above noise", objective=noise.level, excess=_excess(noise), minimum=least, floor=floor
        )
        kind: Kind = "plateau" if evidence.little_happened else "max steps"
        more = fact("more epochs or larger rate")
        return evidence.verdict(kind, evidence.ending, above, advice=more)
    swings = fact(
        "in noise",
        level=noise.level,
        lr=noise.forecast.learning_rate or 0.0,
        batch=noise.forecast.batch_size,
        floor=floor,
        minimum=least,
    )
    settled = floor <= max(LOW_NOISE * abs(least), 1e-6 * (evidence.initial - least))
    kind = "converged" if settled else "plateau"
    return evidence.verdict(kind, swings, advice=_lower(noise))


def _lower(noise: Noise) -> Fact:
    """What would lower the floor, with numbers."""
    known = noise.forecast
    averaged = known.averaged_floor
    if averaged is not None and not averaged < noise.floor:
        averaged = None
    return fact(
        "lower noise",
        half_rate=known.half_rate_floor,
        twice_batch=known.twice_batch_floor,
        averaged=averaged,
    )


def _diverged(evidence: Evidence, noise: Noise) -> Verdict:
    known = noise.forecast
    if math.isfinite(evidence.objective):
        happened = fact("objective rose", start=evidence.initial, end=evidence.objective)
    else:
        happened = fact("broke off", reason=evidence.stop.happened, fault=noise.fault)
    lr, stable = known.learning_rate, known.stable_rate
    if lr is None or not lr >= stable:
        return evidence.verdict("diverged", happened, advice=_smaller(evidence, noise))
    reason = fact(
        "batches unstable",
        lr=lr,
        stable=stable,
        batch=known.batch_size,
        growth=known.growth_of_update,
        axis=str(known.growing),
    )
    advice = fact(
        "rates that settle batches", stable=stable, best=known.best_rate, batch=known.stable_batch
    )
    return evidence.verdict("diverged", reason, happened, advice=advice)


def _smaller(evidence: Evidence, noise: Noise) -> Fact:
    if not math.isfinite(evidence.initial):
        return fact("start or rescale")
    schedule = noise.schedule
    if schedule is not None and schedule.lr > noise.forecast.stable_rate:
        return fact("begin below", stable=noise.forecast.stable_rate)
    return fact("smaller rate", lr=None if schedule is None else schedule.lr / 10.0)
