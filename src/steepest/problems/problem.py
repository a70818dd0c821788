"""What a descent needs to know of the thing it minimises."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.wording.fact import Fact

if TYPE_CHECKING:
    from steepest.problems.lost_gradient import LostGradient


class SecondOrder(NamedTuple):
    """What is known of one point θ.

    - `objective`; `gradient` (d,); `hessian` (d, d)
    - `unit`: the excess of the objective at one standard error's distance, times two: with n rows
      and a likelihood 1/n for a mean over rows, 1 for a sum; None where errors are not known
    - `root` (d, d): R with RᵀR = H, where H's own digits do not tell the least curvature
    """

    objective: float
    gradient: Floats
    hessian: Floats
    unit: float | None = None
    root: Floats | None = None


class SecondOrderProducts(NamedTuple):
    """The same of so many parameters that the second derivative H is not formed.

    - `product`: v (d,) ↦ Hv;   `diagonal` (d,): that of H
    """

    objective: float
    gradient: Floats
    product: Callable[[Floats], Floats]
    diagonal: Floats
    unit: float | None = None


class Problem(ABC):
    """An objective over named parameters, with its gradient.

    A concrete problem gives `names` and two pure functions of float64 arrays of shape (…, d), d
    parameters in the order of `names`, which they leave unchanged. Leading axes are a batch. Called
    twice with the same bits they return the same bits: a path is replayed on that promise.

    >>> class Square(Problem):
    ...     names = ("x",)
    ...     def objectives(self, parameters):
    ...         return (parameters**2).sum(axis=-1)
    ...     def gradient(self, parameters):
    ...         return 2.0 * parameters
    >>> problem = Square()
    >>> problem.objective(np.array([3.0])), problem.gradient(np.array([3.0]))
    (9.0, array([6.]))
    >>> problem.hessian(np.array([3.0])).round(6)
    array([[2.]])
    """

    names: tuple[str, ...]

    @property
    def minimizer(self) -> Floats | None:
        """Where the objective is least, shape (d,), where that is known; else None."""
        return None

    @abstractmethod
    def objectives(self, parameters: Floats) -> Floats:
        """J of each row of `parameters` (…, d), shape (…)."""

    @abstractmethod
    def gradient(self, parameters: Floats) -> Floats:
        """The partial derivatives ∂J/∂θ, shape (…, d)."""

    @property
    def is_quadratic(self) -> bool:
        """Whether the second derivative is known to be everywhere the same."""
        return False

    @property
    def is_convex(self) -> bool:
        """Whether the objective is known to be convex: then it has no minimum but the least."""
        return False

    @property
    def level_directions(self) -> Floats | None:
        """Orthonormal directions (m, d) along which the objective is known never to change; None
        for none.
        """
        return None

    @property
    def absolute(self) -> Floats | None:
        """aⱼ of Σ aⱼ|θⱼ|, shape (d,): an L1 penalty, which is minimised too, but which `objectives`
        and `gradient` leave to the proximal map; None where there is none.
        """
        return None

    def objective(self, parameters: Floats) -> float:
        """The number that is minimised, J(θ), for θ of shape (d,)."""
        return float(self.objectives(parameters))

    def minimised(self, parameters: Floats) -> Floats:
        """J of each row of `parameters` (…, d) and the L1 penalty beside it, shape (…): what a path
        records.
        """
        objectives, strengths = self.objectives(parameters), self.absolute
        return objectives if strengths is None else objectives + np.abs(parameters) @ strengths

    def objectives_and_gradient(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Both, of shapes (…) and (…, d). A problem whose answers share work overrides this."""
        return self.objectives(parameters), self.gradient(parameters)

    def hessian(self, parameters: Floats) -> Floats:
        """The second derivative (d, d) at θ (d,): central differences of the gradient, unless a
        problem knows it exactly and overrides this.
        """
        parameters = np.asarray(parameters, dtype=np.float64)
        columns = []
        for i in range(parameters.size):
            above, below, walked = _around(parameters, i, 1e-5)
            with np.errstate(over="ignore", invalid="ignore"):  # the caller looks at the result
                columns.append((self.gradient(above) - self.gradient(below)) / walked)
        square = np.array(columns, dtype=np.float64).reshape(parameters.size, parameters.size)
        return (square + square.T) / 2.0

    def second_order(self, parameters: Floats) -> SecondOrder:
        """Objective, gradient and second derivative at θ (d,). A problem that has them in one pass
        overrides this.
        """
        objective, gradient = self.objectives_and_gradient(parameters)
        return SecondOrder(float(objective), gradient.copy(), self.hessian(parameters))

    @property
    def centred(self) -> "Problem":
        """The same problem, posed so that rounding hides as little of the curvature as can be;
        itself, where it is so already.
        """
        return self

    def points_in(self, other: "Problem", points: Floats) -> Floats:
        """Parameters or steps (…, d) of this problem as those of `other`, which is the same one."""
        return points

    def gradients_in(self, other: "Problem", gradients: Floats) -> Floats:
        """Gradients (…, d) by parameters of this problem as those by parameters of `other`."""
        return gradients

    def to_user(self, parameters: Floats) -> Floats:
        """Parameters (…, d) in the user's units; the same, unless it is posed in others."""
        return parameters

    def gradient_to_user(self, gradient: Floats) -> Floats:
        """The gradient (…, d) by the user's parameters, from that by the problem's own."""
        return gradient

    def lost_gradient(self, parameters: Floats, start: Floats) -> "LostGradient | None":
        """What `gradient` leaves out at θ (d,) of a descent from `start`; None for nothing."""
        return None

    def stepped(self, parameters: Floats, start: Floats) -> Fact | None:
        """What the objective depends on in steps, which have no slope, at θ (d,) or on the way
        there; None for nothing.
        """
        return None

    def explain(self, parameters: Floats) -> Fact | None:
        """Why the objective is not finite at θ (d,), such as "log of -0.5"; None if unknown."""
        return None

    def numerical_gradient(self, parameters: Floats, h: float = 1e-6) -> Floats:
        """The gradient by central differences, (J(θ + hᵢeᵢ) − J(θ − hᵢeᵢ)) / 2hᵢ.

        hᵢ = h·max(1, |θᵢ|), rounded so that θᵢ ± hᵢ are exact. The error is of order h² J''' plus
        ε |J| / h.
        """
        parameters = np.asarray(parameters, dtype=np.float64)
        slopes = [self._slope(parameters, i, h) for i in range(parameters.size)]
        return np.array(slopes, dtype=np.float64)

    def check_gradient(self, parameters: Floats | None = None, h: float = 1e-6) -> float:
        """The largest difference between `gradient` and central differences, relative to the
        largest entry of the gradient (or to 1, where that is smaller).

        At θ (d,), or else at standard normal numbers, always the same. Around 1e-9 is agreement for
        objectives near 1; 1e-3 and more is a wrong gradient.
        """
        if parameters is None:
            parameters = np.random.default_rng(0).standard_normal(len(self.names))
        parameters = np.asarray(parameters, dtype=np.float64)
        exact = self.gradient(parameters)
        gap = np.abs(exact - self.numerical_gradient(parameters, h)).max(initial=0.0)
        return float(gap / np.abs(exact).max(initial=1.0))

    def _slope(self, parameters: Floats, i: int, h: float) -> float:
        above, below, walked = _around(parameters, i, h)
        return (self.objective(above) - self.objective(below)) / walked


def _around(parameters: Floats, i: int, h: float) -> tuple[Floats, Floats, float]:
    """Points beside θ along axis i, and the distance between them."""
    width = h * max(1.0, abs(float(parameters[i])))
    above, below = parameters.copy(), parameters.copy()
    above[i] += width
    below[i] -= width
    # The distance that was really walked is free of the rounding of θ ± h.
    return above, below, float(above[i] - below[i])
