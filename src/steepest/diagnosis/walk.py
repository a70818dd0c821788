"""Steps on a problem that can be asked at any point: what a verdict needs of them, once."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule
from steepest.descent.newton import newton_step
from steepest.descent.optimizers import Newton
from steepest.descent.penalized_update import least_slope_norm
from steepest.descent.schedules import Constant
from steepest.descent.trajectory import Point, Trajectory
from steepest.diagnosis.certificate import Certificate, certify
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.local_spectrum import Spectrum, momentum_rule
from steepest.diagnosis.motion import Motion, arrives_at_once
from steepest.diagnosis.thresholds import ARRIVED, ROUNDING, SETTLED
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.problem import Problem
from steepest.problems.separation import Separation, confirm_separation, find_separation


@final
@dataclass(frozen=True, eq=False)
class Walk:
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
    def certificate(self) -> Certificate | None:
        """What is left of every parameter at the last step, by the curvature there."""
        walked = self.trajectory
        if not np.isfinite(walked.objective[-1]):
            return None
        # Newton's method knows the curvature at its end; elsewhere it takes a pass over the rows.
        known = isinstance(walked.optimizer, Newton)
        return certify(walked.problem, walked.parameters[-1], walked.proximal, known=known)

    @cached_property
    def separation(self) -> Separation | None:
        """A direction along which the objective falls for ever."""
        problem, certificate = self.problem, self.certificate
        if certificate is None or (certificate.holds and not certificate.singular):
            return None
        bounds = self.trajectory.bounds
        if isinstance(problem, LinearProblem):
            lower = None if bounds is None else bounds.lower
            return find_separation(problem, lower, self.last.parameters)
        if not isinstance(problem, LinearModel) or bounds is not None:
            return None
        here = self.last.parameters
        step = newton_step(problem, here)
        return confirm_separation(problem, step)

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
    def exact(self) -> Exact | None:
        """What is known of the directions; None unless it is a quadratic, at a constant rate, whose
        steps no bound and no L1 penalty has turned aside.
        """
        spectrum, rule = self.first_spectrum, self.rule
        if not self.quadratic or rule is None or spectrum is None or not spectrum.slopes.any():
            return None
        if not self._undisturbed:
            return None
        return Exact.of_steps(rule, self.lr, spectrum, self.last.gradient, self._size)

    @cached_property
    def _undisturbed(self) -> bool:
        """Whether all steps are as they would be without bounds and L1 penalty."""
        if not penalty_vanishes(self.problem, self.trajectory.gradient[0]):
            return False
        bounds, kept = self.trajectory.bounds, self.trajectory
        if bounds is None:
            return True
        inside = (kept.parameters > bounds.lower) & (kept.parameters < bounds.upper)
        return len(kept.indices) == kept.epochs + 1 and bool(inside.all())

    @property
    def _size(self) -> float:
        return float(np.abs(self.trajectory.parameters[[0, -1]]).max(initial=0.0))

    @property
    def slopes_without_curvature(self) -> bool:
        """Whether a direction that is flat has a slope: how far it falls is not known."""
        spectrum = self.spectrum
        if spectrum is None:
            return False
        flat = np.abs(spectrum.slopes[spectrum.values == 0.0])
        return float(flat.max(initial=0.0)) > SETTLED * self.steepest

    @property
    def at_rest(self) -> bool:
        """Whether the last step changed no parameter by more than rounding."""
        if not self.last.index:
            return False
        before = self.trajectory.at(self.last.index - 1).parameters
        change = float(np.abs(self.last.parameters - before).max(initial=0.0))
        return change <= ROUNDING / 4.0 * self._size

    @property
    def gradient_settled(self) -> bool:
        """Whether the gradient has shrunk to 1e-12 of its largest."""
        return self.slope <= SETTLED * self.steepest

    @property
    def one_step(self) -> bool:
        """Whether the first step arrived."""
        kept, gone = self.trajectory, self.slope <= ARRIVED * self.steepest
        return (
            gone
            and len(kept.indices) > 1
            and int(kept.indices[1]) == 1
            and arrives_at_once(kept.parameters)
        )


def penalty_vanishes(problem: Problem, gradient: Floats) -> bool:
    """Whether an L1 penalty is so small against the gradient at the start that no step can tell it
    from none, not even one that has settled.

    >>> class Line(Problem):
    ...     names, absolute = ("x",), np.array([1e-300])
    ...     def objectives(self, parameters):
    ...         return parameters[..., 0]
    ...     def gradient(self, parameters):
    ...         return np.ones_like(parameters)
    >>> penalty_vanishes(Line(), np.array([1.0]))
    True
    """
    strengths = problem.absolute
    if strengths is None:
        return True
    least = np.abs(gradient[np.abs(gradient) > 0.0]).min(initial=np.inf)
    return bool(strengths.max(initial=0.0) <= SETTLED * np.finfo(float).eps * least)
