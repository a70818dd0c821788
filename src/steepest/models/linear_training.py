"""From rows in memory to a path: the problem, the descent, and what held-out rows say of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias, final

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.models.labels import Labels
from steepest.models.linear_options import LinearSettings
from steepest.models.memory import MemoryRows
from steepest.models.metrics import Metrics, MetricsRun
from steepest.path.full_batch import descend_fully
from steepest.path.minibatch_path import MinibatchPath, descend_in_batches
from steepest.path.path import DescentPath, StepwisePath
from steepest.path.step import Step
from steepest.penalties.penalties import L2
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel

StepProgress: TypeAlias = Callable[[int, float], object]

# An earlier epoch is chosen over the end only if held-out rows prefer it by this much.
PREFERENCE = 1e-6
# Rows of a sample, for pictures.
MOST_SAMPLED = 2000
_AT_ONCE = 1 << 20  # numbers of a block whose linear predictors are computed


@final
@dataclass(frozen=True, eq=False)
class LinearSample:
    """Some of the rows, evenly spread: features (m, p) in the user's units, target (m,) as the loss
    takes it, classes as 0, 1, …; weights (m,) or None.
    """

    features: Floats
    target: Floats
    weights: Floats | None


@final
@dataclass(frozen=True)
class HeldOut:
    """How many rows were held out, and their mean loss at the chosen epoch and at the best."""

    rows: int
    objective: float
    best_epoch: int
    best_objective: float


class Trained(NamedTuple):
    """What a descent left: `step` and `epochs` are of the parameters that were chosen."""

    path: DescentPath
    step: Step
    epochs: int
    held_out: HeldOut | None
    metrics: Metrics
    validation_metrics: Metrics | None
    sample: LinearSample | None


def train_in_memory(
    rows: MemoryRows,
    settings: LinearSettings,
    names: tuple[str, ...],
    labels: Labels | None,
    progress: StepProgress | None,
) -> Trained:
    """Descend on rows in memory. Raises InputError where rows and settings do not go together."""
    training, held = _split(rows, settings)
    check_batch(len(training), settings)
    problem = problem_of(training, settings, names, labels)
    path = _descend(problem, settings, progress)
    judge = None if held is None else _held_out_problem(problem, held)
    end = chosen(path, settings, judge, 0 if held is None else held.weighing)
    labelled = None if labels is None else labels.names
    return Trained(
        end.path,
        end.step,
        end.epochs,
        end.held_out,
        _measured(training, problem, end.parameters, labelled),
        None if held is None else _measured(held, problem, end.parameters, labelled),
        _sample(training),
    )


def check_batch(rows: int, settings: LinearSettings) -> None:
    """Refuse batches that are larger than the data."""
    size = settings.batch_size
    if size is not None and size > rows:
        raise InputError(
            f"batch_size is {size}, and there are {rows} rows to train on; give at most {rows}, or "
            "leave it out to take all rows at every update"
        )


def start_from(problem: LinearModel, settings: LinearSettings) -> Floats | None:
    """Where the descent shall begin (d,); None for coefficients 0 and the best intercept."""
    if settings.shared.start is None:
        return None
    return problem.from_user(settings.shared.initial(problem.names))


class End(NamedTuple):
    """Which step was chosen: its parameters (d,) are in the descent's coordinates."""

    path: DescentPath
    step: Step
    parameters: Floats
    epochs: int
    held_out: HeldOut | None


def chosen(
    path: DescentPath, settings: LinearSettings, judge: LinearModel | None, held: int
) -> End:
    """The path's end, or the recorded step that held-out rows prefer; `judge` is their problem, and
    `held` how many there are.
    """
    end = averaged_end(path) if settings.average and isinstance(path, MinibatchPath) else None
    last = path.epochs
    if judge is None:
        step, parameters = end or (path.at(last), path.descent_parameters(last))
        return End(path, step, parameters, epochs_of(path, last), None)
    indices = path.recorded
    points = [path.descent_parameters(k) for k in indices]
    if end is not None:
        points.append(end[1])
    values = judge.objectives(np.array(points))  # all in one pass over the rows
    curve, known = values[: len(indices)], dict(zip(indices, values.tolist(), strict=False))
    walked = path
    path = replace(
        path,
        validation=lambda k: (
            known[k] if k in known else judge.objective(walked.descent_parameters(k))
        ),
    )
    lowest = int(np.argmin(np.where(np.isnan(curve), np.inf, curve)))
    k = _preferred(path, indices, curve, lowest)
    step, parameters = end or (path.at(k), path.descent_parameters(k))
    told = HeldOut(
        held,
        float(values[-1] if end else known[k]),
        epochs_of(path, indices[lowest]),
        float(curve[lowest]),
    )
    return End(path, step, parameters, epochs_of(path, last if end else k), told)


