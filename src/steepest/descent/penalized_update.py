"""The proximal map that follows an update: an L1 penalty, bounds, or both.

What is minimised is F = f + g. f is the objective of the problem, smooth, and descent follows its
gradient. g(θ) = Σ aⱼ|θⱼ| within the bounds, ∞ outside, has kinks there and at 0. After an update
of rate lr along the direction d

    θ⁺ = argmin over z of g(z) + Σ (zⱼ − θⱼ + lr·dⱼ)² / (2·lr·ρⱼ)

where ρ is the optimizer's `reach`: how far d goes for a steady gradient of 1. It is 1 for plain
descent (the proximal gradient method), up to 1/(1 − μ) with momentum μ, and 1/√v̂ⱼ for optimizers
that scale each parameter. Gradient and penalty so weigh the same, and where parameters rest
∇f + ∂g contains 0, with every optimizer. With ρ = 1 throughout, momentum 0.9 would rest where the
penalty is a tenth of what was asked for (Yun, Lozano and Yang 2021).
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.descent.optimizers import Optimizer
from steepest.descent.update_rules import State
from steepest.penalties.bounds import Bounds
from steepest.penalties.penalties import L1, Penalized, Penalty


@final
@dataclass(frozen=True, eq=False)
class Proximal:
    """g(θ) = a·Σ|θⱼ| over the penalized parameters, within bounds, and its proximal map.

    The smooth part of the penalty, b·Σθⱼ², belongs to the problem.

    >>> proximal = Proximal.of(L1(0.5), np.array([True, True, False]))
    >>> proximal.value(np.array([3.0, -2.0, 7.0]))
    array(2.5)
    """

    rule: Penalized

    @staticmethod
    def of(
        penalty: Penalty, penalized: NDArray[np.bool_], bounds: Bounds | None = None
    ) -> "Proximal | None":
        """The map of a penalty on those of the d parameters where `penalized` (d,) is True, and of
        bounds; None where nothing is left to do.
        """
        rule = Penalized(penalty, penalized, bounds)
        return Proximal(rule) if rule.has_kinks else None

    @staticmethod
    def of_bounds(bounds: Bounds | None) -> "Proximal | None":
        """The projection onto bounds; None for none.

        >>> box = Proximal.of_bounds(Bounds.of("x", {"x": (0, 1)}))
        >>> box.least_slope(np.array([0.0]), np.array([3.0]))
        array([0.])
        """
        if bounds is None:
            return None
        return Proximal(Penalized(L1(0.0), np.zeros(len(bounds.names), dtype=np.bool_), bounds))

    @property
    def bounds(self) -> Bounds | None:
        """The bounds; None where there are none."""
        return self.rule.bounds

    @property
    def sides(self) -> tuple[Floats, Floats]:
        """The bounds (d,) below and above; −inf and inf where there is none."""
        return self.rule.sides

    @property
    def strengths(self) -> Floats:
        """aⱼ of Σ aⱼ|θⱼ|, shape (d,); 0 where no penalty is on a parameter."""
        return np.where(self.rule.penalized, self._strength, 0.0)

    def value(self, parameters: Floats) -> Floats:
        """g of each row of `parameters` (…, d) that lie within the bounds, shape (…)."""
        size = np.abs(parameters[..., self.rule.penalized]).sum(axis=-1)
        return np.asarray(self._strength * size if self._strength else np.zeros_like(size))

    def follow(self, updated: Floats, lr: Floats, optimizer: Optimizer, state: State) -> Floats:
        """The parameters (b, d) after an update that led to `moved` and `state`; `lr` (b, 1).

        Raises InputError for an L1 penalty with an optimizer whose reach is not known.
        """
        # Bounds are where they are, whatever the rate.
        return self.rule.prox(updated, lr * optimizer.reach(state) if self._strength else 0.0)

    def least_slope(self, parameters: Floats, gradient: Floats) -> Floats:
        """The smallest element (…, d) of ∇f + ∂g, from ∇f: 0 at a minimum of F, and only there.

        It is what the gradient mapping (θ − θ⁺)/lr of plain descent tends to as lr → 0, and is
        never smaller than that. With bounds alone it is the projected gradient.
        """
        strengths = self.strengths
        at_kink = gradient - np.clip(gradient, -strengths, strengths)
        slope = np.where(parameters == 0.0, at_kink, gradient + strengths * np.sign(parameters))
        if self.bounds is None:
            return slope
        return np.where(self.bounds.active(parameters, slope), 0.0, slope)

    def holds(self, parameters: Floats) -> NDArray[np.bool_]:
        """Which parameters (d,) are where L1 holds them, at 0, or at a bound."""
        lower, upper = self.sides
        at_bound = (parameters <= lower) | (parameters >= upper)
        return np.asarray(at_bound | ((parameters == 0.0) & (self.strengths > 0.0)))

    @property
    def _strength(self) -> float:
        return self.rule.penalty.absolute


def least_slope_norm(proximal: Proximal | None, parameters: Floats, gradient: Floats) -> Floats:
    """The norm (b,) of `least_slope` (b, d); of the gradient where there is no proximal map."""
    if proximal is not None:
        gradient = proximal.least_slope(parameters, gradient)
    return np.asarray(np.sqrt(np.square(gradient).sum(axis=1)))
