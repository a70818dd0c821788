"""What an estimator's arguments say, checked once, before anything is computed."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from steepest.descent.checks import is_number, is_whole
from steepest.descent.optimizers import Optimizer, make_optimizer
from steepest.descent.schedules import Schedule, make_schedule
from steepest.descent.stopping import Patience, StoppingRule, stopping_rules
from steepest.errors import InputError
from steepest.problems.bounds import Bounds
from steepest.problems.linear import LinearProblem
from steepest.problems.losses import Loss
from steepest.problems.penalties import L1, L2, ElasticNet, Penalty

# Mini-batches end after so many epochs without a new lowest objective: noise is all that is left.
PATIENCE = 5


@final
@dataclass(frozen=True)
class Plan:
    """How to descend. `schedule` is None for lr="auto", `batch_size` None for all rows at once."""

    loss: Loss
    penalty: Penalty
    positive: bool
    optimizer: Optimizer
    schedule: Schedule | None
    batch_size: int | None
    max_iter: int
    tol: float | None
    shuffle: bool
    average: bool

    @staticmethod
    def of(estimator: Any, loss: Loss) -> "Plan":
        """The plan of an estimator's arguments. Raises InputError for the first that is wrong."""
        if not is_whole(estimator.max_iter, least=1):
            raise InputError(
                f"max_iter must be a whole number, 1 or more, not {estimator.max_iter!r}."
            )
        size = estimator.batch_size
        if size is not None and not is_whole(size, least=1):
            raise InputError(f"batch_size must be None or a whole number above 0, not {size!r}.")
        return Plan(
            loss,
            penalty_of(estimator.l1, estimator.ridge),
            bool(estimator.positive),
            make_optimizer(estimator.optimizer),
            _schedule(estimator.lr),
            None if size is None else int(size),
            int(estimator.max_iter),
            estimator.tol,
            bool(estimator.shuffle),
            bool(estimator.average),
        )

    @property
    def rules(self) -> list[StoppingRule]:
        """When the descent ends."""
        rules = stopping_rules(epochs=self.max_iter, tolerance=self.tol)
        if self.batch_size is not None and self.tol is not None:
            rules.append(Patience(PATIENCE))
        return rules

    @property
    def walks_to_the_end(self) -> bool:
        """Whether the rate falls over the run as planned: two steps may look alike anywhere."""
        return self.schedule is None and self.batch_size is None and not self.loss.smooth

    def bounds(self, problem: LinearProblem) -> Bounds | None:
        """Coefficients of 0 or more, if they shall be `positive`; intercepts are free."""
        if not self.positive:
            return None
        free = np.full(len(problem.names), np.inf)
        return Bounds(problem.names, np.where(problem.penalized, 0.0, -free), free)

    def batch(self, rows: int) -> int:
        """Rows to an update, where there are so many."""
        return rows if self.batch_size is None else min(self.batch_size, rows)


def penalty_of(l1: float, ridge: float) -> Penalty:
    """l1·Σ|wⱼ| + ridge·Σwⱼ².

    >>> penalty_of(0.0, 0.5), penalty_of(1.0, 0.5)
    (L2(alpha=0.5), ElasticNet(alpha=2.0, l1_ratio=0.5))
    """
    for name, strength in (("l1", l1), ("ridge", ridge)):
        if not is_number(strength) or strength < 0.0:
            raise InputError(f"{name} must be a number, 0 or more, not {strength!r}.")
    if l1 == 0.0:
        return L2(ridge)
    if ridge == 0.0:
        return L1(l1)
    alpha = l1 + 2.0 * ridge
    return ElasticNet(alpha, l1_ratio=l1 / alpha)


def _schedule(lr: Any) -> Schedule | None:
    return None if isinstance(lr, str) and lr.strip().lower() == "auto" else make_schedule(lr)
