"""The mean loss of a model over several batches, such as those of held-out rows."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, no_grad
from torch.nn import Module

from steepest.watching.measure.isolated import isolated
from steepest.watching.record.not_finite_source import tensors_in


def mean_loss(model: Module, batches: Iterable[Any], loss: Callable[[Any], Tensor]) -> float:
    """The mean of losses of batches, each counted by its rows, with the model in eval mode.

    The model's modes and all random states are afterwards as they were.

    >>> import torch
    >>> mean_loss(torch.nn.Dropout(), [torch.ones(1), torch.zeros(3)], torch.mean)
    0.25
    """
    total, rows = 0.0, 0
    with isolated(model), no_grad(), _eval(model):
        for batch in batches:
            count = rows_of_batch(batch)
            total += count * float(loss(batch))
            rows += count
    return total / rows


@contextmanager
def _eval(model: Module) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def rows_of_batch(batch: Any) -> int:
    """The rows of a batch: the first size of its first tensor."""
    first = next((tensor for tensor in tensors_in(batch) if tensor.ndim), None)
    return 1 if first is None else int(first.shape[0])