def _preferred(path: DescentPath, indices: tuple[int, ...], curve: Floats, lowest: int) -> int:
    """The best step; the end, where it has converged and is as good."""
    good = curve[-1] <= curve[lowest] + PREFERENCE * abs(curve[lowest])
    return path.epochs if good and path.verdict.kind == "converged" else indices[lowest]


def epochs_of(path: DescentPath, k: int) -> int:
    """How often the rows had been looked at by step k."""
    if not isinstance(path, MinibatchPath):
        return k
    if k == path.epochs:
        return path.last_epoch
    return next(step.epoch for step in path.kept if step.updates == k)


def averaged_end(path: MinibatchPath) -> tuple[Step, Floats]:
    """The mean of the later steps, as a step, and its parameters in the descent's coordinates."""
    problem, end = path.problem, path.end
    assert isinstance(problem, LinearModel)
    objective, gradient = problem.objectives_and_gradient(end)
    size = np.abs(end[problem.penalized]).sum()
    step = Step(
        path.epochs,
        path.names,
        problem.to_user(end),
        float(objective + problem.penalty.absolute * size),
        problem.gradient_to_user(gradient),
        path.rate(path.epochs),
        None,
    )
    return step, end


def _split(rows: MemoryRows, settings: LinearSettings) -> tuple[MemoryRows, MemoryRows | None]:
    """Rows to train on, and rows that are held out."""
    split = settings.shared.split
    if split.parts == 1:
        return rows, None
    held = split.part(rows.all_numbers) == 1
    weighs = held >= 0 if rows.weights is None else rows.weights > 0.0
    for what, none in (("training", held[weighs].all()), ("validation", not held[weighs].any())):
        if none:
            raise InputError(f"no row was left for {what}; use another fraction")
    return rows.where(~held), rows.where(held)


def problem_of(
    rows: MemoryRows, settings: LinearSettings, names: tuple[str, ...], labels: Labels | None
) -> LinearProblem:
    """The problem of these rows. Raises InputError for a class that no row is of."""
    shared, plan = settings.shared, settings.plan
    if labels is not None:
        _check_present(rows, labels)
    return LinearProblem.of(
        rows.features,
        rows.target,
        loss=plan.loss,
        weights=rows.weights,
        penalty=plan.penalty,
        standardize=shared.standardize,
        intercept=shared.intercept,
        reduction=shared.reduction,
        names=names,
        classes=None if labels is None else labels.names,
    )


def _check_present(rows: MemoryRows, labels: Labels) -> None:
    """Refuse classes that no row with weight is of."""
    codes = rows.target.astype(np.intp)
    mass = np.bincount(codes, weights=rows.weights, minlength=len(labels.values))
    for absent in np.flatnonzero(mass <= 0.0)[:1]:
        raise InputError(
            f"no row to train on is of class {labels.names[absent]}; leave its rows out, or hold "
            "out fewer"
        )


def _descend(
    problem: LinearProblem, settings: LinearSettings, progress: StepProgress | None
) -> StepwisePath | MinibatchPath:
    start, plan = start_from(problem, settings), settings.plan
    start = problem.start() if start is None else start
    if plan.batch_size is None:
        return descend_fully(problem, plan, start, progress)
    return descend_in_batches(problem, plan, start, settings.shared.seed, progress)


def _held_out_problem(problem: LinearProblem, held: MemoryRows) -> LinearProblem:
    """The mean loss of held-out rows, without the penalty, in the same coordinates."""
    return replace(
        problem,
        features=held.features,
        target=held.target,
        weights=held.weights,
        penalty=L2(0.0),
    )


def _measured(
    rows: MemoryRows, problem: LinearModel, parameters: Floats, labels: tuple[str, ...] | None
) -> Metrics:
    run = MetricsRun(problem.loss, labels)
    slopes, offsets = apart(problem, problem.to_user(parameters))
    size = max(1, _AT_ONCE // max(rows.features.shape[1], 1))
    for first in range(0, len(rows), size):
        at = slice(first, first + size)
        with np.errstate(over="ignore", invalid="ignore"):
            eta = rows.features[at] @ slopes.T + offsets
        shares = None if rows.weights is None else rows.weights[at]
        run.add(eta if len(slopes) > 1 else eta[:, 0], rows.target[at], shares)
    return run.result()


def apart(problem: LinearModel, user: Floats) -> tuple[Floats, Floats]:
    """Coefficients (k, p) and intercepts (k,), 0 where there are none, of the user's parameters."""
    lines = user.reshape(problem.predictors, problem.width)
    offsets = lines[:, -1] if problem.coordinates.intercept else np.zeros(len(lines))
    return lines[:, : problem.columns], offsets


def _sample(rows: MemoryRows) -> LinearSample:
    count = min(len(rows), MOST_SAMPLED)
    places = np.linspace(0, len(rows) - 1, count).astype(np.intp)
    return LinearSample(
        rows.features[places].astype(np.float64),
        rows.target[places],
        None if rows.weights is None else rows.weights[places],
    )
