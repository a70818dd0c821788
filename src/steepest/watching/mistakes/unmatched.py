"""Steps without a backward pass, and backward passes without a step."""

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact

_ENOUGH = 3


def step_without_backward(evidence: Evidence) -> list[Finding]:
    """Steps before which no gradient came since the step before."""
    for steps in evidence.by_optimizer:
        alone = [step for step in steps if step.backwards == 0 and any(step.held)]
        if len(alone) > 1:
            stale = any(norm > 0.0 for norm in alone[-1].gradient_norms)
            first = alone[0].index
            return [
                Finding(
                    "step without backward",
                    first,
                    "",
                    fact(
                        "step without backward",
                        step=first,
                        stale=stale,
                        steps=len(alone),
                        of=len(steps),
                    ),
                )
            ]
    return []


def backward_without_step(evidence: Evidence) -> list[Finding]:
    """Backward passes, and no step at all."""
    if evidence.steps or max(evidence.pending, default=0) < _ENOUGH:
        return []
    return [
        Finding(
            "backward without step",
            0,
            "",
            fact("backward without step", passes=max(evidence.pending)),
        )
    ]
