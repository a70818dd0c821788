"""The table of what a formula may call. Nothing outside it is ever called."""

import math
import operator
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
      in `to_torch.py`
    - `symbol`: how an operator is written between (or before) its arguments; "" for a function
    - `strength`: how strongly an operator binds, from 1 (`+`) to 4 (`^`); a call holds best
    - `least`, `most`: how many arguments it takes; `most` is None where there is no bound
    """

    name: str
    scalar: Callable[..., float]
    symbol: str = ""
    strength: int = 5
    least: int = 1
    most: int | None = 1

    @property
    def is_operator(self) -> bool:
        """Whether it is written with a symbol; its name is then no word of formulas."""
        return bool(self.symbol)


_LIST = (
    Function("add", operator.add, "+", 1, 2, 2),
    Function("sub", operator.sub, "-", 1, 2, 2),
    Function("mul", operator.mul, "*", 2, 2, 2),
    Function("div", scalars.div, "/", 2, 2, 2),
    Function("pow", scalars.power, "^", 4, 2, 2),
    Function("neg", operator.neg, "-", 3),
    Function("sin", scalars.total(math.sin)),
    Function("cos", scalars.total(math.cos)),
    Function("tan", scalars.total(math.tan)),
    Function("asin", scalars.total(math.asin)),
    Function("acos", scalars.total(math.acos)),
    Function("atan", math.atan),
    Function("sinh", scalars.sinh),
    Function("cosh", scalars.cosh),
    Function("tanh", math.tanh),
    Function("exp", scalars.exp),
    Function("log", scalars.logarithm(math.log)),
    Function("log2", scalars.logarithm(math.log2)),
    Function("log10", scalars.logarithm(math.log10)),
    Function("sqrt", scalars.total(math.sqrt)),
    Function("abs", math.fabs),
    Function("erf", math.erf),
    Function("sigmoid", scalars.sigmoid),
    Function("relu", scalars.relu),
    Function("softplus", scalars.softplus),
    Function("min", scalars.least, most=None),
    Function("max", scalars.greatest, most=None),
    Function("norm", scalars.norm, most=None),
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
