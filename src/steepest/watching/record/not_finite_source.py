"""The first number that is not finite: in the data, in a parameter, or in what a module gives."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import Module

from steepest.watching.measure.isolated import isolated


@final
@dataclass(frozen=True)
class Source:
    """Where the first number that is not finite came from.

    `kind`: "input", "target", "parameter", "module" or "loss"; `name` of the parameter or module,
    `row` of the batch and `value` ("nan", "inf", "-inf") where they are known.
    """

    index: int
    kind: str
    name: str = ""
    row: int | None = None
    value: str = "nan"


def first_source(
    model: Module, inputs: Sequence[Any], named: Mapping[str, Any], target: Any, index: int
) -> Source:
    """The source, at step `index`, of a loss that is not finite.

    The model runs once more on its inputs, without gradients; its state is restored.

    >>> import torch
    >>> first_source(torch.nn.Linear(1, 1), [torch.tensor([[1.0], [torch.inf]])], {}, None, 3)
    Source(index=3, kind='input', name='', row=1, value='inf')
    """
    for kind, given in (("input", [*inputs, *named.values()]), ("target", target)):
        for tensor in tensors_in(given):
            if (entry := _broken(tensor)) is not None:
                return Source(index, kind, "", *entry)
    for name, tensor in model.named_parameters():
        if (entry := _broken(tensor.detach())) is not None:
            return Source(index, "parameter", name, None, entry[1])
    broken = _first_module(model, inputs, named)
    if broken is None:
        return Source(index, "loss")
    return Source(index, "module", *broken)


def tensors_in(given: Any) -> Iterator[Tensor]:
    """Every tensor in nested tuples, lists and mappings."""
    if isinstance(given, Tensor):
        yield given
    elif isinstance(given, Mapping):
        for value in given.values():
            yield from tensors_in(value)
    elif isinstance(given, tuple | list):
        for value in given:
            yield from tensors_in(value)


def _broken(tensor: Tensor) -> tuple[int | None, str] | None:
    """The row and value of a tensor's first entry that is not finite."""
    if not tensor.is_floating_point():
        return None
    places = (~tensor.detach().isfinite()).nonzero()
    if not len(places):
        return None
    value = str(float(tensor[tuple(places[0])]))
    return (int(places[0][0]) if tensor.ndim else None), value


def _first_module(
    model: Module, inputs: Sequence[Any], named: Mapping[str, Any]
) -> tuple[str, int | None, str] | None:
    broken: list[tuple[str, int | None, str]] = []

    def look(name: str, output: Any) -> None:
        for tensor in tensors_in(output):
            if not broken and (entry := _broken(tensor)) is not None:
                broken.append((name, *entry))

    # Inner modules end before the ones around them: the first to end is the first source.
    handles = [
        module.register_forward_hook(lambda _m, _i, output, name=name: look(name, output))
        for name, module in model.named_modules()
    ]
    try:
        with isolated(model), _restored_buffers(model), torch.no_grad():
            model(*inputs, **named)
    finally:
        for handle in handles:
            handle.remove()
    return broken[0] if broken else None


@contextmanager
def _restored_buffers(model: Module) -> Iterator[None]:
    """Restores buffers, such as running means, afterwards."""
    before = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, old in before:
                buffer.copy_(old)
