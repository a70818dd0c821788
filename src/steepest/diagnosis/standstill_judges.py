"""Where the gradient has vanished: a minimum, a saddle, a maximum, flat ground, or bounds."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from steepest.diagnosis.end_judges import unfinished
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.local_spectrum import Spectrum
from steepest.diagnosis.thresholds import NEAR, NEGLIGIBLE, VANISHED
from steepest.diagnosis.verdict import Kind, Verdict
from steepest.wording.fact import Fact, fact
from steepest.wording.numbers import place

if TYPE_CHECKING:
    from steepest.diagnosis.standstill import Standstill
    from steepest.diagnosis.walk import Walk

# Factors nearer to 1 are not told: with four digits they would be 1.
_TOLD = 0.9995
# A slope down from a saddle, as a share of the largest gradient, beyond rounding.
_LEAVING = 1e-14


def judge_standstill(evidence: Evidence) -> Verdict | None:
    """The verdict where the gradient has vanished: at a minimum or elsewhere; else None."""
    walk = evidence.walk
    if walk is None:
        return None
    if walk.active.all():
        return _at(evidence, "at bounds", _bounds(walk))
    if walk.held.any() and (walk.active | walk.held).all():
        return _at(evidence, "converged", fact("no slope left"), *held_by_penalty(walk))
    if evidence.convex:
        return _judge_convex(evidence, walk)
    if walk.spectrum is None:
        if (fall := _fall_at_zero(walk)) is not None:
            return _inflection(evidence, *fall)
        return _by_gradient(evidence, walk) if walk.slope <= VANISHED * walk.steepest else None
    return _judge_place(evidence, _standstill(walk, walk.spectrum), NEAR)


def judge_tolerance(evidence: Evidence) -> Verdict | None:
    """The same of a run that a tolerance has ended, where what is left is negligible."""
    walk = evidence.walk
    if walk is None or not evidence.ended_by_tolerance or walk.active.all():
        return None
    if walk.spectrum is None:
        gone = walk.slope <= NEGLIGIBLE**2 * walk.steepest
        return _by_gradient(evidence, walk) if gone else None
    return _judge_place(evidence, _standstill(walk, walk.spectrum), NEGLIGIBLE)


def _standstill(walk: "Walk", spectrum: Spectrum) -> "Standstill":
    from steepest.diagnosis.standstill import Standstill

    return Standstill(walk, spectrum)


def _fall_at_zero(walk: "Walk") -> "tuple[Standstill, int] | None":
    """Where a gradient of exactly 0 is no minimum, and along which axis the objective falls: a zero
    of torch's may be the place where a function that falls has no derivative.
    """
    axes = Spectrum.of_axes(walk.problem.names) if walk.slope == 0.0 else None
    if axes is None or (move := _standstill(walk, axes).falls) is None:
        return None
    return _standstill(walk, axes), move


def _by_gradient(evidence: Evidence, walk: "Walk") -> Verdict:
    """At a minimum, as far as the gradient tells, where there is no second derivative."""
    if _walked_on(evidence) and not (walk.gradient_settled or walk.at_rest):
        return unfinished(evidence, walk)
    return _at(evidence, "converged", fact("gradient shrunk", share=_share(walk)))


def _walked_on(evidence: Evidence) -> bool:
    """Whether a limit of epochs or time ended the run, whatever was left to go."""
    return evidence.epoch > 0 and evidence.stop.rule in ("epochs", "time limit")


def _judge_place(evidence: Evidence, standstill: "Standstill", share: float) -> Verdict | None:
    """What kind of point it is that is near, if one is within this share of the way."""
    walk = standstill.walk
    if not standstill.stationary(share):
        return _flat(evidence, standstill) if standstill.plateau else None
    if standstill.spectrum.lowest < 0.0:
        return _downward(evidence, standstill) if share <= NEAR else None
    if (kept := standstill.sloping(float(np.sqrt(share)))) is not None:
        return _sloping(evidence, standstill, kept)
    if standstill.falls is not None:
        return _inflection(evidence, standstill, standstill.falls)
    if len(standstill.level) == len(standstill.spectrum.values):
        return _flat(evidence, standstill)
    if walk.active.any():
        return _at(evidence, "at bounds", _bounds(walk))
    if standstill.recedes is not None:
        return _at(evidence, "flat", fact("gradient shrunk", share=_share(walk)))
    return _at_minimum(evidence, standstill)


def with_recession(evidence: Evidence, verdict: Verdict) -> Verdict:
    """The verdict, which says too where the curvature promises a minimum that recedes."""
    walk = evidence.walk
    known = walk is not None and not evidence.convex and verdict.kind in ("flat", "max steps")
    if not known or walk is None or walk.spectrum is None or walk.active.any():
        return verdict
    there = _standstill(walk, walk.spectrum).recedes
    if there is None:
        return verdict
    reason = fact("minimum recedes", place=place(walk.problem.names, there))
    advice = (fact("bounds or elsewhere"),)
    return replace(verdict, reasons=(*verdict.reasons, reason), suggestions=advice)


def _judge_convex(evidence: Evidence, walk: "Walk") -> Verdict | None:
    """Whether this is the least there is: of a convex objective nothing else lies here."""
    standstill = None if walk.spectrum is None else _standstill(walk, walk.spectrum)
    left = walk.slope / walk.steepest if standstill is None else standstill.left
    if walk.slope and left > (NEGLIGIBLE if evidence.ended_by_tolerance else NEAR):
        return None
    if walk.active.any():
        return _at(evidence, "at bounds", _bounds(walk))
    if standstill is None:
        return _by_gradient(evidence, walk)
    if (standstill.spectrum.values > 0.0).all() or not evidence.epoch:
        return _at_minimum(evidence, standstill)
    if walk.slope and _walked_on(evidence) and not _has_settled(evidence, standstill):
        return unfinished(evidence, walk)
    shrunk = fact("gradient shrunk", share=_share(walk))
    return _at(evidence, "converged", shrunk, *held_by_penalty(walk))


def _at_minimum(evidence: Evidence, standstill: "Standstill") -> Verdict:
    walk = standstill.walk
    if _walked_on(evidence) and walk.travel > 0.0 and not _has_settled(evidence, standstill):
        return unfinished(evidence, walk)
    return _at(evidence, "converged", *_minimum(evidence, standstill), *held_by_penalty(walk))


def _has_settled(evidence: Evidence, standstill: "Standstill") -> bool:
    exact, walk = evidence.exact, standstill.walk
    if exact is not None:
        return exact.settled or walk.at_rest
    return standstill.settled or walk.at_rest


def _at(evidence: Evidence, kind: Kind, *reasons: Fact, advice: Fact | None = None) -> Verdict:
    ended = () if evidence.stop.rule == "epochs" or not evidence.epoch else (evidence.ending,)
    return evidence.verdict(kind, *ended, *reasons, advice=advice)


def _bounds(walk: "Walk") -> Fact:
    bounds, last = walk.trajectory.bounds, walk.last
    assert bounds is not None
    held = np.flatnonzero(walk.active)
    walls = np.where(last.gradient > 0.0, bounds.lower, bounds.upper)[held]
    names = tuple(bounds.names[i] for i in held)
    return fact("held by bounds", names=names, walls=tuple(walls.tolist()))


def held_by_penalty(walk: "Walk") -> tuple[Fact, ...]:
    """How many parameters an L1 penalty holds at 0; nothing for none."""
    held = int(walk.held.sum())
    return (fact("held by penalty", held=held, parameters=walk.held.size),) if held else ()


def _share(walk: "Walk") -> float:
    """The gradient's, of its largest."""
    return walk.slope / walk.steepest if walk.slope else 0.0


