"""Where a descent in closed form ends: the first epoch at which a stopping rule fires."""

from collections.abc import Callable, Sequence

import numpy as np

from steepest.descent.closed_form import SETTLED, TOLD_APART, ClosedForm
from steepest.descent.error_envelope import first_true
from steepest.descent.stopping import (
    Epochs,
    GradientNorm,
    Patience,
    RelativeTolerance,
    Seen,
    Stop,
    StoppingRule,
    StoppingRun,
)
from steepest.wording.fact import fact

# A run that never settles, and was given no other end, stops here.
DEFAULT_EPOCHS = 1000
# So many epochs are looked at one by one; beyond, rules are found by bisection.
WATCHED_EPOCHS = 4096


def find_end(closed: ClosedForm, rules: Sequence[StoppingRule]) -> tuple[int, Stop]:
    """The last epoch, and the rule that ended the run there.

    Without an `Epochs` rule a run ends when every direction has settled and every parameter has
    arrived; when its objective is no longer finite; or, where neither happens, after
    `DEFAULT_EPOCHS`. A time limit never fires: the closed form takes no time.
    """
    limit, stop = _natural_end(closed, rules)
    watched = [
        rule for rule in rules if isinstance(rule, RelativeTolerance | GradientNorm | Patience)
    ]
    if not watched:
        return limit, stop
    run = StoppingRun(watched)
    for k in range(min(limit, WATCHED_EPOCHS) + 1):
        fired = run.check(k, _objective(closed, k), _norm(closed, k))
        if fired is not None:
            return k, fired
    for rule in watched:
        limit, stop = _search(closed, rule, limit, stop)
    return limit, stop


def _natural_end(closed: ClosedForm, rules: Sequence[StoppingRule]) -> tuple[int, Stop]:
    asked = [rule for rule in rules if isinstance(rule, Epochs)]
    ends: list[tuple[int, Stop]] = [
        (rule.count, rule.stop(Seen.of(rule.count, np.nan))) for rule in asked
    ]
    settled = None if asked else _arrival(closed)
    if settled is not None:
        ends.append((settled, Stop("settled", fact("every direction settled"))))
    elif closed.growth > 1.0 + 1e-9 and closed.settled() is None:
        k = first_true(lambda k: not np.isfinite(_objective(closed, k)))
        ends.append((k, Stop("diverged", fact("objective not finite", epoch=k))))
    if not ends:
        ends.append((DEFAULT_EPOCHS, default_stop()))
    return min(ends, key=lambda end: end[0])


def default_stop() -> Stop:
    """The end of a run that was given none, and finds none."""
    return Stop("epochs", fact("default limit reached", epochs=DEFAULT_EPOCHS))


def _arrival(closed: ClosedForm) -> int | None:
    """The first epoch at which every direction has settled and no parameter can be told from its
    minimum any more: a direction's 1e-12 may still be much for a small parameter that it carries.
    """
    settled = closed.settled()
    if settled is None:
        return None
    coordinates, vectors = closed.problem.coordinates, closed.problem.eigenvectors
    least = np.abs(coordinates.to_user(closed.problem.minimizer))

    def arrived(k: int) -> bool:
        if closed.largest_share(settled + k) <= SETTLED**2:
            return True
        errors = np.where(closed.active, closed.errors(settled + k), 0.0)
        return bool((np.abs(coordinates.to_user(vectors @ errors)) <= TOLD_APART * least).all())

    return settled + first_true(arrived)


def _search(closed: ClosedForm, rule: StoppingRule, limit: int, stop: Stop) -> tuple[int, Stop]:
    """The first epoch beyond those watched at which the rule fires, if it is before `limit`."""

    def fires(k: int) -> bool:
        return bool(np.all(rule.fires(_seen(closed, rule, k))))

    if limit <= WATCHED_EPOCHS or not fires(limit):
        return limit, stop
    k = WATCHED_EPOCHS + first_true(lambda j: fires(WATCHED_EPOCHS + j))
    return (k, rule.stop(_seen(closed, rule, k))) if k < limit else (limit, stop)


def _seen(closed: ClosedForm, rule: StoppingRule, k: int) -> Seen:
    """What the rule judges epoch k by."""
    objective = _objective(closed, k)
    if isinstance(rule, GradientNorm):
        return Seen.of(k, objective, norm=_norm(closed, k))
    if isinstance(rule, Patience):
        since = k - rule.epochs
        lowest = _objective(closed, since)
        return Seen.of(k, objective, lowest=lowest, lowest_at=since if objective >= lowest else k)
    return Seen.of(k, objective, before=_objective(closed, k - 1))


def _objective(closed: ClosedForm, k: int) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return closed.problem.objective(closed.parameters(k))


def _norm(closed: ClosedForm, k: int) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.linalg.norm(closed.problem.gradient(closed.parameters(k))))


def lowest(curve: Callable[[int], float], last: int) -> int:
    """The epoch from 0 to `last` at which a curve is lowest, found on a grid and then refined.

    >>> lowest(lambda k: (k - 37) ** 2, 10**12)
    37
    """
    grid = np.unique(
        np.concatenate([np.arange(min(last, 256) + 1.0), np.geomspace(1.0, last + 1.0, 400) - 1.0])
    )
    epochs = sorted({min(int(k), last) for k in grid})
    values = [curve(k) for k in epochs]
    best = int(np.nanargmin(values))
    low, high = epochs[max(best - 1, 0)], epochs[min(best + 1, len(epochs) - 1)]
    while high - low > 2:
        third = (high - low) // 3
        if curve(low + third) <= curve(high - third):
            high -= third
        else:
            low += third
    return min(range(low, high + 1), key=curve)
