"""Whether a loss that is never below 0 was negated."""

from math import isfinite
from typing import Any

from torch import Tensor

from steepest.watching.record.loss_graph import saved, shape_of
from steepest.watching.record.loss_inputs import SAME_NUMBERS

_FLIPS = ("NegBackward0", "MulBackward0", "RsubBackward1", "DivBackward0")
_REDUCTIONS = ("MeanBackward0", "SumBackward0")
_NEVER_BELOW_0 = {
    "MseLossBackward0": "squared error",
    "SmoothL1LossBackward0": "distance",
    "HuberLossBackward0": "distance",
    "AbsBackward0": "distance",
    "BinaryCrossEntropyBackward0": "cross entropy",
    "BinaryCrossEntropyWithLogitsBackward0": "cross entropy",
}
_PICKS = ("IndexBackward0", "GatherBackward0")
_FAR = 12


def sign_of(loss: Tensor) -> tuple[str, bool] | None:
    """What a loss is, "squared error" or the like, and whether it is negated; None: not known.

    A mean of log probabilities is a "likelihood", which is never above 0: it is the loss negated.

    >>> import torch
    >>> output = torch.ones(3, requires_grad=True) * 2
    >>> square = torch.nn.functional.mse_loss(output, torch.zeros(3))
    >>> sign_of(square), sign_of(-square), sign_of(output.sum())
    (('squared error', False), ('squared error', True), None)
    """
    value = float(loss.detach())
    node: Any = loss.grad_fn if isfinite(value) else None
    flips, passed = False, 0
    while node is not None and passed < _FAR:
        name, passed = node.name(), passed + 1
        if name in _FLIPS and not shape_of(node):
            flips = True
        elif name == "NegBackward0" or name in _REDUCTIONS or name in SAME_NUMBERS:
            flips = flips or name == "NegBackward0"
        else:
            what = _kind(node)
            known = what == "likelihood" or flips or value > 0.0
            return (what, value < 0.0) if what and known and value != 0.0 else None
        node = node.next_functions[0][0] if len(node.next_functions) else None
    return None


def _kind(node: Any) -> str:
    name, below = node.name(), [inner for inner, _ in node.next_functions]
    if name == "PowBackward0":
        exponent = saved(node, "exponent")
        return "squared error" if isinstance(exponent, int | float) and exponent == 2 else ""
    if name == "MulBackward0" and len(below) == 2 and below[0] is below[1]:
        return "squared error"
    if name.startswith("NllLoss"):
        return "cross entropy" if _is_log_softmax(below[0]) else ""
    if name in _PICKS:
        return "likelihood" if _is_log_softmax(below[0]) else ""
    return _NEVER_BELOW_0.get(name, "")


def _is_log_softmax(node: Any) -> bool:
    return node is not None and node.name() == "LogSoftmaxBackward0"
