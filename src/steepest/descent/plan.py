"""How a linear model of rows is to descend: loss, penalty, optimizer, rate, batches and end."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from steepest.curvature.rates import MomentumRule
from steepest.descent.optimizers import SGD, InteriorPoint, Newton, Optimizer, make_optimizer
from steepest.descent.penalized_update import Proximal
from steepest.descent.schedules import Constant, Schedule, make_schedule
from steepest.descent.stopping import RelativeTolerance, StoppingRule, stopping_rules
from steepest.errors import InputError
from steepest.losses import Loss
from steepest.number_checks import check_number, given, is_whole
from steepest.penalties.bounds import Bounds
from steepest.penalties.penalties import L1, L2, ElasticNet, Penalty

if TYPE_CHECKING:
    from steepest.problems.linear_model import LinearModel

# Mini-batches that were given no end do after so many epochs without a new lowest objective: noise
# is all that is left.
PATIENCE = 5


@final
@dataclass(frozen=True)
class Plan:
    """How to descend.

    - `schedule`: None for lr="auto";   `batch_size`: rows to an update, None for all at once
    - `epochs`: the most;   `tolerance`: relative change of the objective an epoch, None for none;
      of mini-batches, where standing still is chance, 0 is none too, and of losses with kinks it
      counts against what the objective has fallen
    - `further`: more stopping rules;   `shuffle`: mini-batches take the rows in random order
    - `average`: whether mini-batches end at the mean of the parameters after the first epoch
    - `sampled`: nothing of the way was prescribed, nor a start: Newton's method may first go to the
      minimum of a sample of the rows
    - `settles`: no epochs were asked for, and a descent in closed form ends where it has arrived
    """

    loss: Loss
    penalty: Penalty
    positive: bool
    optimizer: Optimizer
    schedule: Schedule | None
    batch_size: int | None
    epochs: int
    tolerance: float | None
    shuffle: bool
    average: bool
    further: tuple[StoppingRule, ...] = ()
    settles: bool = False
    sampled: bool = False

    def __post_init__(self) -> None:
        size = self.batch_size
        if size is not None and not is_whole(size, least=1):
            raise InputError(
                "batch_size must be None or a whole number above 0, not {size}.", size=given(size)
            )
        if size is not None and self.optimizer.arrives:
            raise InputError(
                "{name} needs the curvature of all rows at each step; leave batch_size out",
                name=self.optimizer.name,
            )
        if self.average and size is None:
            raise InputError("average is of mini-batches: give a batch_size.")

    @property
    def rules(self) -> list[StoppingRule]:
        """When the descent ends."""
        epochs, tolerance = None if self.settles else self.epochs, self.tolerance
        if self.batch_size is None or not tolerance:
            none = self.batch_size is not None
            rules = stopping_rules(epochs=epochs, tolerance=None if none else tolerance)
        else:
            # Of a loss with kinks an outlier may be nearly all of the objective.
            of_fall = not self.loss.smooth
            rules = [*stopping_rules(epochs=epochs), RelativeTolerance(tolerance, of_fall)]
        return [*rules, *self.further]

    @property
    def momentum_rule(self) -> MomentumRule:
        """Momentum and Nesterov of SGD; plain descent for every other optimizer."""
        if isinstance(self.optimizer, SGD):
            return MomentumRule(self.optimizer.momentum, self.optimizer.nesterov)
        return MomentumRule()

    @property
    def has_closed_form(self) -> bool:
        """Whether any step on a quadratic is computed directly: SGD as such, at a constant rate."""
        plain = isinstance(self.optimizer, SGD) and not (
            self.optimizer.dampening or self.optimizer.weight_decay
        )
        return plain and isinstance(self.schedule, Constant | None)

    @property
    def walks_to_the_end(self) -> bool:
        """Whether the rate falls over the run as planned: two steps may look alike anywhere."""
        falls = self.schedule is None and self.batch_size is None and not self.loss.smooth
        return falls and not self.optimizer.arrives

    def bounds(self, problem: "LinearModel") -> Bounds | None:
        """Coefficients of 0 or more, if they shall be `positive`; intercepts are free."""
        if not self.positive:
            return None
        free = np.full(len(problem.names), np.inf)
        return Bounds(problem.names, np.where(problem.penalized, 0.0, -free), free)

    def proximal(self, problem: "LinearModel") -> Proximal | None:
        """The map of the problem's L1 penalty and of the bounds; None where there is neither."""
        return Proximal.of(problem.penalty, problem.penalized, self.bounds(problem))

    def batch(self, rows: int) -> int:
        """Rows to an update, where there are so many."""
        return rows if self.batch_size is None else min(self.batch_size, rows)


def penalty_of(l1: float, ridge: float) -> Penalty:
    """l1·Σ|wⱼ| + ridge·Σwⱼ².

    >>> penalty_of(0.0, 0.5), penalty_of(1.0, 0.5)
    (L2(alpha=0.5), ElasticNet(alpha=2.0, l1_ratio=0.5))
    """
    for name, strength in (("l1", l1), ("ridge", ridge)):
        check_number(name, strength)
    if l1 == 0.0:
        return L2(ridge)
    if ridge == 0.0:
        return L1(l1)
    alpha = l1 + 2.0 * ridge
    return ElasticNet(alpha, l1_ratio=l1 / alpha)


def schedule_or_auto(lr: Any) -> Schedule | None:
    """The schedule of an `lr` argument; None for "auto".

    >>> schedule_or_auto("auto"), schedule_or_auto(0.1)
    (None, Constant(lr=0.1))
    """
    return None if isinstance(lr, str) and lr.strip().lower() == "auto" else make_schedule(lr)


def automatic_optimizer(loss: Loss, *, prescribed: bool) -> Optimizer:
    """The optimizer where none is asked for: Newton's method for a smooth loss, interior points for
    a loss with kinks; SGD where something of the way is `prescribed`: learning rate, epochs or
    batch size.

    >>> from steepest.losses import Logistic
    >>> automatic_optimizer(Logistic(), prescribed=False)
    Newton()
    """
    if prescribed:
        return SGD()
    return Newton() if loss.smooth else InteriorPoint()


def optimizer_or_auto(optimizer: str | Optimizer, **options: Any) -> Optimizer | None:
    """The optimizer of an `optimizer` argument and its options that are not None; None for "auto".

    Options, such as momentum, are SGD's where no optimizer is named.

    >>> optimizer_or_auto("auto", momentum=None), optimizer_or_auto("auto", momentum=0.5).momentum
    (None, 0.5)
    """
    given = {name: value for name, value in options.items() if value is not None}
    if isinstance(optimizer, str) and optimizer.strip().lower() == "auto":
        if not given:
            return None
        optimizer = "sgd"
    return make_optimizer(optimizer, **given)
