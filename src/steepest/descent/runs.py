"""Runs of one problem: some optimizers go by themselves, all others are walked together."""

from collections.abc import Sequence

from steepest.descent.newton import descend_newton
from steepest.descent.optimizers import InteriorPoint, Newton
from steepest.descent.penalized_update import Proximal
from steepest.descent.stepwise import MOST_KEPT, Progress, RunSettings, descend_many
from steepest.descent.stopping import StoppingRule
from steepest.descent.trajectory import Trajectory
from steepest.errors import InputError
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
    """The trajectory of each run, in their order: see `descend_many`, `descend_newton` and
    `descend_interior`.
    """
    together = [run for run in runs if not run.optimizer.arrives]
    walked: list[Trajectory] = []
    if together:
        walked = descend_many(
            problem, together, stopping, proximal=proximal, progress=progress, keep=keep
        )
    following = iter(walked)
    return [
        _arriving(problem, run, stopping, proximal, progress)
        if run.optimizer.arrives
        else next(following)
        for run in runs
    ]


def _arriving(
    problem: Problem,
    run: RunSettings,
    stopping: Sequence[StoppingRule],
    proximal: Proximal | None,
    progress: Progress | None,
) -> Trajectory:
    """The trajectory of an optimizer that goes by itself."""
    if isinstance(run.optimizer, Newton):
        return descend_newton(problem, run, stopping, proximal=proximal, progress=progress)
    assert isinstance(run.optimizer, InteriorPoint)
    from steepest.descent.interior_point import descend_interior
    from steepest.problems.linear import LinearProblem

    if not isinstance(problem, LinearProblem):
        raise InputError(
            "the interior point method is for absolute, quantile and hinge loss of rows in "
            "memory; use another optimizer"
        )
    return descend_interior(problem, run, stopping, proximal=proximal, progress=progress)
