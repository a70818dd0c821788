"""The table of what a formula may call. Nothing outside it is ever called."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

from steepest.formula import scalars


@final
@dataclass(frozen=True)
class Function:
    """One function, or one operator, of formulas.

    - `name`: in the tree and in the instructions
    - `scalar`: on floats, total: nan or inf where it is not defined. Its counterpart on tensors is
      in `tensors.py`
    - `description`: a few words for a list of functions
    - `symbol`: how an operator is written between (or before) its arguments; "" for a function
    - `strength`: how strongly an operator binds, from 1 (`+`) to 4 (`^`); a call holds best
    - `least`, `most`: how many arguments it takes; `most` is None where there is no bound
    """

    name: str
    scalar: Callable[..., float]
    description: str
    symbol: str = ""
    strength: int = 5
    least: int = 1
    most: int | None = 1

    @property
    def is_operator(self) -> bool:
        """Whether it is written with a symbol; its name is then no word of formulas."""
        return bool(self.symbol)


_LIST = (
    Function("add", scalars.add, "sum", "+", 1, 2, 2),
    Function("sub", scalars.sub, "difference", "-", 1, 2, 2),
    Function("mul", scalars.mul, "product", "*", 2, 2, 2),
    Function("div", scalars.div, "quotient", "/", 2, 2, 2),
    Function("pow", scalars.power, "power", "^", 4, 2, 2),
    Function("neg", scalars.neg, "negative", "-", 3),
    Function("sin", scalars.total(math.sin), "sine, of radians"),
    Function("cos", scalars.total(math.cos), "cosine, of radians"),
    Function("tan", scalars.total(math.tan), "tangent, of radians"),
    Function("asin", scalars.total(math.asin), "inverse sine, in radians"),
    Function("acos", scalars.total(math.acos), "inverse cosine, in radians"),
    Function("atan", math.atan, "inverse tangent, in radians"),
    Function("sinh", scalars.sinh, "hyperbolic sine"),
    Function("cosh", scalars.cosh, "hyperbolic cosine"),
    Function("tanh", math.tanh, "hyperbolic tangent"),
    Function("exp", scalars.exp, "e to the power"),
    Function("log", scalars.logarithm(math.log), "natural logarithm"),
    Function("log2", scalars.logarithm(math.log2), "logarithm to base 2"),
    Function("log10", scalars.logarithm(math.log10), "logarithm to base 10"),
    Function("sqrt", scalars.total(math.sqrt), "square root"),
    Function("abs", math.fabs, "absolute value"),
    Function("erf", math.erf, "error function, 2/√π ∫₀ˣ exp(−t²) dt"),
    Function("sigmoid", scalars.sigmoid, "1/(1 + exp(−x))"),
    Function("relu", scalars.relu, "the greater of x and 0"),
    Function("softplus", scalars.softplus, "log(1 + exp(x))"),
    Function("min", scalars.least, "the least of its arguments", most=None),
    Function("max", scalars.greatest, "the greatest of its arguments", most=None),
    Function("norm", scalars.norm, "square root of the sum of squares", most=None),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({one.name: one for one in _LIST})

# Other words for the same; the tree holds only the name in the table.
ALIASES: Mapping[str, str] = MappingProxyType(
    {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}
)

CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": math.pi, "e": math.e})


def function_words() -> tuple[str, ...]:
    """The names that can be called in the text of a formula.

    >>> "sin" in function_words(), "ln" in function_words(), "add" in function_words()
    (True, True, False)
    """
    return (*(name for name, one in FUNCTIONS.items() if not one.is_operator), *ALIASES)
