"""Squared loss on reduced rows: the problem, the path, the chosen epoch, and what it is worth."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from steepest.arrays import Floats
from steepest.descent.closed_form_end import lowest
from steepest.descent.plan import Plan
from steepest.descent.schedules import Constant
from steepest.descent.stopping import Stop
from steepest.diagnosis.thresholds import NO_DIGIT
from steepest.errors import StorageError
from steepest.models.fit_data import FitData
from steepest.models.fit_request import FitRequest
from steepest.models.inference import Targets, measure_quality
from steepest.models.metrics import Worth
from steepest.models.options import Settings
from steepest.models.reduce import Reduced, posed
from steepest.models.validation import PREFERENCE, Validation, metrics_of_factors, squared_metrics
from steepest.moments.qr_factor import Factor
from steepest.path.descend import descend
from steepest.path.least_squares_path import automatic_rate
from steepest.path.path import ClosedFormPath, Curve, DescentPath, mean_of
from steepest.problems.squared_loss import Quadratic, SquaredError
from steepest.wording.fact import fact

if TYPE_CHECKING:
    from steepest.descent.trajectory import Trajectory
    from steepest.models.choose_strength import Choice


@dataclass(frozen=True, eq=False)
class Training:
    """One set of training rows: its problem, start, and the loss on the rows held out from it."""

    problem: Quadratic
    start: Floats
    held_out: SquaredError | None

    @staticmethod
    def of(
        training: Factor,
        held_out: Factor | None,
        settings: Settings,
        names: tuple[str, ...] | None = None,
    ) -> "Training":
        """The problem of these rows, in the coordinates they define. `names` are those of all that
        a start is given for, where these rows do not determine all of them.
        """
        problem = posed(training, settings)
        whole = problem.names if names is None else names
        values = dict(zip(whole, settings.initial(whole).tolist(), strict=True))
        start = problem.coordinates.from_user(np.array([values[name] for name in problem.names]))
        loss = None
        if held_out is not None:
            loss = SquaredError.of(held_out, problem.coordinates, settings.reduction)
        return Training(problem, start, loss)


def fit_least_squares(reduced: Reduced, request: FitRequest) -> FitData:
    """The fit of reduced rows; where the strength of ridge is to be chosen, that first."""
    if request.settings.penalty_path is None:
        return fit_reduced(reduced, request)
    choice = choose_ridge(reduced, request.settings)
    request = replace(request, settings=choice.settings).noting(*choice.path.facts)
    return choice.told(fit_reduced(reduced, request), None)


def choose_ridge(reduced: Reduced, settings: Settings) -> "Choice":
    """The strength of ridge that held-out rows choose."""
    from steepest.descent.penalty_path import QuadraticMinima
    from steepest.models.choose_strength import Judged, choose_strength

    main = QuadraticMinima(Training.of(reduced.training, None, settings).problem)
    judged = []
    for training, held in reduced.held_out:
        part = Training.of(training, held, settings, main.names)
        assert part.held_out is not None
        judged.append(Judged(QuadraticMinima(part.problem), part.held_out.value))
    return choose_strength(main, reduced.training.rows, judged, settings)


def fit_reduced(
    reduced: Reduced,
    request: FitRequest,
    walked: "Trajectory | None" = None,
    epochs: int | None = None,
    rate: float | None = None,
) -> FitData:
    """The fit of reduced rows. `walked`, `epochs` and `rate` were read from a file: a trajectory,
    to be used in place of a new descent, the epoch that was chosen, and the rate of lr="auto".
    """
    settings = request.settings
    path = _path(reduced, request, walked, rate)
    if epochs is not None and epochs > path.epochs:
        raise StorageError("field epochs is damaged: the path has {epochs}", epochs=path.epochs)
    by_epoch = path.validation if settings.penalty_path is None else None
    best = path.epochs if by_epoch is None else lowest(by_epoch, path.epochs)
    epochs = _chosen(path, best) if epochs is None else epochs
    problem = path.problem
    assert isinstance(problem, Quadratic)
    squares = float(problem.loss.value(path.descent_parameters(epochs))) / problem.loss.factor
    targets = Targets.of_factor(reduced.training)
    quality = measure_quality(targets, squares, len(path.names), settings.intercept)
    if not reduced.residual_known:
        quality = replace(quality, residual_deviation=None)
        unknown = fact("residual not known")
        request = request if unknown in request.notes else request.noting(unknown)
    spread = targets.squares / targets.weight
    metrics = squared_metrics(targets.rows, targets.weight, squares / targets.weight, spread)
    return FitData(
        request.encoding,
        settings,
        path,
        path.at(epochs),
        epochs,
        reduced.moments.rows,
        partial(Worth, metrics, quality),
        _validated(path, epochs, best, reduced, settings),
        request.description,
        (*request.notes, *reduced.notes),
        sample=reduced.sample,
        moments=reduced.moments,
        reduced=reduced,
    )


def rate_of(parts: list[Training], settings: Settings) -> float:
    """The rate of lr="auto"; with folds one that suits all of them."""
    return automatic_rate([(part.problem, part.start) for part in parts], settings.plan)


def trainings(reduced: Reduced, settings: Settings) -> list[Training]:
    """Of all training rows, and of those beside each part that is held out."""
    main = Training.of(reduced.training, None, settings)
    names, problem = main.problem.names, main.problem
    digits = reduced.accuracy.digits(problem.to_user(problem.minimizer))
    lost = tuple(name for name, known in zip(names, digits, strict=True) if known < NO_DIGIT)
    main = replace(main, problem=replace(problem, lost=lost))
    return [main, *(Training.of(*pair, settings, names) for pair in reduced.held_out)]


def _path(
    reduced: Reduced, request: FitRequest, walked: "Trajectory | None", rate: float | None
) -> DescentPath:
    settings = request.settings
    main, *others = trainings(reduced, settings)
    plan, stop = settings.plan, None
    if plan.schedule is None and not plan.optimizer.arrives:
        rate = rate_of([main, *others], settings) if rate is None else rate
        plan = replace(plan, schedule=Constant(rate))
    if reduced.interrupted:
        stop = Stop("interrupted", fact("reading interrupted", rows=reduced.moments.rows))
    told = request.on_epoch
    path = descend(main.problem, plan, main.start, progress=told, ended=stop, walked=walked)
    # With one part held out, the other training rows are the main ones.
    curves = [_curve(other, plan, path.epochs) for other in others]
    return replace(path, validation=mean_of(curves))


def _curve(training: Training, plan: Plan, epochs: int) -> Curve:
    """The loss of held-out rows by epoch: inf where the descent had ended before."""
    loss = training.held_out
    assert loss is not None
    same = replace(plan, epochs=epochs, settles=False, tolerance=None, further=())
    path = descend(training.problem, same, training.start)
    ends = not isinstance(path, ClosedFormPath)

    def curve(k: int) -> float:
        if ends and k > path.epochs:
            return np.inf
        return float(loss.value(path.descent_parameters(k)))

    return curve


def _chosen(path: DescentPath, best: int) -> int:
    """The last epoch, or the one that is best on held-out rows."""
    curve = path.validation
    if curve is None:
        return path.epochs
    good = curve(path.epochs) <= curve(best) * (1 + PREFERENCE)
    return path.epochs if good and path.verdict.kind == "converged" else best


def _validated(
    path: DescentPath, epochs: int, best: int, reduced: Reduced, settings: Settings
) -> Validation | None:
    curve = path.validation
    if curve is None:
        return None
    held = [factor for _, factor in reduced.held_out]
    metrics = metrics_of_factors(held, curve(epochs), settings.reduction)
    return Validation(metrics.rows, settings.folds, curve(epochs), best, curve(best), metrics)
