"""A short trial of learning rates: bounds hold in the worst case, and are often far too small."""

from dataclasses import replace

import numpy as np

from steepest.arrays import Floats
from steepest.descent.automatic_rate_of_rows import minibatch_schedule, some_rows
from steepest.descent.minibatch import MinibatchState, Settings, visit, whole
from steepest.descent.minibatch_epochs import rows_of, settings_of
from steepest.descent.plan import Plan
from steepest.descent.schedules import Constant, InverseTime
from steepest.problems.linear import LinearProblem

# A trial descends once over so many rows, or over so many batches where they hold more.
TRIAL_ROWS = 1 << 14
_TRIAL_BATCHES = 64
_FACTOR = 4.0
_MOST_TRIALS = 12


def tried_schedule(
    problem: LinearProblem, plan: Plan, start: Floats, seed: int, rows: int | None = None
) -> InverseTime:
    """`minibatch_schedule`'s, with the first rate that a trial from `start` (d,) found best.

    A loss with kinks keeps the first rate as it is, since no bound on a curvature made it small.

    - `rows`: of an epoch, where the problem holds some of them only
    """
    size = plan.batch(rows or len(problem.target))
    if not problem.loss.smooth:
        return minibatch_schedule(problem, plan.optimizer, size, rows)
    some = some_rows(problem, max(TRIAL_ROWS, _TRIAL_BATCHES * size))
    schedule = minibatch_schedule(problem, plan.optimizer, size, rows, some)
    settings = replace(settings_of(problem, plan, schedule, seed), average_after=None)
    if some is not problem and some.weights is not None:
        settings = replace(settings, weight=float(some.weights.mean()))
    return replace(schedule, lr=tried_rate(some, settings, start, schedule.lr))


def tried_rate(problem: LinearProblem, settings: Settings, start: Floats, rate: float) -> float:
    """The best of the rates …, rate/4, rate, 4·rate, …: after a short descent from `start` (d,).

    Each descends once over the problem's rows, and is judged by the objective over them.
    Rates grow as long as they lead lower, or fall until one leads lower than the start.
    """
    rows = rows_of(problem)

    def reached(lr: float) -> float:
        tried = replace(settings, schedule=Constant(lr))
        with np.errstate(over="ignore", invalid="ignore"):
            state = visit(rows, tried, MinibatchState.start(start, tried))
            objective, _ = whole(rows, tried, state.parameters)
        return objective if np.isfinite(objective) else np.inf

    before, _ = whole(rows, settings, start)
    lowest = reached(rate)
    for _ in range(_MOST_TRIALS):
        factor = _FACTOR if lowest < before else 1.0 / _FACTOR
        following = reached(rate * factor)
        if factor > 1.0 and not following < lowest:
            break
        rate, lowest = rate * factor, following
        if factor < 1.0 and lowest < before:
            break
    return rate
