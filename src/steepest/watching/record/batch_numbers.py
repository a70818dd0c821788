"""What the numbers of a batch tell: their size, one label alone, rows that are all the same."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from steepest.watching.record.loss_graph import saved
from steepest.watching.record.targets import Targets, targets_of

_MATRIX_PRODUCTS = ("AddmmBackward0", "MmBackward0")


@final
@dataclass(frozen=True)
class BatchNumbers:
    """Of one batch; nan, None and False where it is not known.

    - `inputs`: the greatest root mean square of a column, of more sizes that of all numbers
    - `alike`: whether all rows of the inputs are the same
    - `target`, `output`: root mean squares where a loss compares them entry by entry
    - `label`: the class, where all rows have the same;   `labels`: how many rows have one
    - `targets`: what one answer for all rows would cost
    """

    inputs: float = np.nan
    alike: bool = False
    target: float = np.nan
    output: float = np.nan
    label: int | None = None
    labels: int = 0
    targets: Targets | None = None


def numbers_of(inputs: Tensor | None, loss: Tensor, given: tuple[Any, ...]) -> BatchNumbers:
    """The numbers of a batch, whose `loss` a module computed of (output, target), `given`.

    >>> batch = torch.tensor([[3.0, 1.0], [3.0, 1.0]])
    >>> numbers_of(batch, torch.tensor(0.0), (torch.ones(2), 2 * torch.ones(2))).target
    2.0
    """
    size, alike = np.nan, False
    if inputs is not None and inputs.is_floating_point() and inputs.numel():
        rows = inputs.detach().double()
        alike = len(rows) > 1 and bool((rows == rows[:1]).all())
        columns = rows.square().mean(0) if rows.ndim == 2 else rows.square().mean()
        size = float(columns.max().sqrt())
    target, output = _sizes(given)
    label, labels = _label(loss.grad_fn)
    return BatchNumbers(size, alike, target, output, label, labels, targets_of(loss))


def _sizes(given: tuple[Any, ...]) -> tuple[float, float]:
    if len(given) != 2 or not all(isinstance(each, Tensor) for each in given):
        return np.nan, np.nan
    output, target = given
    if output.shape != target.shape or not target.is_floating_point():
        return np.nan, np.nan
    sizes = (float(each.detach().double().square().mean().sqrt()) for each in (target, output))
    first, second = sizes
    return first, second


def _label(node: Any) -> tuple[int | None, int]:
    """Of a cross entropy of a last linear layer's outputs: other targets are no labels of rows."""
    if node is None or node.name() != "NllLossBackward0":
        return None, 0
    below = node.next_functions[0][0]
    if below is None or below.name() != "LogSoftmaxBackward0":
        return None, 0
    layer, target = below.next_functions[0][0], saved(node, "target")
    if target is None or layer is None or layer.name() not in _MATRIX_PRODUCTS:
        return None, 0
    low, high = torch.aminmax(target)
    return (int(low) if low == high else None), target.numel()
