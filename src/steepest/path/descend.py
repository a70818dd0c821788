"""The door to every descent: it chooses how the steps are computed.

Least squares are fitted without the ways that others take: those are imported when they are taken.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from steepest.arrays import Floats
from steepest.descent.plan import Plan
from steepest.descent.stopping import Stop, StoppingRule, check_walked
from steepest.path.least_squares_path import descend_quadratic
from steepest.path.path import DescentPath
from steepest.problems.squared_loss import Quadratic

if TYPE_CHECKING:
    from steepest.descent.checkpoint import Checkpoint
    from steepest.descent.stepwise import Progress, RunSettings
    from steepest.descent.streaming import Progress as StreamProgress
    from steepest.descent.trajectory import Trajectory
    from steepest.penalties.bounds import Bounds
    from steepest.problems.function import FunctionProblem
    from steepest.problems.linear_model import LinearModel


def descend(
    problem: "LinearModel | Quadratic",
    plan: Plan,
    start: Floats | None = None,
    *,
    seed: int = 0,
    progress: "Progress | None" = None,
    pace: "StreamProgress | None" = None,
    checkpoint: "Checkpoint | None" = None,
    notes: list[str] | None = None,
    ended: Stop | None = None,
    walked: "Trajectory | None" = None,
) -> DescentPath:
    """The path from `start` (d,), in the descent's coordinates, until a stopping rule fires; by
    default from `problem.start()`.

    A quadratic descends in closed form where its optimizer and rate have one. Any other problem is
    walked: with all rows at every update, or in mini-batches of rows in memory or of a stream.
    `seed` is of the order of rows; `progress(epoch, objective)` is called after every epoch, of a
    stream `pace`; a stream goes on from a `checkpoint`, and `notes` are told so. Of a quadratic,
    `ended` is told as its end, whatever rule fires, and `walked` is a trajectory read from a file.
    Ctrl-C ends the run with the steps so far. Raises InputError for more epochs than can be walked.
    """
    if not (isinstance(problem, Quadratic) and plan.has_closed_form):
        check_walked(plan.rules)
    if isinstance(problem, Quadratic):
        begin = np.zeros(len(problem.names)) if start is None else start
        return descend_quadratic(
            problem, plan, begin, ended=ended, progress=progress, walked=walked
        )
    from steepest.path.full_batch import descend_fully
    from steepest.path.minibatch_path import descend_in_batches
    from steepest.path.streamed_path import descend_stream
    from steepest.problems.linear import LinearProblem
    from steepest.problems.linear_streamed import StreamedProblem

    if isinstance(problem, StreamedProblem) and plan.batch_size is not None:
        return descend_stream(
            problem,
            plan,
            start,
            seed,
            checkpoint=checkpoint,
            progress=pace,
            notes=notes,
            last_look=True,  # its rows may be gone when the verdict asks
        )
    begin = problem.start() if start is None else start
    if plan.batch_size is None:
        return descend_fully(problem, plan, begin, progress)
    assert isinstance(problem, LinearProblem)  # what stays in its engine has no batches
    return descend_in_batches(problem, plan, begin, seed, progress)


def descend_together(
    problem: "FunctionProblem",
    runs: "Sequence[RunSettings]",
    stopping: Sequence[StoppingRule],
    *,
    bounds: "Bounds | None" = None,
    progress: "Progress | None" = None,
) -> list[DescentPath]:
    """The paths of runs on a function, in their order: they are walked side by side."""
    from steepest.descent.penalized_update import Proximal
    from steepest.descent.runs import descend_runs
    from steepest.path.full_batch import path_of

    trajectories = descend_runs(
        problem, runs, stopping, proximal=Proximal.of_bounds(bounds), progress=progress
    )
    return [path_of(problem, each) for each in trajectories]
