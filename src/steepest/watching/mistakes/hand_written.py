"""Mistakes of loops that move their parameters themselves."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from steepest.arrays import Floats
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact

# A factor is said where it explains the changes of the objective but for such a share of them.
_EXPLAINED = 1e-6


def no_step_seen(evidence: Evidence) -> Iterator[Finding]:
    """No more than one backward pass reached the parameters, and no point was handed in."""
    loop = evidence.hand_written
    if loop is not None and not evidence.steps:
        names = evidence.layout.tensors
        passes = evidence.pending[0]
        yield Finding("no step seen", 0, fact("no step seen", names=names, passes=passes))


def never_moves(evidence: Evidence) -> Iterator[Finding]:
    """Gradients that are not 0, and parameters that stay where they are."""
    loop = evidence.hand_written
    if loop is None or loop.takes_points or len(evidence.steps) < 2:
        return
    pulled = all(np.nansum(step.gradient_norms) > 0.0 for step in evidence.steps)
    if pulled and all(not np.nansum(step.update_norms) > 0.0 for step in evidence.steps):
        steps = len(evidence.steps)
        still = fact("never moves", steps=steps)
        remedy = fact("clear by hand")
        yield Finding("gradients cleared before the step", 0, still, own_remedy=remedy)


def moves_uphill(evidence: Evidence) -> Iterator[Finding]:
    """Updates that are the gradient times a number above 0, while the objective rises."""
    loop = evidence.hand_written
    values = [step.objective for step in evidence.steps]
    if loop is None or not loop.is_plain or not values or values[-1] <= values[0]:
        return  # what rose may have ended as no number
    rate = loop.param_groups[0]["lr"]
    if rate < 0.0:
        yield Finding("sign of the update", 0, fact("moves uphill", rate=-rate))


def gradient_of_another_scale(evidence: Evidence) -> Iterator[Finding]:
    """A gradient handed in that is not the derivative of the objective handed in.

    Of a quadratic the objective changes in a step by exactly Σ ½(∇J + ∇J′)·(θ′ − θ). Factors, one
    for each tensor, that make it so in all steps and are not 1 show what the gradient lacks.
    """
    loop = evidence.hand_written
    if loop is None or not loop.takes_points:
        return
    factors = _factors(evidence)
    if factors is None:
        return
    for name, factor in zip(evidence.layout.tensors, factors.tolist(), strict=True):
        if abs(factor - 1.0) > 1e3 * _EXPLAINED:
            wrong = fact("gradient of another scale", name=name, factor=factor)
            yield Finding("gradient and objective", 0, wrong, name)


def _factors(evidence: Evidence) -> Floats | None:
    """By which each tensor's gradient is to be multiplied, (t,); None where that is not known."""
    products, changes = [], []
    for before, after in pairwise(evidence.records):
        if after.index != before.index + 1 or not (before.losses and after.losses):
            continue
        slopes = (before.gradient, after.gradient)
        places = (before.parameters, after.parameters)
        if slopes[0] is None or slopes[1] is None or places[0] is None or places[1] is None:
            continue
        gains = (slopes[0] + slopes[1]) / 2.0 * (places[1] - places[0])
        if np.isfinite(gains).all():
            products.append(np.add.reduceat(gains, evidence.layout.offsets[:-1]))
            changes.append(after.objective - before.objective)
    known, right = np.array(products), np.array(changes)
    if len(known) < len(evidence.layout.tensors) + 2 or not np.isfinite(right).all():
        return None
    scale = np.abs(known).max(axis=0)
    if not (scale > 0.0).all():
        return None
    factors, _, rank, stretch = np.linalg.lstsq(known / scale, right)
    left = np.abs(known / scale @ factors - right).max()
    clear = rank == len(scale) and left <= _EXPLAINED * stretch[-1] * np.abs(factors).min()
    return np.asarray(factors / scale) if clear else None
