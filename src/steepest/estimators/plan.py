"""What an estimator's arguments say, checked once, before anything is computed."""

from collections.abc import Collection
from typing import Any

from steepest.descent.optimizers import Newton
from steepest.descent.plan import (
    PATIENCE,
    Plan,
    automatic_optimizer,
    optimizer_or_auto,
    schedule_or_auto,
)
from steepest.descent.stopping import Patience
from steepest.errors import InputError
from steepest.losses import Loss
from steepest.losses.by_name import name_hint, plain_name
from steepest.number_checks import check_number, check_whole, is_whole
from steepest.penalties.penalties import Penalty
from steepest.translation import joined


def plan_of(estimator: Any, loss: Loss, penalty: Penalty, *, in_parts: bool = False) -> Plan:
    """The plan of an estimator's arguments, `in_parts` where rows come in several calls. Raises
    InputError for the first argument that is wrong.
    """
    check_whole("max_iter", estimator.max_iter, 1)
    if estimator.tol is not None:
        check_number("tol", estimator.tol)
    size, schedule = estimator.batch_size, schedule_or_auto(estimator.lr)
    prescribed = in_parts or size is not None or schedule is not None
    optimizer = optimizer_or_auto(estimator.optimizer)
    free = optimizer is None
    if optimizer is None:
        optimizer = automatic_optimizer(loss, prescribed=prescribed)
    noisy = size is not None and estimator.tol is not None
    return Plan(
        loss,
        penalty,
        bool(estimator.positive),
        optimizer,
        schedule,
        int(size) if is_whole(size, least=1) else size,
        int(estimator.max_iter),
        None if optimizer.arrives else estimator.tol,
        bool(estimator.shuffle),
        bool(estimator.average),
        (Patience(PATIENCE),) if noisy else (),
        sampled=free and isinstance(optimizer, Newton) and not estimator.warm_start,
    )


def loss_name(name: object, known: Collection[str], whose: str) -> str:
    """Which known loss that name means: upper or lower case, "-", "_" or " " between words.

    Raises InputError where it is none of them.
    """
    plain = plain_name(name)
    if plain in known:
        return plain
    raise InputError(
        "no loss {name!r} of a {whose}; there are {known}.{name_2}",
        name=name,
        whose=whose,
        known=joined(known),
        name_2=name_hint(name, known),
    )
