"""Where and why a formula has no finite value at a point."""

import math
from collections.abc import Sequence

from steepest.formula.evaluate import evaluate
from steepest.formula.instructions import Instruction

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
