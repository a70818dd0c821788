"""Gradients that are never cleared add up over the steps."""

from collections.abc import Iterator

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.step_record import Record
from steepest.wording.fact import fact


def zero_grad_forgotten(evidence: Evidence) -> Iterator[Finding]:
    """Backward passes of several steps that start from the gradient the last step used.

    Several backward passes before one step are no mistake, if the gradients are cleared after it.
    """
    for steps in evidence.by_optimizer:
        added = [step for step in steps if step.cleared is False and step.dropped == 0]
        known = [step for step in steps if step.cleared is not None]
        if len(added) > 1 and 2 * len(added) > len(known):
            first = added[0].index
            kept = fact("zero grad forgotten", step=first)
            remedy = fact("clear by hand") if evidence.hand_written is not None else None
            yield Finding("zero_grad forgotten", first, kept, own_remedy=remedy)
            return


def gradients_cleared_too_late(evidence: Evidence) -> Iterator[Finding]:
    """Steps after a backward pass whose gradients are all gone again."""
    if evidence.hand_written is not None:
        return  # what such a loop uses is known from where its parameters went
    for steps in evidence.by_optimizer:
        lost = [step for step in steps if step.backwards and step.pulled and _is_empty(step)]
        if len(lost) > 1 and len(lost) == len(steps):
            first = lost[0].index
            late = fact("gradients cleared too late", step=first)
            yield Finding("gradients cleared before the step", first, late)
            return


def no_gradient_at_all(evidence: Evidence) -> Iterator[Finding]:
    """Gradients that came and were exactly 0, of every parameter in every step.

    A loss of exactly 0 is at its least: there a gradient of 0 is right.
    """
    for steps in evidence.by_optimizer:
        zero = [step for step in steps if step.pulled is False and _is_empty(step)]
        if len(zero) > 1 and len(zero) == len(steps) and any(step.objective for step in steps):
            still = fact("no gradient at all", steps=len(steps))
            yield Finding("no gradient at all", steps[0].index, still)
            return


def _is_empty(step: Record) -> bool:
    # In a loop that is nan the norm of a gradient is nan as well, though there is one.
    triples = zip(step.gradient_norms, step.parameter_norms, step.held, strict=True)
    return bool(np.isfinite(step.objective)) and all(
        np.isfinite(size) and not norm > 0.0 for norm, size, own in triples if own
    )
