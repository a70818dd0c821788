"""Loops that someone else wrote: judged by their records, whose batches may differ."""

import numpy as np

from steepest.diagnosis.advice import smaller_rate
from steepest.diagnosis.course import Course, quarter
from steepest.diagnosis.evidence import Evidence, dies_out
from steepest.diagnosis.thresholds import (
    ENOUGH,
    FALLING,
    FAR,
    GROWN,
    HELD,
    NOISY,
    RESTING,
    RUNAWAY,
    STANDING,
    SWOLLEN,
    TURNED,
)
from steepest.diagnosis.verdict import Verdict
from steepest.wording.fact import Fact, fact

TINY = float(np.finfo(np.float64).tiny)


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
    if len(course.steps):
        return None
    if course.lost is not None and course.lost[0]:
        return evidence.verdict("max steps", fact("no finite loss", steps=evidence.epoch))
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
        _ran_away(evidence, course)
        or _settled(evidence, course)
        or _turning(evidence, course)
        or _standing(evidence, course)
        or _unfinished(evidence, course)
    )


def _ran_away(evidence: Evidence, course: Course) -> Verdict | None:
    """An objective many times as high as it was, which does not come down again.

    Where the parameters have not grown with it, harder data may be what has made it rise.
    """
    rise = _rise(course)
    if course.rising or len(course.objectives) < 4 or rise <= RUNAWAY:
        return None
    if course.noisy and rise <= FAR and not course.growth > SWOLLEN:
        return None
    falls, error = course.late_fall
    if falls > max(NOISY * error, FALLING * abs(course.last.mean)):
        return None
    reasons = (_change(course), *_above(evidence))
    return evidence.verdict("diverged", *reasons, advice=smaller_rate(evidence))


def _rise(course: Course) -> float:
    """How far the level is above that of the start, or above the first objective, in units of that
    or of the scatter; 0 within the noise.
    """
    last = course.last.mean if course.noisy else float(course.objectives[-1])
    scatter = course.first.error * float(np.sqrt(len(quarter(course.objectives, 0))))
    starts = (
        (course.first.mean, course.change_error),
        (float(course.objectives[0]), float(np.hypot(scatter, course.last.error))),
    )
    rises = [
        (last - start) / (max(abs(start), scatter) or TINY)
        for start, error in starts
        if last - start > NOISY * error
    ]
    return max(rises, default=0.0)


def _settled(evidence: Evidence, course: Course) -> Verdict | None:
    if not course.gradient_settled:
        return None
    greatest, last = course.slope_ends
    if greatest == 0.0:
        reasons = fact("no slope at all"), _change(course)
        if course.objectives[-1] == 0.0:
            return evidence.verdict("converged", *reasons)
        return evidence.verdict("plateau", *reasons)
    reasons = fact("gradient has fallen", start=greatest, end=last), _change(course)
    if course.rising or _rise(course) <= GROWN:
        return evidence.verdict("converged", *reasons)
    if np.count_nonzero(np.diff(course.objectives > 0.0)) >= ENOUGH:
        # Of both signs, as a policy's: its size says nothing of how good it is.
        return evidence.verdict("max steps", evidence.ending, *reasons)
    return evidence.verdict("plateau", *reasons)


def _turning(evidence: Evidence, course: Course) -> Verdict | None:
    """Updates of which each takes back the one before, with nothing gained."""
    few = len(course.cosines) < ENOUGH
    if few or float(np.median(course.cosines)) > TURNED or _late_share(course) > 0.1:
        return None
    reasons = fact("updates turn back"), _change(course)
    return evidence.verdict("oscillating", *reasons, advice=smaller_rate(evidence))


def _standing(evidence: Evidence, course: Course) -> Verdict | None:
    """An objective that stands, but for the noise of batches: steps that shrink at a steady pace
    have none, and are on their way.
    """
    stands = _is_held(course) if course.noisy else _is_still(course)
    if len(course.objectives) < ENOUGH or not stands:
        return None
    if evidence.motion is not None and dies_out(evidence.motion):
        return None
    if (rest := _rest(course)) is not None:
        return evidence.verdict("converged", rest, _change(course))
    if course.noisy:
        return _in_noise(evidence, course)
    if not _ought_to_fall(course):
        return None
    share = course.slope_share
    reasons = fact("stands", share=share, rests=False), _change(course)
    if np.isnan(share):  # it may be at its minimum as well
        return evidence.verdict("max steps", evidence.ending, *reasons)
    return evidence.verdict("plateau", *reasons, advice=fact("falling rate"))


