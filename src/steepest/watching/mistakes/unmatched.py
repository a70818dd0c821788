"""Steps without a backward pass, and backward passes without a step."""

from collections.abc import Iterator

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact

_ENOUGH = 3


def recording_ended(evidence: Evidence) -> Iterator[Finding]:
    """No mistake of the loop's: something in it could not be read, and the recording ended."""
    if evidence.faults:
        last = evidence.records[-1].index if evidence.records else 0
        ended = fact("recording ended", step=last, error=evidence.faults[0])
        yield Finding("recording ended", last, ended)


def step_without_backward(evidence: Evidence) -> Iterator[Finding]:
    """Steps before which no gradient came since the step before."""
    for steps in evidence.by_optimizer:
        alone = [step for step in steps if step.backwards == 0 and any(step.held)]
        if len(alone) > 1:
            first = alone[0].index
            stale = any(norm > 0.0 for norm in alone[-1].gradient_norms)
            missing = fact(
                "step without backward", step=first, stale=stale, steps=len(alone), of=len(steps)
            )
            yield Finding("step without backward", first, missing)
            return


def backward_without_step(evidence: Evidence) -> Iterator[Finding]:
    """Backward passes, and no step at all."""
    passes = max(evidence.pending, default=0)
    if not evidence.steps and passes >= _ENOUGH:
        yield Finding("backward without step", 0, fact("backward without step", passes=passes))
