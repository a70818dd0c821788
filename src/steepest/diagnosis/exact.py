"""What is known exactly of a descent: on a quadratic, at a constant rate, by plain SGD."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule
from steepest.descent.closed_form import ClosedForm
from steepest.diagnosis.local_spectrum import Spectrum
from steepest.diagnosis.motion import exact_manner, swings
from steepest.diagnosis.thresholds import LEVEL, NEGLIGIBLE, ROUNDING, SETTLED
from steepest.wording.numbers import Direction


@final
@dataclass(frozen=True, eq=False)
class Exact:
    """The directions that the start has an error in, a of them, and what is left of each.

    - `values` (a,): eigenvalues, ascending;   `shares` (a,): of each error, what the end leaves
    - `distances` (a,): the errors at the end;   `size`: the parameters', which rounding goes by
    - `stable_rate`, `best_rate`: of all directions
    - `axis`: the i-th direction in words
    """

    rule: MomentumRule
    lr: float
    values: Floats
    shares: Floats
    distances: Floats
    size: float
    stable_rate: float
    best_rate: float
    axis: Callable[[int], str]
    rounding: float = ROUNDING

    @staticmethod
    def of_closed_form(closed: ClosedForm, epoch: int) -> "Exact":
        """Of a descent in closed form that ended at this epoch."""
        problem, active = closed.problem, np.flatnonzero(closed.active)
        values, factors, vectors = problem.eigenvalues, closed.factors, problem.eigenvectors
        ends = closed.start, closed.parameters(epoch)
        return Exact(
            closed.rule,
            closed.lr,
            values[active],
            np.abs(closed.remaining(epoch)[active]),
            np.abs(closed.errors(epoch)[active]),
            float(np.nanmax(np.abs(ends), initial=0.0)),
            closed.rule.stable_rate(float(values.max(initial=0.0))),
            closed.rule.best_rate(values),
            lambda i: str(
                Direction.of(
                    problem.names, values[active[i]], factors[active[i]], vectors[:, active[i]]
                )
            ),
        )

    @staticmethod
    def of_steps(
        rule: MomentumRule,
        lr: float,
        start: Spectrum,
        gradient: Floats,
        size: float,
        rounding: float = ROUNDING,
    ) -> "Exact":
        """Of steps from where the spectrum was taken to where the gradient is `gradient` (d,)."""
        active = np.flatnonzero(start.active)
        values = start.values[active]
        with np.errstate(all="ignore"):
            slopes = np.abs(gradient @ start.vectors)[active]
            shares = slopes / np.abs(start.slopes[active])
            distances = np.where(values == 0.0, np.inf, slopes / np.abs(values))
        stable, best = rule.stable_rate(start.largest), rule.best_rate(start.values)
        return Exact(
            rule, lr, values, shares, distances, size, stable, best,
            lambda i: start.axis(int(active[i])), rounding,
        )  # fmt: skip

    @cached_property
    def factors(self) -> Floats:
        """What an epoch multiplies each error by, (a,)."""
        return self.rule.factors(self.lr, self.values)

    @property
    def rates(self) -> tuple[float, float]:
        """The largest stable rate and the best one."""
        return self.stable_rate, self.best_rate

    @property
    def moves(self) -> bool:
        """Whether the start has an error in any direction."""
        return len(self.values) > 0

    @property
    def leading(self) -> int:
        """The direction whose error shrinks least or grows most."""
        return int(self.factors.argmax())

    @property
    def eigenvalue(self) -> float:
        """Of the leading direction."""
        return float(self.values[self.leading])

    @property
    def growth(self) -> float:
        """The factor of the leading direction."""
        return float(self.factors[self.leading])

    @property
    def grows(self) -> bool:
        """Whether an error grows, beyond what rounding does to a factor."""
        return self.moves and self.growth > 1.0 + LEVEL

    @property
    def slowest(self) -> int:
        """The direction with most of its error left."""
        return int(self.shares.argmax())

    @property
    def left(self) -> float:
        """The largest share of an error that is left among directions that curve up."""
        return float(self.shares[self.values > 0.0].max(initial=0.0))

    @property
    def settled(self) -> bool:
        """Whether every error has shrunk to 1e-12 of itself, or to rounding."""
        below = (self.shares <= SETTLED) | (self.distances <= self.rounding * self.size)
        return bool(below.all())

    @property
    def negligible(self) -> bool:
        """Whether what is left of every error may be neglected."""
        return bool((self.shares <= NEGLIGIBLE).all())

    @property
    def at_limit(self) -> bool:
        """Whether the leading error changes its side and neither shrinks nor grows."""
        level = self.moves and abs(self.growth - 1.0) <= LEVEL and self.rule.momentum < 1.0
        return level and swings(self.rule, self.lr, self.eigenvalue)

    @property
    def exactly_at_limit(self) -> bool:
        """Whether the rate is the stable limit, to rounding."""
        return abs(self.lr / self.rule.stable_rate(self.eigenvalue) - 1.0) <= ROUNDING

    @property
    def manner(self) -> str:
        """How the leading error goes; "" where it is not curved up."""
        if not self.moves or self.eigenvalue <= 0.0:
            return ""
        return exact_manner(self.rule, self.lr, self.eigenvalue)
