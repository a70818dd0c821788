"""Parameters that something other than the optimizer changed."""

from collections.abc import Iterator, Sequence

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.step_record import Record
from steepest.wording.fact import fact

_OFTEN, _SHARE = 4, 0.05


def state_edited(evidence: Evidence) -> Iterator[Finding]:
    """Changes between the end of one step and the start of the next: the path jumps there.

    What a loop does at many of its steps, such as clipping its weights, is no mistake.
    """
    edits = [record for record in evidence.records if record.edited and record.index]
    if edits and (_are_undone(edits) or not _is_a_rule(edits, evidence)):
        names, step = edits[0].edited, edits[0].index
        edited = fact("parameters edited", step=step, names=names, again=len(edits) - 1)
        yield Finding("edit", step, edited, names[0])


def _is_a_rule(edits: Sequence[Record], evidence: Evidence) -> bool:
    """Whether so many steps are followed by an edit that the loop does it on purpose: weights are
    clipped, projected, averaged, or changed and restored.
    """
    return len(edits) >= _OFTEN and len(edits) >= _SHARE * len(evidence.steps)


def _are_undone(edits: Sequence[Record]) -> bool:
    """Whether the parameters are the same after each edit: the updates between were lost."""
    first, *others = (record.parameters for record in edits)
    return first is not None and all(
        other is not None and np.array_equal(other, first) for other in others
    )
