"""Parameters that do not learn: in no optimizer, without a gradient, or with one that stays 0."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from steepest.arrays import Floats
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact

_ENOUGH = 3


def not_in_optimizer(evidence: Evidence) -> Iterator[Finding]:
    """Parameters of the model that ask for a gradient and that no optimizer holds."""
    groups = [group for optimizer in evidence.optimizers for group in optimizer.param_groups]
    held = {id(tensor) for group in groups for tensor in group["params"]}
    remedy = fact("remedy", of="optimizer of another model") if _strangers(evidence) else None
    for name, tensor in evidence.named:
        if tensor.requires_grad and id(tensor) not in held:
            missing = fact("not in optimizer", name=name)
            yield Finding("not in the optimizer", 0, missing, name, remedy)


def _strangers(evidence: Evidence) -> frozenset[str]:
    """Tensors that an optimizer holds and the module does not have."""
    if evidence.model is None:
        return frozenset()
    return frozenset(evidence.layout.tensors) - {name for name, _ in evidence.named}


def without_gradient(evidence: Evidence) -> Iterator[Finding]:
    """Parameters that an optimizer holds and that never got a gradient while others did."""
    strangers = _strangers(evidence)
    for tensor, name in enumerate(evidence.layout.tensors):
        if name not in strangers and _all(evidence, tensor, np.isnan):
            missing = fact("without gradient", name=name)
            yield Finding("no gradient", _first_step(evidence, tensor), missing, name)


def independent_of(evidence: Evidence) -> Iterator[Finding]:
    """Parameters in the graph of the loss whose gradient is exactly 0 in every step."""
    for tensor, name in enumerate(evidence.layout.tensors):
        if _is_idle(evidence, tensor) and not _is_spare_bias(evidence, name):
            idle = fact("loss independent of", name=name)
            step = _first_step(evidence, tensor)
            yield Finding("loss does not depend on it", step, idle, name)


def _is_idle(evidence: Evidence, tensor: int) -> bool:
    return _all(evidence, tensor, lambda norms: norms == 0.0)


def _is_spare_bias(evidence: Evidence, name: str) -> bool:
    """Whether it is the bias of a layer whose weight learns.

    A bias falls out of a difference of outputs, as of a critic's, or before normalisation. Nothing
    is lost by it.
    """
    weight = f"{name.removesuffix('bias')}weight"
    tensors = evidence.layout.tensors
    return (
        name.endswith("bias")
        and weight in tensors
        and not _is_idle(evidence, tensors.index(weight))
    )


def _all(evidence: Evidence, tensor: int, test: Callable[[Floats], Any]) -> bool:
    """Whether the test holds of a tensor's gradient in every step, and there are enough of them."""
    norms = evidence.gradient_norms(tensor)
    if len(norms) < _ENOUGH or not evidence.learns[tensor] or not _others_learn(evidence, tensor):
        return False
    last = evidence.steps[-1].parameter_norms[tensor]
    return bool(test(norms).all()) and bool(np.isfinite(last))


def _others_learn(evidence: Evidence, tensor: int) -> bool:
    steps = [step for step in evidence.steps if step.held[tensor] and step.backwards != 0]
    # A loss that arrived at 0 moves nothing: only steps in which something did learn count.
    return bool(steps) and all(np.nanmax([0.0, *step.gradient_norms]) > 0.0 for step in steps[:3])


def _first_step(evidence: Evidence, tensor: int) -> int:
    return next(step.index for step in evidence.steps if step.held[tensor])
