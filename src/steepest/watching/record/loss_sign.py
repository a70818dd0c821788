"""Whether a loss that is never below 0 was negated."""

from math import isfinite
from typing import Any

from torch import Tensor

from steepest.watching.record.loss_graph import saved
from steepest.watching.record.loss_inputs import SAME_NUMBERS

_FLIPS = ("NegBackward0", "RsubBackward1")  # −x and c − x
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
            what = kind_of(node)
            negated = flipped != (what == "likelihood")
            is_density = name == "SubBackward0"  # which may be above 1, and its logarithm above 0
            as_expected = shifted or is_density or (value != 0.0 and (value < 0.0) == negated)
            return (what, negated) if what and as_expected else None
        node = node.next_functions[0][0] if len(node.next_functions) else None
    return None


def kind_of(node: Any) -> str:
    """What a node computes: "squared error", "cross entropy" or the like; "" where not known."""
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
    if name == "SubBackward0":
        return "likelihood" if _is_log_density(node) else ""
    return _NEVER_BELOW_0.get(name, "")


def _is_log_softmax(node: Any) -> bool:
    """Whether a node is torch's, or x − logsumexp(x), as `torch.distributions` writes it."""
    if node is None or node.name() != "SubBackward0":
        return node is not None and node.name() == "LogSoftmaxBackward0"
    first, second = node.next_functions
    is_sum = second[0] is not None and second[0].name() == "LogsumexpBackward0"
    return is_sum and saved(node, "alpha") == 1 and second[0].next_functions[0] == first


def _is_log_density(node: Any) -> bool:
    """Whether a node is log N(y; μ, σ) or Laplace's of numbers that are given, as
    `torch.distributions` writes them: of what is drawn from a model its density may be made small.
    """
    below = node
    while below is not None and below.name() == "SubBackward0":
        first, second = (inner for inner, _ in below.next_functions)
        is_laplace = second is not None and _names(second, 2) == ("DivBackward0", "AbsBackward0")
        below = second if is_laplace else first
        if is_laplace:
            break
    path = () if below is None else _names(below, 4)
    if path[:2] == ("DivBackward0", "AbsBackward0"):
        residual = below.next_functions[0][0].next_functions[0][0]
    elif path[:3] == ("DivBackward0", "NegBackward0", "PowBackward0"):
        residual = below.next_functions[0][0].next_functions[0][0].next_functions[0][0]
    else:
        return False
    is_difference = residual is not None and residual.name() == "SubBackward0"
    return is_difference and residual.next_functions[0][0] is None


def _names(node: Any, most: int) -> tuple[str, ...]:
    """The names of a node and of those that each first comes from."""
    names: list[str] = []
    while node is not None and len(names) < most:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return tuple(names)
