"""How the steps of a descent move: known exactly on a quadratic, else measured."""

from typing import TYPE_CHECKING

import numpy as np

from steepest.descent.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from steepest.descent.schedules import Backtracking, Constant
from steepest.diagnosis.advice import Place, sane_places, smaller_rate
from steepest.diagnosis.breakdown import diverged
from steepest.diagnosis.course import quarter
from steepest.diagnosis.cycles import Cycle, find_cycle
from steepest.diagnosis.evidence import Evidence, dies_out
from steepest.diagnosis.thresholds import AT_REST, ENOUGH, LASTING, LEVEL, NEAR, SETTLED
from steepest.diagnosis.verdict import Verdict
from steepest.wording.fact import Fact, fact
from steepest.wording.numbers import place

if TYPE_CHECKING:
    from steepest.diagnosis.walk import Walk


def judge_start(evidence: Evidence) -> Verdict | None:
    """A start without an error in any direction."""
    if evidence.exact is None or evidence.exact.moves:
        return None
    return evidence.verdict("converged", fact("start is minimum", only=True))


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
    return evidence.verdict("oscillating", reason, advice=fact("momentum below 1", loop=True))


def judge_settled(evidence: Evidence) -> Verdict | None:
    """Every direction's error has shrunk to 1e-12 of itself, or to rounding."""
    exact = evidence.exact
    if exact is None or not (exact.settled or (evidence.at_rest and exact.left <= NEAR)):
        return None
    after = None
    if evidence.forecast is not None and evidence.stop.rule == "settled":
        after = float(evidence.forecast.epochs_to_settle or 0)
    if after is None and (exact.shares > SETTLED).any():
        return evidence.verdict("converged", fact("below rounding"))
    return evidence.verdict("converged", fact("all settled", share=SETTLED, after=after))


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
    return evidence.verdict("cycle", reason, advice=smaller_rate(evidence))


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
    return evidence.verdict("cycle", *reasons, advice=smaller_rate(evidence, places))


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
    if not float(quarter(kept, 3).min()) >= float(quarter(kept, 2).max()) or not kept[-1] > kept[0]:
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
    third, fourth = (float(quarter(kept, number).max()) - lowest for number in (2, 3))
    if fourth < LASTING * third or fourth <= 1e-6 * (highest - lowest):
        return None
    late = quarter(kept, 3)
    reason = fact("steps wander", low=float(late.min()), high=float(late.max()))
    places: list[Place] = []
    if evidence.walk is not None:
        places = [*sane_places(evidence.walk), ({"last": True}, evidence.walk.last.parameters)]
    return evidence.verdict("oscillating", reason, advice=smaller_rate(evidence, places))


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
        balance = fact("weight decay balances", weight_decay=optimizer.weight_decay)
        known = evidence.certificate
        if known is None or known.holds:
            return evidence.verdict("converged", balance)
        return evidence.verdict("plateau", balance, known.left_to_go)
    reason = fact("steps too small", lr=walk.lr, slope=walk.slope)
    return evidence.verdict("plateau", reason, advice=_moving_on(walk))


def _moving_on(walk: "Walk") -> Fact:
    """What would lead on from where the steps have become nothing: a search that has cut its rate
    where there is a slope may have met a kink; at a constant rate it is the slope that is small.
    """
    schedule = walk.trajectory.schedule
    if isinstance(schedule, Constant) and walk.travel == 0.0:
        return fact("larger rate")
    if isinstance(schedule, Backtracking) and walk.slope > NEAR * walk.steepest:
        return fact("edge")
    if isinstance(schedule, Constant | Backtracking):
        return fact("start elsewhere", rate=True)
    return fact("slower fall")
