"""How runs go from one step to the next: optimizer, learning rate, proximal map.

A batch of b runs has parameters (b, d) and objectives (b,). Runs that share an optimizer are
updated together; each has a learning rate of its own.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.descent.optimizers import Optimizer
from steepest.descent.penalized_update import Proximal, least_slope_norm
from steepest.descent.schedules import Backtracking, Constant, Schedule
from steepest.descent.update_rules import State
from steepest.problems.problem import Problem

# A line search that has not found a lower point after so many trials is given up.
MOST_TRIALS = 60
_ROUNDING = 4.0 * np.finfo(float).eps


class Position(NamedTuple):
    """Where b runs stand: all that is needed to go on from there.

    `objective` is all that is minimised; `gradient` that of the problem, without the part that the
    proximal map takes care of. `state` is the optimizer's: the number of steps, then arrays (b, d).
    """

    k: int
    parameters: Floats
    objective: Floats
    gradient: Floats
    state: State


@final
@dataclass(frozen=True, eq=False)
class Update:
    """The update rule of runs with one optimizer, and a schedule for each of them.

    A schedule with a line search (`Backtracking`) tries rates lr, lr·shrink, lr·shrink², … until

        F(θ⁺) ≤ F(θ) + slope · (∇f(θ)ᵀ(θ⁺ − θ) + g(θ⁺) − g(θ)),        F = f + g

    where θ⁺ is the point that the optimizer, and the proximal map of g, make of that rate (Armijo
    1966; with bounds Bertsekas 1976; Tseng and Yun 2009).
    """

    problem: Problem
    optimizer: Optimizer
    schedules: tuple[Schedule, ...]
    proximal: Proximal | None = None

    def start(self, parameters: Floats) -> Position:
        """The position before the first step."""
        return evaluated(
            self.problem, self.proximal, 0, parameters, self.optimizer.init(parameters)
        )

    def rates(self, k: int) -> Floats:
        """The rates (b,) of the updates that leave step k."""
        if self._constant is not None:
            return self._constant
        return np.array([schedule.rate(k) for schedule in self.schedules], dtype=np.float64)

    def move(self, position: Position) -> tuple[Floats, State, Floats]:
        """The next parameters and state, and the rates (b,) that led there; nan where a line
        search failed and the run stays where it is.
        """
        if self.searches:
            return self._search(position, self.searches)
        rates = self.rates(position.k)
        return (*self._updated(position, rates), rates)

    def next(self, position: Position) -> tuple[Position, Floats]:
        """The next position, and the rates (b,) that led there."""
        parameters, state, rates = self.move(position)
        k = position.k + 1
        return evaluated(self.problem, self.proximal, k, parameters, state), rates

    @cached_property
    def searches(self) -> list[Backtracking]:
        """The schedules that search along a line: all or none."""
        return [rule for rule in self.schedules if isinstance(rule, Backtracking)]

    @cached_property
    def _constant(self) -> Floats | None:
        if all(isinstance(schedule, Constant) for schedule in self.schedules):
            return np.array([schedule.lr for schedule in self.schedules], dtype=np.float64)
        return None

    def _updated(self, position: Position, rates: Floats) -> tuple[Floats, State]:
        _, parameters, _, gradient, state = position
        lr = rates[:, None]
        updated, state = self.optimizer.step(parameters, gradient, state, lr)
        if self.proximal is not None:
            updated = self.proximal.follow(updated, lr, self.optimizer, state)
        return updated, state

    def _search(
        self, position: Position, searches: list[Backtracking]
    ) -> tuple[Floats, State, Floats]:
        rates = np.array([search.lr for search in searches], dtype=np.float64)
        shrink = np.array([search.shrink for search in searches])
        slope = np.array([search.slope for search in searches])
        for _ in range(MOST_TRIALS):
            updated, state = self._updated(position, rates)
            lower = self._lower(position, updated, slope)
            if lower.all():
                return updated, state, rates
            rates = np.where(lower, rates, rates * shrink)
        stay = ~lower
        return (
            np.where(stay[:, None], position.parameters, updated),
            state,
            np.where(stay, np.nan, rates),
        )

    def _lower(self, position: Position, updated: Floats, slope: Floats) -> NDArray[np.bool_]:
        """Which of the points (b, d) are low enough."""
        promised = (position.gradient * (updated - position.parameters)).sum(axis=1)
        objective = self.problem.objectives(updated)
        if self.proximal is not None:
            added = self.proximal.value(updated)
            objective = objective + added
            promised += added - self.proximal.value(position.parameters)
        # What is nan, outside the domain, is not lower either.
        lower = objective <= position.objective + slope * promised
        # Next to a minimum the fall drowns in the objective's rounding; the gradient still tells.
        level = np.abs(objective - position.objective) <= _ROUNDING * np.abs(position.objective)
        if level.any():
            before = least_slope_norm(self.proximal, position.parameters, position.gradient)
            after = least_slope_norm(self.proximal, updated, self.problem.gradient(updated))
            lower = np.where(level, (after < before) | (before == 0.0), lower)
        return np.asarray(lower)


def evaluated(
    problem: Problem, proximal: Proximal | None, k: int, parameters: Floats, state: State
) -> Position:
    """The position at these parameters (b, d)."""
    objective, gradient = problem.objectives_and_gradient(parameters)
    if proximal is not None:
        objective = objective + proximal.value(parameters)
    # The problem may use its gradient's array again; parameters and state are always new.
    return Position(k, parameters, objective, gradient.copy(), state)
