"""`fit` takes rows of any kind and returns a `Fit`."""

from collections.abc import Sequence
from typing import Any

from steepest.descent.optimizers import Optimizer, make_optimizer
from steepest.descent.schedules import Schedule
from steepest.errors import InputError, nearest
from steepest.model.fit import Fit
from steepest.model.reduce import Reduced, reduce_moments, reduce_table
from steepest.model.settings import Settings, Start, Way
from steepest.model.training import StepProgress
from steepest.problems.quadratic import Reduction
from steepest.rows.encode import Encoding, Missing, NumberPart, Tally
from steepest.rows.gather import Progress
from steepest.rows.moments import Moments
from steepest.rows.opening import open_rows
from steepest.rows.table import LazyTable, Table, column_kinds


def fit(
    source: object,
    target: object = None,
    *,
    features: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    weights: object = None,
    intercept: bool = True,
    standardize: bool = True,
    ridge: float = 0.0,
    reduction: Reduction = "mean",
    optimizer: str | Optimizer = "sgd",
    momentum: float | None = None,
    nesterov: bool | None = None,
    lr: float | str | Schedule = "auto",
    start: Start = None,
    epochs: int | None = None,
    tolerance: float | None = None,
    gradient_tolerance: float | None = None,
    patience: int | None = None,
    time_limit: float | None = None,
    validation: float | None = None,
    folds: int | None = None,
    seed: int = 0,
    missing: Missing = "error",
    accuracy: Way = "auto",
    minimum_norm: bool = False,
    header: bool | None = None,
    names: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    progress: Progress | None = None,
    step_progress: StepProgress | None = None,
) -> Fit:
    """Fit a linear model to rows by gradient descent on squared loss.

    The objective is `J = mean (xᵀw + c − y)² + ridge·‖w‖²` (`reduction="sum"`: the sum), in the
    coordinates of the descent: features of mean 0 and mean square 1 unless `standardize=False`.
    What is returned is in the user's units. By default the rate comes from the curvature and the
    run goes on until every direction's error is below 1e-12 of what it was and no parameter can be
    told from its minimum any more.

    Rows
        source: a file (CSV, TSV, Parquet, JSON lines), a glob, a SELECT query over files, a
            DataFrame or lazy frame, a 2-D array or list of rows, `Moments`, or a sample table
            (of `steepest.samples`, or its text "sample:noisy-line,seed=3")
        target: the name of the target column; or, for arrays, the target values (n,); a sample
            table's own if left out
        features: names of the columns to use; default all but target and weights
        exclude: names of columns not to use
        weights: the name of a column of row weights, or for arrays the weights (n,)
        missing: "error", "drop" the rows, or the column's "mean"
        header, names, delimiter, encoding: how to read a text file, where it is not detected
    Descent
        optimizer: "sgd", "adagrad", "rmsprop", "adam", "adamw", or one of `steepest.optimizers`
        momentum, nesterov: for SGD by name
        lr: a number, "auto" (from the curvature; with folds the smallest of theirs), a schedule,
            or its text ("step:0.1,step_size=9")
        start: parameters in the user's units: numbers, name: number, or "random" (see `seed`)
    Stopping: whichever fires first
        epochs, tolerance (relative change of the objective an epoch), gradient_tolerance (norm),
        patience (epochs without a new lowest objective), time_limit (seconds)
    Held-out rows, by a seeded hash of the row's number
        validation: a fraction; folds: a number of parts, each held out once. The epoch with the
        lowest held-out objective is chosen (early stopping), unless the run converges and its end
        is as good to a millionth; standard errors are given for the converged fit only.
    Exactness
        accuracy: "fast" (one pass), "high" (a second pass by QR), "auto" (a second pass where fewer
        than 8 digits could be promised); minimum_norm: accept rows that do not determine the answer

    Raises InputError where rows or options cannot be used: what, where, and what to do.

    >>> import steepest
    >>> line = steepest.fit([[1.0], [2.0], [3.0]], [3.0, 5.0, 7.5])
    >>> round(line.coefficients["x"], 6), round(line.intercept, 6), line.verdict.kind
    (2.25, 0.666667, 'converged')
    """
    settings = Settings(
        intercept=intercept,
        standardize=standardize,
        ridge=ridge,
        reduction=reduction,
        optimizer=_optimizer(optimizer, momentum, nesterov),
        lr=lr,
        start=start,
        epochs=epochs,
        tolerance=tolerance,
        gradient_tolerance=gradient_tolerance,
        patience=patience,
        time_limit=time_limit,
        validation=validation,
        folds=folds,
        seed=seed,
        accuracy=accuracy,
        minimum_norm=minimum_norm,
    )
    if isinstance(source, Moments):
        reading = {"weights": weights, "header": header, "names": names, "delimiter": delimiter}
        reading |= {"encoding": encoding, "missing": None if missing == "error" else missing}
        _refuse_reading(reading)
        chosen = _choose_moments(source, target, features, exclude)
        return _fit_moments(chosen, settings, step_progress)
    table, target_name, weights_name = open_rows(
        source,
        target,
        weights=weights,
        header=header,
        names=names,
        delimiter=delimiter,
        encoding=encoding,
    )
    notes = [column_kinds(table)]
    learned = Encoding.learn(
        table,
        target_name,
        features=features,
        exclude=exclude,
        weights=weights_name,
        intercept=intercept,
        missing=missing,
        notes=notes,
    )
    _check_names(learned, intercept)
    reduced = _reduce(table, learned, settings, progress, notes)
    return Fit.of(reduced, learned, settings, table.description, notes, step_progress)


