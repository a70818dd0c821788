"""What calculus says of a formula: exact derivatives, and how they are printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import final

from steepest.errors import check_known
from steepest.formula import notation
from steepest.formula.formula import Formula
from steepest.formula.to_sympy import Expression, marked, spelled, symbols, within_depth


@final
@dataclass(frozen=True)
class Symbolic:
    """A formula as SymPy expressions over real symbols, with exact numbers.

    - `expression`: the formula, of type `sympy.Expr` like all that follows
    - `gradient`: the partial derivatives, by name

    >>> from steepest.formula.parse import parse
    >>> bowl = Symbolic.of(parse("x^2 - 5x + 5"))
    >>> bowl.gradient
    {'x': 2*x - 5}

    At a kink a derivative is that of one side: of |x| it is 0 at 0, of relu(x) too, as in torch.
    """

    formula: Formula
    expression: Expression

    @classmethod
    def of(cls, formula: Formula) -> "Symbolic":
        """InputError: the formula is too long, or a constant part of it has no real value."""
        with within_depth():
            return cls(formula, spelled(marked(formula.tree)))

    @cached_property
    def gradient(self) -> Mapping[str, Expression]:
        """∂f/∂name for each name."""
        return {name: self.derivative(name) for name in self.formula.names}

    def derivative(self, name: str) -> Expression:
        """∂f/∂name."""
        check_known(
            name,
            self.formula.names,
            "{formula} has no variable {name!r}; it has {known}.",
            formula=self.formula,
        )
        with within_depth():
            return self.expression.diff(symbols([name])[name])

    def mathml(self, part: Expression | None = None) -> str:
        """The formula, or a part such as a derivative, as a `<math>` element; a page can take it as
        it stands."""
        return notation.mathml(self.expression if part is None else part)
