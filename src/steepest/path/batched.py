"""A descent in mini-batches, as a path: a step at the start and at the end of each epoch."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import index as as_index
from typing import NamedTuple, TypeAlias, final

import numpy as np

from steepest.descent.batches import Looked, adapted, rows_of, scheduled, settings_of
from steepest.descent.plan import Plan
from steepest.descent.row_schedules import minibatch_schedule
from steepest.descent.schedules import Constant
from steepest.descent.stopping import Stop, StoppingRun
from steepest.errors import InputError
from steepest.path.batched_verdict import judge_batches
from steepest.path.local import forecast_locally
from steepest.path.path import DescentPath
from steepest.path.step import Step
from steepest.problems.design import Floats
from steepest.problems.linear import LinearProblem

Progress: TypeAlias = Callable[[int, float], object]

# So many numbers of recorded steps are kept, and every second, fourth, … step beyond.
MOST_KEPT = 2**22


class BatchedStep(NamedTuple):
    """A step that is kept: after so many updates and epochs; arrays (d,) of the descent's
    coordinates. `rate` is that of the update that leaves it.
    """

    updates: int
    epoch: int
    parameters: Floats
    objective: float
    gradient: Floats
    rate: float


@final
@dataclass(frozen=True, eq=False, repr=False)
class MinibatchPath(DescentPath):
    """A path of mini-batches. Steps are counted in updates; those in `recorded` were kept.

    - `kept`: the steps, in order;   `last_epoch`: epochs that were made
    - `end` (d,): where the descent ended, in its own coordinates: the mean of the later steps where
      they are averaged, else the last step
    - `stop`: the rule that ended it
    """

    kept: tuple[BatchedStep, ...]
    last_epoch: int
    end: Floats
    stop: Stop

    @property
    def epochs(self) -> int:
        return self.kept[-1].updates

    @property
    def recorded(self) -> tuple[int, ...]:
        """The updates after which steps were kept."""
        return tuple(step.updates for step in self.kept)

    def rate(self, k: int) -> float:
        return self._find(k).rate

    def descent_parameters(self, k: int) -> Floats:
        return self._find(k).parameters

    def at(self, k: int) -> Step:
        """The step after k updates. Raises InputError where it was not kept."""
        step = self._find(k)
        with np.errstate(over="ignore", invalid="ignore"):
            return Step(
                step.updates,
                self.names,
                self.problem.to_user(step.parameters),
                step.objective,
                self.problem.gradient_to_user(step.gradient),
                step.rate,
            )

    def _find(self, k: int) -> BatchedStep:
        k = as_index(k)
        places = np.array(self.recorded)
        place = int(np.searchsorted(places, k))
        if place < len(places) and places[place] == k:
            return self.kept[place]
        near = places[[max(0, place - 1), min(place, len(places) - 1)]]
        raise InputError(
            f"step {k} was not kept: of mini-batches the ends of epochs are; the nearest is step "
            f"{near[int(np.argmin(np.abs(near - k)))]}."
        )


def descend_in_batches(
    problem: LinearProblem,
    plan: Plan,
    start: Floats,
    seed: int,
    progress: Progress | None = None,
) -> MinibatchPath:
    """Descend from `start` (d,), in the descent's coordinates, until a stopping rule fires.

    `progress(epoch, objective)` is called after every epoch. Ctrl-C ends the run with the steps so
    far.
    """
    rows = rows_of(problem)
    if plan.schedule is None:
        first = minibatch_schedule(problem, plan.optimizer, plan.batch(len(rows)))
        settings = settings_of(problem, plan, Constant(first.lr), seed)
        looks = adapted(rows, settings, start, plan.epochs)
    else:
        settings = settings_of(problem, plan, plan.schedule, seed)
        looks = scheduled(rows, settings, start, plan.epochs)
    return watched(problem, plan, looks, progress)


def watched(
    problem: LinearProblem, plan: Plan, looks: Iterable[Looked], progress: Progress | None
) -> MinibatchPath:
    """The path of these looks, up to the first at which a stopping rule fires."""
    watch, kept, stride = StoppingRun(plan.rules), list[BatchedStep](), 1
    room = max(2, MOST_KEPT // (2 * len(problem.names)))
    stop = Stop("interrupted", "Ctrl-C was pressed")
    last: tuple[int, Looked] | None = None
    try:
        for epoch, look in enumerate(looks):
            last = epoch, look
            step, objective, _ = look
            if progress is not None:
                progress(epoch, objective)
            finite = math.isfinite(step.objective) and bool(np.isfinite(step.gradient).all())
            with np.errstate(invalid="ignore"):
                fired = watch.check(epoch, objective) if finite else _diverged(epoch, objective)
            if fired is not None:
                stop = fired
                break
            if epoch % stride == 0:
                kept.append(_kept(epoch, look))
            if len(kept) > room:
                kept, stride = kept[::2], 2 * stride
    except KeyboardInterrupt:
        if last is None:
            raise
    assert last is not None  # the start is the first look
    if not kept or kept[-1].epoch != last[0]:
        kept.append(_kept(*last))
    state = last[1].step.state
    end = state.average if plan.average else state.parameters
    return _path(problem, plan, tuple(_distinct(kept)), last[0], end, stop)


def _path(
    problem: LinearProblem,
    plan: Plan,
    kept: tuple[BatchedStep, ...],
    epochs: int,
    end: Floats,
    stop: Stop,
) -> MinibatchPath:
    schedule = plan.schedule or Constant(kept[0].rate)
    return MinibatchPath(
        problem,
        lambda: forecast_locally(
            problem,
            kept[0].parameters,
            plan.optimizer,
            schedule,
            plan.bounds(problem),
            quadratic=problem.is_quadratic and not problem.penalty.absolute,
        ),
        lambda: judge_batches(kept[0].objective, kept[-1].objective, epochs, stop),
        None,
        kept,
        epochs,
        end,
        stop,
    )


def _kept(epoch: int, look: Looked) -> BatchedStep:
    (state, objective, gradient), _, rate = look
    return BatchedStep(state.updates, epoch, state.parameters, objective, gradient, rate)


def _distinct(steps: list[BatchedStep]) -> list[BatchedStep]:
    """The steps, without those of an epoch that was taken back: they repeat the one before."""
    later = {step.updates: step for step in steps}
    return list(later.values())


def _diverged(epoch: int, objective: float) -> Stop:
    reason = f"at epoch {epoch} the objective was {objective}, no longer a finite number"
    return Stop("diverged", reason)
