"""Which step of a path is the fit's: its end, the best on held-out rows, or a mean of the later."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats
from steepest.models.choose_strength import Choice
from steepest.models.determining_columns import check_some_left
from steepest.models.fit_data import FitData
from steepest.models.fit_request import FitRequest
from steepest.models.metrics import Metrics, Worth
from steepest.models.options import Settings
from steepest.models.validation import PREFERENCE, Validation
from steepest.moments.moments import CentredMoments
from steepest.moments.row_sample import Sample
from steepest.path.descend import descend
from steepest.path.minibatch_path import MinibatchPath
from steepest.path.path import DescentPath
from steepest.path.step import Step
from steepest.problems.linear_model import LinearModel
from steepest.problems.linear_streamed import StreamedProblem
from steepest.wording.fact import Fact, fact


class HeldOut(NamedTuple):
    """How many rows were held out, and their mean loss at the chosen epoch and at the best."""

    rows: int
    objective: float
    best_epoch: int
    best_objective: float


class Measured(NamedTuple):
    """What a fit is worth on training rows, when it is asked, and on held-out ones; and some of the
    rows.
    """

    worth: Callable[[], Worth]
    held_out: Metrics | None = None
    sample: Sample | None = None


class End(NamedTuple):
    """Which step was chosen: its parameters (d,) are in the descent's coordinates."""

    path: DescentPath
    step: Step
    parameters: Floats
    epochs: int
    held_out: HeldOut | None


def chosen(path: DescentPath, settings: Settings, judge: LinearModel | None, held: int) -> End:
    """The path's end, or the recorded step that held-out rows prefer; `judge` is their problem, and
    `held` how many there are.
    """
    end = averaged_end(path) if settings.average and isinstance(path, MinibatchPath) else None
    last = path.epochs
    if judge is None:
        step, parameters = end or (path.at(last), path.descent_parameters(last))
        return End(path, step, parameters, path.epoch_of(last), None)
    # A strength that held-out rows chose stands in place of an end that they choose.
    indices = path.recorded if settings.penalty_path is None else (last,)
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
    held_out = HeldOut(
        held,
        float(values[-1] if end else known[k]),
        path.epoch_of(indices[lowest]),
        float(curve[lowest]),
    )
    return End(path, step, parameters, path.epoch_of(last if end else k), held_out)


def _preferred(path: DescentPath, indices: tuple[int, ...], curve: Floats, lowest: int) -> int:
    """The best step; the end, where it has converged and is as good."""
    good = curve[-1] <= curve[lowest] + PREFERENCE * abs(curve[lowest])
    return path.epochs if good and path.verdict.kind == "converged" else indices[lowest]


def averaged_end(path: MinibatchPath) -> tuple[Step, Floats]:
    """The mean of the later steps, as a step, and its parameters in the descent's coordinates."""
    problem, end = path.problem, path.end
    assert isinstance(problem, LinearModel)
    if isinstance(problem, StreamedProblem) and path.certificate is not None:
        known = problem.second_order(end)  # its last look
        objective, gradient = known.objective, known.gradient
    else:
        found, gradient = problem.objectives_and_gradient(end)
        objective = float(found)
    size = np.abs(end[problem.penalized]).sum()
    step = Step(
        path.epochs,
        path.names,
        problem.to_user(end),
        objective + problem.penalty.absolute * float(size),
        problem.gradient_to_user(gradient),
        path.rate(path.epochs),
        None,
    )
    return step, end


def start_from(
    problem: LinearModel, settings: Settings, columns: tuple[str, ...] = ()
) -> Floats | None:
    """Where the descent shall begin (d,); None for coefficients 0 and the best intercept.

    `columns` are all that a start is given for, where the problem is of some of them.
    """
    if settings.start is None:
        return None
    if problem.predictors > 1 or problem.columns >= len(columns):
        return problem.from_user(settings.initial(problem.names))
    whole = columns + problem.names[problem.columns :]
    values = dict(zip(whole, settings.initial(whole).tolist(), strict=True))
    return problem.from_user(np.array([values[name] for name in problem.names]))


def constant_columns(constant: Sequence[str], columns: int) -> list[Fact]:
    """Notes on the columns of one value. Raises InputError where all are."""
    check_some_left(range(columns), constant)
    return [fact("column of one value", name=name) for name in constant]


def descended(
    request: FitRequest,
    problem: LinearModel,
    judge: LinearModel | None,
    held: int,
    notes: list[str] | None = None,
) -> End:
    """Descend on a problem as it is asked for, and choose the step: see `chosen`. `notes` are told
    what became of a checkpoint.
    """
    settings, streamed = request.settings, isinstance(problem, StreamedProblem)
    path = descend(
        problem,
        settings.plan,
        start_from(problem, settings, request.names),
        seed=settings.seed,
        progress=None if streamed else request.on_epoch,
        pace=request.on_pace,
        checkpoint=request.checkpoint,
        notes=notes,
    )
    return chosen(path, settings, judge, held)


def fit_at(
    end: End,
    measured: Measured,
    request: FitRequest,
    rows: int,
    *,
    moments: CentredMoments | None = None,
    without: Iterable[str] = (),
    choice: Choice | None = None,
    folds: Metrics | None = None,
) -> FitData:
    """The fit of the parameters that were chosen.

    - `without`: the columns that were left out
    - `choice`: of the strength of a penalty;   `folds`: the metrics of the folds that chose it
    """
    validation = None
    if end.held_out is not None and measured.held_out is not None:
        held = end.held_out
        validation = Validation(
            held.rows, None, held.objective, held.best_epoch, held.best_objective, measured.held_out
        )
    fit = FitData(
        request.encoding,
        request.settings,
        end.path,
        end.step,
        end.epochs,
        rows,
        measured.worth,
        validation,
        request.description,
        request.notes,
        labels=request.labels,
        sample=measured.sample,
        moments=moments,
        without=tuple(sorted(without)),
    )
    return fit if choice is None else choice.told(fit, folds)