def _minimum(evidence: Evidence, standstill: "Standstill") -> list[Fact]:
    walk = standstill.walk
    if not evidence.epoch or walk.travel == 0.0:
        return [fact("start is minimum"), *_known(evidence, walk)]
    left = float(standstill.spectrum.distances.max(initial=0.0))
    if left > NEAR * walk.travel:
        near = fact("near minimum", share=_share(walk), left=left / walk.travel)
        return [near, *_pace(evidence, walk)]
    return [_shape(standstill), *_pace(evidence, walk), *_known(evidence, walk)]


def _shape(standstill: "Standstill") -> Fact:
    values = standstill.spectrum.values
    return fact(
        "minimum reached",
        share=_share(standstill.walk),
        several=len(values) > 1,
        level=tuple(standstill.spectrum.axis(i) for i in standstill.level[:3]),
        flat=bool((values == 0.0).any()),
    )


def _pace(evidence: Evidence, walk: "Walk") -> list[Fact]:
    """What an epoch left of the error, measured, beside what the curvature there says."""
    if evidence.manner == "one step":
        return [fact("pace", factor=0.0)]
    motion, rule, spectrum = walk.motion, walk.rule, walk.spectrum
    if rule is None or spectrum is None or not spectrum.lowest > 0.0:
        return []
    if not motion.steady or motion.factor > _TOLD:
        return []
    factors = rule.factors(walk.lr, spectrum.values)
    foretold = bool((np.abs(factors - motion.factor) <= 0.01 * motion.factor).any())
    side = motion.swings and rule.momentum == 0.0
    return [fact("pace", factor=motion.factor, changed_side=side, foretold=foretold)]


