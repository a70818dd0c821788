"""An objective that torch can differentiate: a formula, or a Python function of torch tensors."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import ArrayLike

from steepest.arrays import Floats, read_only
from steepest.errors import InputError
from steepest.formula.formula import Formula
from steepest.graphs.departures import COARSELY, Departure, Departures, matters
from steepest.graphs.refused_operations import refusal
from steepest.problems.lost_gradient import LostGradient, lost_gradient
from steepest.problems.objective_steps import objective_jump
from steepest.problems.parameter_layout import Layout, Shape
from steepest.problems.problem import Problem
from steepest.problems.python_function import PythonFunction
from steepest.problems.signature import Signature, function_name
from steepest.problems.starts import Start, start_layout, start_vector
from steepest.wording.fact import Fact, fact
from steepest.wording.numbers import place

if TYPE_CHECKING:
    from torch import Tensor


# Where the objective is beyond this, a derivative that is not finite was too large, not undefined.
_LARGE = 1e100


@final
@dataclass(frozen=True, eq=False)
class FunctionProblem(Problem):
    """A function of named numbers, vectors and matrices, with derivatives by torch, in float64.

    - `names`: of the d parameters; a vector's entries are "v[0]", "v[1]", a matrix's "A[0,1]"
    - `layout`: the arguments and their shapes
    - `text`: the formula as it was typed, or the name of the function
    - `formula`: the formula, or None for a Python function
    - `minimizer` (d,): where it is least, where that is known

    >>> problem = FunctionProblem.of_callable(lambda x, y: (1 - x)**2 + 100*(y - x**2)**2, (-1, 2))
    >>> problem.names, problem.objective(np.array([-1.0, 2.0]))
    (('x', 'y'), 104.0)
    >>> problem.gradient(np.array([[-1.0, 2.0], [1.0, 1.0]])).tolist()
    [[396.0, 200.0], [0.0, 0.0]]
    """

    names: tuple[str, ...]
    layout: Layout
    text: str
    formula: Formula | None
    # Arguments → value (), or b of each → values (b,); float64 tensors.
    _values: "Callable[[Sequence[Tensor]], Tensor]" = field(repr=False)
    minimizer: Floats | None = None

    @staticmethod
    def of_formula(formula: Formula, *, minimizer: ArrayLike | None = None) -> "FunctionProblem":
        """The problem of a formula: its variables are the parameters, in order of appearance.

        >>> from steepest.formula.parse import parse
        >>> problem = FunctionProblem.of_formula(parse("x^2 - 4x + 5"))
        >>> problem.hessian(np.array([7.0])).tolist(), problem.is_quadratic
        ([[2.0]], True)
        """
        if not formula.names:
            raise InputError(
                "the formula {text} has no variables, so there is nothing to minimise.",
                text=formula.text,
            )
        layout = Layout({name: () for name in formula.names})
        least = None if minimizer is None else read_only(np.array(minimizer, dtype=np.float64))
        values = formula.of_columns()
        return FunctionProblem(layout.names, layout, formula.text, formula, values, least)

    @staticmethod
    def of_callable(
        function: Callable[..., Any],
        start: Start,
        *,
        seed: int = 0,
        minimizer: ArrayLike | None = None,
        descended: bool = True,
    ) -> "FunctionProblem":
        """The problem of a function of torch tensors that returns one number.

        The parameters are the arguments of its signature; one with a default value keeps it,
        unless the start names it. Each is a float64 tensor of the shape that its start has. The
        function may use other tensors; where these are float32, torch may compute in float32, and
        the result has its 7 digits.

        It is called twice at the start, to see that its answer can be differentiated and that it
        is the same both times. What it raises itself is let through. Where numbers that depend on
        the parameters leave torch (`math.sin(x)`, `x.item()`), some more calls tell whether the
        gradient has lost its part of them: see `steepest.problems.lost_gradient`.

        Raises InputError where the signature names no parameters, the start does not fit, and the
        answer is no real number that depends on the parameters or is different each time; and, of a
        function that is `descended`, where a part of the gradient is lost, unless by `.detach()`,
        `.data` or `torch.no_grad()`, which say that it shall be.
        """
        signature = Signature.of(function, start)
        layout = start_layout(signature.arguments, start)
        least = None if minimizer is None else read_only(np.array(minimizer, dtype=np.float64))
        values = PythonFunction(signature, layout)
        problem = FunctionProblem(
            layout.names, layout, function_name(function), None, values, least
        )
        problem._check(problem.start(start, seed=seed), descended)
        return problem

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """The shape of each argument: () a number, (n,) a vector, (n, m) a matrix."""
        return self.layout.shapes

    @property
    def is_quadratic(self) -> bool:
        """Whether this is seen to be a polynomial of degree 2 at most; False for functions."""
        degree = None if self.formula is None else self.formula.degree()
        return degree is not None and degree <= 2

    def start(self, start: Start, *, seed: int = 0) -> Floats:
        """A start as a vector (d,): see `steepest.problems.starts`."""
        return start_vector(start, self.layout, seed=seed)

    def split(self, parameters: Floats) -> dict[str, float | Floats]:
        """The arguments by name, from parameters (d,)."""
        return self.layout.split(parameters)

    def objectives(self, parameters: Floats) -> Floats:
        """J of each row of `parameters` (…, d), shape (…)."""
        point, shape = self._point(parameters)
        values: Floats = self._values(self.layout.tensors(point)).detach().numpy()
        return values.reshape(shape)

    def gradient(self, parameters: Floats) -> Floats:
        """The partial derivatives ∂J/∂θ by torch, shape (…, d)."""
        return self.objectives_and_gradient(parameters)[1]

    def objectives_and_gradient(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Both, of shapes (…) and (…, d): one pass forward and one backward."""
        import torch

        point, shape = self._point(parameters)
        # Each argument is a leaf of its own: taking it out of the point would be one operation
        # more for each on the way there and back.
        leaves = [argument.requires_grad_() for argument in self.layout.tensors(point)]
        with nullcontext() if torch.is_grad_enabled() else torch.enable_grad():
            values = self._values(leaves)
        # Rows do not depend on one another: the gradient of their sum holds that of each. Not
        # backward(), which would also write to tensors that the function closes over.
        ones = None if values.ndim == 0 else torch.ones_like(values)
        try:
            slopes = torch.autograd.grad(values, leaves, ones, allow_unused=True)
        except RuntimeError as error:
            raise refusal(error, self.text) or error from None
        if all(slope is None for slope in slopes):
            raise _independent(self.text)
        # + 0.0 makes 0 of -0, which has no place in a table of gradients.
        if values.ndim == 0 and self.layout.all_numbers:  # a quarter of the time of what follows
            numbers = [0.0 if slope is None else slope.item() + 0.0 for slope in slopes]
            return np.array(values.item()).reshape(shape), np.array(numbers).reshape((*shape, -1))
        parts = [
            np.zeros(tuple(leaf.shape)) if slope is None else slope.numpy()
            for leaf, slope in zip(leaves, slopes, strict=True)
        ]
        batch = point.shape[:-1]
        sizes = [end - first for _, first, end, _ in self.layout.places]
        flat = [part.reshape(*batch, size) for part, size in zip(parts, sizes, strict=True)]
        gradient = np.concatenate(flat, axis=-1).reshape(*shape, len(self.names)) + 0.0
        objectives: Floats = values.detach().numpy()
        return objectives.reshape(shape), gradient

    def hessian(self, parameters: Floats) -> Floats:
        """The second derivative (d, d) at θ (d,), exact to rounding, by differentiating twice.

        A function with an operation that torch differentiates only once has it by central
        differences of the gradient.
        """
        import torch

        point = self._point(parameters)[0].requires_grad_()
        with torch.enable_grad():
            value = self._values(self.layout.tensors(point))
            try:
                one = torch.ones_like(value, requires_grad=True)
                (slope,) = torch.autograd.grad(value, point, one, create_graph=True)
                rows = [_row(entry, point, one) for entry in slope]
            except RuntimeError:
                return super().hessian(parameters)
        square = torch.stack(rows).numpy()
        return np.asarray((square + square.T) / 2.0)

    def explain(self, parameters: Floats) -> Fact | None:
        """Why objective or gradient are not finite at θ (d,); None if unknown.

        The fact's `overflow` is True where a number was too large for float64.
        """
        steep = None
        if self.formula is not None:
            numbers = np.asarray(parameters, dtype=np.float64).tolist()
            values = dict(zip(self.names, numbers, strict=True))
            fault = self.formula.first_fault(values)
            if fault:
                return fault
            steep = self.formula.first_steep(values)
        objective, gradient = self.objectives_and_gradient(parameters)
        if np.isfinite(objective):
            for i in np.flatnonzero(~np.isfinite(gradient))[:1]:
                return fact(
                    "derivative not finite",
                    name=self.names[i],
                    value=str(gradient[i]),
                    overflow=bool(abs(objective) > _LARGE),
                    operation=steep,
                )
        return None

    def _point(self, parameters: Floats) -> tuple["Tensor", Shape]:
        """A copy as a tensor, since a function may change what it is given, and the batch's shape.

        A batch of one is a single point: the cheaper call, and the same bits.
        """
        import torch

        copy = np.array(parameters, dtype=np.float64, order="C")
        shape = copy.shape[:-1]
        d = len(self.names)
        return torch.from_numpy(copy.ravel() if copy.size == d else copy.reshape(-1, d)), shape

    def lost_gradient(self, parameters: Floats, start: Floats) -> LostGradient | None:
        """What the gradient at θ (d,) leaves out, by numbers that leave torch; None for nothing.

        Calls a function once, and where numbers leave it some times more.
        """
        return None if self.formula is not None else self._lost(*self._watched(parameters), start)

    def stepped(self, parameters: Floats, start: Floats) -> Fact | None:
        """Calls by which the objective depends on the parameters in steps, such as `int(x)`; None
        where no jump is found.

        Calls a function twice, and where it has such calls some times more.
        """
        if self.formula is not None:
            return None
        calls = {**self._moving(parameters), **self._moving(start)}
        jump = objective_jump(self.objectives_and_gradient, start, parameters) if calls else None
        if jump is None:
            return None
        written, at = tuple(each.written for each in calls)[:3], place(self.names, jump.place)
        return fact("objective in steps", calls=written, at=at, change=abs(jump.change))

    def _moving(self, point: Floats) -> dict[Departure, None]:
        """Calls whose numbers have no slope, and that the objective depends on."""
        departures, (_, value, _) = self._watched(point)

        def watched(moved: Departures) -> float:
            return self._watched(point, moved)[1][1]

        found = (*departures.seen, *departures.steps)
        return {each: None for each in found if matters(each, value, watched, COARSELY)}

    def _watched(
        self, point: Floats, moved: Departures | None = None
    ) -> tuple[Departures, tuple[Floats, float, Floats]]:
        departures = moved or Departures()
        problem = replace(self, _values=departures.around(self._values))
        with warnings.catch_warnings():  # torch's about what is looked for here
            warnings.filterwarnings("ignore", "Converting a tensor with requires_grad=True")
            objective, gradient = problem.objectives_and_gradient(point)
        return departures, (point, float(objective), gradient)

    def _lost(
        self, departures: Departures, here: tuple[Floats, float, Floats], start: Floats
    ) -> LostGradient | None:
        def watched(moved: Departures) -> float:
            return self._watched(here[0], moved)[1][1]

        return lost_gradient(self.names, self.objectives, watched, departures, here, start)

    def _check(self, start: Floats, descended: bool) -> None:
        departures, here = self._watched(start)
        first, second = here[1], self.objectives(start)
        if not np.array_equal(first, second, equal_nan=True):
            raise InputError(
                "{text} gave {first:.9g} and then {second:.9g} at the same point: draw "
                "random numbers once, outside it.",
                text=self.text,
                first=first,
                second=second,
            )
        lost = self._lost(departures, here, start) if descended else None
        if lost is not None and lost.unmeant:
            raise InputError(
                "{text} cannot be descended. {fact} {advice}",
                text=self.text,
                fact=lost.fact,
                advice=lost.advice,
            )


def _row(entry: "Tensor", point: "Tensor", one: "Tensor") -> "Tensor":
    """The derivatives of one entry of the gradient, which was begun with `one`.

    The entry is a multiple of `one`. Where its derivative by `one` is not that multiple, some
    operation has left its part out, which torch does without a word: RuntimeError.
    """
    import torch

    row = multiple = None
    if entry.requires_grad:
        row, multiple = torch.autograd.grad(
            entry, (point, one), retain_graph=True, allow_unused=True
        )
    found = torch.zeros_like(one) if multiple is None else multiple
    if not torch.allclose(found, entry.detach(), rtol=1e-6, atol=0.0, equal_nan=True):
        raise RuntimeError("an operation cannot be differentiated twice")
    return torch.zeros_like(point) if row is None else row


def _independent(text: str) -> InputError:
    return InputError(
        "{text} does not depend on its parameters, so there is nothing to minimise.", text=text
    )
