"""Mini-batch descent of a linear model, epoch by epoch: at a schedule, or at rates that adapt."""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.descent.minibatch import (
    Look,
    MinibatchState,
    MinibatchStep,
    Settings,
    averaged,
    minibatch_steps,
    visit,
    whole,
)
from steepest.descent.plan import Plan
from steepest.descent.row_block import RowBlock
from steepest.descent.schedules import Constant, Schedule
from steepest.penalties.penalties import Penalized
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_streamed import StreamedProblem

_RISE, _FALL = 1.1, 0.5
# Halved for ever a rate would become 0, which is none.
_LEAST = float(np.finfo(np.float64).tiny)


class Looked(NamedTuple):
    """Where an epoch led, the objective that was found there, and the rate of the next.

    The objective is not the step's where the epoch was taken back.
    """

    step: MinibatchStep
    objective: float
    rate: float


def adapted(
    rows: RowBlock, settings: Settings, start: Floats, epochs: int, look: Look | None = None
) -> Iterator[Looked]:
    """Epochs at a rate that rises by a tenth after each that led to a new lowest objective.

    After one that did not, the rate is halved, and the descent goes on from the lowest point: the
    bold driver (Vogl et al. 1988). So noise dies out, and no rate is too large to begin with.

    Where L1 or bounds hold coefficients, an epoch ends with one step with all rows, unless it leads
    higher: noise pushes coefficients off 0 at any rate, and batches alone would come to rest above
    the minimum.
    """
    look = look or partial(whole, rows, settings)
    state, rate = MinibatchState.start(start, settings), settings.schedule.lr
    best = MinibatchStep(state, *look(state.parameters))
    yield Looked(best, best.objective, rate)
    for _ in range(epochs):
        settings = replace(settings, schedule=Constant(rate))
        state = visit(rows, settings, best.state)
        step = MinibatchStep(state, *look(state.parameters))
        # After an epoch that is taken back, the next one has an order of its own.
        stays = best._replace(state=replace(best.state, epoch=state.epoch))
        lower = step if _is_finite(step) and step.objective < best.objective else stays
        if settings.penalized is not None and settings.penalized.has_kinks:
            together = rate * math.ceil(len(rows) / settings.batch)
            more = _one_step(settings.penalized, lower, together, look)
            if _is_finite(more) and more.objective <= lower.objective:
                lower = more
        rate = max(rate * (_RISE if lower.objective < best.objective else _FALL), _LEAST)
        best, found = lower, step.objective if lower is stays else lower.objective
        yield Looked(best, found, rate)


def _is_finite(step: MinibatchStep) -> bool:
    return bool(np.isfinite(step.gradient).all())


def _one_step(penalized: Penalized, start: MinibatchStep, rate: float, look: Look) -> MinibatchStep:
    """A step with all rows, at the rate that an epoch's updates have together."""
    state = start.state
    with np.errstate(over="ignore", invalid="ignore"):
        parameters = penalized.prox(state.parameters - rate * start.gradient, rate)
    state = replace(state, parameters=parameters, updates=state.updates + 1)
    return MinibatchStep(state, *look(parameters))


def look_of(problem: LinearProblem, rows: RowBlock, settings: Settings) -> Look:
    """`whole` by the quickest way."""

    def look(parameters: Floats) -> tuple[float, Floats]:
        known = problem.quick_sums(parameters)
        if known is None:
            return whole(rows, settings, parameters)
        value, gradient = (each / settings.weight for each in known)
        return averaged(float(value), np.asarray(gradient), len(rows), settings, parameters)

    return look


def without_centre(problem: LinearProblem) -> LinearProblem:
    """The problem with sparse rows as the mini-batch kernel reads them: scaled, not centred."""
    if isinstance(problem.features, np.ndarray):
        return problem
    centre = np.zeros_like(problem.coordinates.centre)
    return replace(problem, coordinates=replace(problem.coordinates, centre=centre))


def scheduled(
    rows: RowBlock,
    settings: Settings,
    start: Floats,
    epochs: int,
    first_updates: int = 0,
    look: Look | None = None,
) -> Iterator[Looked]:
    """Epochs at the rates of the schedule; the first `first_updates` updates are steps too."""
    for step in minibatch_steps(
        rows, settings, start, epochs, first_updates=first_updates, look=look
    ):
        yield Looked(step, step.objective, settings.schedule.rate(step.state.updates))


def rows_of(problem: LinearProblem) -> RowBlock:
    """The problem's rows as the kernel takes them."""
    return RowBlock.of(problem.features, problem.target, problem.weights)


def settings_of(
    problem: LinearProblem | StreamedProblem, plan: Plan, schedule: Schedule, seed: int
) -> Settings:
    """What the kernel is to do, of problem and plan."""
    rows = problem.rows if isinstance(problem, StreamedProblem) else len(problem.target)
    batch, coordinates = plan.batch(rows), problem.coordinates
    return Settings(
        problem.loss,
        plan.optimizer,
        schedule,
        batch=batch,
        classes=problem.predictors,
        intercept=coordinates.intercept,
        penalized=Penalized(problem.penalty, problem.penalized, plan.bounds(problem)),
        centre=coordinates.centre,
        spread=coordinates.spread,
        weight=problem.total_weight / rows,
        shuffle=plan.shuffle,
        seed=seed,
        # The first epoch, on the way from the start, is not averaged.
        average_after=math.ceil(rows / batch) if plan.average else None,
    )
