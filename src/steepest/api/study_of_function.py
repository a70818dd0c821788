"""Several descents of a formula or of a Python function, side by side."""

from collections.abc import Sequence
from itertools import product

from steepest.api.minimize import (
    Bounded,
    OptimizerLike,
    box_of,
    optimizer_of,
    rules_of,
    schedule_of,
)
from steepest.api.pose import Objective, Start, pose
from steepest.descent.schedules import Schedule
from steepest.descent.stepwise import Progress, RunSettings
from steepest.descent.stopping import Stopping
from steepest.path.descend import descend_together
from steepest.path.run_labels import Choice, labels_of, settings_of
from steepest.results.run import Run
from steepest.results.study import Study


def study_of_function(
    objective: Objective,
    starts: Sequence[Start],
    optimizers: Sequence[OptimizerLike],
    rates: Sequence[float | str | Schedule],
    *,
    momentum: float | None = None,
    nesterov: bool | None = None,
    epochs: int | None = None,
    tolerance: float | None = None,
    stopping: Stopping | None = None,
    bounds: Bounded | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Study:
    """Walk every combination as one batch, so that 64 rates take little longer than one.

    Of several starts that are "random" the i-th is drawn with `seed` + i.
    """
    problem, first = pose(objective, starts[0], seed)
    others = [problem.start(start, seed=seed + i) for i, start in enumerate(starts) if i]
    choices, runs = [], []
    for begin, each, rate in product([first, *others], optimizers, rates):
        made = optimizer_of(each, problem, momentum, nesterov)
        runs.append(RunSettings(made, schedule_of(rate, problem, begin, made, epochs), begin))
        choices.append(Choice(made, rate, begin.tolist()))
    rules = rules_of(epochs, tolerance, stopping, *(run.optimizer for run in runs))
    box = None if bounds is None else box_of(bounds, problem, first, *others)
    paths = descend_together(problem, runs, rules, bounds=box, progress=progress)
    return Study(
        tuple(map(Run.of, paths)),
        labels_of(choices),
        settings=tuple(map(settings_of, paths)),
        description=problem.text,
    )
