"""The objective of a module on one batch, as a function of all its parameters in a row.

The module is called with parameters and buffers of ours (`torch.func.functional_call`), so that its
own, their gradients and the random state stay as they are. It runs in the mode it is in: dropout
that is on draws the same numbers at every point.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
import torch
from torch import Tensor, nn

from steepest.arrays import Floats
from steepest.errors import InputError, check_known
from steepest.translation import say
from steepest.watching.measure.isolated import RandomState, isolated
from steepest.watching.measure.refused import refusing
from steepest.watching.record.optimized_parameters import check_loss, check_numbers, unwrapped

Loss: TypeAlias = Callable[..., Tensor]
Batch: TypeAlias = Any


@final
@dataclass(frozen=True)
class BatchLoss:
    """A loss that your own function(model, batch) computes.

    Hand it in as `loss_fn`, to `steepest.find_lr`, `landscape`, `compare` and `watch`, where the
    batch is no pair (x, y) and the loss not loss_fn(model(x), y).

    >>> import torch, steepest
    >>> model, x = torch.nn.Linear(1, 1, bias=False), torch.tensor([[1.0], [2.0], [3.0]])
    >>> loss_fn = steepest.BatchLoss(lambda model, batch: (model(batch["x"]) ** 2).mean())
    >>> round(steepest.find_lr(model, loss_fn, {"x": x}).stable_rate, 4)        # 2/λmax = 3/14
    0.2143
    """

    function: Callable[[Any, Any], Tensor]

    def __call__(self, model: Any, batch: Any) -> Tensor:
        """The loss of a batch."""
        return self.function(model, batch)


@final
class _LossModule(nn.Module):
    """A batch loss is its output, so that `functional_call` can set the model's tensors."""

    def __init__(self, model: nn.Module, loss: BatchLoss) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, batch: Batch) -> Tensor:
        """The loss."""
        return self.loss(self.model, batch)


def loss_of(call: Callable[..., Any], loss_fn: Loss, batch: Batch) -> Tensor:
    """The loss of a batch, a tensor of one number.

    A pair (x, y) gives loss_fn(model(x), y); anything else loss_fn(model(batch)). Inputs that are
    a tuple or list are handed in one by one, a mapping by name. A `BatchLoss` is given both.
    """
    with refusing(batch):
        if isinstance(loss_fn, BatchLoss):
            loss = loss_fn(call, batch)
        else:
            pair = isinstance(batch, tuple | list) and len(batch) == 2
            output = _output(call, batch[0] if pair else batch)
            loss = loss_fn(output, batch[1]) if pair else loss_fn(output)
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        what = (
            say("a tensor of shape {shape}", shape=tuple(loss.shape))
            if isinstance(loss, Tensor)
            else repr(loss)
        )
        raise InputError(
            "loss_fn gave {what}; it must give one number, such as the mean", what=what
        )
    return loss.reshape(())


def _output(call: Callable[..., Any], inputs: Any) -> Any:
    if isinstance(inputs, tuple | list):
        return call(*inputs)
    return call(**inputs) if isinstance(inputs, Mapping) else call(inputs)


def loss_at(model: nn.Module, state: Mapping[str, Tensor], loss_fn: Loss, batch: Batch) -> Tensor:
    """The same, of a module that is called with these parameters and buffers."""
    if isinstance(loss_fn, BatchLoss):
        whole = _LossModule(model, loss_fn)
        tensors = {f"model.{name}": value for name, value in state.items()}

        def there(_: Any, given: Batch) -> Any:
            return torch.func.functional_call(whole, tensors, (given,))

        return loss_of(model, BatchLoss(there), batch)

    def call(*inputs: Any, **named: Any) -> Any:
        return torch.func.functional_call(model, dict(state), inputs, named)

    return loss_of(call, loss_fn, batch)


