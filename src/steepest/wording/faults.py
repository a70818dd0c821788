"""Why an objective or its gradient has no finite value at a point: parts of sentences.

Numbers that are not finite are texts, "inf" or "nan", since JSON has no number for them.
"""

from collections.abc import Sequence

from steepest.translation import translated
from steepest.wording.numbers import listed, name_row
from steepest.wording.template import filled

_SYMBOLS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "to the power"}
_NAMES = {"sqrt": "square root"}


TEMPLATES = {
    "variable not finite": "{name} is {value}",
    "predictors between": "the linear predictors of the rows run from {low:.6g} to {high:.6g}",
    # `operation`: the one that has no finite derivative there, where it is known.
    "derivative not finite": (
        "the derivative by {name} is {value}[overflow? (overflow)|[operation?: {operation} has no "
        "finite one]]"
    ),
}


def operation_not_finite(operation: str, arguments: Sequence[float], overflow: bool = False) -> str:
    """Such as "log of -0.25"."""
    if operation == "div" and arguments[1] == 0.0:
        return filled("division by 0")
    shown = [f"{argument:.6g}" for argument in arguments]
    if operation in _SYMBOLS:
        text = f"{shown[0]} {translated(_SYMBOLS[operation])} {shown[1]}"
    else:
        text = filled(
            "{operation} of {shown}",
            operation=translated(_NAMES.get(operation, operation)),
            shown=listed(shown),
        )
    return text + (filled(" (overflow)") if overflow else "")


def row_not_finite(row: int, loss: str, predictors: Sequence[float]) -> str:
    shown = ", ".join(f"{value:.6g}" for value in predictors)
    return filled(
        "the loss of {row} is {loss}: its linear predictor is {shown}",
        row=name_row(row),
        loss=loss,
        shown=shown,
    )
