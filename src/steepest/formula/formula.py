"""A formula that was read: its tree, and what can be made of it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, final

from steepest.formula.instructions import Instruction, evaluate, instructions
from steepest.formula.to_torch import column_function, tensor_function, tensor_functions
from steepest.formula.tree import Constant, Node, variables, walk
from steepest.wording.fact import Fact, fact

if TYPE_CHECKING:
    from torch import Tensor

_RATIONAL = {"number", "variable", "add", "sub", "neg", "mul", "div", "pow"}


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
        answers = evaluate(self._instructions, [values[name] for name in self.names])
        for (name, *rest), answer in zip(self._instructions, answers, strict=True):
            if math.isfinite(answer):
                continue
            if name == "variable":
                variable = self.names[int(rest[0])]
                return fact("variable not finite", name=variable, value=str(answer))
            arguments = [answers[int(i)] for i in rest]
            if all(map(math.isfinite, arguments)):
                return _fault(str(name), arguments, answer)
        return None

    def first_steep(self, values: Mapping[str, float]) -> Fact | None:
        """The first operation whose derivative is not finite though its arguments are.

        >>> from steepest.formula.parse import parse
        >>> print(parse("x + sqrt(x - 1)").first_steep({"x": 1.0}))
        square root of 0
        """
        answers = evaluate(self._instructions, [values[name] for name in self.names])
        varies: list[bool] = []
        for name, *rest in self._instructions:
            if name in ("number", "variable"):
                varies.append(name == "variable")
                continue
            places = [int(i) for i in rest]
            varies.append(any(varies[i] for i in places))
            arguments = [answers[i] for i in places]
            if varies[-1] and all(map(math.isfinite, arguments)):
                slopes = _slopes(str(name), arguments, [varies[i] for i in places])
                if not all(map(math.isfinite, slopes)):
                    return fact("operation not finite", operation=name, arguments=arguments)
        return None

    def degree(self) -> int | None:
        """The total degree as written, if the formula is seen to be a polynomial; else None.

        Terms that cancel are not noticed: x^2 - x^2 + x has degree 2.

        >>> from steepest.formula.parse import parse
        >>> parse("x y^2 + 3").degree(), parse("sin(x)").degree()
        (3, None)
        """
        # Values matter only where they depend on no variable, so any point will do.
        values = evaluate(self._instructions, [1.0] * len(self._instructions))
        degrees: list[int | None] = []
        for name, *rest in self._instructions:
            if name in ("number", "variable"):
                degrees.append(0 if name == "number" else 1)
            else:
                places = [int(i) for i in rest]
                exponent = values[places[-1]]
                degrees.append(_degree(str(name), [degrees[i] for i in places], exponent))
        return degrees[-1]

    def is_rational(self) -> bool:
        """Whether its numbers are fractions: written ones, the four operations, whole powers.

        >>> from steepest.formula.parse import parse
        >>> parse("x^2/3 - 0.1").is_rational(), parse("pi x^2").is_rational()
        (True, False)
        """
        steps = self._instructions
        values = evaluate(steps, [1.0] * len(steps))
        powers = [values[int(step[2])] for step in steps if step[0] == "pow"]
        return (
            {step[0] for step in steps} <= _RATIONAL
            and all(power.is_integer() for power in powers)
            and not any(isinstance(node, Constant) for node in walk(self.tree))
        )

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


def _fault(operation: str, arguments: list[float], answer: float) -> Fact:
    """An operation whose result is not finite though its arguments are."""
    # Logarithms of 0 and powers of 0 are infinite without having overflowed.
    infinite = math.isinf(answer) and not operation.startswith("log")
    by_zero = arguments[0] == 0.0 or (operation, arguments[-1]) == ("div", 0.0)
    overflow = infinite and not by_zero
    return fact("operation not finite", operation=operation, arguments=arguments, overflow=overflow)


def _slopes(operation: str, arguments: list[float], varies: list[bool]) -> list[float]:
    """The derivatives of an operation by those of its arguments that vary."""
    import torch

    leaves = [
        torch.tensor(argument, dtype=torch.float64, requires_grad=needed)
        for argument, needed in zip(arguments, varies, strict=True)
    ]
    result = tensor_functions()[operation](*leaves)
    slopes = torch.autograd.grad(result, [leaf for leaf in leaves if leaf.requires_grad])
    return [float(slope) for slope in slopes]


def _degree(name: str, arguments: list[int | None], last: float) -> int | None:
    """The degree of a function of arguments of these degrees, the last one with this value."""
    known = [one for one in arguments if one is not None]
    if len(known) < len(arguments):
        return None
    if not any(known):
        return 0
    if name in ("add", "sub", "neg"):
        return max(known)
    if name == "mul":
        return sum(known)
    if name == "div" and known[1] == 0:
        return known[0]
    if name == "pow" and known[1] == 0 and last >= 0.0 and last.is_integer():
        return known[0] * int(last)
    return None
