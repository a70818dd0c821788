"""A target whose shape is stretched silently to meet the output's."""

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding


def target_is_broadcast(evidence: Evidence) -> list[Finding]:
    """Outputs (N, 1) compared with targets (N,), or the other way round, as (N, N)."""
    for look in evidence.looks:
        if look.spread is not None:
            output, wide = look.spread
            target = (output[0],) if len(output) == 2 else (output[0], 1)
            return [
                Finding(
                    "target is broadcast",
                    look.index,
                    "",
                    f"An output of shape {output} met a target of another shape and became {wide}: "
                    "each row is compared with every row's target.",
                    f"Bring the target from {target} to the output's shape {output}, "
                    "as by target.reshape(output.shape).",
                )
            ]
    return []
