"""A learning rate above what the curvature allows."""

import numpy as np

from steepest.curvature.rates import MomentumRule
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.mistakes.motion import is_swinging
from steepest.watching.record.step_record import Record
from steepest.wording.fact import fact

# λmax moves along the path, and descent on a network settles near the edge of what is stable.
_ABOVE = 1.1


def rate_too_high(evidence: Evidence) -> list[Finding]:
    """SGD's rate above the stable one of the measured λmax; nothing where none was measured."""
    curvature = evidence.largest_curvature
    if curvature is None or not curvature > 0.0 or not evidence.is_plain_descent:
        return []
    for optimizer in evidence.optimizers:
        for group in optimizer.param_groups:
            momentum = float(group.get("momentum", 0.0))
            rule = MomentumRule(momentum, bool(group.get("nesterov", False)))
            stable, lr = rule.stable_rate(curvature), float(group["lr"])
            if lr > _ABOVE * stable:
                step = evidence.measured_at
                return [
                    Finding(
                        "learning rate too high",
                        step,
                        "",
                        fact(
                            "rate too high",
                            lr=lr,
                            stable=stable,
                            step=step,
                            curvature=curvature,
                            products=evidence.products,
                        ),
                        fact("rate below stable", stable=stable),
                    )
                ]
    return []


def wants_curvature(evidence: Evidence) -> bool:
    """Whether the objective rises or swings, so that measuring the curvature may say why."""
    return evidence.is_plain_descent and any(
        is_swinging(steps) or _rises(steps) for steps in evidence.by_optimizer
    )


def _rises(steps: list[Record]) -> bool:
    """Whether the objective ends above twice its least value and above its first."""
    values = [step.objective for step in steps if np.isfinite(step.objective)]
    return len(values) > 1 and values[-1] > values[0] and values[-1] > 2.0 * min(values)
