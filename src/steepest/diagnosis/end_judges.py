"""Runs that were interrupted, and what is said where nothing else is known."""

import numpy as np

from steepest.curvature.rates import epochs_for
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.verdict import Kind, Verdict
from steepest.wording.fact import Fact, fact

# A direction with no more than this of its error is no longer told apart.
_DONE = 1e-3


def judge_interruption(evidence: Evidence) -> Verdict | None:
    """A run that someone broke off."""
    if evidence.stop.rule != "interrupted":
        return None
    kept = fact("path is kept", epoch=evidence.epoch, unit=evidence.unit)
    return Verdict("interrupted", evidence.epoch, (evidence.ending,), (kept,))


def judge_end(evidence: Evidence) -> Verdict:
    """How much is left of a run that a rule has ended."""
    exact = evidence.exact
    reasons = [evidence.ending, *_left(evidence)]
    kind: Kind = "max steps"
    if evidence.ended_by_tolerance:
        known = exact is not None and exact.negligible
        kind = "converged" if known else "plateau"
    elif evidence.stop.rule == "patience":
        kind = "plateau"
    suggestions = tuple(evidence.help)
    if exact is not None and not suggestions:
        suggestions = (fact("best rate", lr=exact.best_rate),)
    if kind != "max steps":
        suggestions = ()
    return Verdict(kind, evidence.epoch, tuple(reasons), suggestions)


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
