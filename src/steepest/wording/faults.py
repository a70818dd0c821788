"""Why an objective or its gradient has no finite value at a point: parts of sentences.

Numbers that are not finite are texts, "inf" or "nan", since JSON has no number for them.
"""

from collections.abc import Sequence

from steepest.wording.numbers import name_row

_SYMBOLS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "to the power"}
_NAMES = {"sqrt": "square root"}


TEMPLATES = {
    "variable not finite": "{name} is {value}",
    "predictors between": "the linear predictors of the rows run from {low:.6g} to {high:.6g}",
}


def operation_not_finite(operation: str, arguments: Sequence[float], overflow: bool = False) -> str:
    """Such as "log of -0.25"."""
    if operation == "div" and arguments[1] == 0.0:
        return "division by 0"
    shown = [f"{argument:.6g}" for argument in arguments]
    if operation in _SYMBOLS:
        text = f"{shown[0]} {_SYMBOLS[operation]} {shown[1]}"
    else:
        text = f"{_NAMES.get(operation, operation)} of {' and '.join(shown)}"
    return text + (" (overflow)" if overflow else "")


def derivative_not_finite(
    name: str, value: str, overflow: bool = False, operation: object = None
) -> str:
    """`operation`: the one that has no finite derivative there, where it is known."""
    why = f": {operation} has no finite one" if operation else ""
    return f"the derivative by {name} is {value}{' (overflow)' if overflow else why}"


def row_not_finite(row: int, loss: str, predictors: Sequence[float]) -> str:
    shown = ", ".join(f"{value:.6g}" for value in predictors)
    return f"the loss of {name_row(row)} is {loss}: its linear predictor is {shown}"
