"""Runs of one problem: Newton's method goes by itself, all other optimizers are walked together."""

from collections.abc import Sequence

from steepest.descent.newton import descend_newton
from steepest.descent.optimizers import Newton
from steepest.descent.proximal import Proximal
from steepest.descent.stepwise import MOST_KEPT, Progress, RunSettings, descend_many
from steepest.descent.stopping import StoppingRule
from steepest.descent.trajectory import Trajectory
from steepest.problems.problem import Problem


def descend_runs(
    problem: Problem,
    runs: Sequence[RunSettings],
    stopping: Sequence[StoppingRule],
    *,
    proximal: Proximal | None = None,
    progress: Progress | None = None,
    keep: int = MOST_KEPT,
) -> list[Trajectory]:
    """The trajectory of each run, in their order: see `descend_many` and `descend_newton`."""
    together = [run for run in runs if not isinstance(run.optimizer, Newton)]
    walked: list[Trajectory] = []
    if together:
        walked = descend_many(
            problem, together, stopping, proximal=proximal, progress=progress, keep=keep
        )
    following = iter(walked)
    return [
        descend_newton(problem, run, stopping, proximal=proximal, progress=progress)
        if isinstance(run.optimizer, Newton)
        else next(following)
        for run in runs
    ]
