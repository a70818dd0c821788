"""A formula that was read: its tree, and what can be made of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, final

from steepest.formula.degree import degree, is_rational
from steepest.formula.faults import first_fault, first_steep
from steepest.formula.instructions import Instruction, evaluate, instructions
from steepest.formula.to_torch import column_function, tensor_function
from steepest.formula.tree import Node, variables
from steepest.wording.fact import Fact

if TYPE_CHECKING:
    from torch import Tensor


@final
@dataclass(frozen=True)
class Formula:
    """A formula of real numbers, as `parse` gives it.

    - `text`: as it was typed; two formulas of one text are equal
    - `tree`: what it says

    >>> from steepest.formula.parse import parse
    >>> formula = parse("(1 - x)^2 + 100(y - x^2)^2")
    >>> formula.names, formula.value(x=-1.0, y=2.0), formula.degree()
    (('x', 'y'), 104.0, 4)
    """

    text: str
    tree: Node = field(repr=False, compare=False)

    def __str__(self) -> str:
        return self.text

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables, in the order in which they first appear."""
        return variables(self.tree)

    def value(self, /, **values: float) -> float:
        """The number at one point, by Python's own arithmetic in float64; nan or inf where there
        is none.

        >>> from steepest.formula.parse import parse
        >>> parse("log(x)").value(x=0.0), parse("sqrt(x)").value(x=-1.0)
        (-inf, nan)
        """
        return evaluate(self._instructions, [values[name] for name in self.names])[-1]

    def to_torch(self) -> "Callable[[Tensor], Tensor]":
        """A function of a tensor of parameters (…, d), in the order of `names`, giving (…).

        It consists of torch operations only, is differentiable, and keeps type and device.

        >>> import torch
        >>> from steepest.formula.parse import parse
        >>> parse("x^2 - 4x + 5").to_torch()(torch.tensor([[7.0], [2.0]]))
        tensor([26.,  1.])
        """
        return tensor_function(self._instructions)

    def of_columns(self) -> "Callable[[Sequence[Tensor]], Tensor]":
        """As `to_torch`, with a tensor for each of `names`, all of one shape.

        >>> import torch
        >>> from steepest.formula.parse import parse
        >>> parse("x y + 1").of_columns()([torch.tensor([7.0, 2.0]), torch.tensor([1.0, 3.0])])
        tensor([8., 7.])
        """
        return column_function(self._instructions)

    def first_fault(self, values: Mapping[str, float]) -> Fact | None:
        """The first operation whose result is not finite though its arguments are.

        >>> from steepest.formula.parse import parse
        >>> print(parse("x + log(x - 1)").first_fault({"x": 0.75}))
        log of -0.25
        """
        return first_fault(self._instructions, self.names, [values[name] for name in self.names])

    def first_steep(self, values: Mapping[str, float]) -> Fact | None:
        """The first operation whose derivative is not finite though its arguments are.

        >>> from steepest.formula.parse import parse
        >>> print(parse("x + sqrt(x - 1)").first_steep({"x": 1.0}))
        square root of 0
        """
        return first_steep(self._instructions, [values[name] for name in self.names])

    def degree(self) -> int | None:
        """The total degree as written, if the formula is seen to be a polynomial; else None.

        Terms that cancel are not noticed: x^2 - x^2 + x has degree 2.

        >>> from steepest.formula.parse import parse
        >>> parse("x y^2 + 3").degree(), parse("sin(x)").degree()
        (3, None)
        """
        return degree(self._instructions)

    def is_rational(self) -> bool:
        """Whether its numbers are fractions: written ones, the four operations, whole powers.

        >>> from steepest.formula.parse import parse
        >>> parse("x^2/3 - 0.1").is_rational(), parse("pi x^2").is_rational()
        (True, False)
        """
        return is_rational(self.tree, self._instructions)

    def instructions(self) -> list[list[str | int | float]]:
        """What to compute, in order: a list that JSON can hold. The last one is the result.

        Each entry is one of
        - `["number", value]`: a number, the constants pi and e among them
        - `["variable", i]`: the parameter `names[i]`
        - `[function, i, …]`: a function of `functions.FUNCTIONS`, operators included (`add`, `sub`,
          `mul`, `div`, `pow`, `neg`), of the results of earlier entries i, counted from 0

        What stands more than once in the formula is computed once.

        >>> from steepest.formula.parse import parse
        >>> for one in parse("(x+1)/sin(x+1)").instructions():
        ...     print(one)
        ['variable', 0]
        ['number', 1.0]
        ['add', 0, 1]
        ['sin', 2]
        ['div', 2, 3]
        """
        return [list(one) for one in self._instructions]

    @cached_property
    def _instructions(self) -> list[Instruction]:
        return instructions(self.tree, self.names)
