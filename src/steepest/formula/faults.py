"""Where and why a formula has no finite value at a point."""

import math
from collections.abc import Sequence

from steepest.formula.instructions import Instruction, evaluate
from steepest.formula.to_torch import tensor_functions
from steepest.wording.fact import Fact, fact


def first_fault(
    instructions: Sequence[Instruction], names: Sequence[str], values: Sequence[float]
) -> Fact | None:
    """The first instruction whose result is not finite though its arguments are."""
    answers = evaluate(instructions, values)
    for (name, *rest), answer in zip(instructions, answers, strict=True):
        if math.isfinite(answer):
            continue
        if name == "variable":
            return fact("variable not finite", name=names[int(rest[0])], value=str(answer))
        arguments = [answers[int(i)] for i in rest]
        if all(map(math.isfinite, arguments)):
            # Logarithms of 0 and powers of 0 are infinite without having overflowed.
            infinite = math.isinf(answer) and not str(name).startswith("log")
            return fact(
                "operation not finite",
                operation=name,
                arguments=arguments,
                overflow=infinite and arguments[0] != 0.0 and (name, arguments[-1]) != ("div", 0.0),
            )
    return None


def first_steep(instructions: Sequence[Instruction], values: Sequence[float]) -> Fact | None:
    """The first instruction of which a derivative is not finite though its arguments are."""
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
        leaves = [argument for argument in arguments if argument.requires_grad]
        slopes = torch.autograd.grad(functions[str(name)](*arguments), leaves)
        if not all(math.isfinite(slope) for slope in slopes):
            numbers = [answers[i] for i in places]
            return fact("operation not finite", operation=name, arguments=numbers)
    return None