def _known(evidence: Evidence, walk: "Walk") -> list[Fact]:
    """Whether this is the minimum that is known, where one is, and there may be others."""
    known, last = walk.problem.minimizer, walk.last
    if known is None or evidence.convex:
        return []
    lowest = walk.problem.objective(known)
    drop = abs(float(walk.trajectory.objective[0]) - lowest)
    where = place(walk.problem.names, known)
    if last.objective > lowest + 1e-6 * drop:
        return [fact("known minimum", place=where, here=last.objective, there=lowest)]
    near = float(np.linalg.norm(last.parameters - known)) <= 1e-3 * walk.scale
    return [fact("known minimum", place="" if near else where)]


def _downward(evidence: Evidence, standstill: "Standstill") -> Verdict:
    spectrum, walk = standstill.spectrum, standstill.walk
    here = place(walk.problem.names, walk.last.parameters)
    if not spectrum.largest > 0.0:
        beside = fact("start beside", axis=None)
        return _at(
            evidence,
            "maximum",
            fact("maximum", place=here, vanished=standstill.vanished),
            advice=beside,
        )
    down, up = spectrum.axis(0), spectrum.axis(len(spectrum.values) - 1)
    reason = fact(
        "saddle",
        place=here, up=up, down=down, curvature=spectrum.lowest, vanished=standstill.vanished,
    )  # fmt: skip
    leaving = abs(spectrum.slopes[0]) > _LEAVING * walk.steepest and evidence.stop.rule == "epochs"
    beside = fact("start beside", axis=down, leaving=bool(leaving))
    return _at(evidence, "saddle", reason, advice=beside)


def _sloping(evidence: Evidence, standstill: "Standstill", kept: int) -> Verdict:
    """A slope that has stayed what it was, beside a steeper one that has gone."""
    walk, axis, exact = standstill.walk, standstill.spectrum.axis(kept), evidence.exact
    kind: Kind = "plateau" if evidence.little_happened else "max steps"
    gradient = place(walk.problem.names, walk.last.gradient)
    slope = abs(float(standstill.spectrum.slopes[kept]))
    reason = fact("slope kept", gradient=gradient, axis=axis, slope=slope)
    for_ever = exact is not None and exact.moves and exact.eigenvalue == 0.0
    curve = fact("nothing curves up", level=False, axis=axis)
    advice = fact("falls for ever", axis=axis) if for_ever else curve
    return evidence.verdict(kind, evidence.ending, reason, advice=advice)


def _inflection(evidence: Evidence, standstill: "Standstill", move: int) -> Verdict:
    walk, names = standstill.walk, standstill.walk.problem.names
    size = 0.01 * (walk.travel or walk.scale)
    beyond = walk.last.parameters + size * standstill.direction(move)
    here, axis = place(names, walk.last.parameters), standstill.spectrum.axis(move // 2)
    reason = fact("inflection", place=here, axis=axis, vanished=standstill.vanished)
    return _at(evidence, "flat", reason, advice=fact("go on beyond", place=place(names, beyond)))


def _flat(evidence: Evidence, standstill: "Standstill") -> Verdict:
    walk, names, lower = standstill.walk, standstill.walk.problem.names, standstill.lower
    here = place(names, walk.last.parameters)
    fallen = bool(walk.last.objective < walk.trajectory.objective[0])
    known = None if lower is None else (place(names, lower[0]), lower[1])
    advice = fact("start elsewhere", lower=known, lowest=fallen)
    reason = fact("flat region", place=here, slope=walk.slope)
    return _at(evidence, "flat", reason, advice=advice)