def _optimizer(
    optimizer: str | Optimizer, momentum: float | None, nesterov: bool | None
) -> Optimizer:
    options: dict[str, Any] = {"momentum": momentum, "nesterov": nesterov}
    given = {name: value for name, value in options.items() if value is not None}
    return make_optimizer(optimizer, **given)


def _check_names(encoding: Encoding, intercept: bool) -> None:
    if intercept and "intercept" in encoding.names:
        raise InputError(
            "a feature is called 'intercept', as the fitted intercept is; rename the column, or "
            "fit without an intercept (intercept=False, --no-intercept)"
        )


def _reduce(
    table: Table | LazyTable,
    encoding: Encoding,
    settings: Settings,
    progress: Progress | None,
    notes: list[str],
) -> Reduced:
    if isinstance(table, Table):
        return reduce_table(table, encoding, settings, progress)
    from steepest.rows.frames.lazy import LazyFrameTable, lazy_moments

    assert isinstance(table, LazyFrameTable)
    split, tally = settings.split, Tally()
    parts = lazy_moments(
        table,
        encoding,
        folds=split.parts,
        fraction=split.fraction,
        seed=settings.seed,
        tally=tally,
    )
    notes.extend(tally.sentences())
    return reduce_moments(parts, settings)


def _refuse_reading(options: dict[str, object]) -> None:
    for name, value in options.items():
        if value is not None:
            raise InputError(f"{name} says how rows are read, and moments have none; leave it out")


def _choose_moments(
    moments: Moments,
    target: object,
    features: Sequence[str] | None,
    exclude: Sequence[str] | None,
) -> Moments:
    """The moments of the columns asked for; their target stays."""
    if target is not None and target != moments.target:
        raise InputError(
            f"these moments were gathered for the target {moments.target!r}, not for {target!r}"
        )
    known = list(moments.features)
    for name in [*(features or ()), *(exclude or ())]:
        if name not in known:
            raise InputError(
                f"the moments have no feature {name!r}; they have {', '.join(known)}."
                f"{nearest(name, known)}"
            )
    wanted = [name for name in features or known if name not in (exclude or ())]
    return moments.select([*map(known.index, wanted), len(known)])


def _fit_moments(moments: Moments, settings: Settings, progress: StepProgress | None) -> Fit:
    if settings.split.parts > 1:
        raise InputError("moments have no rows to hold out; fit from the rows for a validation")
    encoding = Encoding(moments.target, tuple(NumberPart(name) for name in moments.features))
    _check_names(encoding, settings.intercept)
    reduced = reduce_moments([moments], settings)
    said = f"moments of {moments.rows} rows"
    return Fit.of(reduced, encoding, settings, said, [], progress)
