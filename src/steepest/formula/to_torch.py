"""A formula as a function of tensors: its instructions, run as a flat loop."""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeAlias

from steepest.formula.functions import FUNCTIONS
from steepest.formula.instructions import Instruction

if TYPE_CHECKING:
    from torch import Tensor

_Step: TypeAlias = tuple[int, Callable[..., "Tensor"], tuple[int, ...]]  # slot, what, of which
Slot: TypeAlias = Any  # a tensor, or a float where the value is constant
# What needs tensors; the others take Python floats among their arguments.
_TENSORS_ONLY = frozenset({"min", "max", "norm"})


def tensor_functions() -> Mapping[str, Callable[..., "Tensor"]]:
    """Every function of the table, on tensors; operators also on a tensor and a float."""
    import torch

    return {
        "add": operator.add,
        "sub": operator.sub,
        "mul": operator.mul,
        "div": operator.truediv,
        "pow": power,
        "neg": torch.neg,
        "sin": torch.sin,
        "cos": torch.cos,
        "tan": torch.tan,
        "asin": torch.asin,
        "acos": torch.acos,
        "atan": torch.atan,
        "sinh": torch.sinh,
        "cosh": torch.cosh,
        "tanh": torch.tanh,
        "exp": torch.exp,
        "log": torch.log,
        "log2": torch.log2,
        "log10": torch.log10,
        "sqrt": torch.sqrt,
        "abs": torch.abs,
        "erf": torch.erf,
        "sigmoid": torch.sigmoid,
        "relu": torch.relu,
        "softplus": _softplus,
        "min": lambda *tensors: reduce(torch.minimum, tensors),
        "max": lambda *tensors: reduce(torch.maximum, tensors),
        "norm": _norm,
    }


def power(base: Slot, exponent: Slot) -> "Tensor":
    """b^e of two tensors, or of a tensor and a float.

    ∂/∂e b^e = b^e log b, which at 0^0 is −∞: 0^e falls from 1 to 0 there. For torch it is 0, and so
    is ∂²/∂b∂e b^0 = 1/b.

    >>> import torch
    >>> x = torch.tensor([0.0, 2.0], requires_grad=True)
    >>> torch.autograd.grad(power(x, x).sum(), x)[0]
    tensor([  -inf, 6.7726])
    """
    import torch

    value: Tensor = torch.pow(base, exponent)
    if isinstance(exponent, float) or (isinstance(base, float) and base != 0.0):
        return value
    constant, corner = (exponent == 0.0) & (base > 0.0), (exponent == 0.0) & (base == 0.0)
    # What is not taken must be finite: its slope is multiplied by 0.
    smooth = torch.exp(
        torch.where(constant, exponent, 0.0) * torch.where(constant, base, 1.0).log()
    )
    falls = 1.0 - torch.where(corner, exponent, 1.0).sqrt()  # to 0, as steeply as 0^e
    return torch.where(constant, smooth, torch.where(corner, falls, value))


def _softplus(argument: "Tensor") -> "Tensor":
    """log(e⁰ + eᵃ); torch's own softplus is only near it where the argument is large."""
    import torch

    return torch.logaddexp(argument, torch.zeros_like(argument))


def _norm(*arguments: "Tensor") -> "Tensor":
    import torch

    answer: Tensor = torch.linalg.vector_norm(torch.stack(arguments, -1), dim=-1)
    return answer


def tensor_function(instructions: Sequence[Instruction]) -> Callable[["Tensor"], "Tensor"]:
    """Parameters (…, d) → values (…), by the instructions of a formula."""
    value = _constants(instructions)[-1]
    if value is None:
        run = column_function(instructions)
        return lambda parameters: run(parameters.unbind(-1))

    def constant(parameters: "Tensor") -> "Tensor":
        answer: Tensor = parameters.new_full(parameters.shape[:-1], -0.0) + value
        return answer

    return constant


def column_function(
    instructions: Sequence[Instruction],
) -> Callable[[Sequence["Tensor"]], "Tensor"]:
    """Tensors of one shape, one for each variable, → values of that shape.

    What does not depend on a variable is computed once, as Python floats, so that the type of the
    tensors is kept.
    """
    import torch

    constants = _constants(instructions)
    steps, lifted = _steps(instructions, constants)
    variables = [(slot, int(one[1])) for slot, one in enumerate(instructions) if _varies(one)]
    result = len(instructions) - 1
    empty: list[Slot] = [*constants, *(None for _ in lifted)]

    def run(columns: Sequence["Tensor"]) -> "Tensor":
        slots = empty.copy()
        for slot, column in variables:
            slots[slot] = columns[column]
        for constant, slot in lifted:
            # A sum makes inf of what is too large for the type; only with −0 does it keep a −0.
            slots[slot] = torch.full_like(columns[0], -0.0) + slots[constant]
        for slot, function, arguments in steps:
            slots[slot] = function(*[slots[i] for i in arguments])
        answer: Tensor = slots[result]
        return answer

    return run


def _varies(instruction: Instruction) -> bool:
    return instruction[0] == "variable"


def _constants(instructions: Sequence[Instruction]) -> list[float | None]:
    """The value of each instruction that depends on no parameter, None for the others."""
    constants: list[float | None] = []
    for instruction in instructions:
        name, *rest = instruction
        if name == "number":
            constants.append(float(rest[0]))
            continue
        known = [] if _varies(instruction) else [constants[int(i)] for i in rest]
        varies = _varies(instruction) or None in known
        constants.append(None if varies else FUNCTIONS[str(name)].scalar(*known))
    return constants


def _steps(
    instructions: Sequence[Instruction], constants: Sequence[float | None]
) -> tuple[list[_Step], list[tuple[int, int]]]:
    """What is left to do in each call: steps, and (constant, slot) where a tensor must hold it."""
    functions = tensor_functions()
    lifted: dict[int, int] = {}
    steps: list[_Step] = []
    for slot, (name, *rest) in enumerate(instructions):
        if constants[slot] is not None or name == "variable":
            continue
        arguments = tuple(int(i) for i in rest)
        function, arguments = _shorter(str(name), arguments, constants, functions)
        # A float divided by a tensor would be rounded twice, as 3·(1/x).
        if name in _TENSORS_ONLY or (name == "div" and constants[arguments[0]] is not None):
            for i in arguments:
                if constants[i] is not None:
                    lifted.setdefault(i, len(instructions) + len(lifted))
            arguments = tuple(lifted.get(i, i) for i in arguments)
        steps.append((slot, function, arguments))
    return steps, list(lifted.items())


def _shorter(
    name: str,
    arguments: tuple[int, ...],
    constants: Sequence[float | None],
    functions: Mapping[str, Callable[..., "Tensor"]],
) -> tuple[Callable[..., "Tensor"], tuple[int, ...]]:
    """The operation, or one of torch's that does the same for less, there and back."""
    import torch

    if name == "pow" and constants[arguments[1]] == 2.0:
        return operator.mul, (arguments[0], arguments[0])
    if name == "div" and constants[arguments[0]] == 1.0:
        return torch.reciprocal, arguments[1:]
    return functions[name], arguments
