"""Outputs that do not fit the loss: probabilities where logits are wanted, and the like."""

from collections.abc import Iterator

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding

_AT_REST = "output at rest"


def outputs_do_not_fit_the_loss(evidence: Evidence) -> Iterator[Finding]:
    """What every look at the loss's graph has shown, each kind once. A last layer that cannot give
    the targets may come to rest on the way: then no later look shows more than that.
    """
    if not evidence.looks:
        return
    first = evidence.looks[0]
    for misfit in first.misfits:
        kinds = [{each.kind for each in look.misfits} for look in evidence.looks]
        if all(misfit.kind in kind or _AT_REST in kind for kind in kinds):
            yield Finding(misfit.kind, first.index, misfit)
