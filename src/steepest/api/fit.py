"""`fit` takes rows of any kind and returns a `Fit`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from steepest.api.followed_in_lab import followed
from steepest.descent.optimizers import Optimizer
from steepest.descent.plan import optimizer_or_auto
from steepest.descent.schedules import Schedule
from steepest.descent.stopping import Stopping
from steepest.errors import InputError, check_known
from steepest.keywords import answer_wrong_keywords
from steepest.losses import Loss, Squared, make_loss, parse_loss
from steepest.models.fit_data import FitData
from steepest.models.fit_progress import FitProgress, check_progress
from steepest.models.fit_request import FitRequest
from steepest.models.inference import Errors
from steepest.models.labels import code_target, is_of_classes
from steepest.models.mini_batches import MiniBatches
from steepest.models.options import Dependent, Settings, Start, Way
from steepest.models.regularization import PathAsked
from steepest.models.train import coded, train, train_on_moments
from steepest.moments.moments import CentredMoments
from steepest.number_checks import names_of
from steepest.problems.squared_loss import Reduction
from steepest.results.fit import Fit
from steepest.storage.atomic_write import StrPath
from steepest.tables.blocks import without_empty_columns
from steepest.tables.column_encoding import Encoding, Missing, NumberPart
from steepest.tables.open_table import open_rows
from steepest.tables.opened_table import coding_of, rule_for_missing
from steepest.tables.table import LazyTable, Table, column_kinds
from steepest.translation import say
from steepest.wording.fact import fact, phrase

if TYPE_CHECKING:
    from steepest.descent.checkpoint import Checkpoint


@answer_wrong_keywords
@followed("fit")
def fit(
    source: object,
    target: object = None,
    *,
    features: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    weights: object = None,
    intercept: bool = True,
    standardize: bool = True,
    loss: str | Loss = "squared",
    ridge: float | str = 0.0,
    l1: float | str = 0.0,
    positive: bool = False,
    positive_class: str | float | None = None,
    reduction: Reduction = "mean",
    optimizer: str | Optimizer = "auto",
    momentum: float | None = None,
    nesterov: bool | None = None,
    lr: float | str | Schedule = "auto",
    batch_size: int | MiniBatches | None = None,
    start: Start = None,
    epochs: int | None = None,
    tolerance: float | None = None,
    stopping: Stopping | None = None,
    validation: float | None = None,
    folds: int | None = None,
    seed: int = 0,
    missing: Missing | None = None,
    accuracy: Way = "auto",
    dependent: Dependent = "drop",
    errors: Errors = "classical",
    progress: FitProgress | None = None,
    lab: bool = False,
) -> Fit:
    """Fit a linear model to rows by gradient descent.

    The objective is `J = mean ℓ(xᵀw + c, y) + ridge·‖w‖² + l1·Σ|wⱼ|` (`reduction="sum"`: the sum),
    in the coordinates of the descent: features of mean 0 and mean square 1 unless
    `standardize=False`. What is returned is in the user's units. By default ℓ is squared loss,
    `(xᵀw + c − y)²`, the rate comes from the curvature and the run goes on until every direction's
    error is below 1e-12 of what it was and no parameter can be told from its minimum any more.

    Rows
        source: a table of `steepest.read`, or what that reads with its defaults: a file (CSV, TSV,
            Parquet, JSON lines), a glob, a SELECT query over files, a DataFrame or lazy frame, a
            dict of columns, a 2-D array or list of rows, a sample table; or `Moments`
        target: the name of the target column; or, for rows in memory, the target values (n,); a
            sample table's own if left out
        features: names of the columns to use; default all but target and weights
        exclude: names of columns not to use
        weights: the name of a column of row weights, or for arrays the weights (n,)
        missing: "error" (where nothing is said here or to `read`), "drop" the rows that lack a
            value that is used, or the column's "mean"
    Loss and penalty
        loss: "squared", "absolute", "huber", "quantile", "log-cosh"; "logistic", "hinge" or
            "squared hinge" for two classes, "multinomial" for two or more: labels are text, numbers
            or booleans; "poisson" for counts, "gamma" and "tweedie" for amounts. Three have a
            number after the name: where Huber's turns straight ("huber:1.35"), which quantile
            ("quantile:0.5"), Tweedie's power ("tweedie:1.5"). Or one of `steepest.losses`
        l1, ridge: strengths of the penalty, never on the intercept; L1 makes coefficients exactly 0
            One of them "path": of a hundred strengths (twenty where rows are not in memory and the
            loss is not squared) the one that held-out rows prefer (of 5 folds, where neither
            validation nor folds is given), "path:1se": the largest within one standard error of it.
            `fit.regularization` and `fit.plot("regularization")` show all
        positive: whether coefficients must be 0 or more
        positive_class: which of two classes counts as 1, whose probability the model gives; by
            default the last in the order of numbers, or of the alphabet
    Descent
        optimizer: "sgd", "adagrad", "rmsprop", "adam", "adamw", "newton", "interior-point" (for
            absolute, quantile and hinge loss), or one of `steepest.optimizers`; "auto": where
            neither lr nor epochs nor a batch size is given, interior points for those losses, and
            Newton's method for others but squared loss, whose SGD has a closed form; else "sgd"
        momentum, nesterov: for SGD by name
        lr: a number, "auto" (from the curvature; with `epochs` the best for so many), a schedule,
            or its text ("step:0.1,step_size=9")
        batch_size: rows to an update, taken in random order (see `seed`); None for all. Order,
            averaging and a checkpoint file are set by `steepest.MiniBatches(32, shuffle=False)`
        start: parameters in the user's units: numbers, name: number, or "random" (see `seed`)
    Stopping: whichever fires first
        epochs, tolerance (relative change of the objective an epoch), stopping: a gradient norm,
        patience or a time limit, as in `steepest.Stopping(patience=5)`. Where none is given, with
        another loss, l1 or positive up to 1000 epochs are made until the objective changes by 1e-12
        of itself, of mini-batches 100 until 1e-6 or 5 epochs without a new lowest. With a tolerance
        alone mini-batches make up to 1000; at tolerance 0 no epoch of theirs ends the run
    Held-out rows, by a seeded hash of the row's number
        validation: a fraction; folds: a number of parts, each held out once. The epoch with the
        lowest held-out objective is chosen (early stopping), unless the run converges and its end
        is as good to a millionth; standard errors are given for the converged fit only.
    Exactness and progress
        accuracy: "fast" (one pass), "high" (a second pass by QR, and further ones with residuals in
        twice the precision, until every coefficient has the digits that the rows give), "auto" (QR
        where fewer than 8 digits could be promised, further passes where fewer than 10)
        dependent: what to do where rows do not determine the answer: "drop" leaves out the columns
            that earlier ones explain (coefficient 0, and a note of which they are made), "error"
            refuses, and "minimum_norm" gives the smallest of the answers
        errors: standard errors: "classical"; "robust" where the loss need not be the likelihood of
            the rows, nor their residuals of one size: the sandwich HC0, of squared loss HC3; "HC0"
            and "HC1" too, of squared loss "HC2" and "HC3". Weights are inverse variances, as
            statsmodels' `var_weights`; as counts of rows they give logistic and Poisson loss the
            same errors, and losses with a dispersion (squared, gamma, Tweedie) larger ones
        progress: told how far the fit is, see `steepest.models.fit_progress.FitProgress`
        lab: print the address of a page of the lab that follows the fit as it goes

    Raises InputError where rows or options cannot be used: what, where, and what to do.

    >>> import steepest
    >>> line = steepest.fit([[1.0], [2.0], [3.0]], [3.0, 5.0, 7.5])
    >>> round(line.coefficients["x"], 6), round(line.intercept, 6), line.verdict.kind
    (2.25, 0.666667, 'converged')
    >>> sorts = steepest.fit([0, 1, 2, 3], ["dry", "wet", "dry", "wet"], loss="logistic")
    >>> sorts.predict([-1, 4]).tolist(), sorts.predict_proba([1.5]).round(6).tolist()
    (['dry', 'wet'], [[0.5, 0.5]])
    """
    check_progress(progress)
    batches = MiniBatches.of(batch_size)
    asked = PathAsked.of(l1, ridge)
    settings = Settings(
        intercept=intercept,
        standardize=standardize,
        reduction=reduction,
        optimizer=optimizer_or_auto(optimizer, momentum=momentum, nesterov=nesterov),
        lr=lr,
        start=start,
        epochs=epochs,
        tolerance=tolerance,
        stopping=Stopping() if stopping is None else stopping,
        validation=validation,
        folds=asked.folds(folds, validation),
        seed=seed,
        accuracy=accuracy,
        dependent=dependent,
        errors=errors,
        loss=parse_loss(loss) if isinstance(loss, str) else make_loss(loss),
        **asked._asdict(),
        positive=positive,
        positive_class=positive_class,
        batch_size=batches.size,
        shuffle=batches.shuffle,
        average=batches.average,
    )
    _check_checkpoint(batches)
    labels = None
    if is_of_classes(settings.loss):
        target, labels = code_target(target, settings)
    elif positive_class is not None:
        raise InputError(
            "positive_class is of two classes, and {name} loss predicts a number; set "
            "loss='logistic', or leave it out",
            name=settings.loss.name,
        )
    if isinstance(source, CentredMoments):
        reading = {"weights": weights, "missing": missing}
        chosen = _choose_moments(source, target, features, exclude, settings, reading)
        return _fit_moments(chosen, settings, progress)
    table, target_name, weights_name = open_rows(source, target, weights=weights)
    if progress is not None and isinstance(table, Table):
        table.told = progress.partitions
    unwanted = [] if exclude is None else names_of("exclude", exclude)
    notes = [column_kinds(table)]
    table, labels = coded(table, target_name, settings, labels)

    def attempt(empty: Sequence[str]) -> FitData:
        said = [*notes]
        learned = Encoding.learn(
            table,
            target_name,
            features=features,
            exclude=[*unwanted, *empty],
            weights=weights_name,
            intercept=intercept,
            missing=rule_for_missing(source, missing),
            coding=coding_of(source),
            notes=said,
        )
        _check_names(learned, intercept)
        if isinstance(table, Table) and table.unordered and settings.split.parts > 1:
            said.append(fact("held out by values"))
        checkpoint = _checkpoint(batches.checkpoint, table, learned, settings)
        known = table.description, learned, settings, labels, tuple(said)
        return train(table, FitRequest(*known, progress, checkpoint))

    if features is not None:
        return Fit.of(attempt([]))
    return Fit.of(without_empty_columns(attempt, notes))


def _check_checkpoint(batches: MiniBatches) -> None:
    if batches.checkpoint is not None and batches.size is None:
        raise InputError("a checkpoint is of mini-batches: give a batch_size too")


def _checkpoint(
    file: StrPath | None,
    table: Table | LazyTable,
    encoding: Encoding,
    settings: Settings,
) -> "Checkpoint | None":
    if file is None:
        return None
    from steepest.descent.checkpoint import Checkpoint
    from steepest.models.streamed import fingerprint

    if isinstance(table, LazyTable):
        raise InputError("a checkpoint is of rows that are read here; a lazy frame has none")
    return Checkpoint(file, fingerprint(table, encoding, settings))


def _check_names(encoding: Encoding, intercept: bool) -> None:
    if intercept and "intercept" in encoding.names:
        raise InputError(
            "a feature is called 'intercept', as the fitted intercept is; rename the column, "
            "or fit without an intercept"
        )


def _choose_moments(
    moments: CentredMoments,
    target: object,
    features: Sequence[str] | None,
    exclude: Sequence[str] | None,
    settings: Settings,
    reading: dict[str, object],
) -> CentredMoments:
    """The moments of the columns asked for; their target stays. Raises InputError for what moments
    do not have.
    """
    if not settings.on_moments:
        raise _needs_rows(settings)
    for name, value in reading.items():
        if value is not None:
            raise InputError(
                "{name} says how rows are read, and moments have none; leave it out", name=name
            )
    if target is not None and not (isinstance(target, str) and target == moments.target):
        raise InputError(
            "these moments were gathered for the target {target!r}, not for {target_2!r}",
            target=moments.target,
            target_2=target,
        )
    known = list(moments.features)
    wanted = known if features is None else names_of("features", features)
    unwanted = [] if exclude is None else names_of("exclude", exclude)
    for name in [*wanted, *unwanted]:
        check_known(name, known, "the moments have no feature {name!r}; they have {known}.")
    kept = [known.index(name) for name in wanted if name not in unwanted]
    return moments.select([*kept, len(known)])


def _needs_rows(settings: Settings) -> InputError:
    """Moments have not all that the descent needs."""
    batches = isinstance(settings.loss, Squared)
    what = (
        say("a descent in mini-batches") if batches else say("{name} loss", name=settings.loss.name)
    )
    return InputError(
        "moments hold what squared loss needs to know of the rows, not what {what} needs; "
        "fit from the rows",
        what=what,
    )


def _fit_moments(moments: CentredMoments, settings: Settings, progress: FitProgress | None) -> Fit:
    if settings.split.parts > 1:
        raise InputError("moments have no rows to hold out; fit from the rows for a validation")
    encoding = Encoding(moments.target, tuple(NumberPart(name) for name in moments.features))
    _check_names(encoding, settings.intercept)
    description = phrase("moments of rows", rows=moments.rows)
    request = FitRequest(description, encoding, settings, progress=progress)
    return Fit.of(train_on_moments(moments, request))
