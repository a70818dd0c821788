"""Walks that a limit has ended on their way."""

import numpy as np

from steepest.diagnosis.advice import faster, pace, sane_places, share_left, smaller_rate
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.motion import thousandth
from steepest.diagnosis.thresholds import LEVEL, NEGLIGIBLE
from steepest.diagnosis.verdict import Kind, Verdict
from steepest.diagnosis.walk import Walk
from steepest.problems.squared_loss import Quadratic
from steepest.wording.fact import Fact, fact


def judge_unfinished(evidence: Evidence) -> Verdict | None:
    """How much of the way is left, at which pace, and what would be faster."""
    return None if evidence.walk is None else unfinished(evidence, evidence.walk)


def unfinished(evidence: Evidence, walk: Walk) -> Verdict:
    """The verdict on a walk that has not arrived."""
    little = evidence.ended_by_tolerance or evidence.stop.rule == "patience"
    kind: Kind = "plateau" if little else "max steps"
    if evidence.objective > evidence.initial and evidence.exact is None:
        start = evidence.initial
        above = fact("ends above start", objective=evidence.objective, start=start)
        advice = smaller_rate(evidence, sane_places(walk))
        return Verdict(kind, evidence.epoch, (evidence.ending, above), (advice,))
    reasons = (evidence.ending, _on_its_way(evidence, walk))
    return Verdict(kind, evidence.epoch, reasons, (faster(evidence, walk),))


def _on_its_way(evidence: Evidence, walk: Walk) -> Fact:
    left, factor = share_left(evidence, walk), pace(evidence, walk)
    known = evidence.exact is not None and 0.0 < left < np.inf
    there = not known and 0.0 < left < NEGLIGIBLE
    shrinks = 0.0 < factor < 1.0 - LEVEL
    return fact(
        "on its way",
        objective=evidence.objective,
        above=_above(evidence, walk),
        left=left if known else None,
        curvature_left=left if there else None,
        thousandth=thousandth(factor) if shrinks else None,
    )


def _above(evidence: Evidence, walk: Walk) -> float | None:
    """How far the objective is above its least: of a table's squared loss that is known, however it
    was walked.
    """
    problem = walk.trajectory.problem
    if not isinstance(problem, Quadratic) or evidence.exact is not None:
        return None
    return max(evidence.objective - problem.minimum, 0.0)
