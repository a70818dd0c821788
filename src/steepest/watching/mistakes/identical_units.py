"""Units of a layer that started alike and stay so."""

from collections.abc import Iterator

import numpy as np
from torch import Tensor
from torch.nn import Bilinear, Linear, Module
from torch.nn.modules.conv import _ConvNd

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.optimized_parameters import inner_module
from steepest.wording.fact import fact

_ENOUGH = 3
_SAME = 1e-5  # of their size: what rounding does to products of the same numbers


def identical_units(evidence: Evidence) -> Iterator[Finding]:
    """Layers whose units have the same weights and bias after some steps: each gets the gradient
    of all the others. Units of unlike targets would have parted at the first step.
    """
    if len(evidence.steps) < _ENOUGH or evidence.model is None:
        return
    held = dict(zip(evidence.layout.tensors, range(len(evidence.layout.tensors)), strict=True))
    for name, module in inner_module(evidence.model).named_modules():
        weight = f"{name}.weight" if name else "weight"
        if not isinstance(module, Linear | Bilinear | _ConvNd) or weight not in held:
            continue
        came = np.isfinite(evidence.gradient_norms(held[weight])).any()
        if came and evidence.learns[held[weight]] and _are_identical(module):
            units, zero = len(module.weight), not bool(module.weight.any())
            alike = fact("units alike", name=name or type(module).__name__, units=units, zero=zero)
            yield Finding("identical units", evidence.steps[0].index, alike, name)


def _are_identical(module: Module) -> bool:
    weight, bias = module.get_parameter("weight").detach(), getattr(module, "bias", None)
    if len(weight) < 2 or not _rows_are_same(weight):
        return False
    return not isinstance(bias, Tensor) or _rows_are_same(bias.detach())


def _rows_are_same(numbers: Tensor) -> bool:
    if not numbers.numel():
        return False
    return bool((numbers - numbers[:1]).abs().max() <= _SAME * numbers.abs().max())
