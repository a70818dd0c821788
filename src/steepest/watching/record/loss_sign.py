"""Whether a loss that is never below 0 was negated."""

from math import isfinite
from typing import Any

from torch import Tensor

from steepest.watching.record.loss_graph import saved
from steepest.watching.record.loss_inputs import SAME_NUMBERS

_FLIPS = ("NegBackward0", "RsubBackward1")  # −x and c − x
_SCALES = ("NegBackward0", "MulBackward0", "DivBackward0", *SAME_NUMBERS)
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
    Of a product or quotient it is not known: its factor may be a return, or another that is meant
    to be below 0, and torch has let go of it by the time that gradients arrive.

    >>> import torch
    >>> output = torch.ones(3, requires_grad=True) * 2
    >>> square = torch.nn.functional.mse_loss(output, torch.zeros(3))
    >>> sign_of(square), sign_of(-square), sign_of(output.sum())
    (('squared error', False), ('squared error', True), None)
    """
    value = float(loss.detach())
    node: Any = loss.grad_fn if isfinite(value) else None
    flipped, shifted, passed = False, False, 0
    while node is not None and passed < _FAR:
        name, passed = node.name(), passed + 1
        if name in _FLIPS:
            flipped, shifted = not flipped, shifted or name != "NegBackward0"
        elif name not in _REDUCTIONS and name not in SAME_NUMBERS:
            what = _kind(node)
            negated = flipped != (what == "likelihood")
            as_expected = shifted or (value != 0.0 and (value < 0.0) == negated)
            return (what, negated) if what and as_expected else None
        node = node.next_functions[0][0] if len(node.next_functions) else None
    return None


def factor_of(loss: Tensor, inner: tuple[Any, float]) -> float | None:
    """What an inner loss, its node and its value, is multiplied by; None where more is done to it.

    >>> import torch
    >>> square = torch.nn.functional.mse_loss(torch.ones(3, requires_grad=True), torch.zeros(3))
    >>> inner = square.grad_fn, square.item()
    >>> factor_of(-(square / 2), inner), factor_of(square - 1, inner)
    (-0.5, None)
    """
    node: Any = loss.grad_fn
    for _ in range(_FAR):
        if node is inner[0] or node is None:
            break
        if node.name() not in _SCALES:
            return None
        node = next((below for below, _ in node.next_functions if below is not None), None)
    is_known = node is inner[0] and inner[1] != 0.0 and isfinite(inner[1])
    return float(loss.detach()) / inner[1] if is_known else None


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
    """Whether a node is torch's, or x − logsumexp(x), as `torch.distributions` writes it."""
    if node is None or node.name() != "SubBackward0":
        return node is not None and node.name() == "LogSoftmaxBackward0"
    first, second = node.next_functions
    is_sum = second[0] is not None and second[0].name() == "LogsumexpBackward0"
    return is_sum and saved(node, "alpha") == 1 and second[0].next_functions[0] == first
