"""Loops that someone else wrote: judged by their records, whose batches may differ."""

import numpy as np

from steepest.diagnosis.advice import smaller_rate
from steepest.diagnosis.course import Course
from steepest.diagnosis.evidence import Evidence, dies_out
from steepest.diagnosis.thresholds import ENOUGH, RESTING, STANDING, TURNED
from steepest.diagnosis.verdict import Verdict
from steepest.wording.fact import Fact, fact


def judge_lost(evidence: Evidence) -> Verdict | None:
    """Numbers that are finite no longer."""
    course = evidence.course
    if course is None or course.lost is None or not evidence.epoch:
        return None
    objective, step = course.lost
    reasons = (fact("numbers lost", objective=objective, step=step), *_above(evidence))
    return Verdict("diverged", evidence.epoch, reasons, (smaller_rate(evidence),), "diverges")


def judge_nothing(evidence: Evidence) -> Verdict | None:
    """A loop without steps, or without a loss."""
    course = evidence.course
    if course is None:
        return None
    if not evidence.epoch:
        return Verdict("max steps", 0, (fact("no step"),))
    if course.steps:
        return None
    reason, advice = fact("no loss", steps=evidence.epoch), fact("hand in the loss")
    return Verdict("max steps", evidence.epoch, (reason,), (advice,))


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
    advice = fact("momentum below 1", loop=True)
    return Verdict("oscillating", evidence.epoch, (reason,), (advice,), "oscillates")


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
    fallen = fact("gradient has fallen", start=greatest, end=last)
    return Verdict("converged", evidence.epoch, (fallen, _moved(evidence, course)))


def _risen(evidence: Evidence, course: Course) -> Verdict | None:
    third, fourth = course.quarters
    first = float(course.objectives[0])
    highest = max(first, float(third.min()))
    if course.rising or len(course.objectives) < 4 or not float(fourth.min()) > highest:
        return None
    reasons = (_moved(evidence, course), *_above(evidence))
    return Verdict("diverged", evidence.epoch, reasons, (smaller_rate(evidence),), "diverges")


def _turning(evidence: Evidence, course: Course) -> Verdict | None:
    """Updates of which each takes back the one before, with nothing gained."""
    few = len(course.cosines) < ENOUGH
    if few or float(np.median(course.cosines)) > TURNED or course.gain > 0.1:
        return None
    reasons = (fact("updates turn back"), _moved(evidence, course))
    return Verdict("oscillating", evidence.epoch, reasons, (smaller_rate(evidence),), "oscillates")


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
    reasons = (fact("stands", share=share, rests=rests), _moved(evidence, course))
    if rests:
        return Verdict("converged", evidence.epoch, reasons)
    return Verdict("plateau", evidence.epoch, reasons, (fact("falling rate"),))


def _unfinished(evidence: Evidence, course: Course) -> Verdict:
    reasons: tuple[Fact, ...] = (evidence.ending, _moved(evidence, course))
    if 2 * course.steps[-1] < evidence.epoch:
        reasons = (*reasons, fact("later ones missing"))
        return Verdict("max steps", evidence.epoch, reasons, (fact("record every step"),))
    falls = course.objectives[-1] < course.objectives[0] and course.gain > 0.0
    advice = (fact("more steps"),) if falls else ()
    return Verdict("max steps", evidence.epoch, reasons, advice)


def _moved(evidence: Evidence, course: Course) -> Fact:
    start, end = float(course.objectives[0]), float(course.objectives[-1])
    if len(course.steps) == 1:
        return fact("objective at", objective=start, step=course.steps[0])
    return fact("objective moved", start=start, end=end, step=course.steps[-1])


def _above(evidence: Evidence) -> tuple[Fact, ...]:
    """Where the learning rate is above the largest stable one, which is known."""
    lr, stable = evidence.lr, evidence.stable_rate
    if lr is None or stable is None or not lr > stable:
        return ()
    return (fact("rate above stable", lr=lr, stable=stable),)
