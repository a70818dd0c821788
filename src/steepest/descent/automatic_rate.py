"""`lr="auto"`: a learning rate from the curvature."""

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule
from steepest.descent.optimizers import SGD, InteriorPoint, Newton, Optimizer
from steepest.descent.rate_of_budget import Excess, rate_of_budget
from steepest.descent.schedules import Backtracking, Constant, Schedule
from steepest.errors import InputError
from steepest.problems.problem import Problem

# Beyond so many parameters the second derivative is not computed.
MOST_PARAMETERS = 200
# A line search begins at so many times the rate that suits the start: along the way the curvature
# may fall.
_ROOM = 16.0
# Newton's method first tries the whole step.
NEWTON_RATE = Backtracking(1.0)


def automatic_schedule(
    problem: Problem,
    start: Floats,
    optimizer: Optimizer,
    *,
    quadratic: bool,
    epochs: int | None = None,
) -> Schedule:
    """The best constant rate where the second derivative is the same everywhere, with a budget of
    `epochs` the one that leaves the least objective after them; else a line search whose first rate
    is 16 times 1/|λ|max of the start (d,), of Newton's method 1.

    Raises InputError for an optimizer whose rate the curvature does not give.

    >>> class Parabola(Problem):
    ...     names = ("x",)
    ...     def objectives(self, parameters):
    ...         return parameters[..., 0] ** 2
    ...     def gradient(self, parameters):
    ...         return 2 * parameters
    >>> automatic_schedule(Parabola(), np.array([7.0]), SGD(), quadratic=True).rate(0)
    0.5...
    """
    if isinstance(optimizer, Newton):
        return NEWTON_RATE
    if isinstance(optimizer, InteriorPoint):
        return Constant(1.0)
    sgd = require_sgd(optimizer)
    values, vectors = np.ones(1), np.ones((1, 1))
    if len(start) <= MOST_PARAMETERS:
        values, vectors = np.linalg.eigh(np.nan_to_num(problem.hessian(start)))
    if quadratic and values.max() > 0.0 and values.min() >= -1e-12 * values.max():
        rule = MomentumRule(sgd.momentum, sgd.nesterov)
        curved = values > 1e-12 * values.max()
        values, rate = values[curved], rule.best_rate(values[curved])
        if epochs is None or rule.momentum >= 1.0:
            return Constant(rate)
        left = Excess.of_slopes(values, (problem.gradient(start) @ vectors)[curved])
        stable = rule.stable_rate(float(values.max()))
        return Constant(rate_of_budget([left], rule, epochs, rate, stable))
    if sgd.momentum:
        raise InputError(
            "lr auto searches along the gradient, and momentum leads elsewhere; give lr a number"
        )
    largest = float(np.abs(values).max())
    return Backtracking(_ROOM / largest if largest > 0.0 else 1.0)


def require_sgd(optimizer: Optimizer) -> SGD:
    """The optimizer, if it is one whose rate the curvature gives: SGD, with momentum or without.

    Raises InputError for any other.
    """
    if isinstance(optimizer, SGD) and not (optimizer.weight_decay or optimizer.dampening):
        return optimizer
    raise no_automatic_rate(optimizer)


def no_automatic_rate(optimizer: Optimizer) -> InputError:
    """The error for lr="auto" with an optimizer that scales its steps itself."""
    default = 0.001 if optimizer.name.lower().startswith("adam") else 0.01
    return InputError(
        "lr auto is computed from the curvature for SGD; give {name} a number, for example "
        "torch's default, {default}",
        name=optimizer.name,
        default=default,
    )
