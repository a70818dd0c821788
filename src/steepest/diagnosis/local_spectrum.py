"""The second derivative at one point: its eigenvalues, its directions, and the slope along them."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats, principal
from steepest.curvature.rates import MomentumRule
from steepest.descent.optimizers import SGD, Optimizer
from steepest.problems.problem import Problem
from steepest.wording.numbers import Direction

# The second derivative of more parameters than this is not formed.
MOST_PARAMETERS = 200
# What is below this share of the largest is the rounding of the second derivative.
_FLAT = 1e-9
# A direction with such a share of one parameter is that parameter's; others are written as vectors
# for so many parameters at most.
_ALONE = 0.9995
_WRITTEN_OUT = 4


@final
@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues (d,) ascending, 0 where flat; unit eigenvectors (d, d) as columns; the gradient's
    component along each, `slopes` (d,).

    >>> class Bowl(Problem):
    ...     names = ("x", "y")
    ...     def objectives(self, parameters):
    ...         return (parameters**2 * [1.0, 3.0]).sum(axis=-1)
    ...     def gradient(self, parameters):
    ...         return 2.0 * parameters * [1.0, 3.0]
    >>> spectrum = Spectrum.at(Bowl(), np.array([1.0, 0.0]))
    >>> spectrum.values.round(6).tolist(), str(spectrum.direction(1))
    ([2.0, 6.0], 'y (100%)')
    """

    names: tuple[str, ...]
    values: Floats
    vectors: Floats
    slopes: Floats

    @staticmethod
    def at(
        problem: Problem,
        parameters: Floats,
        free: NDArray[np.bool_] | None = None,
        pull: Floats | float = 0.0,
    ) -> "Spectrum | None":
        """The spectrum there, of the parameters that are `free` (d,); the others are held.

        `pull` (d,) is the slope of an L1 penalty, which the problem's gradient leaves out.
        None for more than 200 parameters, and where it is not finite.
        """
        if parameters.size > MOST_PARAMETERS:
            return None
        free = np.ones(parameters.size, dtype=np.bool_) if free is None else free
        with np.errstate(all="ignore"):
            hessian = principal(np.asarray(problem.hessian(parameters)), free)
            gradient = (problem.gradient(parameters) + pull)[free]
        if not (np.isfinite(hessian).all() and np.isfinite(gradient).all()):
            return None
        values, reduced = np.linalg.eigh((hessian + hessian.T) / 2.0)
        values[np.abs(values) <= _FLAT * np.abs(values).max(initial=0.0)] = 0.0
        vectors = np.zeros((parameters.size, len(values)))
        vectors[free] = reduced
        return Spectrum(problem.names, values, vectors, gradient @ reduced)

    @staticmethod
    def of_axes(names: tuple[str, ...]) -> "Spectrum | None":
        """The axes, without slope or curvature; None for more than 200 parameters."""
        if len(names) > MOST_PARAMETERS:
            return None
        level = np.zeros(len(names))
        return Spectrum(names, level, np.eye(len(names)), level)

    @property
    def largest(self) -> float:
        """The largest curvature upwards; 0 where there is none."""
        return float(self.values.max(initial=0.0))

    @property
    def lowest(self) -> float:
        """The smallest eigenvalue; below 0 where the function curves down; 0 of nothing."""
        return float(self.values.min()) if len(self.values) else 0.0

    @property
    def distances(self) -> Floats:
        """How far, along each direction, the slope would vanish if nothing else changed, (d,).

        0 along a direction that is flat.
        """
        curved = self.values != 0.0
        reach = np.abs(self.slopes) / np.where(curved, np.abs(self.values), 1.0)
        return np.where(curved, reach, 0.0)

    @property
    def active(self) -> NDArray[np.bool_]:
        """Directions that the descent will move along: those with a slope, beyond rounding."""
        size = np.abs(self.slopes)
        return np.asarray(size > 1e-14 * size.max(initial=0.0))

    def axis(self, i: int) -> str:
        """The i-th direction in words: the parameter that carries it alone, or a unit vector.

        >>> root = np.sqrt(0.5)
        >>> vectors = np.array([[root, root], [root, -root]])
        >>> Spectrum(("x", "y"), np.array([0.0, 4.0]), vectors, np.zeros(2)).axis(1)
        '(0.71, -0.71)'
        """
        vector = self.vectors[:, i]
        if np.square(vector).max() >= _ALONE:
            return self.names[int(np.abs(vector).argmax())]
        if len(vector) > _WRITTEN_OUT:
            return str(self.direction(i))
        rounded = np.where(np.abs(vector) > 1e-6, vector, 0.0)  # the rest is rounding
        first = rounded[np.flatnonzero(rounded)[0]]
        return f"({', '.join(f'{entry:.2g}' for entry in rounded * np.sign(first) + 0.0)})"

    def direction(self, i: int, factor: float = np.nan) -> Direction:
        """The i-th direction, with the factor an epoch multiplies its error by."""
        return Direction.of(self.names, self.values[i], factor, self.vectors[:, i])


def momentum_rule(optimizer: Optimizer) -> MomentumRule | None:
    """Momentum and Nesterov of SGD; None for an optimizer that curvature does not foretell."""
    if not isinstance(optimizer, SGD) or optimizer.dampening or optimizer.weight_decay:
        return None
    return MomentumRule(optimizer.momentum, optimizer.nesterov)
