"""A loss that is made as large as it can be."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch.nn import Parameter

from steepest.diagnosis.thresholds import RUNAWAY
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.mistakes.motion import cosines
from steepest.wording.fact import fact

_LOOKS, _OF_A_FACTOR = 2, 4
_SAME = 1e-4
_QUARTER = 4  # steps of a quarter, at least
_ALONG = 0.5  # a cosine
_NEVER_BELOW_0 = (
    *("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"),
    *("CrossEntropyLoss", "BCELoss", "BCEWithLogitsLoss", "squared error", "cross entropy"),
)


def goes_uphill(evidence: Evidence) -> Iterator[Finding]:
    """A distance or cross entropy that is negated, or an optimizer that maximises it.

    With several optimizers one of them may do so on purpose, and an input of a model may be moved
    to where its loss is large.
    """
    looks = evidence.looks
    if len(evidence.optimizers) != 1 or evidence.hand_written is not None or not looks:
        return
    if _moves_inputs(evidence):
        return
    groups = evidence.optimizers[0].param_groups
    maximised = all(group.get("maximize", False) for group in groups)
    signs = [look.sign for look in looks if look.sign is not None]
    if not signs:
        factors = [look.factor for look in looks if look.factor is not None]
        name = next((what for what, _ in factors if what), type(evidence.loss_fn).__name__)
        if name in _NEVER_BELOW_0 and _is_below_0([factor for _, factor in factors]):
            signs = [(name, True)] * _LOOKS
    if len(signs) >= _LOOKS and all(negated != maximised for _, negated in signs):
        uphill = fact("goes uphill", loss=signs[0][0], maximised=maximised)
        yield Finding("sign of the loss", looks[0].index, uphill)


def rises_along_the_gradient(evidence: Evidence) -> Iterator[Finding]:
    """An objective that runs away while each gradient points where the one before did.

    Along a step −r·∇J(θ) the slope of J is −r·|∇J(θ)|² at its begin and −r·∇J(θ)·∇J(θ′) at its end:
    where both are below 0, J falls. A rate that is too high turns the gradient around.
    """
    if not evidence.is_plain_descent or len(evidence.optimizers) != 1:
        return
    if any(_goes_on_or_up(group) for group in evidence.optimizers[0].param_groups):
        return
    steps = [step for step in evidence.steps if np.isfinite(step.objective)]
    count = len(steps) // 4
    values = np.array([step.objective for step in steps])
    if count < _QUARTER or not values[-count:].mean() > RUNAWAY * np.abs(values[:count]).mean():
        return
    cosine = float(np.median(cosines(steps)))
    if cosine > _ALONG:
        rises = fact("rises along the gradient", cosine=cosine)
        remedy = fact("remedy", of="rises along the gradient")
        yield Finding("gradient and objective", steps[0].index, rises, own_remedy=remedy)


def _goes_on_or_up(group: dict[str, Any]) -> bool:
    """Whether momentum carries the steps on, or they are meant to go uphill."""
    return bool(group.get("momentum", 0.0) or group.get("maximize", False))


def _is_below_0(factors: Sequence[float]) -> bool:
    """Whether a loss is always multiplied by the same number below 0: returns differ."""
    known = np.array(factors)
    return len(known) >= _OF_A_FACTOR and known.max() < 0.0 and np.ptp(known) <= -_SAME * known[0]


def _moves_inputs(evidence: Evidence) -> bool:
    """Whether what moves is no parameter, and the loss leads to parameters that do not move."""
    groups = evidence.optimizers[0].param_groups
    moves = any(isinstance(tensor, Parameter) for group in groups for tensor in group["params"])
    return not moves and any(
        look.leaves is not None and look.leaves.others for look in evidence.looks
    )
