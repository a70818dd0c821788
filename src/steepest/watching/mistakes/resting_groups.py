"""Groups of parameters whose learning rate is 0."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact

_ENOUGH = 10


def rate_of_zero(evidence: Evidence) -> Iterator[Finding]:
    """Parameters that have a gradient and rest all the same, since their group's rate is 0 at every
    step that was recorded.
    """
    if evidence.hand_written is not None:
        return
    groups = list(chain.from_iterable(each.param_groups for each in evidence.optimizers))
    resting = [group for i, group in enumerate(groups) if _is_always_zero(evidence, i)]
    held = {id(tensor) for group in resting for tensor in group["params"]}
    names = {name for name, tensor in evidence.named if id(tensor) in held}
    still = [
        name
        for i, name in enumerate(evidence.layout.tensors)
        if name in names and _rests(evidence, i)
    ]
    if still:
        zero = fact("rate of 0", names=still, all=len(resting) == len(groups))
        yield Finding("rate of 0", evidence.steps[0].index, zero, still[0])


def _is_always_zero(evidence: Evidence, group: int) -> bool:
    """Whether the rate of this group was 0 at each of enough steps."""
    rates = [step.learning_rates[group : group + 1] for step in evidence.steps]
    return len(rates) >= _ENOUGH and all(rate == (0.0,) for rate in rates)


def _rests(evidence: Evidence, tensor: int) -> bool:
    steps = [step for step in evidence.steps if step.held[tensor]]
    pulled = np.nan_to_num([step.gradient_norms[tensor] for step in steps])
    moved = np.nan_to_num([step.update_norms[tensor] for step in steps])
    return bool(np.any(pulled)) and not np.any(moved)
