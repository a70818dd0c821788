"""A learning rate above what the curvature allows."""

from collections.abc import Iterator

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule
from steepest.errors import InputError
from steepest.watching.measure.hessian import ModuleCurvature, largest_curvature
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.mistakes.motion import is_swinging
from steepest.watching.record.optimized_parameters import inner_module
from steepest.watching.record.step_record import Record
from steepest.wording.fact import fact

# λmax moves along the path, and descent on a network settles near the edge of what is stable.
_ABOVE = 1.1
_LEAP = 3.0  # the norm of the first update over that of the weights
_ENOUGH = 10
_OF_EQUAL_STEPS = ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Adagrad", "Rprop")


def rate_too_high(evidence: Evidence) -> Iterator[Finding]:
    """SGD's rate above the largest stable one, where the objective rises or swings.

    λmax is measured then, if the model, its loss and a batch are known.
    """
    step, at = _least_objective(evidence)
    curvature = _measured(evidence, at)
    if curvature is None or not curvature.largest > 0.0:
        return
    for group in (group for each in evidence.optimizers for group in each.param_groups):
        momentum = float(group.get("momentum", 0.0))
        rule = MomentumRule(momentum, bool(group.get("nesterov", False)))
        stable, lr = rule.stable_rate(curvature.largest), float(group["lr"])
        if lr > _ABOVE * stable:
            too_high = fact(
                "rate too high",
                lr=lr,
                stable=stable,
                step=step,
                curvature=curvature.largest,
                products=curvature.products,
            )
            remedy = fact("rate below stable", stable=stable)
            yield Finding("learning rate too high", step, too_high, own_remedy=remedy)
            return


def updates_too_large(evidence: Evidence) -> Iterator[Finding]:
    """A first update larger than the parameters, of a rule such as Adam's, whose steps are about as
    large as the learning rate whatever the gradient, where the objective does not fall.
    """
    if evidence.falls or evidence.is_plain_descent or evidence.hand_written is not None:
        return
    for steps, optimizer in zip(evidence.by_optimizer, evidence.optimizers, strict=False):
        if type(optimizer).__name__ not in _OF_EQUAL_STEPS or len(steps) < _ENOUGH:
            continue
        leap = _first_leap(evidence, steps[0])
        if leap > _LEAP:
            large = fact("updates too large", leap=leap, lr=steps[0].learning_rates[0])
            remedy = fact("remedy", of="updates too large")
            yield Finding("learning rate too high", steps[0].index, large, own_remedy=remedy)
            return


def _first_leap(evidence: Evidence, step: Record) -> float:
    """The least that a layer moves in a step, over its size; 0 where one starts at 0."""
    norms = [(step.update_norms[i], step.parameter_norms[i]) for i in evidence.weights]
    leaps = [update / size if size > 0.0 else 0.0 for update, size in norms if update > 0.0]
    return float(min(leaps, default=0.0))


def _measured(evidence: Evidence, at: dict[str, Floats] | None) -> ModuleCurvature | None:
    """λmax at these parameters, where it may explain what is seen, and can be measured."""
    model, loss_fn, batch = evidence.model, evidence.loss_fn, evidence.batch
    if model is None or loss_fn is None or batch is None or not evidence.is_plain_descent:
        return None
    if not any(is_swinging(steps) or _rises(steps) for steps in evidence.by_optimizer):
        return None
    try:
        return largest_curvature(inner_module(model), loss_fn, batch, at=at)
    except InputError:  # there is no second derivative
        return None


def _least_objective(evidence: Evidence) -> tuple[int, dict[str, Floats] | None]:
    """The recorded step of least objective, and its parameters by tensor.

    A loop that diverges soon leaves it for regions whose curvature explains nothing. None where no
    parameters were recorded: the present ones are taken.
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


def _rises(steps: list[Record]) -> bool:
    """Whether the objective ends above twice its least value and above its first."""
    values = [step.objective for step in steps if np.isfinite(step.objective)]
    return len(values) > 1 and values[-1] > values[0] and values[-1] > 2.0 * min(values)
