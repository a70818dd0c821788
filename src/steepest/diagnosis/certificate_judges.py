"""What is certain at the end: a minimum, how far there, or that there is none."""

from dataclasses import replace

from steepest.descent.optimizers import Newton
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.standstill_judges import held_by_penalty
from steepest.diagnosis.thresholds import CERTIFIED
from steepest.diagnosis.verdict import Verdict
from steepest.wording.fact import Fact, fact


def judge_gap(evidence: Evidence) -> Verdict | None:
    """A run of inner points: at the minimum where it closed the duality gap, and only there."""
    if evidence.stop.rule == "duality gap":
        return Verdict("converged", evidence.epoch, (evidence.ending,), ())
    if evidence.stop.happened.kind == "no step led on":
        return Verdict("plateau", evidence.epoch, (evidence.ending,), ())
    return None


def judge_separation(evidence: Evidence) -> Verdict | None:
    """A run on rows along whose separation the objective falls for ever."""
    separation = evidence.separation
    if separation is None and evidence.stop.rule != "long steps":
        return None
    if separation is None:
        return Verdict("plateau", evidence.epoch, (evidence.ending, _objective(evidence)), ())
    found = fact("separated", columns=separation.columns, rows=separation.rows, of=separation.of)
    return Verdict(
        "no minimum", evidence.epoch, (found, _objective(evidence)), (fact("give it a minimum"),)
    )


def judge_certificate(evidence: Evidence) -> Verdict | None:
    """A run that ended because little happened: whether that was at the minimum."""
    walk = evidence.walk
    certificate = None if walk is None else walk.certificate
    if (
        walk is None
        or certificate is None
        or evidence.exact is not None
        or not evidence.ended_by_tolerance
    ):
        return None
    ending = () if not evidence.epoch else (evidence.ending,)
    if certificate.holds:
        reasons = (*ending, certificate.certified, *held_by_penalty(walk))
        return Verdict("converged", evidence.epoch, reasons, ())
    reasons = (*ending, certificate.left_to_go)
    if certificate.lost:
        return Verdict("plateau", evidence.epoch, reasons, (fact("part alike columns"),))
    went = isinstance(walk.trajectory.optimizer, Newton)
    advice = () if went or certificate.most_left <= CERTIFIED else (fact("newton goes the rest"),)
    return Verdict("plateau", evidence.epoch, reasons, advice)


def held_to_certificate(evidence: Evidence, verdict: Verdict) -> Verdict:
    """The verdict; but a run has not converged to what rounding leaves no digit of, nor where the
    curvature tells that something is left, however it was judged.
    """
    if verdict.kind != "converged":
        return verdict
    if evidence.lost:
        lost = fact("no digit left", names=evidence.lost)
        advice = (fact("part alike columns"),)
        return replace(verdict, kind="plateau", reasons=(lost,), suggestions=advice)
    certificate = evidence.certificate
    if certificate is None or certificate.holds:
        return verdict
    walked_on = evidence.stop.rule in ("epochs", "time limit")
    reasons = (*verdict.reasons, certificate.left_to_go)
    return replace(verdict, kind="max steps" if walked_on else "plateau", reasons=reasons)


def _objective(evidence: Evidence) -> Fact:
    return fact("objective is", objective=evidence.objective)
