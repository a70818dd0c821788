"""The parameters that optimizers move, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import DataParallel, Module
from torch.nn.parallel import DistributedDataParallel
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.watching.record.step_record import Layout
from steepest.wording.fact import phrase

Model: TypeAlias = Module | Mapping[str, Tensor | Floats | float] | None


@final
@dataclass(frozen=True, eq=False)
class OptimizedParameters:
    """Parameters that some optimizer holds, each once.

    - `names` (t,), `tensors` (t,): as in `model.named_parameters()`; those of no model are
      "parameter0", "parameter1", …
    - `owners` (t,): the first optimizer that holds it
    """

    names: tuple[str, ...]
    tensors: tuple[Tensor, ...]
    owners: tuple[int, ...]

    @staticmethod
    def of(model: Model, optimizers: Sequence[Optimizer]) -> "OptimizedParameters":
        """The parameters of these optimizers, those of the model first and in its order.

        Raises InputError where there are none, or complex ones.
        """
        owners: dict[int, int] = {}
        held: dict[int, Tensor] = {}
        for number, optimizer in enumerate(optimizers):
            for group in optimizer.param_groups:
                for tensor in group["params"]:
                    owners.setdefault(id(tensor), number)
                    held.setdefault(id(tensor), tensor)
        if any(is_lazy(tensor) for tensor in held.values()):
            raise InputError(
                "the model has layers whose sizes are not known yet; call it on a batch "
                "before its optimizer is made"
            )
        if any(tensor.is_meta for tensor in held.values()):
            raise InputError("the parameters are on the meta device and hold no numbers.")
        named = named_parameters(model)
        if isinstance(model, Module) and not named:
            raise InputError(
                "the model has no parameters: {name} trains nothing.", name=type(model).__name__
            )
        names = {id(t): name for name, t in named if id(t) in held}
        if named and held and not names:
            raise InputError(
                "no parameter of the model is in the optimizer: make the optimizer of this "
                "model's parameters, after the model has been built, moved and cast."
            )
        for tensor in held.values():
            names.setdefault(id(tensor), f"parameter{len(names)}")
        tensors = tuple(held[key] for key in names)
        if any(tensor.is_complex() for tensor in tensors):
            raise InputError("complex parameters cannot be recorded; use their real parts.")
        return OptimizedParameters(
            tuple(names.values()), tensors, tuple(owners[key] for key in names)
        )

    @cached_property
    def layout(self) -> Layout:
        """How they lie one behind another."""
        shapes = [tuple(tensor.shape) for tensor in self.tensors]
        return Layout.of(dict(zip(self.names, shapes, strict=True)))

    def labels(self, optimizers: Sequence[Optimizer]) -> tuple[str, ...]:
        """What tells several optimizers apart: the part of the model that each holds; else ""."""
        if len(optimizers) == 1:
            return ("",)
        labels: list[str] = []
        for number, optimizer in enumerate(optimizers):
            pairs = zip(self.names, self.owners, strict=True)
            held = [name for name, owner in pairs if owner == number]
            kind = type(optimizer).__name__
            label = phrase("optimizer of", kind=kind, part=_part(held)) if held else kind
            labels.append(f"{label} ({number})" if label in labels else label)
        return tuple(labels)


def _part(names: Sequence[str]) -> str:
    """The child that holds all of some tensors, or the first of them."""
    children = {name.partition(".")[0] for name in names}
    if len(children) == 1 and not names[0][0].isdigit():
        return children.pop()
    return names[0] + ("…" if len(names) > 1 else "")


def inner_optimizer(optimizer: Optimizer) -> Optimizer:
    """The optimizer that makes the steps of one that another program has wrapped, as accelerate
    does: such a wrapper takes no hooks.
    """
    inner = getattr(optimizer, "optimizer", None)
    takes_hooks = hasattr(optimizer, "_optimizer_step_pre_hooks")
    if takes_hooks or not isinstance(inner, Optimizer):
        return optimizer
    return inner_optimizer(inner)


def named_parameters(model: Model) -> list[tuple[str, Tensor]]:
    """Parameters of a module or a mapping by name; those of a wrapped module by its own names."""
    if model is None:
        return []
    if isinstance(model, Mapping):
        return [(name, _tensor(name, value)) for name, value in model.items()]
    if not isinstance(model, Module):
        raise InputError(
            "watch takes a torch.nn.Module, tensors by name such as {{'w': w, 'b': b}}, or "
            "None, not {name}.",
            name=type(model).__name__,
        )
    return list(inner_module(model).named_parameters())


def _tensor(name: str, value: object) -> Tensor:
    """A tensor as it is; a number or an array of NumPy as a copy in float64."""
    if isinstance(value, Tensor):
        if not value.is_floating_point() and not value.is_complex():
            raise InputError(
                "watch takes tensors of real numbers; {name!r} is {dtype}.",
                name=name,
                dtype=value.dtype,
            )
        return value
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "fiu":
        raise InputError(
            "watch takes tensors or numbers by name; {name!r} is {value!r}.", name=name, value=value
        )
    return torch.from_numpy(np.array(numbers, dtype=np.float64))


def inner_module(model: Module) -> Module:
    """The module inside DistributedDataParallel, DataParallel or torch.compile."""
    return unwrapped(model)[0]


def unwrapped(model: Module) -> tuple[Module, str]:
    """The inner module, and the prefix that the names of its parameters have outside."""
    prefix = ""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if isinstance(inner, Module):
            model, prefix = inner, f"{prefix}_orig_mod."
        elif isinstance(model, DistributedDataParallel | DataParallel):
            model, prefix = model.module, f"{prefix}module."
        else:
            return model, prefix


def check_numbers(model: Module) -> None:
    """Raise InputError for a model whose parameters hold no numbers yet."""
    values = [*model.parameters(), *model.buffers()]
    if any(is_lazy(value) for value in values):
        raise InputError(
            "the model has layers whose sizes are not known yet; call it on a batch first"
        )
    if any(value.is_meta for value in values):
        raise InputError(
            "the model is on the meta device and holds no numbers; give it some first: "
            'model.to_empty(device="cpu"), then initialise it'
        )


def check_loss(loss_fn: object) -> None:
    """Raise InputError for what is no loss function, such as a class that makes some."""
    if isinstance(loss_fn, type):
        name = loss_fn.__name__
        raise InputError(
            "loss_fn is the class {name}; give one that is made of it: {name}().", name=name
        )
    if not callable(loss_fn):
        raise InputError(
            "loss_fn must be a loss module or a function, not {loss_fn!r}.", loss_fn=loss_fn
        )
