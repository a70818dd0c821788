"""Updates so small that nothing is learned."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from steepest.arrays import Floats
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.step_record import Record, total_norm
from steepest.wording.fact import fact

_ENOUGH = 10
_LONG = 50  # steps: fewer say little of what more would do
# The parameters have moved by less than this share of their norm in all steps.
_STILL = 1e-3
# To first order they can have changed the objective by less than this share of it.
_UNCHANGED = 0.01
# Moved by their own norm along the gradient, they would change the objective by this share of it
# or more: where the gradient itself is small, as at a minimum, the updates are rightly so.
_PULLED = 1e-3
_CLIPPED = 0.01  # what a clip leaves of the gradient, where it is the cause
_LEFT = 0.5  # of an update, where rounding takes the rest
_SHORT = (torch.bfloat16, torch.float16)


def updates_too_small(evidence: Evidence) -> Iterator[Finding]:
    """Updates that can neither move the parameters nor the objective, though a gradient pulls."""
    for steps in evidence.by_optimizer:
        told = [step for step in steps if any(step.learning_rates)]  # 0 has a finding of its own
        known = [step for step in told if step.losses and np.isfinite(step.objective)]
        if len(known) < _ENOUGH:
            continue
        level = float(np.mean([abs(step.objective) for step in known]))
        count = known[-1].index - known[0].index + 1
        share, effect = _share(known, count), _effect(known, count, level)
        still = share < _STILL and effect < _UNCHANGED
        if (
            count >= _LONG
            and (still or _is_rounded_off(evidence, known))
            and (_pull(known, level) > _PULLED)
        ):
            yield _too_small(evidence, known, share, count)
            return


def _too_small(evidence: Evidence, steps: Sequence[Record], share: float, count: int) -> Finding:
    """What makes them so: a clip, the rounding of the parameters, else the learning rate."""
    lr, kept = max(steps[-1].learning_rates), _kept(steps)
    cause, remedy = None, None
    if kept < _CLIPPED:
        cause, remedy = fact("gradient is clipped", kept=kept), fact("remedy", of="clip")
    elif _is_rounded_off(evidence, steps):
        cause, remedy = fact("update is rounded off"), fact("remedy", of="lost to rounding")
    small = fact("updates too small", share=share, steps=count, lr=lr, cause=cause)
    return Finding("updates too small", steps[0].index, small, own_remedy=remedy)


def _is_rounded_off(evidence: Evidence, steps: Sequence[Record]) -> bool:
    """Whether parameters of 16 bits keep less than half of what is to be added to them."""
    if not any(tensor.dtype in _SHORT for _, tensor in evidence.named):
        return False
    made = [(total_norm(s.update_norms), total_norm(s.gradient_norms), s) for s in steps]
    if not evidence.is_plain_descent:
        return all(update == 0.0 for update, _, _ in made)
    left = [update / (max(s.learning_rates) * slope) for update, slope, s in made if slope > 0.0]
    return bool(left) and float(np.median(left)) < _LEFT


def _kept(steps: Sequence[Record]) -> float:
    """What is left at the steps of the gradients that came: 1 where nothing is known of it."""
    known = [step.kept for step in steps if np.isfinite(step.kept)]
    return float(np.median(known)) if known else 1.0


def _share(steps: Sequence[Record], count: int) -> float:
    """The most that so many updates can have moved the parameters, as a share of them."""
    return count * max(total_norm(s.update_norms) / _norm(s.parameter_norms) for s in steps)


def _effect(steps: Sequence[Record], count: int, level: float) -> float:
    """The most that they can have changed the objective, as a share of it, to first order."""
    most = max(total_norm(step.update_norms) * _slope(step) for step in steps)
    return count * most / level if level > 0.0 else np.inf


def _pull(steps: Sequence[Record], level: float) -> float:
    pulls = [_slope(step) * _norm(step.parameter_norms) for step in steps]
    return float(np.median(pulls)) / level if level > 0.0 else 0.0


def _slope(step: Record) -> float:
    """The norm of the gradient, as it was before a clip."""
    size = total_norm(step.gradient_norms)
    return size / step.kept if 0.0 < step.kept < 1.0 else size


def _norm(norms: Floats) -> float:
    """The norm of all tensors; nan where nothing is known of any."""
    return total_norm(norms) or np.nan
