"""A target whose shape is stretched silently to meet the output's."""

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact


def target_is_broadcast(evidence: Evidence) -> list[Finding]:
    """Outputs (N, 1) compared with targets (N,), or the other way round, as (N, N)."""
    for look in evidence.looks:
        if look.spread is not None:
            output, square = look.spread
            target = (output[0],) if len(output) == 2 else (output[0], 1)
            return [
                Finding(
                    "target is broadcast",
                    look.index,
                    "",
                    fact("target is broadcast", output=output, spread=square),
                    fact("reshape target", target=target, output=output),
                )
            ]
    return []
