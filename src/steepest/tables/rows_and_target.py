"""Rows and their target, however the two were handed in."""

from steepest.errors import InputError
from steepest.tables.from_arrays import open_arrays
from steepest.tables.open_table import open_table
from steepest.tables.opened_table import OpenedTable
from steepest.tables.samples import as_sample
from steepest.tables.table import LazyTable, Table


def open_rows(
    source: object,
    target: object,
    *,
    weights: object = None,
) -> tuple[Table | LazyTable, str, str | None]:
    """The table, and the names of its target and of its weights.

    A target that is text names a column; anything else holds the target's values, beside features
    in memory. A sample table knows its target, also where it was read before.
    """
    sample = as_sample(source)
    if sample is not None:
        source, target = sample, sample.target if target is None else target
    if isinstance(source, OpenedTable) and target is None:
        target = source.target
    if isinstance(target, str):
        if weights is not None and not isinstance(weights, str):
            raise InputError("weights must name a column of the table, as the target does")
        return open_table(source), target, weights
    if target is None:
        raise InputError("no target was given; name the column to predict, for example target='y'")
    if sample is not None or isinstance(source, str) or hasattr(source, "__fspath__"):
        raise InputError("for a file the target is the name of a column, for example target='y'")
    table = open_arrays(source, target, weights=weights)
    label = table.columns[-1 if weights is None else -2].name
    return table, label, None if weights is None else table.columns[-1].name