def on_device(batch: Batch, device: torch.device, dtype: torch.dtype | None = None) -> Batch:
    """The batch on a device; numbers with a point in another precision, if one is given."""
    if isinstance(batch, Tensor):
        return batch.to(device, dtype if batch.is_floating_point() else None)
    if isinstance(batch, Mapping):
        return {name: on_device(value, device, dtype) for name, value in batch.items()}
    if isinstance(batch, tuple | list):
        return tuple(on_device(value, device, dtype) for value in batch)
    return batch


@final
@dataclass(frozen=True, eq=False)
class ModuleObjective:
    """J(θ), θ (d,) the entries of `tensors` one behind another, in float64.

    - `tensors`, `shapes` (t,): names and shapes of the parameters; a shared one stands once
    - `fixed`: parameters that do not vary, and buffers, as they were

    >>> objective = ModuleObjective.of(nn.Linear(1, 1), nn.MSELoss(), (torch.ones(3, 1),) * 2)
    >>> objective.tensors, objective.value(np.array([0.5, 0.25]))
    (('weight', 'bias'), 0.0625)
    """

    model: nn.Module
    loss_fn: Loss
    batch: Batch
    tensors: tuple[str, ...]
    fixed: Mapping[str, Tensor]
    dtype: torch.dtype | None
    random: RandomState

    @staticmethod
    def of(
        model: nn.Module,
        loss_fn: Loss,
        batch: Batch,
        *,
        tensors: Sequence[str] | None = None,
        dtype: torch.dtype | None = None,
    ) -> "ModuleObjective":
        """Of the named tensors, by default of all that are trained; in precision `dtype`, by
        default the module's own.

        Raises InputError where there is nothing to train, or a name is not there.
        """
        if not isinstance(model, nn.Module):
            raise InputError("the model must be a torch.nn.Module, not {model!r}.", model=model)
        check_loss(loss_fn)
        check_numbers(model)
        inner, prefix = unwrapped(model)
        named = dict(inner.named_parameters())
        if tensors is None:
            chosen = tuple(name for name, value in named.items() if value.requires_grad)
        else:
            chosen = tuple(name.removeprefix(prefix) for name in tensors)
        _check(named, chosen)
        others = {name: value for name, value in named.items() if name not in chosen}
        fixed = {
            name: _cast(value.detach().clone(), dtype)
            for name, value in (*others.items(), *inner.named_buffers())
        }
        device = named[chosen[0]].device
        return ModuleObjective(
            model=inner,
            loss_fn=loss_fn,
            batch=on_device(batch, device, dtype),
            tensors=chosen,
            fixed=fixed,
            dtype=dtype,
            random=RandomState.of(inner),
        )

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of each tensor."""
        return tuple(tuple(value.shape) for value in self._present())

    @property
    def size(self) -> int:
        """d: how many numbers the parameters are."""
        return sum(value.numel() for value in self._present())

    def now(self) -> Floats:
        """The module's present parameters (d,)."""
        return flat(self._present())

    def value(self, parameters: Floats) -> float:
        """J at θ (d,); the module stays as it is."""
        with self._isolated(), torch.no_grad():
            return float(self._loss(self._tensors(parameters)))

    def product(self, parameters: Floats) -> Callable[[Floats], Floats]:
        """v (d,) → H v, H the second derivative at θ (d,).

        The gradient's graph is kept, so that a product costs one pass back through it.
        """
        with self._isolated(), _differentiable(), torch.enable_grad():
            loss, points = self._differentiated(parameters)
            slopes = torch.autograd.grad(loss, points, create_graph=True, materialize_grads=True)
        curved = [i for i, slope in enumerate(slopes) if slope.requires_grad]
        _check_twice(slopes)

        def product(vector: Floats) -> Floats:
            if not curved:
                return np.zeros_like(vector)
            along = self._tensors(vector)
            parts = torch.autograd.grad(
                [slopes[i] for i in curved],
                points,
                [along[i] for i in curved],
                retain_graph=True,
                materialize_grads=True,
            )
            return flat(parts)

        return product

    def gradient(self, parameters: Floats) -> Floats:
        """∇J at θ, both (d,)."""
        with self._isolated(), torch.enable_grad():
            loss, points = self._differentiated(parameters)
            return flat(torch.autograd.grad(loss, points, materialize_grads=True))

    def _differentiated(self, parameters: Floats) -> tuple[Tensor, list[Tensor]]:
        """The loss at θ, and the tensors that it can be differentiated by."""
        points = [value.requires_grad_() for value in self._tensors(parameters)]
        loss = self._loss(points)
        if not loss.requires_grad:
            raise InputError("the loss does not depend on any parameter of the model")
        return loss, points

    def by_tensor(self, parameters: Floats) -> dict[str, Floats]:
        """θ (d,) cut into its tensors."""
        sizes = [value.numel() for value in self._present()]
        parts = np.split(parameters, np.cumsum(sizes)[:-1])
        return {
            name: part.reshape(shape)
            for name, shape, part in zip(self.tensors, self.shapes, parts, strict=True)
        }

    def _present(self) -> list[nn.Parameter]:
        named = dict(self.model.named_parameters())
        return [named[name] for name in self.tensors]

    def _tensors(self, parameters: Floats) -> list[Tensor]:
        parts = self.by_tensor(np.asarray(parameters, dtype=np.float64))
        return [
            torch.tensor(part, dtype=self.dtype or like.dtype, device=like.device)
            for part, like in zip(parts.values(), self._present(), strict=True)
        ]

    def _loss(self, points: Sequence[Tensor]) -> Tensor:
        # A module such as batch normalisation writes to its buffers: each run has its own.
        fixed = {name: value.clone() for name, value in self.fixed.items()}
        state = {**fixed, **dict(zip(self.tensors, points, strict=True))}
        return loss_at(self.model, state, self.loss_fn, self.batch)

    @contextmanager
    def _isolated(self) -> Iterator[None]:
        with isolated(self.model), ExitStack() as stack:
            self.random.restore()
            stack.enter_context(torch.inference_mode(False))
            if any(_is_compiled(module) for module in self.model.modules()):
                stack.enter_context(torch.compiler.set_stance("force_eager"))
            yield


