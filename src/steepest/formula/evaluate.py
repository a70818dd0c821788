"""The value of every instruction at one point, by Python's own arithmetic."""

from collections.abc import Sequence

from steepest.formula.functions import FUNCTIONS
from steepest.formula.instructions import Instruction


def evaluate(instructions: Sequence[Instruction], values: Sequence[float]) -> list[float]:
    """The value of each instruction, for the values of the variables.

    >>> evaluate([("variable", 0), ("number", 2.0), ("pow", 0, 1)], [3.0])
    [3.0, 2.0, 9.0]
    """
    answers: list[float] = []
    for name, *rest in instructions:
        if name == "number":
            answers.append(float(rest[0]))
        elif name == "variable":
            answers.append(float(values[int(rest[0])]))
        else:
            answers.append(FUNCTIONS[str(name)].scalar(*(answers[int(i)] for i in rest)))
    return answers
