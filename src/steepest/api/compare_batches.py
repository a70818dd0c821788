"""Descents on the same rows in batches of several sizes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from steepest.api.row_options import RowOptions
from steepest.descent.automatic_rate_of_rows import full_batch_schedule, minibatch_schedule
from steepest.descent.optimizers import make_optimizer
from steepest.descent.schedules import Backtracking, Constant, Schedule
from steepest.errors import InputError
from steepest.models.fit_progress import FitProgress, check_progress
from steepest.models.options import Settings
from steepest.moments.moments import CentredMoments
from steepest.number_checks import is_whole
from steepest.path.full_batch import descend_fully
from steepest.path.minibatch_path import MinibatchPath, descend_in_batches
from steepest.path.path import DescentPath, StepwisePath
from steepest.results.batch_comparison import Comparison, check_sizes
from steepest.tables.column_encoding import Encoding, Tally
from steepest.tables.opened_table import rule_for_missing
from steepest.tables.rows_and_target import open_rows
from steepest.tables.table import Table, column_kinds

if TYPE_CHECKING:
    from steepest.descent.plan import Plan
    from steepest.models.linear_options import LinearSettings
    from steepest.problems.linear import LinearProblem

EPOCHS = 20
SIZES = (1, 10, 100, None)
_SHARED = ("intercept", "standardize", "ridge", "start", "seed")


def compare_batches(
    source: object,
    target: object = None,
    *,
    batch_size: Sequence[int | None] | None = None,
    epochs: int = EPOCHS,
    lr: float | str | Schedule | Sequence[float | str | Schedule] = "auto",
    progress: FitProgress | None = None,
    **options: Unpack[RowOptions],
) -> Comparison:
    """Descend on the same rows in batches of several sizes: as many looks at the rows for each.

    With all rows at once (None) an epoch is one update, with batches of b of n rows n/b of them.
    Small batches come down in fewer looks at the rows, and swing where noise holds them; each run's
    forecast says where that is.

    batch_size: rows to an update, None for all; default 1, 10, 100 and None, as far as there are
        rows
    epochs: looks at all rows, for every run
    lr: one for all, or a list with one for each batch size. "auto": constant rates; for all rows
        the best one of the curvature (for other losses than squared 1 over its bound), for batches
        half of what the curvature bounds allow (see `minibatch_schedule` in
        `steepest.descent.automatic_rate_of_rows`). Losses with kinks have rates that fall

    The other arguments, named in `RowOptions`, are those of `steepest.fit`. Ctrl-C ends the run
    that is walked and leaves out those after it.
    Raises InputError where rows or options cannot be used: what, where, and what to do.

    >>> import steepest
    >>> runs = steepest.compare("sample:noisy-line", batch_size=[1, None], lr=0.1, epochs=10)
    >>> [(run.label, run.updates, run.rows_seen) for run in runs.runs]
    [('1', 1000, 1000), ('full', 10, 1000)]
    """
    if isinstance(source, CentredMoments):
        raise InputError("moments hold no rows to make batches of; compare from the rows")
    if not is_whole(epochs, least=1):
        raise InputError(f"epochs is {epochs!r}; give a whole number, 1 or more")
    check_progress(progress)
    settings = _settings(int(epochs), options)
    problem, notes, description = _problem(source, target, settings, options, progress)
    sizes = _sizes(batch_size, len(problem.target))
    paths: list[DescentPath] = []
    for size, each in zip(sizes, _rates(lr, sizes), strict=True):
        path = _descend(problem, settings, size, each, progress)
        paths.append(path)
        stop = path.stop if isinstance(path, MinibatchPath) else path.trajectory.stop
        if stop.rule == "interrupted":
            break
    rows = len(problem.target)
    return Comparison(tuple(paths), sizes[: len(paths)], rows, description, tuple(notes))


def _settings(epochs: int, options: RowOptions) -> "LinearSettings":
    from steepest.losses import make_loss
    from steepest.models.linear_options import LinearSettings

    momentum = {name: options.get(name) for name in ("momentum", "nesterov")}
    of_loss = {name: options.get(name) for name in ("delta", "quantile", "power")}
    named: dict[str, Any] = dict(options)
    shared = Settings(
        optimizer=make_optimizer(options.get("optimizer", "sgd"), **_given(momentum)),
        epochs=epochs,
        **{name: named[name] for name in _SHARED if name in named},
    )
    return LinearSettings(
        shared,
        make_loss(options.get("loss", "squared"), **_given(of_loss)),
        l1=options.get("l1", 0.0),
        shuffle=options.get("shuffle", True),
        positive=options.get("positive", False),
    )


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _problem(
    source: object,
    target: object,
    settings: "LinearSettings",
    options: RowOptions,
    progress: FitProgress | None,
) -> "tuple[LinearProblem, list[str], str]":
    """The rows in memory, as a problem; what is to be said of them, and where they are from."""
    from steepest.models.labels import code_target, is_of_classes
    from steepest.models.linear_rows import coded, labelled
    from steepest.models.linear_training import problem_of
    from steepest.models.memory import gather_rows, memory_bytes

    labels = None
    if is_of_classes(settings.loss):
        target, labels = code_target(target, settings.loss)
    table, target_name, weights_name = open_rows(source, target, weights=options.get("weights"))
    notes, tally = [column_kinds(table)], Tally()
    table, labels = coded(table, target_name, settings, labels)
    learned = Encoding.learn(
        table,
        target_name,
        features=options.get("features"),
        exclude=options.get("exclude"),
        weights=weights_name,
        intercept=settings.shared.intercept,
        missing=rule_for_missing(source, options.get("missing")),
        notes=notes,
    )
    if not isinstance(table, Table):
        raise InputError(
            "the rows of a lazy frame stay where they are, and batches need them here: collect it "
            "first, for example with .collect()"
        )
    told = None if progress is None else progress.rows
    rows = gather_rows(table, learned, tally, told, memory_bytes() / 2.0)
    if rows is None:
        raise InputError(
            f"{table.description}: the rows need more than half of this machine's memory; compare "
            "on a part of them"
        )
    rows, labels = labelled(rows, table, learned, settings, labels)
    settings.loss.check_target(rows.target, lambda i: table.where(rows.number(i)))
    said = [note for note in [*notes, *tally.sentences()] if note]
    return problem_of(rows, settings, learned.names, labels), said, table.description


def _descend(
    problem: "LinearProblem",
    settings: "LinearSettings",
    size: int | None,
    lr: float | str | Schedule,
    progress: FitProgress | None,
) -> MinibatchPath | StepwisePath:
    from steepest.models.linear_training import start_from

    one = replace(settings, shared=replace(settings.shared, lr=lr), batch_size=size)
    start = start_from(problem, one)
    start = problem.start() if start is None else start
    plan = one.plan
    if plan.schedule is None:
        plan = replace(plan, schedule=_automatic(problem, plan, start))
    told = None if progress is None else progress.epochs
    if size is None:
        return descend_fully(problem, plan, start, told)
    return descend_in_batches(problem, plan, start, one.shared.seed, told)


def _automatic(problem: "LinearProblem", plan: "Plan", start: Any) -> Schedule:
    """Constant rates, where the loss has no kinks: the noise that they leave is compared."""
    if plan.batch_size is None:
        found = full_batch_schedule(problem, start, plan.optimizer, plan.epochs)
        bound = problem.curvature_bound()
        if isinstance(found, Backtracking) and 0.0 < bound < float("inf"):
            return Constant(1.0 / bound)
        return found
    falling = minibatch_schedule(problem, plan.optimizer, plan.batch_size)
    return Constant(falling.lr) if problem.loss.smooth else falling


def _sizes(sizes: Sequence[int | None] | None, rows: int) -> tuple[int | None, ...]:
    if sizes is None:
        return tuple(size for size in SIZES if size is None or size < rows)
    if isinstance(sizes, str) or not isinstance(sizes, Sequence):
        raise InputError(f"batch_size is {sizes!r}; give a list, such as [1, 10, 100, None]")
    for size in sizes:
        if size is not None and not is_whole(size, least=1):
            raise InputError(
                f"batch_size holds {size!r}; give whole numbers above 0, and None for all rows"
            )
    check_sizes(sizes, rows)
    return tuple(None if size is None else int(size) for size in sizes)


def _rates(lr: Any, sizes: Sequence[int | None]) -> list[Any]:
    if isinstance(lr, str | Schedule) or not isinstance(lr, Sequence):
        return [lr] * len(sizes)
    if len(lr) != len(sizes):
        raise InputError(
            f"lr is a list of {len(lr)} and batch_size of {len(sizes)}; give a rate for each, or "
            "one for all"
        )
    return list(lr)
