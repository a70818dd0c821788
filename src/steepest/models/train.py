"""From a table to a fit: which way its descent goes."""

from dataclasses import replace

from steepest.descent.optimizers import Newton
from steepest.errors import InputError
from steepest.models.fit_data import FitData
from steepest.models.fit_request import FitRequest
from steepest.models.labels import MOST_CLASSES, CodedTable, Labels, is_of_classes, labels_note
from steepest.models.least_squares import fit_least_squares
from steepest.models.options import Settings
from steepest.models.reduce import reduce_moments, reduce_table
from steepest.models.refusals import TooFewRowsError
from steepest.models.robust_errors import with_robust_errors
from steepest.moments.moments import CentredMoments
from steepest.moments.one_pass import MOST_COLUMNS, SQUARES
from steepest.tables.column_encoding import Encoding, Tally
from steepest.tables.table import LazyTable, Table
from steepest.wording.fact import Fact, fact

# Mini-batches of more bytes than this are read from their source in every epoch.
MOST_BYTES = 2.0**30


def train(table: Table | LazyTable, request: FitRequest) -> FitData:
    """Descend on a table. Where it has fewer rows than parameters, the fit says what to do."""
    from steepest.models.few_rows import with_advice, with_remedies

    try:
        fit = _train(table, request)
    except TooFewRowsError as error:
        raise with_advice(error, table, request) from None
    return with_remedies(fit, table, request)


def _train(table: Table | LazyTable, request: FitRequest) -> FitData:
    """The way that suits the loss, and where the rows are.

    Squared loss of all rows descends on their moments: in closed form or step by step, with L1 and
    bounds too. Any other loss, and mini-batches, descend on rows: in memory, or where they are too
    many or there is a checkpoint as they are read. Rows of a lazy frame stay in their engine.
    """
    encoding, settings = request.encoding, request.settings
    if isinstance(table, LazyTable):
        from steepest.models.in_engine import fit_in_engine

        return fit_in_engine(table, request)
    wide = _is_wide(encoding, settings)
    if settings.is_least_squares and not wide:
        reduced = reduce_table(table, encoding, settings, request.on_rows)
        return with_robust_errors(fit_least_squares(reduced, request), table)
    from steepest.models.on_moments import fit_on_moments, suits_moments

    if wide:
        request = replace(request, settings=_on_rows(settings))
        request = request.noting(_memory_note(table, encoding))
    if suits_moments(table, request):
        return fit_on_moments(table, request)
    if request.checkpoint is None and (not table.spread or _needs_memory(settings)):
        found = _in_memory(table, request)
        if found is not None:
            return found
    return _streamed(table, request)


def _is_wide(encoding: Encoding, settings: Settings) -> bool:
    """Whether there are more columns than are multiplied with each other, and a ridge penalty that
    makes the answer unique: then rows in memory are descended, and no products are formed.
    """
    wide = settings.is_least_squares and len(encoding.names) >= MOST_COLUMNS
    folds = settings.folds is not None and settings.penalty_path is None
    return wide and settings.ridge > 0.0 and settings.accuracy == "auto" and not folds


def _on_rows(settings: Settings) -> Settings:
    """With Newton's method, where nothing of the way is prescribed."""
    free = settings.optimizer is None and settings.schedule is None and settings.epochs is None
    return replace(settings, optimizer=Newton()) if free else settings


def _needs_memory(settings: Settings) -> bool:
    """Whether a descent of all rows needs them side by side: inner points of losses with kinks."""
    return settings.batch_size is None and not settings.loss.smooth


def _memory_note(table: Table, encoding: Encoding) -> Fact:
    """What the rows take, and what the products of their columns would have taken."""
    columns = len(encoding.names)
    rows = None if table.count is None else 8.0 * table.count * columns
    products = 8.0 * SQUARES * columns**2
    return fact("products not formed", columns=columns, rows=rows, products=products)


def train_on_moments(moments: CentredMoments, request: FitRequest) -> FitData:
    """Descend on moments whose rows are not at hand: squared loss of all of them."""
    if request.settings.is_least_squares:
        return fit_least_squares(reduce_moments([moments], request.settings), request)
    from steepest.models.on_moments import fit_parts

    return fit_parts([moments], request.noting(fact("absolute error unknown")))


def coded(
    table: Table | LazyTable, target: str, settings: Settings, labels: Labels | None
) -> tuple[Table | LazyTable, Labels | None]:
    """The table with a target of text as class numbers, where the loss is of classes."""
    if labels is not None or not is_of_classes(settings.loss):
        return table, labels
    if isinstance(table, LazyTable):
        from steepest.models.in_engine import lazy_labels
        from steepest.tables.frames.lazy import LazyFrameTable

        assert isinstance(table, LazyFrameTable)
        return lazy_labels(table, target, settings)
    kinds = {column.name: column.kind for column in table.columns}
    if kinds.get(target) != "text":
        return table, None
    levels = table.levels(target, MOST_CLASSES)
    labels = Labels.of_text(levels, settings, target)
    return CodedTable(table, target, labels), labels


def _in_memory(table: Table, request: FitRequest) -> FitData | None:
    """The fit of rows in memory; None where they are too many for it."""
    from steepest.models.gathered_rows import gather_rows, memory_bytes
    from steepest.models.in_memory import fit_in_memory, labelled, notes_on_columns

    encoding, settings = request.encoding, request.settings
    most, tally = memory_bytes() / 2.0, Tally()
    if settings.batch_size is not None:
        most = min(most / 2.0, MOST_BYTES)
    keyed = settings.split.parts > 1
    rows = gather_rows(table, encoding, tally, request.on_rows, most, keyed=keyed)
    if rows is None:
        return None
    rows, labels = labelled(rows, table, request)
    settings.loss.check_target(rows.target, lambda i: table.where(rows.number(i)))
    request = replace(request, labels=labels)
    request = request.noting(*tally.notes(), *_notes(request))
    if settings.intercept:
        request = request.noting(*notes_on_columns(rows, encoding.names))
    return fit_in_memory(rows, request)


def _streamed(table: Table, request: FitRequest) -> FitData:
    settings = request.settings
    free = table.spread or isinstance(settings.plan.optimizer, Newton)
    if settings.batch_size is None and not free:
        raise InputError(
            "{description}: the rows need more than half of this machine's memory, and all "
            "of them at every update would be slow: give a batch size, such as 256",
            description=table.description,
        )
    from steepest.models.streamed import fit_streamed, scan_labels

    labels = request.labels or scan_labels(table, request.encoding.target or "y", settings)
    request = replace(request, labels=labels)
    return fit_streamed(table, request, [*_notes(request), fact("rows read every epoch")])


def _notes(request: FitRequest) -> list[Fact]:
    """Notes on the target and on the end."""
    return [*labels_note(request.labels, request.encoding), *request.settings.notes()]
