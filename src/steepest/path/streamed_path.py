"""A descent over rows that are read block by block, as a path."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

import numpy as np

from steepest.arrays import Floats
from steepest.descent.automatic_rate_trial import tried_schedule
from steepest.descent.checkpoint import Checkpoint, CheckpointRun, digest
from steepest.descent.minibatch import MinibatchStep, Settings
from steepest.descent.minibatch_epochs import Looked, settings_of
from steepest.descent.plan import Plan
from steepest.descent.streaming import Place, Progress, walk
from steepest.errors import ChangedError, InputError
from steepest.path.minibatch_path import MinibatchPath, watched
from steepest.problems.linear_streamed import StreamedProblem
from steepest.wording.fact import fact, phrase


def descend_stream(
    problem: StreamedProblem,
    plan: Plan,
    start: Floats | None = None,
    seed: int = 0,
    *,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
    notes: list[str] | None = None,
    last_look: bool = False,
) -> MinibatchPath:
    """Descend in mini-batches from `start` (d,), in the descent's coordinates, until a stopping
    rule fires; by default from `problem.start()`.

    Ctrl-C ends the run at the last step whose objective is known; before there is one, it is
    raised. With a checkpoint nothing is lost: started again, the run goes on where it was; one that
    was finished is told again. `notes` are told which. `last_look`: see `watched`.

    Raises InputError for a batch larger than the data, for a checkpoint of other rows or settings,
    and for rows that are others than in the problem's first pass; ChangedError where their files
    were changed meanwhile.

    >>> from steepest.descent.optimizers import SGD
    >>> from steepest.descent.schedules import Constant
    >>> from steepest.losses import Squared
    >>> from steepest.penalties.penalties import L2
    >>> from steepest.problems.row_stream import ArrayStream
    >>> stream = ArrayStream.of(np.array([[1.0], [2], [3]]), [2, 4, 6], block_rows=2)
    >>> plan = Plan(Squared(), L2(0.0), False, SGD(), Constant(0.01), 1, 2, None, False, False)
    >>> problem = StreamedProblem.of(stream, loss=Squared(), standardize=False, intercept=False)
    >>> path = descend_stream(problem, plan, np.array([1.0]))
    >>> [(step.index, round(step["x"], 7), round(step.objective, 7)) for step in path]
    [(0, 1.0, 4.6666667), (3, 1.260688, 2.5507171), (6, 1.4534178, 1.3941766)]
    """
    if plan.batch_size is None:
        raise InputError("a stream is descended in mini-batches: give a batch size.")
    if plan.batch_size > problem.rows:
        raise InputError(
            "a batch of {batch_size} rows is larger than the data, {rows: row}: give a "
            "smaller batch size, or descend with all rows.",
            batch_size=plan.batch_size,
            rows=problem.rows,
        )
    begin = problem.start() if start is None else np.asarray(start, dtype=np.float64)
    schedule = plan.schedule or tried_schedule(problem.sample, plan, begin, seed, problem.rows)
    settings = settings_of(problem, plan, schedule, seed)
    keeper, place = None, Place.start(begin, settings)
    if checkpoint is not None:
        keeper = CheckpointRun(checkpoint, _described(problem, plan, begin, seed), schedule)
        place = keeper.read(place)
        # The bits of a rate that was found may be others today, with other threads at work.
        settings = replace(settings, schedule=keeper.schedule)
    plan = replace(plan, schedule=settings.schedule)
    with closing(_looks(problem, plan, settings, place, keeper, progress)) as looks:
        path = watched(problem, plan, looks, None, last_look=last_look)
    if keeper is not None and notes is not None:
        notes += _taken_up(keeper, place, path)
    return path


def _taken_up(keeper: CheckpointRun, place: Place, path: MinibatchPath) -> list[str]:
    """The note on a run that did not begin at its start."""
    file = keeper.checkpoint.path
    if keeper.went_on:
        begun = place.state.updates > 0
        went_on = fact("run went on", file=str(file), updates=place.state.updates)
        return [str(went_on)] if begun else []
    if path.stop.rule == "interrupted":
        return []
    return [phrase("run was finished", file=str(file))]


def _looks(
    problem: StreamedProblem,
    plan: Plan,
    settings: Settings,
    place: Place,
    keeper: CheckpointRun | None,
    progress: Progress | None,
) -> Generator[Looked, None, None]:
    """The steps of the checkpoint, then those of the descent; however it ends, it is written."""
    for step in place.steps:
        yield _looked(step, settings)
    yielded = len(place.steps)
    if yielded > plan.epochs:  # it was finished
        return
    try:
        for reached in walk(problem, settings, place, plan.epochs, progress):
            if keeper is not None:
                keeper.passed(reached)
            if len(reached.steps) > yielded:
                yielded = len(reached.steps)
                yield _looked(reached.steps[-1], settings)
    except ChangedError as problem:
        if keeper is None or not keeper.went_on:
            raise
        raise ChangedError(
            "{problem}; {path} holds the run as it was before that",
            problem=problem,
            path=keeper.checkpoint.path,
        ) from problem
    finally:
        if keeper is not None:
            keeper.write()


def _looked(step: MinibatchStep, settings: Settings) -> Looked:
    return Looked(step, step.objective, settings.schedule.rate(step.state.updates))


def _described(problem: StreamedProblem, plan: Plan, start: Floats, seed: int) -> dict[str, object]:
    """All that the bits of the descent follow from, beside the rows themselves."""
    coordinates, found, sample = problem.coordinates, problem.survey.columns, problem.sample
    return {
        "parameters": list(problem.names),
        "loss": repr(problem.loss),
        "penalty": repr(problem.penalty),
        "positive": plan.positive,
        "optimizer": repr(plan.optimizer),
        "lr": "auto" if plan.schedule is None else str(plan.schedule),
        "batch size": plan.batch_size,
        "shuffle": plan.shuffle,
        "seed": seed,
        "average": plan.average,
        "start": "best constant" if _is_best(problem, start) else digest(start),
        "rows": found.rows,
        "blocks": problem.survey.blocks,
        "contents of the rows": digest(found.mean, found.squares, sample.target, found.weight),
        "centre and spread": digest(coordinates.centre, coordinates.spread),
    }


def _is_best(problem: StreamedProblem, start: Floats) -> bool:
    """Whether the start is the one that follows from the rows."""
    try:
        return bool(np.array_equal(start, problem.start()))
    except InputError:  # the rows have none
        return False
