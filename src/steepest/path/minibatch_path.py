"""A descent in mini-batches, as a path: a step at the start and at the end of each epoch.

Where the rows are few, each of the first hundred updates leaves a step too.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple, TypeAlias, final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.automatic_rate_trial import tried_schedule
from steepest.descent.interruption import INTERRUPTED, ending_at_interruption
from steepest.descent.minibatch_epochs import (
    Looked,
    adapted,
    look_of,
    rows_of,
    scheduled,
    settings_of,
)
from steepest.descent.penalized_update import Proximal, least_slope_norm
from steepest.descent.plan import Plan
from steepest.descent.schedules import Constant
from steepest.descent.stopping import Stop, StoppingRun
from steepest.descent.trajectory import Point
from steepest.diagnosis.certificate import MOST_PARAMETERS, Certificate, certify, certify_kinks
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.judge import judge
from steepest.diagnosis.minibatch_evidence import evidence_of_batches
from steepest.diagnosis.verdict import Verdict
from steepest.errors import InputError
from steepest.number_checks import step_number
from steepest.path.path import DescentPath
from steepest.path.step import Step
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.sampled import Known, SampledProblem
from steepest.wording.fact import fact

Progress: TypeAlias = Callable[[int, float], object]

# So many numbers of recorded steps are kept, and every second, fourth, … step beyond.
MOST_KEPT = 2**22
# So many first updates are steps, where the rows hold few enough numbers for a look at all of them
# after each: a hundred looks then take some hundredths of a second.
FIRST_UPDATES = 100
_FEW_NUMBERS = 2**17
# The objective swings about the mean of so many last epochs.
_LATE = 20


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
    - `taken_back`: how many of the epochs were taken back, which leave no update
    - `certificate`: what is left of every parameter at the end: of rows in memory it is measured
      when it is first asked for, of a stream in one more pass; None where it was not
    """

    kept: tuple[BatchedStep, ...]
    last_epoch: int
    end: Floats
    taken_back: int = 0
    certifier: Callable[[], Certificate | None] = lambda: None

    @cached_property
    def certificate(self) -> Certificate | None:
        return self.certifier()

    @property
    def work(self) -> int:
        """Of rows in memory how many products of two numbers the certificate takes a pass."""
        problem = self.problem
        assert isinstance(problem, LinearProblem)
        return len(problem.target) * len(self.names) ** 2

    @property
    def descent_end(self) -> Floats:
        return self.end

    @property
    def looks(self) -> int:
        return self.last_epoch

    @property
    def epochs(self) -> int:
        return self.kept[-1].updates

    @cached_property
    def recorded(self) -> tuple[int, ...]:
        """The updates after which steps were kept."""
        return tuple(step.updates for step in self.kept)

    def epoch_of(self, k: int) -> int:
        return self.last_epoch if k == self.epochs else self._find(k).epoch

    def first_of_epoch(self, epoch: int) -> BatchedStep | None:
        """The first step that was kept from the end of this epoch on."""
        place = bisect_left(self.kept, epoch, key=lambda step: step.epoch)
        return self.kept[place] if place < len(self.kept) else None

    def rate(self, k: int) -> float:
        return self._find(k).rate

    def descent_parameters(self, k: int) -> Floats:
        return self._find(k).parameters

    def at(self, k: int) -> Step:
        """The step after k updates. Raises InputError where it was not kept."""
        step = self._find(k)
        numbers = step.parameters, step.objective, step.gradient, step.rate
        return self._step(step.updates, *numbers)

    def _find(self, k: int) -> BatchedStep:
        k, places = step_number(k), self.recorded
        place = bisect_left(places, k)
        if place < len(places) and places[place] == k:
            return self.kept[place]
        near = np.array([places[max(0, place - 1)], places[min(place, len(places) - 1)]])
        raise InputError(
            "step {k} was not kept: of mini-batches the ends of epochs are (and of few rows "
            "the first {FIRST_UPDATES} updates); the nearest is step {near}.",
            k=k,
            FIRST_UPDATES=FIRST_UPDATES,
            near=near[int(np.argmin(np.abs(near - k)))],
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
        first = tried_schedule(problem, plan, start, seed)
        settings = settings_of(problem, plan, Constant(first.lr), seed)
        looks = adapted(rows, settings, start, plan.epochs, look_of(problem, rows, settings))
    else:
        settings = settings_of(problem, plan, plan.schedule, seed)
        early = FIRST_UPDATES if len(rows) * len(problem.names) <= _FEW_NUMBERS else 0
        looks = scheduled(
            rows, settings, start, plan.epochs, early, look_of(problem, rows, settings)
        )
    return watched(problem, plan, looks, progress)


def watched(
    problem: LinearProblem | StreamedProblem,
    plan: Plan,
    looks: Iterable[Looked],
    progress: Progress | None,
    *,
    last_look: bool = False,
) -> MinibatchPath:
    """The path of these looks, up to the first at which a stopping rule fires.

    Rules and progress are asked at the start and at ends of epochs; looks in between are kept.
    `last_look`: how far above the minimum the run has ended is measured at once, not only when the
    verdict asks for it.
    """
    watch, kept = StoppingRun(plan.rules), _Kept(max(2, MOST_KEPT // (2 * len(problem.names))))
    stop = INTERRUPTED
    last: Looked | None = None
    updates, taken_back = -1, 0
    proximal = plan.proximal(problem)
    with ending_at_interruption(lambda: last is not None):
        for look in looks:
            last = look
            step, objective, _ = look
            epoch, ends = step.state.epoch, step.state.place == step.state.block == 0
            if progress is not None and ends:
                progress(epoch, objective)
            taken_back += ends and step.state.updates == updates
            updates = step.state.updates
            finite = _is_finite(step.objective, step.gradient)
            fired = None if finite else _diverged(look)
            if finite and ends:
                fired = watch.check(epoch, objective, _slope(_kept(look), proximal))
            if fired is not None:
                stop = fired
                break
            kept.add(look, ends=ends)
    assert last is not None  # the start is the first look
    state = last.step.state
    end = state.average if plan.average else state.parameters
    if last_look and problem.loss.smooth and _is_measured(problem, end, stop):
        stop = _last_look(problem, end, stop)
    return _path(problem, plan, kept.with_last(last), (state.epoch, taken_back), end, stop)


def _is_measured(problem: LinearModel, end: Floats, stop: Stop) -> bool:
    """Whether it is asked how far above the minimum a run has ended."""
    return len(end) <= MOST_PARAMETERS and stop.rule not in ("interrupted", "diverged")


def _last_look(problem: LinearModel, end: Floats, stop: Stop) -> Stop:
    """One more pass over the rows, which may be gone when the verdict asks for what it finds; the
    problem keeps that. Ctrl-C leaves it out.
    """
    done = False
    with ending_at_interruption(lambda: True):
        problem.second_order(end)
        done = True
    return stop if done else INTERRUPTED


def _slope(step: BatchedStep, proximal: Proximal | None) -> float:
    """The norm of the objective's gradient, as far as L1 and bounds let the parameters go."""
    with np.errstate(over="ignore", invalid="ignore"):
        norms = least_slope_norm(proximal, step.parameters[None], step.gradient[None])
    return float(norms[0])


class _Kept:
    """Steps between ends of epochs, and of the ends themselves at most `room`, evenly spread."""

    def __init__(self, room: int) -> None:
        self.room, self.stride = room, 1
        self.between: list[BatchedStep] = []
        self.ends: list[BatchedStep] = []

    def add(self, look: Looked, *, ends: bool) -> None:
        step = _kept(look)
        if not ends:
            self.between.append(step)
        elif step.epoch % self.stride == 0:
            self.ends.append(step)
        if len(self.ends) > self.room:
            self.ends, self.stride = self.ends[::2], 2 * self.stride

    def with_last(self, last: Looked) -> tuple[BatchedStep, ...]:
        """All in their order, each number of updates once: an epoch that was taken back repeats the
        step before it.
        """
        steps = {step.updates: step for step in [*self.between, *self.ends, _kept(last)]}
        return tuple(steps[updates] for updates in sorted(steps))


def _path(
    problem: LinearProblem | StreamedProblem,
    plan: Plan,
    kept: tuple[BatchedStep, ...],
    counts: tuple[int, int],
    end: Floats,
    stop: Stop,
) -> MinibatchPath:
    """`counts`: the epochs that were made, and how many of them were taken back."""
    known = _lowest(kept) if isinstance(problem, StreamedProblem) else None
    epochs, taken_back = counts

    @cache
    def forecast() -> Forecast:
        from steepest.diagnosis.forecast_minibatch import forecast_batches

        return forecast_batches(problem, plan, kept[0].parameters, end, epochs, known)

    def certified() -> Certificate | None:
        if not _is_measured(problem, end, stop):
            return None
        proximal = plan.proximal(problem)
        if isinstance(problem, LinearProblem) and not problem.loss.smooth:
            return certify_kinks(problem, end, proximal)
        return certify(problem, end, proximal, known=True)

    def judged() -> Verdict:
        return judge(_evidence(problem, plan, path, known, forecast()))

    path = MinibatchPath(
        problem,
        forecast,
        judged,
        None,
        stop,
        kept,
        epochs,
        end,
        taken_back,
        certified,
    )
    return path


def _evidence(
    problem: LinearProblem | StreamedProblem,
    plan: Plan,
    path: MinibatchPath,
    known: Known | None,
    forecast: Forecast,
) -> Evidence:
    kept, epochs = path.kept, path.last_epoch
    first = max(epochs - min(_LATE, epochs // 2), 0)
    last = kept[-1].objective
    if plan.average:
        last = _objective_at_end(problem, path, known)
    return evidence_of_batches(
        problem,
        plan,
        list(map(_point, kept)),
        forecast,
        objective=last,
        level=float(np.mean([step.objective for step in kept if step.epoch >= first])),
        epochs=epochs,
        stop=path.stop,
        certificate=path.certificate,
    )


def _objective_at_end(
    problem: LinearProblem | StreamedProblem, path: MinibatchPath, known: Known | None
) -> float:
    """Of a stream as its last look found it, or else as its sample tells."""
    if isinstance(problem, LinearProblem):
        return float(problem.minimised(path.end))
    if not (problem.loss.smooth and _is_measured(problem, path.end, path.stop)):
        return float(SampledProblem.of(problem.sample, known).minimised(path.end))
    penalty = problem.penalty.absolute * np.abs(path.end[problem.penalized]).sum()
    return problem.second_order(path.end).objective + float(penalty)


def _point(step: BatchedStep) -> Point:
    return Point(step.updates, step.parameters, step.objective, step.gradient, step.rate, {})


def _lowest(kept: tuple[BatchedStep, ...]) -> Known | None:
    """The lowest step; None where none is finite."""
    finite = [step for step in kept if _is_finite(step.objective, step.gradient)]
    if not finite:
        return None
    step = min(finite, key=lambda step: step.objective)
    return Known(step.parameters, step.objective, step.gradient)


def _is_finite(objective: float, gradient: Floats) -> bool:
    return math.isfinite(objective) and bool(np.isfinite(gradient).all())


def _kept(look: Looked) -> BatchedStep:
    (state, objective, gradient), _, rate = look
    return BatchedStep(state.updates, state.epoch, state.parameters, objective, gradient, rate)


def _diverged(look: Looked) -> Stop:
    state = look.step.state
    ends = state.place == state.block == 0
    count = {"epoch": state.epoch} if ends else {"updates": state.updates}
    return Stop("diverged", fact("objective was lost", objective=str(look.objective), **count))
