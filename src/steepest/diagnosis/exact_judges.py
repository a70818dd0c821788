"""What is known exactly of a descent on a quadratic, however few its epochs."""

import numpy as np

from steepest.diagnosis.advice import smaller_rate
from steepest.diagnosis.breakdown import diverged
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.thresholds import NEAR, SETTLED
from steepest.diagnosis.verdict import Verdict
from steepest.wording.fact import Fact, fact


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
