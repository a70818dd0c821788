"""A target whose shape is stretched silently to meet the output's."""

from collections.abc import Iterator

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact


def target_is_broadcast(evidence: Evidence) -> Iterator[Finding]:
    """Outputs (N, 1) compared with targets (N,), or the other way round, as (N, N)."""
    look = next((look for look in evidence.looks if look.spread is not None), None)
    if look is not None and look.spread is not None:
        output, square = look.spread
        target = (output[0],) if len(output) == 2 else (output[0], 1)
        yield Finding(
            "target is broadcast",
            look.index,
            fact("target is broadcast", output=output, spread=square),
            own_remedy=fact("reshape target", target=target, output=output),
        )
