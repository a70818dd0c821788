"""A problem in the units of its user."""

from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.problems.problem import Problem


@final
class UserUnits(Problem):
    """The objective of a problem, its L1 penalty included, over the parameters as its user sees
    them: θ = A d + b of parameters d (p,) in the descent's own coordinates.
    """

    def __init__(self, problem: Problem) -> None:
        self.inner = problem
        self.names = problem.names
        self._origin = problem.to_user(np.zeros(len(self.names)))
        self._directions = problem.to_user(np.eye(len(self.names))) - self._origin

    def objectives(self, parameters: Floats) -> Floats:
        return self.inner.minimised(self._to_descent(parameters))

    def gradient(self, parameters: Floats) -> Floats:
        return self.inner.gradient_to_user(self.inner.gradient(self._to_descent(parameters)))

    def _to_descent(self, parameters: Floats) -> Floats:
        flat = (parameters - self._origin).reshape(-1, len(self.names))
        descent = np.linalg.solve(self._directions.T, flat.T).T
        return np.asarray(descent.reshape(parameters.shape), dtype=np.float64)
