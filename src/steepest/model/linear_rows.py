"""From a table to a fit of any loss."""

import numpy as np

from steepest.errors import InputError
from steepest.model.labels import MOST_CLASSES, CodedTable, Labels, is_of_classes
from steepest.model.linear_fit import LinearFit
from steepest.model.linear_settings import LinearSettings
from steepest.model.linear_training import StepProgress, train_in_memory
from steepest.model.memory import MemoryRows, gather_rows
from steepest.rows.encode import Encoding, Tally
from steepest.rows.gather import Progress
from steepest.rows.table import LazyTable, Table


def coded(
    table: Table | LazyTable, target: str, settings: LinearSettings, labels: Labels | None
) -> tuple[Table | LazyTable, Labels | None]:
    """The table with a target of text as class numbers, where the loss is of classes."""
    if labels is not None or not is_of_classes(settings.loss):
        return table, labels
    kinds = {column.name: column.kind for column in table.columns}
    if kinds.get(target) != "text":
        return table, None
    if isinstance(table, LazyTable):
        raise lazily(settings)
    levels = table.levels(target, MOST_CLASSES)
    labels = Labels.of_text(levels, settings.loss, target)
    return CodedTable(table, target, labels), labels


def fit_rows(
    table: Table | LazyTable,
    encoding: Encoding,
    settings: LinearSettings,
    labels: Labels | None,
    notes: list[str],
    progress: Progress | None = None,
    step_progress: StepProgress | None = None,
) -> LinearFit:
    """Descend on a table whose rows fit in memory."""
    if isinstance(table, LazyTable):
        raise lazily(settings)
    tally = Tally()
    rows = gather_rows(table, encoding, tally, progress)
    notes = [*notes, *tally.sentences()]
    rows, labels = _labelled(rows, table, encoding, settings, labels)
    settings.loss.check_target(rows.target, lambda i: table.where(rows.number(i)))
    if labels is not None:
        notes.append(labels.sentence(encoding.target or "y"))
    notes += settings.sentences()
    notes += _constant(rows, encoding, settings)
    trained = train_in_memory(rows, settings, encoding.names, labels, step_progress)
    count = len(rows) if rows.weights is None else int(np.count_nonzero(rows.weights))
    return LinearFit.of(trained, encoding, settings, labels, count, table.description, notes)


def lazily(settings: LinearSettings) -> InputError:
    """What is said where the rows of a lazy frame would have to leave their engine."""
    return InputError(
        f"the rows of a lazy frame stay where they are, and {settings.what} needs them here: "
        "collect it first, for example with .collect()"
    )


def _labelled(
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
