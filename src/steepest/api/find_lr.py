"""`find_lr` tries learning rates on a copy of a PyTorch model."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from steepest.keywords import answer_wrong_keywords
from steepest.results.range_test import RateTest
from steepest.watching.measure.range_test import measure_rates


@answer_wrong_keywords
def find_lr(
    model: Module,
    loss_fn: Callable[..., Tensor],
    loader: Any,
    *,
    optimizer: Optimizer | None = None,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    curvature: bool = True,
) -> RateTest:
    """A learning-rate range test (Smith, 2017), and the bound that the curvature sets, 2/λmax.

    A copy of the model makes `steps` updates while the rate grows from `low` to `high` by the same
    factor each time, until the loss blows up. The model, its buffers and gradients, the optimizer
    and all random states stay as they are, bit by bit, also after an error or Ctrl-C.

    - `loader`: a DataLoader, any iterable of batches, or one batch; begun anew where it is shorter
      than `steps`. A pair (x, y) is loss_fn(model(x), y), any other batch loss_fn(model(batch))
    - `optimizer`: a copy of it makes the updates, by default plain SGD; of several groups the rates
      keep their ratios, and the first one's is told
    - `curvature`: measure λmax too: some dozens of gradients of the first batch

    The model runs in the mode it is in, training or eval.
    Raises InputError for a loader without batches, and a loss that is no finite number.

    >>> import torch
    >>> x = torch.tensor([[1.0], [2.0], [3.0]])
    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> _ = torch.nn.init.zeros_(model.weight)
    >>> found = find_lr(model, torch.nn.MSELoss(), (x, 2 * x))
    >>> round(found.stable_rate, 4), found.blew_up           # 2/λmax = 3/14
    (0.2143, True)
    >>> 0.01 < found.suggestion < found.stable_rate
    True
    """
    found = measure_rates(
        model,
        loss_fn,
        loader,
        optimizer=optimizer,
        low=low,
        high=high,
        steps=steps,
        curvature=curvature,
    )
    return RateTest(**vars(found))
