"""The first number that is not finite: in the data, in a parameter, or born in an operation."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import nan
from typing import Any, final
from warnings import catch_warnings

import torch
from torch import Tensor
from torch.nn import Module

from steepest.watching.measure.isolated import isolated
from steepest.watching.record.hook import is_plain_tensor
from steepest.watching.record.origin import Origin, origin_of
from steepest.watching.record.tape import Tape


@final
@dataclass(frozen=True)
class Source:
    """Where the first number that is not finite came from, at step `index`.

    `kind`: "input", "target" (of the batch), "parameter", "operation", which `origin` tells, or
    else the part that is known: "model", "loss" (after the model's output), "gradient" of the
    tensor `name`. `row` of the batch, `value` ("nan", "inf", "-inf") and the `loss` where they are
    known.
    """

    index: int
    kind: str
    name: str = ""
    row: int | None = None
    value: str = "nan"
    origin: Origin | None = None
    loss: float = nan


@final
@dataclass(frozen=True, eq=False)
class Pass:
    """What a forward pass was given: the model's inputs and, where a loss module is known, what
    that was given after the model's output, which had this `shape`.
    """

    model: Module
    inputs: Sequence[Any]
    named: Mapping[str, Any]
    loss: Module | None = None
    shape: torch.Size | None = None
    target: tuple[Any, ...] = ()

    def data(self) -> Iterator[tuple[str, Tensor]]:
        """Every tensor that came from the batch: "input" or "target", and the tensor."""
        yield from (("input", each) for each in tensors_in([*self.inputs, *self.named.values()]))
        yield from (("target", each) for each in tensors_in(self.target))

    def tape(self) -> tuple[Tape, Any]:
        """What the model and its loss call when they run once more, and the model's output.

        Their state is restored.
        """
        faults: list[str] = []
        with ExitStack() as stack:
            for each in (
                *(isolated(self.model), _restored_buffers(self.model)),
                *(torch.enable_grad(), catch_warnings(action="ignore")),
            ):
                stack.enter_context(each)
            tape = stack.enter_context(Tape(self.model, faults, by_us=True))
            output = self.model(*self.inputs, **self.named)
            if self.loss is not None and getattr(output, "shape", None) == self.shape:
                self.loss(output, *self.target)
        return tape, output


def source_in_data(given: Pass, index: int) -> Source | None:
    """The source in the batch, or in a parameter; None where all of them are finite.

    >>> import torch
    >>> source_in_data(Pass(torch.nn.Linear(1, 1), [torch.tensor([[1.0], [torch.inf]])], {}), 3)
    Source(index=3, kind='input', name='', row=1, value='inf', origin=None, loss=nan)
    """
    for kind, tensor in given.data():
        if (entry := broken_entry(tensor)) is not None:
            return Source(index, kind, "", *entry)
    return source_in_parameters(given.model.named_parameters(), index)


def source_in_parameters(named: Iterator[tuple[str, Tensor]], index: int) -> Source | None:
    """The first parameter that is not finite."""
    for name, tensor in named:
        if (entry := broken_entry(tensor)) is not None:
            return Source(index, "parameter", name, None, entry[1])
    return None


def source_in_pass(given: Pass, index: int, *, backward: bool) -> Source | None:
    """The source in what model and loss compute; None where the pass shows none.

    - `backward`: whether it is looked for in the backward pass of what is finite, too
    """
    try:
        tape, output = given.tape()
    except Exception:  # what a second call does is not the loop's fault
        return None
    with isolated(given.model):
        origin = origin_of(tape, {}, backward=backward)
    if origin is not None:
        return Source(index, "operation", origin.module, None, origin.value, origin)
    broken = next(filter(None, map(broken_entry, tensors_in(output))), None)
    return None if broken is None else Source(index, "model", "", *broken)


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


def broken_entry(tensor: Tensor) -> tuple[int | None, str] | None:
    """The row and value of a tensor's first entry that is not finite."""
    if not is_plain_tensor(tensor) or not tensor.is_floating_point() or tensor.is_sparse:
        return None
    places = (~tensor.detach().isfinite()).nonzero()
    if not len(places):
        return None
    value = str(float(tensor.detach()[tuple(places[0])]))
    return (int(places[0][0]) if tensor.ndim else None), value


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