def _rest(course: Course) -> Fact | None:
    """Where gradient or update have all but vanished, and the objective is not higher for it. Where
    it has leapt up and come down, it may have come to rest in a flat region far from any minimum.
    """
    if course.leapt or _rise(course) > GROWN:
        return None
    if course.slope_share <= RESTING:
        return fact("stands", share=course.slope_share, rests=True)
    if course.move_share <= RESTING and course.change < 0.0:
        return fact("stands", share=course.move_share, rests=True, updates=True)
    return None


def _in_noise(evidence: Evidence, course: Course) -> Verdict:
    """What has fallen and stands in the noise of its batches: nothing tells whether it could go
    lower, and it is not to be blamed.
    """
    went = _change(course)
    if went.kind == "level moved" and not went.values["told"]:
        start, last = float(course.objectives[0]), course.last
        went = fact("level fell early", start=start, end=last.mean, end_error=last.error)
    since = fact("stands in noise", step=course.stands_since, same_rows=course.same_rows)
    reasons = evidence.ending, since, went
    asks = _ought_to_fall(course) and not (course.slowed or course.same_rows)
    return evidence.verdict("max steps", *reasons, advice=fact("less noise") if asks else None)


def _is_still(course: Course) -> bool:
    """Whether a course without noise hardly falls any more, against the whole fall and itself."""
    third = course.level(2).mean
    falls = course.late_fall[0] > FALLING * abs(third)
    return _late_share(course) <= STANDING and not falls


def _is_held(course: Course) -> bool:
    """Whether noise holds an objective that has fallen, and falls no more as far as it tells."""
    falls, error = course.late_fall
    fallen = max(-course.change, course.early_fall)
    most = HELD * min(fallen, abs(course.last.mean))
    told = -course.change > NOISY * course.change_error or course.early_fall > 0.0
    return told and falls <= NOISY * error and falls + 2.0 * error <= most


def _ought_to_fall(course: Course) -> bool:
    """Whether it may be a loss that is 0 at best, so that to stand above 0 is to have got stuck.

    Those of optimizers that play against each other, and those that are below 0, as of policies,
    critics and densities, need not fall.
    """
    late = course.objectives[len(course.objectives) // 2 :]
    return not course.opposed and bool(late.min() >= 0.0)


def _late_share(course: Course) -> float:
    """How much the last quarter is below the one before, relative to the whole range."""
    whole = float(np.ptp(course.objectives))
    return course.late_fall[0] / whole if whole else 0.0


def _moves_by_rounding(course: Course) -> bool:
    """Whether an objective without noise has moved by its rounding alone in the last quarter."""
    last = quarter(course.objectives, 3)
    return not course.noisy and bool(np.ptp(last) <= course.rounding * abs(last[-1]))


def _unfinished(evidence: Evidence, course: Course) -> Verdict:
    reasons = evidence.ending, _change(course)
    if 2 * course.steps[-1] < evidence.epoch:
        missing = fact("later ones missing")
        return evidence.verdict("max steps", *reasons, missing, advice=fact("hand in the loss"))
    if _rise(course) > GROWN and not (course.rising or course.opposed):
        return evidence.verdict("max steps", *reasons, advice=fact("rise of such a loss"))
    falls, error = course.late_fall
    falls = falls > NOISY * error and course.change < -NOISY * course.change_error
    falls = falls and not _moves_by_rounding(course)
    return evidence.verdict("max steps", *reasons, advice=fact("more steps") if falls else None)


def _change(course: Course) -> Fact:
    """How the objective changed from the first step to the last, or its level where it is noisy."""
    start, end, step = course.objectives[0], course.objectives[-1], int(course.steps[-1])
    if len(course.steps) == 1:
        return fact("objective at", objective=float(start), step=step)
    told = abs(course.change) > NOISY * course.change_error
    hidden = course.fell_step_by_step or (course.same_rows and course.early_fall > 0.0)
    if not course.noisy or (not told and end < start and hidden):
        return fact("objective moved", start=float(start), end=float(end), step=step)
    return fact(
        "level moved",
        start=course.first.mean,
        start_error=course.first.error,
        end=course.last.mean,
        end_error=course.last.error,
        told=told,
        count=len(course.steps),
        weighted=len(set(course.rows.tolist())) > 1 and bool(course.rows.all()),
        last=float(end),
        step=step,
        same_rows=course.same_rows,
    )


def _above(evidence: Evidence) -> tuple[Fact, ...]:
    """Where the learning rate is above the largest stable one, which is known."""
    lr, rates = evidence.lr, evidence.rates
    if lr is None or rates is None or not lr > rates[0]:
        return ()
    return (fact("rate above stable", lr=lr, stable=rates[0]),)
