"""What the measured steps of a descent show: cycles, growth, swings, rest."""

import numpy as np

from steepest.descent.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from steepest.descent.schedules import Backtracking, Constant
from steepest.diagnosis.advice import Place, sane_places, smaller_rate
from steepest.diagnosis.breakdown import diverged
from steepest.diagnosis.course import quarters
from steepest.diagnosis.cycles import Cycle, find_cycle
from steepest.diagnosis.evidence import Evidence, dies_out
from steepest.diagnosis.thresholds import AT_REST, ENOUGH, LASTING, LEVEL
from steepest.diagnosis.verdict import Verdict
from steepest.diagnosis.walk import Walk
from steepest.wording.fact import Fact, fact
from steepest.wording.numbers import place


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
