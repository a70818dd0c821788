"""What a part of a loop calls of torch, kept so that it can be computed again at another point.

Tensors that the calls make themselves are kept as places only; those that come from outside, such
as parameters and batches, are kept as they are. Nothing is changed on the way.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import FrameType
from typing import Any, final

import torch
from torch import Tensor
from torch.compiler import is_compiling
from torch.nn import Module
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack
from torch.utils.weak import WeakIdKeyDictionary

from steepest.graphs.calls import Called
from steepest.graphs.nested import instances, replaced
from steepest.graphs.user_line import Line, caller, is_ours, line_of
from steepest.watching.record.hook import is_plain_tensor, recording

# Of a longer part of a loop nothing is kept.
_MOST = 20_000
# They ask about a tensor or put it down, and compute nothing.
_LEFT_OUT = frozenset(
    {"grad", "grad_fn", "requires_grad", "register_hook", "retain_grad", "item", "tolist", "numpy"}
    | {"float", "int", "bool", "len", "repr", "format", "size", "dim", "shape", "is_leaf"}
)


@final
@dataclass(frozen=True)
class Place:
    """Stands for a tensor that an earlier call has made."""

    number: int


@final
@dataclass(frozen=True, eq=False)
class Call:
    """A call of a torch function: `args` and `kwargs` with places, and the places it `made`.

    - `line`: where it stands in the user's program;   `module`: in which module's forward, by name
    - `reflected`: whether it takes its arguments the other way round
    - `smooth`: whether a graph was kept;   `cast`: to which types autocast cast, by device
    """

    name: str
    reflected: bool
    function: Any
    args: Any
    kwargs: Any
    made: tuple[int, ...]
    line: Line
    module: str
    smooth: bool
    cast: tuple[tuple[str, torch.dtype], ...] = ()

    def run(self, args: Any, kwargs: Any) -> Any:
        """Call the function as it was called."""
        with ExitStack() as stack:
            stack.enter_context(torch.set_grad_enabled(self.smooth))
            for device, kind in self.cast:
                stack.enter_context(torch.autocast(device, kind))
            return self.function(*args, **kwargs)

    @property
    def places(self) -> Iterator[int]:
        """The places of what it was given."""
        return (place.number for place in instances((self.args, self.kwargs), Place))


@final
class Tape(TorchFunctionMode):
    """Takes down calls while it is on the stack of torch's modes and not at rest.

    - `by_us`: whether the model is called by this package, whose own calls are else left out

    >>> with Tape(None, [], by_us=True) as tape:
    ...     y = (torch.ones(2) * 3).sum()
    >>> [call.name for call in tape.calls]
    ['ones', 'mul', 'sum']
    """

    def __init__(self, model: Module | None, faults: list[str], *, by_us: bool = False) -> None:
        self.by_us = by_us
        self.calls: list[Call] = []
        self.rests = False
        self.faults = faults
        modules = () if model is None else model.named_modules()
        self._names: dict[int, str] = {id(module): name for name, module in modules}
        self._places: Any = WeakIdKeyDictionary()
        self._count = 0
        self.versions: dict[int, int] = {}  # of tensors from outside, when they came, by id

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        given, named = args, kwargs or {}
        if is_compiling():  # what is compiled then holds no trace of this
            return function(*given, **named)
        known = None
        if not self.rests and not self.faults:
            with recording(self.faults):
                known = self._before(function, given, named)
        result = function(*given, **named)
        if known is not None:
            with recording(self.faults):
                self._after(function, known, given, result)
        return result

    def begin(self) -> bool:
        """Come onto the stack, if nobody else is on it: what comes and goes in turn stays so."""
        if _get_current_function_mode_stack():
            return False
        self.__enter__()  # type: ignore[no-untyped-call]
        return True

    def end(self) -> None:
        """Leave the stack, or else take down no more."""
        self.rests = True
        stack = _get_current_function_mode_stack()
        if stack and stack[-1] is self:
            self.__exit__(None, None, None)

    def _before(self, function: Any, args: Any, kwargs: Any) -> Any:
        called = Called.of(function)
        if called.name in _LEFT_OUT or called.accessor == "set" or len(self.calls) >= _MOST:
            return None
        if not self.by_us and is_ours(caller(sys._getframe(2))):
            return None
        return called, replaced((tuple(args), dict(kwargs)), Tensor, self._known)

    def _known(self, tensor: Tensor) -> Any:
        number = self._places.get(tensor)
        if number is None and id(tensor) not in self.versions and not tensor.is_inference():
            self.versions[id(tensor)] = tensor._version
        return tensor if number is None else Place(number)

    def _after(self, function: Any, known: Any, args: Any, result: Any) -> None:
        called, (args_of, kwargs_of) = known
        made = list(instances(result, Tensor))
        if called.name == "setitem":
            made = [args[0]]
        elif not made and called.name != "backward":
            return
        if not all(map(is_plain_tensor, made)):
            return
        frame = sys._getframe(2)
        self.calls.append(
            Call(
                called.name,
                called.reflected,
                function,
                args_of,
                kwargs_of,
                tuple(map(self._new, made)),
                line_of(frame),
                self._module_of(frame),
                torch.is_grad_enabled(),
                tuple(
                    (device, torch.get_autocast_dtype(device))
                    for device in ("cpu", "cuda")
                    if torch.is_autocast_enabled(device)
                ),
            )
        )

    def _new(self, tensor: Tensor) -> int:
        self._count += 1
        self._places[tensor] = self._count
        return self._count

    def _module_of(self, frame: FrameType | None) -> str:
        """The name of the innermost module whose method is being run."""
        while frame is not None:
            name: str | None = self._names.get(id(frame.f_locals.get("self")))
            if name is not None:
                return name
            frame = frame.f_back
        return ""


def substituted(values: Mapping[int, Tensor], tensor: Tensor) -> Tensor:
    """A copy of a tensor from outside, or of what stood in its place before, by its `id`."""
    value = values.get(id(tensor), tensor)
    return value.detach().clone().requires_grad_(tensor.requires_grad)
