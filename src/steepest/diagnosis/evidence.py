"""What a verdict on a stepwise descent rests on, measured once."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from steepest.curvature.rates import MomentumRule
from steepest.descent.proximal import least_slope_norm
from steepest.descent.schedules import Constant
from steepest.descent.trajectory import Point, Trajectory
from steepest.diagnosis.local_spectrum import Spectrum, momentum_rule
from steepest.diagnosis.motion import Motion, exact_manner, manner_of
from steepest.problems.problem import Problem

# A step that leaves no more than this of the gradient has arrived.
_GONE = 1e-6


class Leading(NamedTuple):
    """A direction in words, its eigenvalue, and the factor an epoch multiplies its error by."""

    axis: str
    eigenvalue: float
    factor: float


@final
@dataclass(frozen=True, eq=False)
class Evidence:
    """A trajectory, and what can be said of its start, its last step and its motion.

    `quadratic` where the objective has the same second derivative everywhere.
    """

    trajectory: Trajectory
    quadratic: bool

    @property
    def problem(self) -> Problem:
        """What was minimised."""
        return self.trajectory.problem

    @cached_property
    def last(self) -> Point:
        """The last step."""
        return self.trajectory.last

    @cached_property
    def active(self) -> NDArray[np.bool_]:
        """Which parameters are held by a bound at the last step, (d,)."""
        bounds = self.trajectory.bounds
        if bounds is None:
            return np.zeros(self.last.parameters.size, dtype=np.bool_)
        return bounds.active(self.last.parameters, self.last.gradient)

    @cached_property
    def held(self) -> NDArray[np.bool_]:
        """Which parameters an L1 penalty holds at 0 at the last step, (d,)."""
        here, strengths = self.last.parameters, self.problem.absolute
        if strengths is None:
            return np.zeros(here.size, dtype=np.bool_)
        return np.asarray((here == 0.0) & (np.abs(self.last.gradient) <= strengths))

    @cached_property
    def slope(self) -> float:
        """The gradient norm at the last step, of what bounds and an L1 penalty leave of it."""
        last = self.last
        with np.errstate(over="ignore"):
            norm = least_slope_norm(
                self.trajectory.proximal, last.parameters[None], last.gradient[None]
            )
        return float(norm[0])

    @cached_property
    def steepest(self) -> float:
        """The largest gradient norm among the kept steps."""
        with np.errstate(over="ignore", invalid="ignore"):
            norms = np.sqrt(np.square(self.trajectory.gradient).sum(axis=1))
        return float(np.nanmax(norms, initial=0.0))

    @cached_property
    def travel(self) -> float:
        """The largest distance of a step, kept or among the latest, from the last one."""
        late = np.array([point.parameters for point in self.motion.points])
        gaps = np.concatenate([self.trajectory.parameters, late]) - self.last.parameters
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.nanmax(np.sqrt(np.square(gaps).sum(axis=1)), initial=0.0))

    @cached_property
    def scale(self) -> float:
        """The size of the region the descent has to do with: parameters and travel; never 0."""
        ends = np.abs(self.trajectory.parameters[[0, -1]]).max(initial=0.0)
        return max(float(ends), self.travel) or 1.0

    @cached_property
    def first_spectrum(self) -> Spectrum | None:
        """The curvature at the start."""
        return Spectrum.at(self.problem, self.trajectory.parameters[0])

    @cached_property
    def spectrum(self) -> Spectrum | None:
        """The curvature at the last step, of the parameters that no bound or penalty holds."""
        here, strengths = self.last.parameters, self.problem.absolute
        pull = 0.0 if strengths is None else strengths * np.sign(here)
        return Spectrum.at(self.problem, here, ~(self.active | self.held), pull)

    @cached_property
    def rule(self) -> MomentumRule | None:
        """Momentum and Nesterov of SGD at a constant rate; None for every other descent."""
        if not isinstance(self.trajectory.schedule, Constant):
            return None
        return momentum_rule(self.trajectory.optimizer)

    @property
    def lr(self) -> float:
        """The rate of the last step."""
        return float(self.trajectory.learning_rate[-1])

    @cached_property
    def motion(self) -> Motion:
        """How the last steps moved."""
        return Motion.of(self.trajectory)

    @cached_property
    def leading(self) -> "Leading | None":
        """What leads a descent on a quadratic: of the directions with a slope at the start, the one
        whose error shrinks least or grows most. None where it is not known exactly.
        """
        spectrum = self.first_spectrum
        exact = self.quadratic and self.trajectory.bounds is None
        if not exact or self.rule is None or spectrum is None or not spectrum.slopes.any():
            return None
        factors = np.where(spectrum.active, self.rule.factors(self.lr, spectrum.values), -1.0)
        worst = int(factors.argmax())
        return Leading(spectrum.axis(worst), float(spectrum.values[worst]), float(factors[worst]))

    @cached_property
    def manner(self) -> str:
        """How the descent went: known for a quadratic, else measured."""
        if self.leading is not None and self.leading.eigenvalue > 0.0:
            assert self.rule is not None
            return exact_manner(self.rule, self.lr, self.leading.eigenvalue)
        if self._one_step():
            return "one step"
        if not np.isfinite(self.motion.factor):
            return ""
        # Step lengths that grow are no divergence yet: the verdict says so where they are.
        return manner_of(min(self.motion.factor, 1.0), self.motion.swings)

    def _one_step(self) -> bool:
        places = self.trajectory.parameters
        if len(places) < 2 or self.slope > _GONE * self.steepest:
            return False
        with np.errstate(over="ignore", invalid="ignore"):
            first = float(np.abs(places[1] - places[0]).max())
            rest = float(np.abs(places[1:] - places[1]).max())
        return self.trajectory.indices[1] == 1 and rest <= _GONE * first and first > 0.0
