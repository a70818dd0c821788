"""Parameters that something else than the optimizer changed."""

from collections.abc import Sequence

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.step_record import Record
from steepest.wording.fact import fact

_OFTEN, _SHARE = 4, 0.05


def state_edited(evidence: Evidence) -> list[Finding]:
    """Changes between the end of one step and the start of the next: the path jumps there.

    What a loop does at many of its steps, such as clipping its weights, is no mistake.
    """
    edits = [record for record in evidence.records if record.edited and record.index]
    if not edits or (_is_a_rule(edits, evidence) and not _are_undone(edits)):
        return []
    first = edits[0]
    return [
        Finding(
            "edit",
            first.index,
            first.edited[0],
            fact("parameters edited", step=first.index, names=first.edited, again=len(edits) - 1),
        )
    ]


def _is_a_rule(edits: Sequence[Record], evidence: Evidence) -> bool:
    """Whether so many steps are followed by an edit that the loop does it on purpose: weights are
    clipped, projected, averaged, or moved there and back.
    """
    return len(edits) >= _OFTEN and len(edits) >= _SHARE * len(evidence.steps)


def _are_undone(edits: Sequence[Record]) -> bool:
    """Whether the parameters are the same after each edit: the updates between were for nothing."""
    places = [record.parameters for record in edits]
    return all(
        place is not None and places[0] is not None and np.array_equal(place, places[0])
        for place in places
    )
