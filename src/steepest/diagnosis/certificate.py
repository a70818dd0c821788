"""The certificate of a minimum: how far each parameter still has to go, from the curvature.

At a point θ of a convex objective J with gradient g and second derivative H, Newton's step
p = −H⁻¹g is what is left, up to terms of second order; with an L1 penalty or bounds it is the step
to the minimum of the quadratic model. It is measured in standard errors: with u the objective's
`unit` (`SecondOrder`), the covariance of the parameters is u·H⁻¹, and λ² = pᵀHp/u bounds the square
of every |pⱼ|/errorⱼ. That holds at any scale and offset of J.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.curvature.newton_step import ScaledAxes
from steepest.descent.newton import SMALL_STEP, model_step, off_level_directions
from steepest.descent.proximal import Proximal
from steepest.diagnosis.thresholds import CERTIFIED, ROUNDING
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.linear_on_moments import MomentsProblem
from steepest.problems.problem import Problem

_EPS = float(np.finfo(np.float64).eps)
# Roundings that a sum over the rows may cost its result, in blocks.
_ROUNDINGS = 4.0
# Beyond so many parameters the second derivative is not formed for a certificate.
MOST_PARAMETERS = 2000


@final
@dataclass(frozen=True, eq=False)
class Certificate:
    """What is left of each parameter at one point, in the user's units; all arrays are (d,).

    - `parameters`; `gaps`: what each has left to go; `errors`: its standard error, 0 where a
      penalty or bound holds it; `rounding`: a bound on what rounding may have changed
    - `decrement`: λ in standard errors; None where errors are not known
    - `singular`: whether a direction has no curvature
    - `steps_vanish`: whether the step is small beside the parameters. Where there is no minimum
      steps stay large, while standard errors grow without end
    """

    names: tuple[str, ...]
    parameters: Floats
    gaps: Floats
    errors: Floats
    rounding: Floats
    decrement: float | None
    singular: bool
    steps_vanish: bool

    @staticmethod
    def at(problem: LinearModel, parameters: Floats, proximal: Proximal | None) -> "Certificate":
        """The certificate at `parameters` (d,), in the descent's coordinates: one pass over the
        rows.
        """
        known = problem.second_order(parameters)
        step = model_step(problem, known, parameters, proximal)
        change = linear_map(problem)
        free = _free(parameters, step, proximal)
        inverse = inverse_root(problem, known.hessian, free)
        unit = 0.0 if known.unit is None else known.unit
        errors = np.sqrt(unit * np.square(change @ inverse).sum(axis=1))
        noise = np.sqrt(unit * problem.total_weight * np.maximum(known.hessian.diagonal(), 0.0))
        noise = _ROUNDINGS * _EPS * (noise + np.abs(known.hessian) @ np.abs(parameters))
        rounding = np.abs(change @ inverse) @ np.abs(inverse.T) @ noise
        rounding += ROUNDING * (np.abs(change) @ np.abs(parameters))
        left = float(step @ known.hessian @ step)
        return Certificate(
            problem.names,
            problem.to_user(parameters),
            np.abs(change @ step),
            errors,
            rounding,
            float(np.sqrt(max(left, 0.0) / unit)) if unit > 0.0 else None,
            inverse.shape[1] < int(free.sum()),
            bool(np.abs(step).max(initial=0.0) <= SMALL_STEP * np.abs(parameters).max(initial=0.0)),
        )

    @property
    def holds(self) -> bool:
        """Whether nothing that matters is left of any parameter: less than a millionth of its
        standard error, or than rounding.
        """
        small = np.maximum(CERTIFIED * self.errors, self.rounding)
        return self.steps_vanish and bool((self.gaps <= small).all())

    @property
    def worst(self) -> int:
        """The parameter with the most left, in its standard errors."""
        return int(np.argmax(self._shares))

    @property
    def most_left(self) -> float:
        """What that parameter has left, in its standard errors."""
        return float(self._shares[self.worst])

    @property
    def digits(self) -> Floats:
        """Decimal digits (d,) that agree with the minimum: what is left and rounding both count."""
        error = self.gaps + self.rounding
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share = np.where(error > 0.0, error / np.abs(self.parameters), _EPS)
        return np.asarray(np.clip(-np.log10(np.maximum(share, _EPS)), 0.0, None))

    @property
    def _shares(self) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            shares = np.where(self.gaps > self.rounding, self.gaps / self.errors, 0.0)
        return np.nan_to_num(shares, nan=0.0, posinf=np.inf)


def certify(
    problem: Problem, parameters: Floats, proximal: Proximal | None, *, known: bool = False
) -> Certificate | None:
    """The certificate at `parameters` (d,), in the descent's coordinates; None where there is none:
    a problem that is no linear model, a loss with kinks, more than 2000 parameters, or rows
    elsewhere, unless the curvature there is `known` already.
    """
    if not isinstance(problem, LinearModel) or not problem.loss.smooth:
        return None
    at_hand = known or isinstance(problem, LinearProblem | MomentsProblem)
    if not at_hand or len(parameters) > MOST_PARAMETERS:
        return None
    with np.errstate(all="ignore"):
        return Certificate.at(problem, parameters, proximal)


def linear_map(problem: LinearModel) -> Floats:
    """The matrix (d, d) from a change in the descent's coordinates to one in the user's units."""
    everyone = np.eye(len(problem.names))
    return np.asarray((problem.to_user(everyone) - problem.to_user(0.0 * everyone)).T)


def _free(parameters: Floats, step: Floats, proximal: Proximal | None) -> NDArray[np.bool_]:
    """Which parameters (d,) no penalty holds at 0 and no bound."""
    if proximal is None:
        return np.ones(parameters.size, dtype=np.bool_)
    there = parameters + step
    lower, upper = proximal.sides
    at_bound = (there <= lower) | (there >= upper)
    return np.asarray(~(at_bound | ((there == 0.0) & (proximal.strengths > 0.0))))


def inverse_root(problem: LinearModel, hessian: Floats, free: NDArray[np.bool_]) -> Floats:
    """B (d, m) with B Bᵀ = H⁺ on the free parameters, 0 elsewhere: a column for each direction that
    has curvature; those that are known to be level are left out of the product.
    """
    index = np.flatnonzero(free)
    axes = ScaledAxes.of(off_level_directions(problem, hessian)[np.ix_(index, index)])
    roots = np.zeros((len(hessian), int(axes.curved.sum())))
    roots[index] = axes.inverse_root
    if (level := problem.level_directions) is not None:
        roots -= level.T @ (level @ roots)
    return roots
