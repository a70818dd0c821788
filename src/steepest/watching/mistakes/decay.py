"""Weight decay that pulls harder than the gradient."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.step_record import Record, total_norm
from steepest.wording.fact import fact

_SHRUNK = 0.5  # of their norm at the start, and less
_DECOUPLED = ("AdamW",)


def weight_decay_too_strong(evidence: Evidence) -> Iterator[Finding]:
    """Weights that have shrunk, where from the start decay was stronger than the gradient."""
    if not evidence.steps or not evidence.weights or evidence.hand_written is not None:
        return
    first, last = evidence.steps[0], evidence.records[-1]
    start, end = (_norm(step.parameter_norms, evidence) for step in (first, last))
    if not end < _SHRUNK * start:
        return
    for optimizer in evidence.optimizers:
        group = max(optimizer.param_groups, key=lambda each: float(each.get("weight_decay", 0.0)))
        decay = float(group.get("weight_decay", 0.0))
        if decay > 0.0 and _leads(first, evidence, optimizer, group, decay * start):
            shrunk = fact("weights have shrunk", decay=decay, start=start, end=end)
            yield Finding("weight decay too strong", first.index, shrunk)
            return


def _leads(
    first: Record, evidence: Evidence, optimizer: Any, group: dict[str, Any], pull: float
) -> bool:
    """Whether decay moves the weights more than the gradient does."""
    if type(optimizer).__name__ in _DECOUPLED or group.get("decoupled_weight_decay", False):
        moved = first.learning_rates[0] * pull
        return moved > 0.5 * _norm(first.update_norms, evidence)
    return pull > _norm(first.gradient_norms, evidence)


def _norm(norms: Any, evidence: Evidence) -> float:
    return total_norm(np.array([norms[i] for i in evidence.weights]))
