"""What plain descent would have needed where Newton's method went, from the curvature at the end.

Near the minimum the objective is a quadratic with the curvature there, and from the start's error e
so many epochs k of plain descent leave Σ ½λᵢeᵢ²(1 − lr·λᵢ)²ᵏ of its excess. The rate has to be
stable on the way too: λmax in 2/(λmin + λmax) is a bound on the curvature everywhere where the loss
has one, else the larger of those at start and end. Elsewhere than near the minimum the curvature
is another, so that the count is an estimate: of descents that were walked it was off by up to a
quarter.
"""

from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.newton_step import FLAT
from steepest.curvature.rates import MomentumRule
from steepest.descent.error_envelope import first_true
from steepest.descent.optimizers import Newton
from steepest.descent.rate_of_budget import Excess
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.local_spectrum import MOST_PARAMETERS
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.wording.fact import Fact, fact

# A millionth of the excess is left at the end.
_LEFT = 1e-6
# Shares of the rate with the best factor an epoch that are tried: at that rate the stiffest
# direction dies out as slowly as the slowest.
_SHARES = (1.0, 0.97, 0.94, 0.9, 0.85, 0.8)


class PlainDescent(NamedTuple):
    """A constant rate, and about how many epochs until a millionth of the excess is left."""

    lr: float
    epochs: int

    @property
    def fact(self) -> Fact:
        """The same as a fact."""
        return fact("plain descent", lr=self.lr, needed=self.epochs)


def plain_descent(trajectory: Trajectory) -> PlainDescent | None:
    """Of a linear model that Newton's method has brought to its minimum; None for any other, with
    L1 and bounds, of more than 200 parameters, and where nothing was left at the start.
    """
    problem = trajectory.problem
    arrived = isinstance(trajectory.optimizer, Newton) and trajectory.stop.rule == "decrement"
    if not arrived or trajectory.proximal is not None or not isinstance(problem, LinearModel):
        return None
    if len(problem.names) > MOST_PARAMETERS:
        return None
    start, end = trajectory.parameters[0], trajectory.parameters[-1]
    values, vectors = np.linalg.eigh(problem.second_order(end).hessian)
    curved = values > FLAT * values.max(initial=0.0)
    excess = Excess.of_errors(values[curved], ((start - end) @ vectors)[curved])
    if not len(excess.parts):
        return None
    highest = max(_highest(problem, start), float(values[-1]))
    best = 2.0 / (float(values[curved][0]) + highest)
    rates = [share * best for share in _SHARES]
    return min(
        (PlainDescent(lr, _epochs(excess, lr)) for lr in rates), key=lambda plan: plan.epochs
    )


def _highest(problem: LinearModel, start: Floats) -> float:
    """The largest curvature on the way, as far as it is known without another pass elsewhere."""
    bound = problem.curvature_bound() if isinstance(problem, LinearProblem) else np.inf
    if np.isfinite(bound):
        return float(bound)
    return float(np.linalg.eigvalsh(problem.second_order(start).hessian)[-1])


def _epochs(excess: Excess, lr: float) -> int:
    """The first epoch that leaves no more than a millionth."""

    def enough(k: int) -> bool:
        return bool(excess.log_share(MomentumRule(), np.array([lr]), k)[0] <= np.log(_LEFT))

    return first_true(enough)
