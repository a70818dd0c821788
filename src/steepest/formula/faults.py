"""Where and why a formula has no finite value at a point."""

import math
from collections.abc import Sequence

from steepest.formula.evaluate import evaluate
from steepest.formula.instructions import Instruction
from steepest.formula.to_torch import tensor_functions

_WORDS = {"sqrt": "square root"}


def first_fault(
    instructions: Sequence[Instruction], names: Sequence[str], values: Sequence[float]
) -> str:
    """The first instruction whose result is not finite though its arguments are, in words."""
    answers = evaluate(instructions, values)
    for (name, *rest), answer in zip(instructions, answers, strict=True):
        if math.isfinite(answer):
            continue
        if name == "variable":
            return f"{names[int(rest[0])]} is {answer}"
        arguments = [answers[int(i)] for i in rest]
        if all(map(math.isfinite, arguments)):
            return _words(str(name), arguments, answer)
    return ""


def first_steep(
    instructions: Sequence[Instruction], names: Sequence[str], values: Sequence[float]
) -> str:
    """The first instruction of which a derivative is not finite though its arguments are, in words.

    "" if there is none.
    """
    import torch

    answers = evaluate(instructions, values)
    functions = tensor_functions()
    varies: list[bool] = []
    for name, *rest in instructions:
        if name in ("number", "variable"):
            varies.append(name == "variable")
            continue
        places = [int(i) for i in rest]
        varies.append(any(varies[i] for i in places))
        arguments = [
            torch.tensor(answers[i], dtype=torch.float64, requires_grad=varies[i]) for i in places
        ]
        if not varies[-1] or not all(math.isfinite(answers[i]) for i in places):
            continue
        leaves = [one for one in arguments if one.requires_grad]
        slopes = torch.autograd.grad(functions[str(name)](*arguments), leaves)
        if not all(math.isfinite(slope) for slope in slopes):
            return _operation(str(name), [f"{answers[i]:.6g}" for i in places])
    return ""


def _words(name: str, arguments: list[float], answer: float) -> str:
    shown = [f"{argument:.6g}" for argument in arguments]
    if name == "div" and arguments[1] == 0.0:
        return "division by 0"
    # Logarithms of 0 and powers of 0 are infinite without having overflowed.
    overflows = math.isinf(answer) and not name.startswith("log") and arguments[0] != 0.0
    return _operation(name, shown) + (" (overflow)" if overflows else "")


def _operation(name: str, shown: list[str]) -> str:
    if name in ("add", "sub", "mul", "div"):
        return f"{shown[0]} {({'add': '+', 'sub': '-', 'mul': '*', 'div': '/'})[name]} {shown[1]}"
    if name == "pow":
        return f"{shown[0]} to the power {shown[1]}"
    return f"{_WORDS.get(name, name)} of {' and '.join(shown)}"
