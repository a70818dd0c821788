"""Descent on reduced rows: the problem, its forecast, the path, the verdict, the chosen epoch."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from steepest.arrays import Floats
from steepest.descent.closed_form import ClosedForm
from steepest.descent.closed_form_end import DEFAULT_EPOCHS, default_stop, find_end, lowest
from steepest.descent.schedules import Constant, Schedule
from steepest.descent.stepwise import descend
from steepest.descent.stopping import Epochs, Stop
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.closed_form_evidence import ClosedFormEvidence
from steepest.diagnosis.forecast import TableForecast, forecast_descent
from steepest.diagnosis.judge import judge
from steepest.diagnosis.trajectory_evidence import TrajectoryEvidence
from steepest.models.options import Settings
from steepest.models.reduce import Reduced
from steepest.moments.qr_factor import Factor
from steepest.path.path import ClosedFormPath, Curve, DescentPath, StepwisePath, mean_of
from steepest.problems.squared_loss import Quadratic, SquaredError

StepProgress = Callable[[int, float], object]

# An earlier epoch is chosen over the settled one only if held-out rows prefer it by this much.
PREFERENCE = 1e-6


@dataclass(frozen=True, eq=False)
class Training:
    """One set of training rows: its problem, start, and the loss on the rows held out from it."""

    problem: Quadratic
    start: Floats
    held_out: SquaredError | None

    @staticmethod
    def of(training: Factor, held_out: Factor | None, settings: Settings) -> "Training":
        """The problem of these rows, in the coordinates they define."""
        problem = Quadratic.of(
            training,
            intercept=settings.intercept,
            standardize=settings.standardize,
            ridge=settings.ridge,
            reduction=settings.reduction,
        )
        start = problem.coordinates.from_user(settings.initial(problem.names))
        loss = None
        if held_out is not None:
            loss = SquaredError.of(held_out, problem.coordinates, settings.reduction)
        return Training(problem, start, loss)


def train(
    reduced: Reduced,
    settings: Settings,
    progress: StepProgress | None = None,
    walked: Trajectory | None = None,
) -> tuple[DescentPath, int]:
    """The path over the training rows, and the chosen epoch: the last, or best on held-out rows.

    `walked` is a trajectory read from a file, to be used in place of a new descent.
    """
    main = Training.of(reduced.training, None, settings)
    others = [Training.of(*pair, settings) for pair in reduced.held_out]
    stop = None
    if reduced.interrupted:
        rows = reduced.moments.rows
        stop = Stop("interrupted", f"reading was interrupted after {rows} rows, which were fitted")
    if settings.has_closed_form:
        path = _closed_path(reduced, main, others, settings, stop)
    else:
        path = _walked_path(reduced, main, others, settings, stop, progress, walked)
    return path, _choose(path)


def _choose(path: DescentPath) -> int:
    if path.validation is None:
        return path.epochs
    curve = path.validation
    best = lowest(curve, path.epochs)
    converged = path.verdict.kind == "converged"
    return (
        path.epochs if converged and curve(path.epochs) <= curve(best) * (1 + PREFERENCE) else best
    )


def _closed_path(
    reduced: Reduced,
    main: Training,
    others: list[Training],
    settings: Settings,
    stop: Stop | None,
) -> DescentPath:
    rule = settings.momentum_rule
    lr = settings.schedule.rate(0) if settings.schedule else _auto_rate(main, others, settings)
    closed = ClosedForm(main.problem, rule, lr, main.start)
    end, fired = find_end(closed, settings.rules)
    forecast = cache(lambda: _forecast(reduced, main, settings, closed, lr))
    curves = []
    for other in others:
        # With one part held out, the other training rows are the main ones.
        run = ClosedForm(other.problem, rule, lr, other.start)
        curves.append(_curve(other, run.parameters))
    return ClosedFormPath(
        main.problem,
        forecast,
        lambda: judge(ClosedFormEvidence(closed, end, stop or fired, forecast())),
        mean_of(curves),
        closed,
        end,
    )


def _walked_path(
    reduced: Reduced,
    main: Training,
    others: list[Training],
    settings: Settings,
    stop: Stop | None,
    progress: StepProgress | None,
    walked: Trajectory | None,
) -> DescentPath:
    schedule = settings.schedule or Constant(_auto_rate(main, others, settings))
    rules = settings.rules or [Epochs(DEFAULT_EPOCHS)]
    trajectory = walked or descend(
        main.problem, settings.optimizer, schedule, rules, main.start, progress=progress
    )
    curves = [_walked_curve(other, settings, schedule, trajectory.epochs) for other in others]
    forecast = cache(lambda: _forecast(reduced, main, settings, None, None))
    fired = (
        trajectory.stop if settings.rules or trajectory.stop.rule != "epochs" else default_stop()
    )
    return StepwisePath(
        main.problem,
        forecast,
        lambda: judge(TrajectoryEvidence(replace(trajectory, stop=stop or fired), True)),
        mean_of(curves),
        trajectory,
    )


def _walked_curve(other: Training, settings: Settings, schedule: Schedule, epochs: int) -> Curve:
    run = descend(other.problem, settings.optimizer, schedule, [Epochs(epochs)], other.start)
    curve = _curve(other, lambda k: run.at(k).parameters)
    return lambda k: curve(k) if k <= run.epochs else np.inf


def _curve(training: Training, parameters: Callable[[int], Floats]) -> Curve:
    loss = training.held_out
    assert loss is not None
    return lambda k: float(loss.value(parameters(k)))


def _auto_rate(main: Training, others: list[Training], settings: Settings) -> float:
    """The best rate of the curvature; with folds the smallest of theirs, so that all are stable."""
    rule = settings.momentum_rule
    return min(rule.best_rate(part.problem.eigenvalues) for part in (main, *others))


def _forecast(
    reduced: Reduced,
    main: Training,
    settings: Settings,
    closed: ClosedForm | None,
    lr: float | None,
) -> TableForecast:
    way = not settings.standardize
    other = Training.of(reduced.training, None, replace(settings, standardize=way)).problem
    raw, standardized = (main.problem, other) if way else (other, main.problem)
    return forecast_descent(
        main.problem,
        raw,
        standardized,
        closed,
        settings.optimizer.name,
        lr,
        settings.momentum_rule,
    )
