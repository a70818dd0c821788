"""What a sample of the rows says of all of them, near a point where all of them were asked.

    J̃(θ) = J_s(θ) + J(θ₀) − J_s(θ₀) + (∇J(θ₀) − ∇J_s(θ₀))ᵀ(θ − θ₀)

J_s is the objective of the sample. J̃ has its curvature, and value and slope of all rows at θ₀
(Jordan, Lee and Yang 2019), so that how far θ₀ lies above the minimum is as wrong as the curvature
is, by some percent; from J_s alone it would be drowned in the sample's own noise.
"""

from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np

from steepest.arrays import Floats
from steepest.problems.linear import LinearProblem
from steepest.problems.problem import Problem


class Known(NamedTuple):
    """A point (d,) with objective and gradient (d,) of all rows there, as a path records them."""

    parameters: Floats
    objective: float
    gradient: Floats


@final
@dataclass(frozen=True, eq=False)
class SampledProblem(Problem):
    """J̃ of a sample.

    - `sample`: the problem of its rows;   `point` (d,): θ₀
    - `above`, `tilt` (d,): by how much objective and gradient of all rows are more there

    >>> from steepest.losses import Squared
    >>> def problem(features, target):
    ...     return LinearProblem.of(features, target, loss=Squared(), standardize=False)
    >>> whole = problem([[1.0], [2.0], [3.0], [4.0]], [1.0, 3.0, 3.0, 5.0])
    >>> sample = problem([[1.0], [4.0]], [1.0, 5.0])
    >>> near = np.array([1.2, 0.0])
    >>> known = Known(near, whole.objective(near), whole.gradient(near))
    >>> seen = SampledProblem.of(sample, known)
    >>> round(seen.objective(near), 9) == round(whole.objective(near), 9)
    True
    >>> np.allclose(seen.gradient(near), whole.gradient(near))
    True
    """

    names: tuple[str, ...]
    sample: LinearProblem
    point: Floats
    above: float
    tilt: Floats

    @staticmethod
    def of(sample: LinearProblem, known: Known | None) -> "SampledProblem":
        """J̃ from what is known at a point; J_s itself where nothing is."""
        point = np.zeros(len(sample.names)) if known is None else known.parameters
        if known is None:
            return SampledProblem(sample.names, sample, point, 0.0, np.zeros_like(point))
        above = known.objective - float(sample.minimised(point))
        tilt = known.gradient - sample.gradient(point)
        return SampledProblem(sample.names, sample, point, above, tilt)

    @property
    def is_quadratic(self) -> bool:
        return self.sample.is_quadratic

    @property
    def absolute(self) -> Floats | None:
        return self.sample.absolute

    def objectives(self, parameters: Floats) -> Floats:
        beside = (np.asarray(parameters) - self.point) @ self.tilt
        return np.asarray(self.sample.objectives(parameters) + self.above + beside)

    def gradient(self, parameters: Floats) -> Floats:
        return np.asarray(self.sample.gradient(parameters) + self.tilt)

    def hessian(self, parameters: Floats) -> Floats:
        return self.sample.hessian(parameters)
