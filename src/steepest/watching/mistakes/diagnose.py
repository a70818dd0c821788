"""Every mistake that is looked for in a loop, the gravest first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from steepest.watching.mistakes.accumulation import (
    cleared_before_each_batch,
    losses_add_up,
    step_outside_the_batches,
)
from steepest.watching.mistakes.batches import (
    inputs_alike,
    inputs_not_scaled,
    one_label,
    targets_not_scaled,
)
from steepest.watching.mistakes.broadcast import target_is_broadcast
from steepest.watching.mistakes.constant_answer import no_better_than_a_constant
from steepest.watching.mistakes.dead_units import dead_units
from steepest.watching.mistakes.decay import weight_decay_too_strong
from steepest.watching.mistakes.edits import state_edited, updates_undone
from steepest.watching.mistakes.eval_mode import left_in_eval_mode
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.mistakes.frozen import nearly_all_frozen
from steepest.watching.mistakes.gradient_sizes import exploding_over_steps, vanishing_or_exploding
from steepest.watching.mistakes.hand_written import (
    gradient_of_another_scale,
    moves_uphill,
    never_moves,
    no_step_seen,
)
from steepest.watching.mistakes.identical_units import identical_units
from steepest.watching.mistakes.loose_parameters import made_in_forward, parameters_of_no_module
from steepest.watching.mistakes.loss_inputs import outputs_do_not_fit_the_loss
from steepest.watching.mistakes.motion import oscillation, plateau, slow_direction
from steepest.watching.mistakes.not_finite import not_finite
from steepest.watching.mistakes.rate import rate_too_high, updates_too_large
from steepest.watching.mistakes.resting_groups import rate_of_zero
from steepest.watching.mistakes.saturated import saturated_units
from steepest.watching.mistakes.schedules import rate_falls_to_nothing, schedule_before_step
from steepest.watching.mistakes.sign import goes_uphill, rises_along_the_gradient
from steepest.watching.mistakes.small_updates import updates_too_small
from steepest.watching.mistakes.summed_loss import sum_instead_of_mean
from steepest.watching.mistakes.unmatched import (
    another_model,
    another_optimizer,
    backward_without_step,
    loss_leads_elsewhere,
    recording_ended,
    step_without_backward,
)
from steepest.watching.mistakes.unused import independent_of, not_in_optimizer, without_gradient
from steepest.watching.mistakes.zero_grad import (
    gradients_cleared_too_late,
    no_gradient_at_all,
    zero_grad_forgotten,
)
from steepest.wording.fact import Fact, fact

Mistake: TypeAlias = Callable[[Evidence], Iterator[Finding]]

# What breaks a loop comes before what slows it down.
MISTAKES: tuple[Mistake, ...] = (
    recording_ended,
    goes_uphill,
    inputs_not_scaled,
    not_finite,
    no_step_seen,
    never_moves,
    moves_uphill,
    gradient_of_another_scale,
    rises_along_the_gradient,
    another_optimizer,
    another_model,
    loss_leads_elsewhere,
    backward_without_step,
    step_without_backward,
    gradients_cleared_too_late,
    zero_grad_forgotten,
    step_outside_the_batches,
    cleared_before_each_batch,
    losses_add_up,
    parameters_of_no_module,
    made_in_forward,
    not_in_optimizer,
    without_gradient,
    target_is_broadcast,
    outputs_do_not_fit_the_loss,
    rate_of_zero,
    identical_units,
    inputs_alike,
    no_gradient_at_all,
    one_label,
    updates_undone,
    left_in_eval_mode,
    sum_instead_of_mean,
    rate_too_high,
    updates_too_large,
    saturated_units,
    targets_not_scaled,
    dead_units,
    independent_of,
    vanishing_or_exploding,
    exploding_over_steps,
    weight_decay_too_strong,
    rate_falls_to_nothing,
    nearly_all_frozen,
    updates_too_small,
    oscillation,
    plateau,
    slow_direction,
    schedule_before_step,
    state_edited,
)
# What is only the consequence of another mistake goes unsaid beside it.
CONSEQUENCES: dict[str, frozenset[str]] = {
    "not finite": frozenset(
        {"weight decay too strong", "updates too small", "no gradient at all", "dead ReLU"}
        | {"loss does not depend on it", "vanishing gradient", "plateau", "oscillation"}
        | {"slow direction"}
    ),
    "sign of the loss": frozenset(
        {
            *("not finite", "exploding gradient", "oscillation", "plateau", "dead ReLU"),
            *("learning rate too high", "vanishing gradient", "saturated units"),
            *("gradient and objective", "no least value"),
        }
    ),
    "inputs not scaled": frozenset(
        {
            *("dead ReLU", "exploding gradient", "oscillation", "plateau", "vanishing gradient"),
            *("not finite", "saturated units", "slow direction", "loss does not depend on it"),
        }
    ),
    "targets no shares": frozenset({"plateau", "slow direction", "exploding gradient"}),
    "targets not scaled": frozenset({"plateau", "updates too small", "slow direction"}),
    "identical units": frozenset(
        {
            *("dead ReLU", "loss does not depend on it", "plateau", "vanishing gradient"),
            *("slow direction", "no gradient at all"),
        }
    ),
    "inputs alike": frozenset({"loss does not depend on it", "plateau", "slow direction"}),
    "updates taken back": frozenset({"edit", "plateau", "slow direction", "updates too small"}),
    "updates drowned": frozenset({"edit", "plateau", "oscillation", "exploding gradient"}),
    "saturated units": frozenset(
        {"dead ReLU", "loss does not depend on it", "plateau", "vanishing gradient"}
    ),
    "another optimizer": frozenset({"backward without step", "no gradient", "plateau", "edit"}),
    "another model": frozenset({"step without backward", "no gradient", "plateau"}),
    "loss leads elsewhere": frozenset({"step without backward", "no gradient", "plateau"}),
    "layer made in forward": frozenset({"plateau"}),
    "no step seen": frozenset({"no gradient", "backward without step"}),
    "sign of the update": frozenset(
        {"oscillation", "exploding gradient", "not finite", "gradient and objective"}
    ),
    "one class": frozenset({"one label", "no gradient at all", "targets out of reach", "plateau"}),
    "output at rest": frozenset({"no gradient at all", "targets out of reach", "plateau"}),
    "no gradient at all": frozenset({"plateau", "dead ReLU"}),
    "loss of logits": frozenset({"plateau", "slow direction", "vanishing gradient"}),
    "not log probabilities": frozenset({"plateau", "slow direction", "exploding gradient"}),
    "one side of cross entropy": frozenset(
        {"plateau", "slow direction", "vanishing gradient", "saturated units"}
    ),
    "softmax over the batch": frozenset({"plateau", "slow direction"}),
    "loss arguments swapped": frozenset({"plateau", "slow direction"}),
    "targets out of reach": frozenset({"plateau", "slow direction", "vanishing gradient"}),
    "dead ReLU": frozenset({"loss does not depend on it", "plateau", "vanishing gradient"}),
    "step without backward": frozenset({"plateau", "no gradient", "updates too small"}),
    "gradient and objective": frozenset({"exploding gradient", "not finite", "plateau"}),
    "no least value": frozenset({"oscillation", "updates too small"}),
    "gradients cleared before the step": frozenset({"plateau", "no gradient"}),
    "zero_grad forgotten": frozenset(
        {"oscillation", "exploding gradient", "gradient and objective"}
    ),
    "losses add up": frozenset(
        {"learning rate too high", "exploding gradient", "oscillation", "plateau", "slow direction"}
        | {"gradient and objective"}
    ),
    "learning rate too high": frozenset(
        {"oscillation", "exploding gradient", "dead ReLU", "plateau", "vanishing gradient"}
    ),
    "rate above stable": frozenset({"exploding gradient", "plateau", "vanishing gradient"}),
    "exploding gradient": frozenset({"oscillation", "updates too small"}),
    "vanishing gradient": frozenset({"plateau", "slow direction"}),
    "updates too small": frozenset({"plateau", "slow direction"}),
    "rate of 0": frozenset({"plateau", "slow direction"}),
    "rate falls to nothing": frozenset({"updates too small", "plateau", "slow direction"}),
    "weight decay too strong": frozenset({"vanishing gradient", "plateau", "slow direction"}),
    "nearly all frozen": frozenset({"plateau", "slow direction", "updates too small"}),
    "plateau": frozenset({"slow direction"}),
}
_IN_FULL = 3  # kinds of mistake that a verdict explains; it names the others


def diagnose(evidence: Evidence, known: Iterable[str] = ()) -> list[Finding]:
    """The mistakes that show in a loop, the gravest first; [] where none does.

    - `known`: kinds of mistake that the verdict names itself
    """
    findings = [finding for mistake in MISTAKES for finding in mistake(evidence)]
    findings = findings or list(no_better_than_a_constant(evidence))  # it may follow from any other
    kinds = {finding.kind for finding in findings} | set(known)
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
