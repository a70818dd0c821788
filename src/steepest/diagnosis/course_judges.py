"""Loops that someone else wrote: judged by their records, whose batches may differ."""

import numpy as np

from steepest.diagnosis.advice import smaller_rate
from steepest.diagnosis.course import Course
from steepest.diagnosis.evidence import Evidence, dies_out
from steepest.diagnosis.thresholds import ENOUGH, GROWN, NOISY, RESTING, STANDING, TURNED
from steepest.diagnosis.verdict import Verdict
from steepest.wording.fact import Fact, fact


def judge_lost(evidence: Evidence) -> Verdict | None:
    """Numbers that are finite no longer."""
    course = evidence.course
    if course is None or course.lost is None or not evidence.epoch:
        return None
    objective, step = course.lost
    reasons = (fact("numbers lost", objective=objective, step=step), *_above(evidence))
    return evidence.verdict("diverged", *reasons, advice=smaller_rate(evidence))


def judge_nothing(evidence: Evidence) -> Verdict | None:
    """A loop without steps, or without a loss."""
    course = evidence.course
    if course is None:
        return None
    if not evidence.epoch:
        return evidence.verdict("max steps", fact("no step"))
    if course.steps:
        return None
    reason = fact("no loss", steps=evidence.epoch)
    return evidence.verdict("max steps", reason, advice=fact("hand in the loss"))


def judge_forgotten(evidence: Evidence) -> Verdict | None:
    """Steps that never end: gradients that add up, or a momentum that forgets nothing."""
    course = evidence.course
    if course is None:
        return None
    reason = fact("gradients add up")
    if not course.adds_up:
        motion = evidence.motion
        swings = motion is not None and motion.swings and evidence.exact is None
        if course.momentum < 1.0 or not swings:
            return None
        reason = fact("momentum forgets nothing", momentum=course.momentum)
    return evidence.verdict("oscillating", reason, advice=fact("momentum below 1", loop=True))


def judge_course(evidence: Evidence) -> Verdict | None:
    """How the objective went, where nothing more is known of it."""
    course = evidence.course
    if course is None:
        return None
    if evidence.exact is not None:
        return _unfinished(evidence, course)
    return (
        _settled(evidence, course)
        or _risen(evidence, course)
        or _turning(evidence, course)
        or _standing(evidence, course)
        or _unfinished(evidence, course)
    )


def _settled(evidence: Evidence, course: Course) -> Verdict | None:
    if not course.gradient_settled:
        return None
    greatest, last = float(course.slopes.max()), float(course.slopes[-1])
    if greatest == 0.0:
        reasons = fact("no slope at all"), _change(course)
        if course.objectives[-1] == 0.0:
            return evidence.verdict("converged", *reasons)
        return evidence.verdict("plateau", *reasons)
    fallen = fact("gradient has fallen", start=greatest, end=last)
    return evidence.verdict("converged", fallen, _change(course))


def _risen(evidence: Evidence, course: Course) -> Verdict | None:
    third, fourth = course.quarters
    first = float(course.objectives[0])
    highest = max(first, float(third.min()))
    if course.rising or len(course.objectives) < 4 or not float(fourth.min()) > highest:
        return None
    level = float(np.median(np.abs(course.objectives)))
    if not course.change > max(NOISY * course.change_error, GROWN * level):
        return None
    reasons = (_change(course), *_above(evidence))
    return evidence.verdict("diverged", *reasons, advice=smaller_rate(evidence))


def _turning(evidence: Evidence, course: Course) -> Verdict | None:
    """Updates of which each takes back the one before, with nothing gained."""
    few = len(course.cosines) < ENOUGH
    if few or float(np.median(course.cosines)) > TURNED or course.gain > 0.1:
        return None
    reasons = fact("updates turn back"), _change(course)
    return evidence.verdict("oscillating", *reasons, advice=smaller_rate(evidence))


def _standing(evidence: Evidence, course: Course) -> Verdict | None:
    """An objective that stands, but for the noise of batches: steps that shrink at a steady pace
    have none, and are on their way.
    """
    if len(course.objectives) < ENOUGH or course.gain > STANDING or course.still_falls:
        return None
    if evidence.motion is not None and dies_out(evidence.motion):
        return None
    share = course.slope_share
    rests = share <= RESTING
    reasons = fact("stands", share=share, rests=rests), _change(course)
    if rests:
        return evidence.verdict("converged", *reasons)
    return evidence.verdict("plateau", *reasons, advice=fact("falling rate"))


def _unfinished(evidence: Evidence, course: Course) -> Verdict:
    reasons = evidence.ending, _change(course)
    if 2 * course.steps[-1] < evidence.epoch:
        missing = fact("later ones missing")
        return evidence.verdict("max steps", *reasons, missing, advice=fact("record every step"))
    falls = course.objectives[-1] < course.objectives[0] and course.gain > 0.0
    falls = falls and course.change < -NOISY * course.change_error
    return evidence.verdict("max steps", *reasons, advice=fact("more steps") if falls else None)


def _change(course: Course) -> Fact:
    """How the objective changed from the first record to the last."""
    start, end = float(course.objectives[0]), float(course.objectives[-1])
    if len(course.steps) == 1:
        return fact("objective at", objective=start, step=course.steps[0])
    error = course.change_error
    if len(course.steps) >= ENOUGH and abs(course.change) <= NOISY * error > 0.0:
        return fact("objective in noise", change=course.change, error=error)
    return fact("objective moved", start=start, end=end, step=course.steps[-1])


def _above(evidence: Evidence) -> tuple[Fact, ...]:
    """Where the learning rate is above the largest stable one, which is known."""
    lr, rates = evidence.lr, evidence.rates
    if lr is None or rates is None or not lr > rates[0]:
        return ()
    return (fact("rate above stable", lr=lr, stable=rates[0]),)
