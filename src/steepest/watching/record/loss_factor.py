"""By what a loss is multiplied before its backward pass."""

from math import isfinite
from typing import Any

from torch import Tensor

from steepest.watching.record.loss_inputs import SAME_NUMBERS
from steepest.watching.record.loss_sign import kind_of

_SCALES = ("NegBackward0", "MulBackward0", "DivBackward0", *SAME_NUMBERS)
_REDUCTIONS = ("MeanBackward0", "SumBackward0")
_FAR = 12
_SAME = 1e-3


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


def factor_shown(loss: Tensor, output: Tensor, gradient: Tensor) -> tuple[str, float] | None:
    """What a loss is of an output, "squared error" or "cross entropy", and its factor c: where the
    graph shows no more than c·mean of them, and all else of the graph is gone. `gradient` is that
    of the output.

    Of c·mean r² the N entries of the gradient g are 2cr/N, so that c = N Σg²/4L. Of a cross entropy
    they are c(p − y)/N, p the softmax: c is the same for every class of every row but the row's
    own.

    >>> import torch
    >>> output = torch.tensor([[1.0], [3.0]], requires_grad=True) * 1
    >>> output.retain_grad()
    >>> loss = -torch.nn.functional.mse_loss(output, torch.zeros(2, 1)) / 2
    >>> loss.backward()
    >>> factor_shown(loss, output, output.grad)
    ('squared error', -0.5)
    """
    node, value = _without_scales(loss.grad_fn), float(loss.detach())
    what = "" if node is None else kind_of(node)
    if not isfinite(value) or value == 0.0 or gradient.shape != output.shape:
        return None
    if what not in ("squared error", "cross entropy"):
        return None
    if not _is_same(_argument(node, what), output.grad_fn):
        return None
    g = gradient.detach().double()
    if what == "squared error":
        return what, float(g.numel() * (g**2).sum()) / (4.0 * value)
    factor = _of_cross_entropy(output.detach().double(), g)
    return None if factor is None else (what, factor)


def _of_cross_entropy(scores: Tensor, g: Tensor) -> float | None:
    """The one factor that is the same for all classes but one of every row."""
    if scores.ndim != 2 or scores.shape[1] < 2:
        return None
    shares = g / scores.softmax(1)
    factors = []
    for factor in map(float, shares[0, :2]):  # one of two classes at least is not the row's own
        same = (shares - factor).abs() <= _SAME * abs(factor)
        if bool((same.sum(1) >= scores.shape[1] - 1).all()):
            factors.append(factor * len(scores))
    return factors[0] if factors and min(factors) * max(factors) > 0.0 else None


def _without_scales(node: Any) -> Any:
    """The first node below that is no factor, sign or mean."""
    for _ in range(_FAR):
        if node is None or node.name() not in (*_SCALES, *_REDUCTIONS):
            return node
        if node.name() == "MulBackward0" and kind_of(node):
            return node
        node = next((below for below, _ in node.next_functions if below is not None), None)
    return None


def _argument(node: Any, what: str) -> Any:
    """What a loss was taken of: the output, if nothing else was done to it."""
    if node.name() in ("PowBackward0", "MulBackward0") or what == "cross entropy":
        node = node.next_functions[0][0]
        if node is None or node.name() not in ("SubBackward0", "LogSoftmaxBackward0"):
            return None
    return next((below for below, _ in node.next_functions if below is not None), None)


def _is_same(node: Any, other: Any) -> bool:
    """Whether a node gives the numbers of another, in another shape at most."""
    while node is not None and node is not other and node.name() in SAME_NUMBERS:
        node = node.next_functions[0][0]
    return node is not None and node is other
