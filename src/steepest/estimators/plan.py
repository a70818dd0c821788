"""What an estimator's arguments say, checked once, before anything is computed."""

from typing import Any

from steepest.descent.optimizers import make_optimizer
from steepest.descent.plan import PATIENCE, Plan, penalty_of, schedule_or_auto
from steepest.descent.stopping import Patience
from steepest.errors import InputError
from steepest.losses import Loss
from steepest.number_checks import given, is_whole


def plan_of(estimator: Any, loss: Loss) -> Plan:
    """The plan of an estimator's arguments. Raises InputError for the first that is wrong."""
    if not is_whole(estimator.max_iter, least=1):
        raise InputError(
            f"max_iter must be a whole number, 1 or more, not {given(estimator.max_iter)}."
        )
    size = estimator.batch_size
    noisy = size is not None and estimator.tol is not None
    return Plan(
        loss,
        penalty_of(estimator.l1, estimator.ridge),
        bool(estimator.positive),
        make_optimizer(estimator.optimizer),
        schedule_or_auto(estimator.lr),
        int(size) if is_whole(size, least=1) else size,
        int(estimator.max_iter),
        estimator.tol,
        bool(estimator.shuffle),
        bool(estimator.average),
        (Patience(PATIENCE),) if noisy else (),
    )
