"""From a table to a fit of any loss."""

from typing import TYPE_CHECKING

from steepest.errors import InputError
from steepest.models.labels import MOST_CLASSES, CodedTable, Labels, is_of_classes
from steepest.models.linear_moments import fit_table, suits_moments
from steepest.models.linear_options import LinearSettings
from steepest.models.linear_training import StepProgress, train_in_memory
from steepest.models.memory import MemoryRows, gather_rows, memory_bytes
from steepest.moments.one_pass import Progress
from steepest.results.linear_fit import LinearFit
from steepest.tables.column_encoding import Encoding, Tally
from steepest.tables.table import LazyTable, Table

if TYPE_CHECKING:
    from steepest.descent.checkpoint import Checkpoint
    from steepest.models.streaming import PaceProgress

# Mini-batches of more bytes than this are read from their source in every epoch.
MOST_BYTES = 2.0**30


def coded(
    table: Table | LazyTable, target: str, settings: LinearSettings, labels: Labels | None
) -> tuple[Table | LazyTable, Labels | None]:
    """The table with a target of text as class numbers, where the loss is of classes."""
    if labels is not None or not is_of_classes(settings.loss):
        return table, labels
    if isinstance(table, LazyTable):
        from steepest.models.linear_lazy import lazy_labels
        from steepest.tables.frames.lazy import LazyFrameTable

        assert isinstance(table, LazyFrameTable)
        return lazy_labels(table, target, settings)
    kinds = {column.name: column.kind for column in table.columns}
    if kinds.get(target) != "text":
        return table, None
    levels = table.levels(target, MOST_CLASSES)
    labels = Labels.of_text(levels, settings.loss, target)
    return CodedTable(table, target, labels), labels


def fit_rows(
    table: Table | LazyTable,
    encoding: Encoding,
    settings: LinearSettings,
    labels: Labels | None,
    notes: list[str],
    *,
    checkpoint: "Checkpoint | None" = None,
    progress: Progress | None = None,
    step_progress: StepProgress | None = None,
    pace_progress: "PaceProgress | None" = None,
) -> LinearFit:
    """Descend on a table: on its moments where they say it all, else on its rows in memory, or
    where they are too many or there is a checkpoint as they are read.
    """
    if isinstance(table, LazyTable):
        from steepest.models.linear_lazy import fit_lazily

        return fit_lazily(table, encoding, settings, labels, notes, step_progress)
    if suits_moments(table, encoding, settings):
        return fit_table(table, encoding, settings, notes, progress, step_progress)
    tally = Tally()
    most = memory_bytes() / 2.0
    if settings.batch_size is not None:
        most = 0.0 if checkpoint is not None else min(most / 2.0, MOST_BYTES)
    rows = None if checkpoint is not None else gather_rows(table, encoding, tally, progress, most)
    if rows is None:
        return _streamed(table, encoding, settings, labels, notes, checkpoint, pace_progress)
    notes = [*notes, *tally.sentences()]
    rows, labels = labelled(rows, table, encoding, settings, labels)
    settings.loss.check_target(rows.target, lambda i: table.where(rows.number(i)))
    notes += _said(encoding, settings, labels)
    notes += _constant(rows, encoding, settings)
    trained = train_in_memory(rows, settings, encoding.names, labels, step_progress)
    return LinearFit.of(
        trained, encoding, settings, labels, rows.weighing, table.description, notes
    )


def _streamed(
    table: Table,
    encoding: Encoding,
    settings: LinearSettings,
    labels: Labels | None,
    notes: list[str],
    checkpoint: "Checkpoint | None",
    progress: "PaceProgress | None",
) -> LinearFit:
    if settings.batch_size is None:
        raise InputError(
            f"{table.description}: the rows need more than half of this machine's memory, and all "
            "of them at every update would be slow: give a batch size, such as 256"
        )
    from steepest.models.streaming import scan_labels, train_streamed

    name = encoding.target or "y"
    labels = labels or scan_labels(table, name, settings)
    trained, count, told = train_streamed(table, encoding, settings, labels, checkpoint, progress)
    notes = [*notes, *told, *_said(encoding, settings, labels)]
    notes.append("the rows were read from their source in every epoch")
    return LinearFit.of(trained, encoding, settings, labels, count, table.description, notes)


def _said(encoding: Encoding, settings: LinearSettings, labels: Labels | None) -> list[str]:
    """What is said of the target and of the end."""
    said = [] if labels is None else [labels.sentence(encoding.target or "y")]
    return [*said, *settings.sentences()]


def labelled(
    rows: MemoryRows,
    table: Table,
    encoding: Encoding,
    settings: LinearSettings,
    labels: Labels | None,
) -> tuple[MemoryRows, Labels | None]:
    """Rows whose target is class numbers, and the labels of those that there are."""
    if not is_of_classes(settings.loss):
        return rows, None
    name = encoding.target or "y"
    if labels is None:
        kinds = {column.name: column.kind for column in table.columns}
        boolean = kinds[name] == "boolean"
        labels = Labels.of_numbers(rows.target, settings.loss, name, boolean=boolean)
        codes = labels.codes(rows.target)
    else:
        labels, codes = labels.only(rows.target)
        labels.check(settings.loss, name)
    return MemoryRows(rows.features, codes, rows.weights, rows.numbers), labels


def _constant(rows: MemoryRows, encoding: Encoding, settings: LinearSettings) -> list[str]:
    """What is said of columns that have one value only, which an intercept stands for already."""
    first, names = rows.features[0], encoding.names
    if not settings.shared.intercept:
        return []
    alike = [i for i in range(len(names)) if rows.features[-1, i] == first[i]]
    found = [names[i] for i in alike if (rows.features[:, i] == first[i]).all()]
    if len(found) == len(names):
        raise InputError("no feature is left: every column holds one value only")
    return [f"column {name!r} holds one value only, and its coefficient stays 0" for name in found]
