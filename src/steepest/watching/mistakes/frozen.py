"""A model of which nearly nothing learns."""

from collections.abc import Iterator

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact

_FEW = 0.05
_LONG = 50  # steps


def nearly_all_frozen(evidence: Evidence) -> Iterator[Finding]:
    """Few numbers that ask for a gradient, and an objective that does not fall."""
    if not evidence.steps or evidence.steps[-1].index < _LONG or evidence.falls:
        return
    numbers = sum(tensor.numel() for _, tensor in evidence.named)
    learning = sum(tensor.numel() for _, tensor in evidence.named if tensor.requires_grad)
    if 0 < learning < _FEW * numbers:
        frozen = fact("nearly all frozen", learning=learning, numbers=numbers)
        yield Finding("nearly all frozen", 0, frozen)
