"""What a descent needs to know of the thing it minimises."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


class Problem(ABC):
    """An objective over named parameters, with its gradient.

    A concrete problem gives `names` and two pure functions of a float64 vector of shape
    (len(names),), which they leave unchanged. Called twice with the same bits they return the same
    bits: a path is replayed on that promise.

    >>> class Square(Problem):
    ...     names = ("x",)
    ...     def objective(self, parameters):
    ...         return float(parameters[0] ** 2)
    ...     def gradient(self, parameters):
    ...         return 2.0 * parameters
    >>> Square().objective_and_gradient(np.array([3.0]))
    (9.0, array([6.]))
    """

    names: tuple[str, ...]

    @abstractmethod
    def objective(self, parameters: Vector) -> float:
        """The number that is minimised, J(θ)."""

    @abstractmethod
    def gradient(self, parameters: Vector) -> Vector:
        """The vector of partial derivatives ∂J/∂θ, in the order of `names`."""

    def objective_and_gradient(self, parameters: Vector) -> tuple[float, Vector]:
        """Both of one point. A problem whose two answers share work overrides this."""
        return self.objective(parameters), self.gradient(parameters)

    def numerical_gradient(self, parameters: Vector, h: float = 1e-6) -> Vector:
        """The gradient by central differences, (J(θ + hᵢeᵢ) − J(θ − hᵢeᵢ)) / 2hᵢ.

        hᵢ = h·max(1, |θᵢ|), rounded so that θᵢ ± hᵢ are exact. The error is of order h² J''' plus
        ε |J| / h.
        """
        parameters = np.asarray(parameters, dtype=np.float64)
        slopes = [self._slope(parameters, i, h) for i in range(parameters.size)]
        return np.array(slopes, dtype=np.float64)

    def check_gradient(self, parameters: Vector, h: float = 1e-6) -> float:
        """The largest difference between `gradient` and central differences, relative to the
        largest entry of the gradient (or to 1, where that is smaller).

        Around 1e-9 is agreement for objectives near 1; 1e-3 and more is a wrong gradient.
        """
        parameters = np.asarray(parameters, dtype=np.float64)
        exact = self.gradient(parameters)
        gap = np.abs(exact - self.numerical_gradient(parameters, h)).max(initial=0.0)
        return float(gap / np.abs(exact).max(initial=1.0))

    def _slope(self, parameters: Vector, i: int, h: float) -> float:
        width = h * max(1.0, abs(float(parameters[i])))
        above, below = parameters.copy(), parameters.copy()
        above[i] += width
        below[i] -= width
        # Dividing by the distance that was really walked removes the rounding of θ ± h.
        walked = float(above[i] - below[i])
        return (self.objective(above) - self.objective(below)) / walked
