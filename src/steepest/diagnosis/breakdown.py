"""Descents that ended where the objective or its gradient is no finite number, or that grew."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from steepest.arrays import Floats
from steepest.diagnosis.advice import sane_places, smaller_rate
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.verdict import Verdict
from steepest.wording.fact import Fact, fact
from steepest.wording.numbers import place

if TYPE_CHECKING:
    from steepest.descent.trajectory import Point
    from steepest.diagnosis.walk import Walk

# Parameters beyond this have been driven there; nobody's domain ends there.
_FAR = 1e30


def judge_breakdown(evidence: Evidence) -> Verdict | None:
    """ "left domain" where the objective is undefined, "diverged" where it became too large."""
    walk = evidence.walk
    if walk is None:
        return None
    last, names = walk.last, walk.problem.names
    if np.isfinite(last.objective) and np.isfinite(last.gradient).all():
        return None
    fault = walk.problem.explain(last.parameters)
    # Every loss is defined everywhere: of a convex objective it is always the numbers that ended.
    if not evidence.convex and not _driven(last, fault):
        return _left_domain(evidence, walk, fault)
    if not last.index and evidence.convex:
        overflow, advice = fact("objective overflowed", epoch=0), fact("start or rescale")
        return evidence.verdict("diverged", overflow, advice=advice, manner="")
    if not last.index:
        reason = fact("too large at start", place=place(names, last.parameters))
        return evidence.verdict("left domain", reason, advice=fact("start nearer"))
    near = fault is not None and np.abs(last.parameters).max() < _FAR
    where = {"place": place(names, last.parameters), "fault": fault} if near else {}
    return diverged(evidence, fact("objective overflowed", epoch=last.index, **where))


def judge_gradient(evidence: Evidence) -> Verdict | None:
    """A function whose gradient has lost a part where the descent ended, or began where the end is
    no finite number.
    """
    walk = evidence.walk
    if walk is None:
        return None
    last, start = walk.last, walk.trajectory.parameters[0]
    finite = np.isfinite(last.objective) and np.isfinite(last.gradient).all()
    lost = walk.problem.lost_gradient(last.parameters if finite else start, start)
    if lost is None:
        return None
    return evidence.verdict("gradient lost", lost.fact, advice=lost.advice)


def with_steps(evidence: Evidence, verdict: Verdict) -> Verdict:
    """The verdict, which says too where the objective changes in steps that no gradient tells."""
    walk = evidence.walk
    if walk is None or verdict.kind in ("gradient lost", "left domain"):
        return verdict
    last, start = walk.last, walk.trajectory.parameters[0]
    if not (np.isfinite(last.objective) and np.isfinite(last.parameters).all()):
        return verdict
    steps = walk.problem.stepped(last.parameters, start)
    return verdict if steps is None else replace(verdict, reasons=(*verdict.reasons, steps))


def _driven(last: "Point", fault: Fact | None) -> bool:
    """Whether it is not the domain that ended, but the numbers."""
    if not np.isfinite(last.parameters).all() or np.abs(last.parameters).max() >= _FAR:
        return True
    if fault:
        return bool(fault.values.get("overflow"))
    return bool(np.isinf(last.objective)) or (
        bool(np.isfinite(last.objective)) and abs(last.objective) >= _FAR
    )


def _left_domain(evidence: Evidence, walk: "Walk", fault: Fact | None) -> Verdict:
    last = walk.last
    where, gradient = place(walk.problem.names, last.parameters), bool(np.isfinite(last.objective))
    reason = fact("undefined", step=last.index, place=where, gradient=gradient, fault=fault)
    advice = _stay_inside(walk) if last.index else fact("start where defined")
    return evidence.verdict("left domain", reason, advice=advice)


def _stay_inside(walk: "Walk") -> Fact:
    """The rate at which the last step would have stayed inside, or a bound that would have."""
    before = walk.trajectory.at(walk.last.index - 1)
    step = walk.last.parameters - before.parameters
    share = _inside(walk, before.parameters, step)
    known = share > 0.0 and walk.rule is not None
    i = _culprit(walk, before.parameters, step)
    edge = float(before.parameters[i] + 0.5 * share * step[i])
    bound = f"{walk.problem.names[i]} {'>=' if step[i] < 0.0 else '<='} {edge:.2g}"
    stable = _cut(share * before.learning_rate) if known else None
    return fact("stay inside", bound=bound, stable=stable)


def _cut(value: float) -> float:
    """Three digits, rounded down: what is said to be inside must be."""
    unit = 10.0 ** (np.floor(np.log10(value)) - 2.0)
    return float(np.floor(value / unit) * unit)


def _inside(walk: "Walk", place: Floats, step: Floats) -> float:
    """The largest share of a step after which the objective is still finite, by bisection."""
    low, high = 0.0, 1.0
    with np.errstate(all="ignore"):
        for _ in range(50):
            middle = 0.5 * (low + high)
            if np.isfinite(walk.problem.objective(place + middle * step)):
                low = middle
            else:
                high = middle
    return low


def _culprit(walk: "Walk", place: Floats, step: Floats) -> int:
    """The parameter whose move alone leaves the domain; else the one that moved furthest."""
    lengths = np.abs(step)
    with np.errstate(all="ignore"):
        for i in np.argsort(-lengths, kind="stable").tolist()[:50]:
            alone = place.copy()
            alone[i] += step[i]
            if not np.isfinite(walk.problem.objective(alone)):
                return int(i)
    return int(lengths.argmax())


def diverged(evidence: Evidence, *ending: Fact) -> Verdict:
    """The verdict on a descent whose error grows, with the rate that would have worked."""
    downhill = evidence.exact is not None and evidence.exact.grows and evidence.exact.eigenvalue < 0
    endless = downhill or evidence.objective == -np.inf
    places = () if evidence.walk is None else sane_places(evidence.walk)
    advice = fact("no rate helps") if endless else smaller_rate(evidence, places)
    return evidence.verdict("diverged", *_growth(evidence), *ending, advice=advice)


def _growth(evidence: Evidence) -> tuple[Fact, ...]:
    exact, motion = evidence.exact, evidence.motion
    if exact is not None and exact.grows:
        return (_exact_growth(exact, evidence.unit),)
    if motion is None or not 1.0 < motion.factor < np.inf:
        return ()
    return (fact("steps grow", growth=motion.factor, steady=motion.steady, unit=evidence.unit),)


def _exact_growth(exact: Exact, unit: str) -> Fact:
    axis, growth = exact.axis(exact.leading), exact.growth
    if exact.eigenvalue < 0.0:
        return fact("curves down for ever", axis=axis, growth=growth, unit=unit)
    if exact.rule.momentum >= 1.0:
        momentum = exact.rule.momentum
        return fact("error grows", axis=axis, growth=growth, unit=unit, momentum=momentum)
    stable = exact.rule.stable_rate(exact.eigenvalue)
    return fact("error grows", axis=axis, growth=growth, unit=unit, lr=exact.lr, stable=stable)
