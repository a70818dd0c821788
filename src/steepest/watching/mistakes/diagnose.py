"""Every mistake that is looked for in a loop, the gravest first."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.watching.measure.hessian import largest_curvature
from steepest.watching.mistakes.broadcast import target_is_broadcast
from steepest.watching.mistakes.dead_units import dead_units
from steepest.watching.mistakes.edits import state_edited
from steepest.watching.mistakes.eval_mode import left_in_eval_mode
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.mistakes.gradient_sizes import exploding_over_steps, vanishing_or_exploding
from steepest.watching.mistakes.motion import oscillation, plateau, slow_direction
from steepest.watching.mistakes.not_finite import not_finite
from steepest.watching.mistakes.rate import rate_too_high, wants_curvature
from steepest.watching.mistakes.summed_loss import sum_instead_of_mean
from steepest.watching.mistakes.unmatched import backward_without_step, step_without_backward
from steepest.watching.mistakes.unused import (
    independent_of,
    not_in_optimizer,
    without_gradient,
)
from steepest.watching.mistakes.zero_grad import gradients_cleared_too_late, zero_grad_forgotten
from steepest.watching.record.optimized_parameters import inner_module
from steepest.wording.fact import Fact, fact

Mistake: TypeAlias = Callable[[Evidence], list[Finding]]

# What breaks a loop comes before what slows it down.
MISTAKES: tuple[Mistake, ...] = (
    not_finite,
    backward_without_step,
    step_without_backward,
    gradients_cleared_too_late,
    zero_grad_forgotten,
    not_in_optimizer,
    without_gradient,
    target_is_broadcast,
    left_in_eval_mode,
    sum_instead_of_mean,
    rate_too_high,
    dead_units,
    independent_of,
    vanishing_or_exploding,
    exploding_over_steps,
    oscillation,
    plateau,
    slow_direction,
    state_edited,
)
# What is only the consequence of another mistake goes unsaid beside it.
CONSEQUENCES: dict[str, frozenset[str]] = {
    "dead ReLU": frozenset({"loss does not depend on it", "plateau", "vanishing gradient"}),
    "step without backward": frozenset({"plateau", "no gradient"}),
    "gradients cleared before the step": frozenset({"plateau", "no gradient"}),
    "zero_grad forgotten": frozenset({"oscillation", "exploding gradient"}),
    "learning rate too high": frozenset(
        {"oscillation", "exploding gradient", "dead ReLU", "plateau", "vanishing gradient"}
    ),
    "exploding gradient": frozenset({"oscillation"}),
    "vanishing gradient": frozenset({"plateau", "slow direction"}),
    "plateau": frozenset({"slow direction"}),
}
_IN_FULL = 3  # kinds of mistake that a verdict explains; it names the others


def diagnose(evidence: Evidence, loss_fn: Any = None, batch: Any = None) -> list[Finding]:
    """The mistakes that show in a loop, the gravest first; [] where none does.

    Where the objective of plain SGD rises or swings, and `loss_fn` and a `batch` (x, y) are there,
    λmax is measured to compare the learning rate with; the finding says what that cost.
    """
    evidence = _measured(evidence, loss_fn, batch)
    findings = [finding for mistake in MISTAKES for finding in mistake(evidence)]
    kinds = {finding.kind for finding in findings}
    follow = frozenset().union(*(CONSEQUENCES.get(kind, frozenset()) for kind in kinds))
    return [finding for finding in findings if finding.kind not in follow]


def reasons_of(findings: Sequence[Finding]) -> tuple[Fact, ...]:
    """The gravest kinds of mistake, each by its first tensor; the others by name alone."""
    groups = list(_by_kind(findings).values())
    reasons = []
    for first, *others in groups[:_IN_FULL]:
        reasons.append(first.fact)
        if others:
            reasons.append(fact("also in", names=[finding.tensor for finding in others]))
    if len(groups) > _IN_FULL:
        kinds = [group[0].kind for group in groups[_IN_FULL:]]
        reasons.append(fact("further mistakes", kinds=kinds))
    return tuple(reasons)


def remedies_of(findings: Sequence[Finding]) -> tuple[Fact, ...]:
    """What to do about the mistakes that are explained in full, each remedy once."""
    groups = list(_by_kind(findings).values())[:_IN_FULL]
    return tuple({finding.fix: finding.remedy for group in groups for finding in group}.values())


def _by_kind(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.kind, []).append(finding)
    return groups


def _measured(evidence: Evidence, loss_fn: Any, batch: Any) -> Evidence:
    """With λmax, where that may explain what is seen, and can be measured."""
    if evidence.model is None or loss_fn is None or batch is None or not wants_curvature(evidence):
        return evidence

    step, place = _before_it_rose(evidence)
    try:
        found = largest_curvature(inner_module(evidence.model), loss_fn, batch, at=place)
    except InputError:  # no second derivative there: the other mistakes are looked for all the same
        return evidence
    return replace(
        evidence, largest_curvature=found.largest, measured_at=step, products=found.products
    )


def _before_it_rose(evidence: Evidence) -> tuple[int, dict[str, Floats] | None]:
    """The recorded step of least objective and its parameters: behind it a loop that diverges is
    where no curvature says anything. Of a model whose parameters were not kept the present ones.
    """
    known = [
        step
        for step in evidence.steps
        if step.parameters is not None
        and np.isfinite([step.objective, *step.parameter_norms]).all()
    ]
    if not known:
        return (evidence.records[-1].index if evidence.records else 0), None
    least = min(known, key=lambda step: step.objective)
    assert least.parameters is not None
    layout = evidence.layout
    return least.index, {
        name: least.parameters[layout.part(i)]
        for i, name in enumerate(layout.tensors)
        if evidence.learns[i]
    }
