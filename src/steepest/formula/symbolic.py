"""What calculus says of a formula: exact derivatives, stationary points, and how it is printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import final

from steepest.errors import InputError, nearest
from steepest.formula import notation
from steepest.formula.critical_points import stationary
from steepest.formula.critical_points.stationary import StationaryPoints
from steepest.formula.formula import Formula
from steepest.formula.to_sympy import Expression, marked, spelled, symbols, within_depth


@final
@dataclass(frozen=True)
class Symbolic:
    """A formula as SymPy expressions over real symbols, with exact numbers.

    - `expression`: the formula, of type `sympy.Expr` like all that follows
    - `gradient`: the partial derivatives, by name
    - `hessian`: rows of second derivatives, in the order of the formula's names

    >>> from steepest.formula.parse import parse
    >>> bowl = Symbolic.of(parse("x^2 - 5x + 5"))
    >>> bowl.gradient
    {'x': 2*x - 5}
    >>> bowl.stationary_points(seconds=60).points
    (StationaryPoint(coordinates={'x': 2.5}, exact={'x': '5/2'}, value=-1.25,
                     exact_value='-5/4', kind='minimum'),)

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

    @cached_property
    def hessian(self) -> tuple[tuple[Expression, ...], ...]:
        """∂²f/∂a∂b, (d, d) in the order of the names."""
        by = symbols(self.formula.names).values()
        with within_depth():
            return tuple(tuple(row.diff(symbol) for symbol in by) for row in self.gradient.values())

    def derivative(self, name: str) -> Expression:
        """∂f/∂name."""
        if name not in self.formula.names:
            known = ", ".join(self.formula.names)
            raise InputError(
                f"{self.formula} has no variable {name!r}; it has {known or 'none'}."
                + nearest(name, self.formula.names)
            )
        with within_depth():
            return self.expression.diff(symbols([name])[name])

    def latex(self, part: Expression | None = None) -> str:
        """The formula, or a part such as a derivative, in LaTeX without dollar signs."""
        return notation.latex(self.expression if part is None else part)

    def mathml(self, part: Expression | None = None) -> str:
        """The same as a `<math>` element; a page can take it as it stands."""
        return notation.mathml(self.expression if part is None else part)

    def stationary_points(self, seconds: float = 5.0) -> StationaryPoints:
        """Where the gradient is zero. What has to be searched for takes up to `seconds` of the
        processor's time in a process of its own."""
        return stationary.stationary_points(self.formula, seconds)
