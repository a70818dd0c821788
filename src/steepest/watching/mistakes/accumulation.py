"""Batches that add up, or should: in the passes before a step, or in the losses of the steps."""

from collections.abc import Iterator

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.inspector import Look
from steepest.wording.fact import fact

_PASSES = 3  # fewer may be the parts of one loss
_LOOKS = 3
_GROWING = 5  # looks
_SAME, _SAME_FACTOR = 1e-6, 1e-3


def step_outside_the_batches(evidence: Evidence) -> Iterator[Finding]:
    """Several batches before each step, which make up the same rows each time: an epoch.

    Gradients of parts that are divided, to make up their mean, are accumulated on purpose.
    """
    looks = [look for look in evidence.looks if look.calls]
    count = _passes_before_a_step(evidence)
    if count is None or len(looks) < _LOOKS or any(len(look.calls) != count for look in looks):
        return
    lost = all(step.dropped >= count - 1 for step in evidence.steps)
    if (lost or not any(look.scaled for look in looks)) and _see_the_same(looks):
        outside = fact("step outside the batches", batches=count, lost=lost)
        yield Finding("step outside the batches", looks[0].index, outside)


def cleared_before_each_batch(evidence: Evidence) -> Iterator[Finding]:
    """Losses divided by the number of passes before each step, of which only the last one counts.

    The divisor says that gradients were meant to add up: else a pass may be thrown away on purpose.
    """
    looks = [look for look in evidence.looks if look.factor is not None]
    count = _passes_before_a_step(evidence)
    if count is None or len(looks) < _LOOKS:
        return
    factors = [look.factor[1] for look in looks if look.factor is not None]
    divided = np.allclose(np.array(factors) * count, 1.0, rtol=_SAME_FACTOR)
    if divided and all(step.dropped == count - 1 for step in evidence.steps):
        late = fact("cleared before each batch", batches=count)
        remedy = fact("remedy", of="clear once for all batches")
        yield Finding("gradients cleared before the step", looks[0].index, late, own_remedy=remedy)


def losses_add_up(evidence: Evidence) -> Iterator[Finding]:
    """A loss whose graph grows after each step by the nodes of a whole loss.

    That of a rollout that gets longer calls the model more often, or grows by less than it is.
    """
    looks = [(look.index, look.leaves) for look in evidence.looks if look.leaves is not None]
    calls = {len(look.calls) for look in evidence.looks}
    if len(looks) < _GROWING or len(calls) > 1 or len(evidence.optimizers) != 1:
        return
    if not all(leaves.whole and leaves.held for _, leaves in looks):
        return
    steps, nodes = np.diff([(index, leaves.nodes) for index, leaves in looks], axis=0).T
    (first, start), (last, end) = looks[0], looks[-1]
    whole = start.nodes - start.held - len(start.others) - len(start.starts)
    steady = bool((steps > 0).all() and (nodes * steps[0] == nodes[0] * steps).all())
    if steady and nodes[0] >= whole * steps[0] > 0:
        grows = fact("losses add up", first=first, few=start.nodes, last=last, many=end.nodes)
        yield Finding("losses add up", first, grows)


def _passes_before_a_step(evidence: Evidence) -> int | None:
    """How many backward passes each step follows, where they are several and always as many."""
    passes = {step.backwards for step in evidence.steps}
    if len(passes) != 1 or evidence.hand_written is not None:
        return None
    count = passes.pop()
    return count if count is not None and count >= _PASSES else None


def _see_the_same(looks: list[Look]) -> bool:
    """Whether batches that differ add up to the same in each step."""
    marks = np.array([look.calls for look in looks])
    sums, size = marks.sum(axis=1), float(np.abs(marks).max())
    differ = bool((np.ptp(marks, axis=1) > _SAME * size).all())
    return differ and bool(np.ptp(sums) <= _SAME * size)
