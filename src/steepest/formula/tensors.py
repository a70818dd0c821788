"""A formula as a function of tensors: its instructions, run as a flat loop."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from steepest.formula.functions import FUNCTIONS
from steepest.formula.instructions import Instruction

if TYPE_CHECKING:
    from torch import Tensor

Slot: TypeAlias = Any  # a tensor, or a float where the value is constant
# What needs tensors; the others take Python floats among their arguments.
_TENSORS_ONLY = frozenset({"min", "max", "norm"})


def tensor_functions() -> Mapping[str, Callable[..., "Tensor"]]:
    """Every function of the table, on tensors; operators also on a tensor and a float."""
    import operator

    import torch

    return {
        "add": operator.add,
        "sub": operator.sub,
        "mul": operator.mul,
        "div": operator.truediv,
        "pow": torch.pow,
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
        "min": _least,
        "max": _greatest,
        "norm": _norm,
    }


def _softplus(argument: "Tensor") -> "Tensor":
    """log(e⁰ + eᵃ); torch's own softplus is only near it where the argument is large."""
    import torch

    return torch.logaddexp(argument, torch.zeros_like(argument))


def _least(first: "Tensor", *others: "Tensor") -> "Tensor":
    import torch

    for other in others:
        first = torch.minimum(first, other)
    return first


def _greatest(first: "Tensor", *others: "Tensor") -> "Tensor":
    import torch

    for other in others:
        first = torch.maximum(first, other)
    return first


def _norm(*arguments: "Tensor") -> "Tensor":
    import torch

    answer: Tensor = torch.linalg.vector_norm(torch.stack(arguments, -1), dim=-1)
    return answer


def tensor_function(instructions: Sequence[Instruction]) -> Callable[["Tensor"], "Tensor"]:
    """Parameters (…, d) → values (…), by the instructions of a formula.

    What does not depend on a parameter is computed once, as Python floats, so that the type of the
    tensors is kept.
    """
    import torch

    constants, lifted, steps = _lowered(instructions)
    result = len(instructions) - 1

    def run(parameters: "Tensor") -> "Tensor":
        slots: list[Slot] = constants.copy()
        columns = parameters.unbind(-1)
        for slot, column in variables:
            slots[slot] = columns[column]
        for slot, number in lifted:
            # A sum makes inf of what is too large for the type; only with −0 does it keep a −0.
            slots[slot] = torch.full_like(columns[0], -0.0) + number
        for slot, function, arguments in steps:
            slots[slot] = function(*[slots[i] for i in arguments])
        answer: Tensor = slots[result]
        return answer

    variables = [
        (slot, int(one[1])) for slot, one in enumerate(instructions) if one[0] == "variable"
    ]
    if not variables:
        number = constants[result]
        return lambda parameters: parameters.new_full(parameters.shape[:-1], -0.0) + number
    return run


_Step: TypeAlias = tuple[int, Callable[..., "Tensor"], tuple[int, ...]]


def _lowered(
    instructions: Sequence[Instruction],
) -> tuple[list[Slot], list[tuple[int, float]], list[_Step]]:
    """Constant values by slot, constants that must be tensors, and the steps that remain."""
    constants: list[Slot] = []
    lifted: dict[float, int] = {}
    steps: list[_Step] = []
    functions = tensor_functions()
    spare = len(instructions)

    def tensor(i: int) -> int:
        if constants[i] is None:
            return i
        return lifted.setdefault(constants[i], spare + len(lifted))

    for slot, (name, *rest) in enumerate(instructions):
        arguments = tuple(int(i) for i in rest)
        constants.append(None)
        if name == "number":
            constants[slot] = float(rest[0])
        elif name != "variable" and all(constants[i] is not None for i in arguments):
            constants[slot] = FUNCTIONS[str(name)].scalar(*(constants[i] for i in arguments))
        elif name != "variable":
            # 2/x by torch is 2·(1/x), rounded twice, unless both are tensors.
            if name in _TENSORS_ONLY or (
                name == "div" and constants[arguments[0]] not in (None, 1.0)
            ):
                arguments = tuple(map(tensor, arguments))
            function = functions[str(name)]
            if name == "pow" and constants[arguments[1]] == 2.0:
                import torch

                function, arguments = torch.square, arguments[:1]
            steps.append((slot, function, arguments))
    constants.extend([None] * len(lifted))
    return constants, [(slot, number) for number, slot in lifted.items()], steps
