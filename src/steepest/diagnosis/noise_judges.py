"""Descents in mini-batches: at the minimum, in their noise, on their way, or gone."""

import math

import numpy as np

from steepest.diagnosis.evidence import Evidence, Noise
from steepest.diagnosis.thresholds import IN_NOISE
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
    known = noise.certificate
    if known is not None and known.holds:
        return evidence.verdict("converged", evidence.ending, known.certified)
    if math.isnan(noise.minimum):
        return _without_minimum(evidence, noise)
    return _quiet(evidence, noise) if noise.dies_out else _noisy(evidence, noise)


def _excess(noise: Noise) -> float:
    """Of the last epochs, above the minimum."""
    return max(noise.level - noise.minimum, 0.0)


def _in_noise(noise: Noise) -> bool:
    return _excess(noise) <= IN_NOISE * noise.floor


def _without_minimum(evidence: Evidence, noise: Noise) -> Verdict:
    reasons = evidence.ending, fact("objective is", objective=evidence.objective)
    return evidence.verdict(_kind(evidence), *reasons, *_left(noise))


def _kind(evidence: Evidence) -> Kind:
    """How a run ended of which it is not certain that it is at the minimum."""
    return "plateau" if evidence.little_happened else "max steps"


def _quiet(evidence: Evidence, noise: Noise) -> Verdict:
    """Where noise dies out: the rate falls, or adapts, or rows agree, or steps are averaged."""
    excess = max(evidence.objective - noise.minimum, 0.0)
    above = fact(
        "above minimum",
        objective=evidence.objective,
        excess=excess,
        minimum=None if noise.by_model else noise.minimum,
    )
    slower, more = fact("slower fall or tolerance"), fact("more epochs or larger rate")
    reasons = evidence.ending, above, *_left(noise)
    advice = slower if evidence.little_happened else more
    return evidence.verdict(_kind(evidence), *reasons, advice=advice)


def _noisy(evidence: Evidence, noise: Noise) -> Verdict:
    """At a constant rate, with noise at the minimum."""
    floor, least = noise.floor, noise.minimum
    if not _in_noise(noise):
        above = fact(
            "above noise", objective=noise.level, excess=_excess(noise), minimum=least, floor=floor
        )
        more = fact("more epochs or larger rate")
        reasons = evidence.ending, above, *_left(noise)
        return evidence.verdict(_kind(evidence), *reasons, advice=more)
    swings = fact(
        "in noise",
        level=noise.level,
        lr=noise.forecast.learning_rate or 0.0,
        batch=noise.forecast.batch_size,
        floor=floor,
        minimum=least,
    )
    return evidence.verdict("plateau", swings, *_left(noise), advice=_lower(noise))


def _left(noise: Noise) -> tuple[Fact, ...]:
    """What the parameter that is furthest from its minimum has left to go."""
    known = noise.certificate
    if known is None:
        return (fact("distance not measured"),)
    return (known.left_to_go,) if np.isfinite(known.gaps).all() else ()


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
