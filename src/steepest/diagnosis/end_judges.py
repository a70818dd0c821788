"""Runs that someone broke off or a limit ended, and those of which nothing else is known."""

from typing import TYPE_CHECKING

import numpy as np

from steepest.curvature.rates import epochs_for
from steepest.diagnosis.advice import (
    faster,
    pace,
    sane_places,
    share_left,
    smaller_rate,
    table_remedy,
)
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.motion import thousandth
from steepest.diagnosis.thresholds import LEVEL, NEGLIGIBLE
from steepest.diagnosis.verdict import Kind, Verdict
from steepest.problems.squared_loss import Quadratic
from steepest.wording.fact import Fact, fact

if TYPE_CHECKING:
    from steepest.diagnosis.walk import Walk

# A direction with no more than this of its error is no longer told apart.
_DONE = 1e-3


def judge_interruption(evidence: Evidence) -> Verdict | None:
    """A run that someone broke off."""
    if evidence.stop.rule != "interrupted":
        return None
    kept = fact("path is kept", epoch=evidence.epoch, unit=evidence.unit)
    return evidence.verdict("interrupted", evidence.ending, advice=kept)


def judge_end(evidence: Evidence) -> Verdict:
    """How much is left of a run that a rule has ended."""
    exact, certificate = evidence.exact, evidence.certificate
    reasons = evidence.ending, *_left(evidence)
    if certificate is not None and evidence.ended_by_tolerance:
        if certificate.holds:
            return evidence.verdict("converged", evidence.ending, certificate.certified)
        left, further = certificate.left_to_go, fact("leave the tolerance out")
        return evidence.verdict("plateau", *reasons, left, advice=further)
    if evidence.ended_by_tolerance and exact is not None and exact.negligible:
        return evidence.verdict("converged", *reasons)
    if evidence.little_happened:
        return evidence.verdict("plateau", *reasons)
    advice = None if exact is None else fact("best rate", lr=exact.best_rate)
    if evidence.forecast is not None:
        advice = table_remedy(evidence.forecast)
    return evidence.verdict("max steps", *reasons, advice=advice)


def _left(evidence: Evidence) -> list[Fact]:
    objective, minimum, exact = evidence.objective, evidence.minimum, evidence.exact
    if minimum is None or not np.isfinite(objective):
        facts = [fact("objective is", objective=objective)]
    else:
        excess = max(objective - minimum, 0.0)
        facts = [fact("above least", objective=objective, excess=excess)]
    return facts if exact is None or not exact.moves else [*facts, _directions(exact)]


def _directions(exact: Exact) -> Fact:
    """Which direction has settled, which has hardly begun, and what it would need."""
    slow = exact.slowest
    share = float(exact.shares[slow])
    done = np.flatnonzero((exact.shares <= _DONE) & (exact.shares < share))
    return fact(
        "directions left",
        settled=len(done),
        axis=exact.axis(slow),
        share=share,
        thousandth=epochs_for(exact.rule, exact.lr, float(exact.values[slow]), 1e-3),
        overshoots=bool(exact.rule.overshoots(exact.lr, exact.values[[slow]])[0]),
        settled_axis=exact.axis(int(done[-1])) if len(done) == 1 else None,
    )


def judge_unfinished(evidence: Evidence) -> Verdict | None:
    """How much of the way is left, at which pace, and what would be faster."""
    return None if evidence.walk is None else unfinished(evidence, evidence.walk)


def unfinished(evidence: Evidence, walk: "Walk") -> Verdict:
    """The verdict on a walk that has not arrived."""
    kind: Kind = "plateau" if evidence.little_happened else "max steps"
    if evidence.objective > evidence.initial and evidence.exact is None:
        start = evidence.initial
        above = fact("ends above start", objective=evidence.objective, start=start)
        advice = smaller_rate(evidence, sane_places(walk))
        return evidence.verdict(kind, evidence.ending, above, advice=advice)
    on_its_way = _on_its_way(evidence, walk)
    return evidence.verdict(kind, evidence.ending, on_its_way, advice=faster(evidence, walk))


def _on_its_way(evidence: Evidence, walk: "Walk") -> Fact:
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


def _above(evidence: Evidence, walk: "Walk") -> float | None:
    """How far the objective is above its least: of a table's squared loss that is known, however it
    was walked.
    """
    problem = walk.trajectory.problem
    if not isinstance(problem, Quadratic) or evidence.exact is not None:
        return None
    return max(evidence.objective - problem.minimum, 0.0)
