"""Parameters that something else than the optimizer changed."""

from steepest.path.words import listed
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding

_SAID = 4


def state_edited(evidence: Evidence) -> list[Finding]:
    """Changes between the end of one step and the start of the next: the path jumps there."""
    edits = [record for record in evidence.records if record.edited]
    if not edits:
        return []
    first = edits[0]
    more = len(first.edited) - _SAID
    said = listed([*first.edited[:_SAID], *([f"{more} more"] if more > 0 else [])])
    again = f" So it was at {len(edits) - 1} more steps." if len(edits) > 1 else ""
    return [
        Finding(
            "edit",
            first.index,
            first.edited[0],
            f"{said} {'was' if len(first.edited) == 1 else 'were'} changed between two steps, not "
            f"by the optimizer: the path jumps before step {first.index}.{again}",
            "If it is meant, nothing; the optimizer's momentum still belongs to the old values.",
        )
    ]
