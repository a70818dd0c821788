"""How the steps of a descent move: known exactly on a quadratic, else measured."""

import numpy as np

from steepest.descent.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from steepest.descent.schedules import Backtracking, Constant
from steepest.diagnosis.advice import Place, sane_places, smaller_rate
from steepest.diagnosis.breakdown import diverged
from steepest.diagnosis.course import quarters
from steepest.diagnosis.cycles import Cycle, find_cycle
from steepest.diagnosis.evidence import Evidence, dies_out
from steepest.diagnosis.thresholds import AT_REST, ENOUGH, LASTING, LEVEL, NEAR, SETTLED
from steepest.diagnosis.verdict import Verdict
from steepest.diagnosis.walk import Walk
from steepest.wording.fact import Fact, fact
from steepest.wording.numbers import place


def judge_start(evidence: Evidence) -> Verdict | None:
    """A start without an error in any direction."""
    if evidence.exact is None or evidence.exact.moves:
        return None
    return Verdict("converged", evidence.epoch, (fact("start is minimum", only=True),))


def judge_growth(evidence: Evidence) -> Verdict | None:
    """An error that grows from side to side of a minimum."""
    exact = evidence.exact
    if exact is None or not exact.grows or exact.eigenvalue < 0.0:
        return None
    overflow = () if np.isfinite(evidence.objective) else (_overflow(evidence),)
    return diverged(evidence, *overflow)


def _overflow(evidence: Evidence) -> Fact:
    return fact("objective overflowed", epoch=evidence.epoch, unit=evidence.unit)


def judge_fall(evidence: Evidence) -> Verdict | None:
    """Steps that grow where the function curves down."""
    exact = evidence.exact
    return diverged(evidence) if exact is not None and exact.grows else None


def judge_momentum(evidence: Evidence) -> Verdict | None:
    """Momentum that forgets no step: an error swings for ever."""
    exact = evidence.exact
    if exact is None or not exact.moves or exact.rule.momentum < 1.0 or exact.eigenvalue <= 0.0:
        return None
    axis, momentum = exact.axis(exact.leading), exact.rule.momentum
    reason = fact("momentum forgets nothing", momentum=momentum, axis=axis)
    advice = fact("momentum below 1", loop=True)
    return Verdict("oscillating", evidence.epoch, (reason,), (advice,), "oscillates")


def judge_settled(evidence: Evidence) -> Verdict | None:
    """Every direction's error has shrunk to 1e-12 of itself, or to rounding."""
    exact = evidence.exact
    if exact is None or not (exact.settled or (evidence.at_rest and exact.left <= NEAR)):
        return None
    after = evidence.settled_after if evidence.stop.rule == "settled" else None
    if after is None and (exact.shares > SETTLED).any():
        return Verdict("converged", evidence.epoch, (fact("below rounding"),))
    return Verdict("converged", evidence.epoch, (fact("all settled", share=SETTLED, after=after),))


def judge_limit(evidence: Evidence) -> Verdict | None:
    """The stable limit, where the leading error goes from side to side and keeps its size."""
    exact = evidence.exact
    if exact is None or not exact.at_limit:
        return None
    exactly = exact.exactly_at_limit
    share = float(exact.shares[exact.leading])
    axis = exact.axis(exact.leading)
    reason = fact(
        "at stable limit",
        lr=exact.lr, exactly=exactly, axis=axis, share=share, unit=evidence.unit,
    )  # fmt: skip
    return Verdict("cycle", evidence.epoch, (reason,), (smaller_rate(evidence),), "cycle")


def judge_cycle(evidence: Evidence) -> Verdict | None:
    """Steps that come again."""
    if evidence.motion is None:
        return None
    cycle = find_cycle(evidence.motion.points, least=LEVEL * evidence.scale)
    if cycle is None:
        return None
    reasons, exact = [_stations(evidence, cycle)], evidence.exact
    if exact is not None and exact.at_limit:
        limit = fact("at stable limit", lr=exact.lr, exactly=exact.exactly_at_limit)
        reasons.insert(0, limit)
    middle = np.mean([point.parameters for point in cycle.points], axis=0)
    places: list[Place] = [
        ({"place": place(evidence.names, there)}, there)
        for there in (*(point.parameters for point in cycle.points), middle)
    ]
    advice = smaller_rate(evidence, places)
    return Verdict("cycle", evidence.epoch, tuple(reasons), (advice,), "cycle")


def _stations(evidence: Evidence, cycle: Cycle) -> Fact:
    values = [point.objective for point in cycle.points]
    return fact(
        "steps repeat",
        period=cycle.period,
        places=tuple(place(evidence.names, point.parameters) for point in cycle.points),
        low=min(values),
        high=max(values),
        unit=evidence.unit,
    )


def judge_divergence(evidence: Evidence) -> Verdict | None:
    """An objective that only rises, above where it started, with steps that grow."""
    kept, motion = evidence.objectives, evidence.motion
    if kept is None or motion is None or not motion.factor > 1.0 + LEVEL:
        return None
    third, fourth = quarters(kept)
    if not float(fourth.min()) >= float(third.max()) or not kept[-1] > kept[0]:
        return None
    risen = fact("objective has risen", start=float(kept[0]), end=float(kept[-1]))
    return diverged(evidence, risen)


def judge_swing(evidence: Evidence) -> Verdict | None:
    """Steps that turn again and again, and an objective that no longer comes down."""
    kept, motion = evidence.objectives, evidence.motion
    if kept is None or motion is None or not motion.swings or evidence.exact is not None:
        return None
    if len(kept) < ENOUGH or dies_out(motion) or evidence.course is not None:
        return None
    lowest, highest = float(kept.min()), float(kept.max())
    third, fourth = (float(part.max()) - lowest for part in quarters(kept))
    if fourth < LASTING * third or fourth <= 1e-6 * (highest - lowest):
        return None
    late = quarters(kept)[1]
    reason = fact("steps wander", low=float(late.min()), high=float(late.max()))
    places: list[Place] = []
    if evidence.walk is not None:
        places = [*sane_places(evidence.walk), ({"last": True}, evidence.walk.last.parameters)]
    advice = smaller_rate(evidence, places)
    return Verdict("oscillating", evidence.epoch, (reason,), (advice,), "oscillates")


def judge_rest(evidence: Evidence) -> Verdict | None:
    """Steps that have become nothing although there is a slope."""
    walk = evidence.walk
    if walk is None or walk.last.index < 2:
        return None
    before = walk.trajectory.at(walk.last.index - 1).parameters
    if np.abs(walk.last.parameters - before).max() > AT_REST * walk.travel:
        return None
    optimizer = walk.trajectory.optimizer
    if isinstance(optimizer, SGD | Adagrad | RMSprop | Adam | AdamW) and optimizer.weight_decay:
        reason = fact("weight decay balances", weight_decay=optimizer.weight_decay)
        return Verdict("converged", evidence.epoch, (reason,))
    reason = fact("steps too small", lr=walk.lr, slope=walk.slope)
    return Verdict("plateau", evidence.epoch, (reason,), (_moving_on(walk),))


def _moving_on(walk: Walk) -> Fact:
    """What would lead on from where the steps have become nothing."""
    schedule = walk.trajectory.schedule
    if isinstance(schedule, Constant) and walk.travel == 0.0:
        return fact("larger rate")
    if isinstance(schedule, Constant | Backtracking):
        return fact("edge")
    return fact("slower fall")
