"""A model and its optimizer, copied: the updates of the copy leave both as they are."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import isfinite
from typing import Any, final

import torch
from torch import Tensor, nn

from steepest.errors import InputError
from steepest.watching.measure.batch_objective import loss_at, on_device
from steepest.watching.measure.isolated import RandomState
from steepest.watching.measure.mean_loss import mean_loss
from steepest.watching.record.optimized_parameters import unwrapped


@final
@dataclass(frozen=True, eq=False)
class CopiedModel:
    """Copies of a model's tensors, which the model is called with, and an optimizer of them.

    The model itself is not copied: what belongs to it but is no tensor is shared.

    - `state`: every parameter and buffer by name;   `trained`: those that the optimizer moves
    - `start`: all of them as they were
    - `shares` (g,): the rate of each parameter group, relative to the first one's
    """

    model: nn.Module
    state: dict[str, Tensor]
    start: dict[str, Tensor]
    trained: tuple[Tensor, ...]
    optimizer: torch.optim.Optimizer
    shares: tuple[float, ...]

    @staticmethod
    def of(model: nn.Module, optimizer: torch.optim.Optimizer | None = None) -> "CopiedModel":
        """A copy, with a copy of the optimizer, or plain SGD of all parameters that are trained.

        Raises InputError where nothing is trained, or the optimizer holds none of the parameters.
        """
        inner, _ = unwrapped(model)
        named = dict(inner.named_parameters())
        copies = {
            name: value.detach().clone().requires_grad_(value.requires_grad)
            for name, value in named.items()
        }
        buffers = {name: value.detach().clone() for name, value in inner.named_buffers()}
        held = _held(named, optimizer)
        trained = tuple(copies[name] for name in held)
        if optimizer is None:
            made: torch.optim.Optimizer = torch.optim.SGD(trained, lr=1.0)
        else:
            # The copied optimizer holds our copies of the parameters, and a copy of its state.
            memo: dict[int, Any] = {id(value): copies[name] for name, value in named.items()}
            made = deepcopy(optimizer, memo)
        shares = rate_shares(made)
        state = {**copies, **buffers}
        start = {name: value.detach().clone() for name, value in state.items()}
        return CopiedModel(inner, state, start, trained, made, shares)

    def set_rate(self, rate: float) -> None:
        """Give the first group this learning rate, and the others theirs in proportion."""
        set_rate(self.optimizer, rate, self.shares)

    def step(self, loss_fn: Callable[..., Tensor], batch: Any) -> tuple[float, float]:
        """Make one update; the loss of the batch before it, and at the start.

        Both draw the same random numbers. Where the loss is not finite, nothing is updated.
        """
        batch = on_device(batch, self.trained[0].device)
        with torch.inference_mode(False):
            drawn = RandomState.of(self.model)
            with torch.no_grad():
                start = float(loss_at(self.model, self.start, loss_fn, batch))
            drawn.restore()
            with torch.enable_grad():
                loss = loss_at(self.model, self.state, loss_fn, batch)
            if not loss.requires_grad:
                raise InputError("the loss does not depend on any parameter of the model")
            value = float(loss.detach())
            if isfinite(value):
                # Not backward(), which would give gradients to other tensors of the loss too.
                slopes = torch.autograd.grad(loss, self.trained, allow_unused=True)
                self._update(slopes)
        return value, start

    def held_out(self, loss_fn: Callable[..., Tensor], batches: Iterable[Any]) -> float:
        """The mean loss of other batches, in eval mode."""
        device = self.trained[0].device
        return mean_loss(
            self.model,
            batches,
            lambda batch: loss_at(self.model, self.state, loss_fn, on_device(batch, device)),
        )

    def _update(self, slopes: Sequence[Tensor | None]) -> None:
        for tensor, slope in zip(self.trained, slopes, strict=True):
            tensor.grad = slope
        self.optimizer.step()


def _held(
    named: Mapping[str, nn.Parameter], optimizer: torch.optim.Optimizer | None
) -> tuple[str, ...]:
    """The names of the parameters that are trained, in the model's order."""
    trained = [name for name, value in named.items() if value.requires_grad]
    if not trained:
        raise InputError("the model has no parameter that is trained: all have requires_grad=False")
    if optimizer is None:
        return tuple(trained)
    theirs = {id(value) for group in optimizer.param_groups for value in group["params"]}
    held = tuple(name for name in trained if id(named[name]) in theirs)
    if not held:
        raise InputError(
            "the optimizer holds no parameter of this model; make it of model.parameters()"
        )
    return held


def rate_shares(optimizer: torch.optim.Optimizer) -> tuple[float, ...]:
    """The rate of each parameter group, relative to the first one's."""
    rates = [float(group["lr"]) for group in optimizer.param_groups]
    return tuple(rate / rates[0] if rates[0] > 0.0 else 1.0 for rate in rates)


def set_rate(optimizer: torch.optim.Optimizer, rate: float, shares: Sequence[float]) -> None:
    """Give the first group this learning rate, and the others theirs in proportion."""
    for group, share in zip(optimizer.param_groups, shares, strict=True):
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate * share)
        else:
            group["lr"] = rate * share