def flat(tensors: Sequence[Tensor]) -> Floats:
    """The entries of tensors one behind another (d,), in float64."""
    parts = [value.detach().to("cpu", torch.float64).reshape(-1).numpy() for value in tensors]
    return np.concatenate(parts)


@contextmanager
def _differentiable() -> Iterator[None]:
    """Fused kernels of attention and of recurrent layers have no second derivative."""
    attention = torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)
    with attention, torch.backends.cudnn.flags(enabled=False):
        yield


def _check_twice(slopes: Sequence[Tensor]) -> None:
    """Raise InputError where a function of someone's own has a first derivative only.

    torch gives 0 for what lies behind it, instead of the error that it keeps ready there.
    """
    waiting = [slope.grad_fn for slope in slopes]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        if node is None:
            continue
        if node.name() == "torch::autograd::Error":
            raise InputError(
                "the loss has no second derivative: a function in it is marked once_differentiable"
            )
        further = {each for each, _ in node.next_functions} - seen
        seen |= further
        waiting += further


def _is_compiled(module: nn.Module) -> bool:
    return hasattr(module, "_orig_mod") or module._compiled_call_impl is not None


def _cast(value: Tensor, dtype: torch.dtype | None) -> Tensor:
    return value.to(dtype) if dtype is not None and value.is_floating_point() else value


def _check(named: Mapping[str, Tensor], chosen: Sequence[str]) -> None:
    if not chosen:
        raise InputError("the model has no parameter that is trained: all have requires_grad=False")
    for name in chosen:
        check_known(name, named, "the model has no parameter {name!r}.")
