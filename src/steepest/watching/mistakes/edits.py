"""Parameters that something other than the optimizer changed."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.step_record import Record, total_norm
from steepest.wording.fact import fact

_OFTEN, _SHARE = 4, 0.05
# What is left of the updates, at the median of the first steps that follow one another.
_NONE_LEFT, _TAKEN_BACK, _DROWNED = 0.1, 0.25, 3.0
_FIRST = 10


def updates_undone(evidence: Evidence) -> Iterator[Finding]:
    """Updates that the loop takes back at every step, or changes that are larger than they while
    the objective does not fall. Clipping or averaging weights leaves most of each update.
    """
    if evidence.hand_written is not None or len(evidence.optimizers) > 1:
        return
    pairs = list(pairwise([record for record in evidence.records if record.index <= _FIRST]))[1:]
    if len(pairs) < _OFTEN or not all(b.edited and b.index == a.index + 1 for a, b in pairs):
        return
    left = float(np.median([_left(a, b) for a, b in pairs]))
    step, names = pairs[0][1].index, pairs[0][1].edited
    if left < (_NONE_LEFT if evidence.falls else _TAKEN_BACK):
        yield Finding(
            "updates taken back", step, fact("updates taken back", left=left, names=names)
        )
    elif left > _DROWNED and not evidence.falls:
        yield Finding("updates drowned", step, fact("updates drowned", times=left, names=names))


def _left(before: Record, after: Record) -> float:
    """How far the parameters went from one step to the next, over the norm of the update."""
    update = total_norm(before.update_norms)
    start, end = (
        record.parameters if record.parameters is not None else record.projection
        for record in (before, after)
    )
    assert start is not None and end is not None
    return float(np.linalg.norm(end - start)) / update if update > 0.0 else np.nan


def state_edited(evidence: Evidence) -> Iterator[Finding]:
    """Changes between the end of one step and the start of the next: the path jumps there.

    What a loop does at many of its steps, such as clipping its weights, is no mistake; nor is a
    clip that had something to do at few; nor the best parameters, loaded after the last step.
    """
    edits = [record for record in evidence.steps if record.edited and record.index]
    if all(record.by_rule for record in edits):
        return
    if _are_undone(edits) or not _is_a_rule(edits, evidence):
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
