"""The record of a descent that keeps all its steps, as Newton's method and inner points do."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple, final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.interruption import INTERRUPTED
from steepest.descent.penalized_update import Proximal, least_slope_norm
from steepest.descent.stepwise import Progress, RunSettings, diverged
from steepest.descent.stopping import Stop, StoppingRun
from steepest.descent.trajectory import Trajectory
from steepest.problems.problem import Problem


class Step(NamedTuple):
    """A point of the path, and the rate of the update that led there."""

    parameters: Floats
    objective: float  # with the L1 penalty
    gradient: Floats
    rate: float


@final
@dataclass(eq=False)
class StepRecord:
    """The steps so far, whole wherever Ctrl-C falls: a step is added in one operation."""

    problem: Problem
    run: RunSettings
    stopping: StoppingRun
    proximal: Proximal | None
    progress: Progress | None
    steps: list[Step] = field(default_factory=list)
    stop: Stop = INTERRUPTED
    guessed: bool = False

    def step(
        self, parameters: Floats, objective: float, gradient: Floats, rate: float = 1.0
    ) -> Step:
        """The step at θ (d,), from the problem's objective there."""
        added = 0.0 if self.proximal is None else float(self.proximal.value(parameters))
        return Step(parameters.copy(), objective + added, gradient, rate)

    def slope(self, step: Step) -> float:
        """The norm of the gradient, of what an L1 penalty and bounds leave of it."""
        norm = least_slope_norm(self.proximal, step.parameters[None], step.gradient[None])
        return float(norm[0])

    def due(self) -> Stop | None:
        """The stop that is due at the last step; `progress` is called with it first."""
        k, last = len(self.steps) - 1, self.steps[-1]
        if self.progress is not None:
            self.progress(k, last.objective)
        stop = self.stopping.check(k, last.objective, self.slope(last))
        if math.isfinite(last.objective) and np.isfinite(last.gradient).all():
            return stop
        return diverged(k, last.objective)

    def trajectory(self, next_rate: float = 1.0) -> Trajectory:
        """What was recorded; `next_rate` is that of the update which was not made."""
        steps = self.steps
        return Trajectory(
            self.problem,
            self.run.optimizer,
            self.run.schedule,
            self.proximal,
            np.arange(len(steps)),
            np.array([step.parameters for step in steps]),
            np.array([step.objective for step in steps]),
            np.array([step.gradient for step in steps]),
            np.array([*(step.rate for step in steps[1:]), next_rate]),
            self.stop,
            lambda i: (i,),
            self.guessed,
        )
