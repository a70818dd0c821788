"""The front door of this room: a formula, a function or a module at given values, as a graph."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.errors import InputError, check_known
from steepest.formula.formula import Formula
from steepest.graphs.from_formula import formula_tape
from steepest.graphs.tape import Tape
from steepest.graphs.trace import function_tape
from steepest.translation import joined

if TYPE_CHECKING:
    from torch import Tensor, dtype
    from torch.nn import Module


def tape_of(source: str | Formula | Callable[..., Any], values: Mapping[str, Any]) -> Tape:
    """What a formula computes, or one call of a Python function or torch module.

    `values` are the formula's variables, or the arguments of the call. Numbers and lists of
    numbers become float64 tensors (for a module, of its parameters' type); tensors and arrays keep
    their type; anything else is handed on as it is. Formulas are computed in float64. A function
    runs once, and the graph is the way it took; the user's tensors and a module that is handed in
    keep their state.

    >>> from steepest.graphs.graph import ComputationalGraph
    >>> lesson = ComputationalGraph(tape_of("3*(a + b*c)", {"a": 5, "b": 3, "c": 2}))
    >>> lesson.forward()
    33.0
    >>> lesson.backward()
    {'a': 3.0, 'b': 6.0, 'c': 9.0}
    >>> ComputationalGraph(tape_of(lambda x: x * x + x, {"x": 3})).backward()
    {'x': 7.0}

    Raises InputError: a name that is missing or unknown, a value that cannot be used, more than
    3000 nodes, a function that depends on numbers that left torch (`math.sin`, NumPy), or one that
    differentiates by itself.
    """
    if isinstance(source, str):
        from steepest.formula.parse import parse

        return formula_tape(parse(source), values)
    if isinstance(source, Formula):
        return formula_tape(source, values)
    if not callable(source):
        raise InputError(
            "a graph is made from a formula, a function or a module, not {source!r:.60}",
            source=source,
        )
    return _call_tape(source, values)


def _call_tape(function: Callable[..., Any], values: Mapping[str, Any]) -> Tape:
    from torch.nn import Module

    _check_names(function.forward if isinstance(function, Module) else function, values)
    kind = _type(function) if isinstance(function, Module) else None
    leaves, options = _leaves(values, kind)
    if isinstance(function, Module):
        function, outside = _apart(function)
    else:
        outside = {id(tensor): name for name, tensor in _surroundings(function)}
    return function_tape(function, leaves, options, outside)


def _check_names(function: Callable[..., Any], values: Mapping[str, Any]) -> None:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a function written in C does not tell its arguments
        return
    kinds = {parameter.kind for parameter in parameters.values()}
    names = [
        name
        for name, parameter in parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    for name in values:
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            check_known(name, names, "the function has no argument {name!r}; it has {known}.")
    missing = [
        name for name in names if name not in values and parameters[name].default is inspect._empty
    ]
    if missing:
        raise InputError(
            "the function needs a value for {missing}: graph(…, {names})",
            missing=joined(missing),
            names=", ".join(f"{name}=…" for name in names),
        )


def _leaves(
    values: Mapping[str, Any], kind: "dtype | None"
) -> tuple[dict[str, "Tensor"], dict[str, Any]]:
    """Values that are numbers, as tensors, and the others."""
    leaves: dict[str, Tensor] = {}
    options: dict[str, Any] = {}
    for name, value in values.items():
        tensor = _tensor(name, value, kind)
        if tensor is None:
            options[name] = value
        else:
            leaves[name] = tensor
    return leaves, options


def _tensor(name: str, value: Any, kind: "dtype | None") -> "Tensor | None":
    import torch

    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, np.ndarray | np.generic):
        if value.dtype.kind not in "fiub":
            raise InputError(
                "{name} needs numbers, not an array of {dtype}", name=name, dtype=value.dtype
            )
        return torch.tensor(value)
    if isinstance(value, bool) or not _is_numbers(value):
        return None
    try:
        return torch.tensor(value, dtype=kind or torch.float64)
    except (ValueError, TypeError):
        raise InputError(
            "{name} needs numbers in rows of one length, not {value!r:.60}", name=name, value=value
        ) from None


def _is_numbers(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_is_numbers, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _type(module: "Module") -> "dtype | None":
    types = [parameter.dtype for parameter in module.parameters() if parameter.is_floating_point()]
    return types[0] if types else None


def _apart(module: "Module") -> tuple[Callable[..., Any], dict[int, str]]:
    """A call of the module with copies of its parameters and buffers, and the names of these."""
    from torch.func import functional_call

    copies = {
        name: tensor.detach().clone().requires_grad_(tensor.requires_grad)
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]
    }

    def call(**arguments: Any) -> Any:
        return functional_call(module, copies, (), arguments)

    return call, {id(tensor): name for name, tensor in copies.items()}


def _surroundings(function: Callable[..., Any]) -> Iterator[tuple[str, "Tensor"]]:
    """Tensors that a function finds by itself, with the names it knows them by."""
    import torch

    bare = inspect.unwrap(getattr(function, "__func__", function))
    try:
        known = inspect.getclosurevars(bare)
    except TypeError:  # written in C, or an object that can be called
        return
    owner = getattr(function, "__self__", None)
    known_values = {**known.globals, **known.nonlocals, "": owner}
    for name, value in known_values.items():
        if isinstance(value, torch.Tensor):
            yield name, value
        elif isinstance(value, torch.nn.Module):
            start = f"{name}." if name else ""
            for own, tensor in [*value.named_parameters(), *value.named_buffers()]:
                yield start + own, tensor
