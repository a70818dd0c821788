"""Rows without a missing value: which columns leave too few of them."""

import numpy as np

from steepest.arrays import Booleans
from steepest.errors import InputError
from steepest.tables.blocks import Tally
from steepest.tables.column_encoding import Encoding
from steepest.tables.table import Table
from steepest.translation import say

_LOOKED_AT = 65_536  # rows


def check_whole_rows(table: Table, encoding: Encoding, tally: Tally) -> None:
    """Refuse a table of which no row, or only one, is left to fit."""
    left = tally.rows_read - tally.rows_dropped
    if left == 0 and not tally.rows_dropped:
        raise InputError(
            "{description}: 0 rows were found; a fit needs at least 2",
            description=table.description,
        )
    if left > 1 or not tally.rows_dropped:
        return
    has = say("every one has") if not left else say("all but one have")
    raise InputError(
        "{description}: {rows_read: row} found, and {has} a missing value; {table}",
        description=table.description,
        rows_read=tally.rows_read,
        has=has,
        table=_advice(table, encoding),
    )


def _advice(table: Table, encoding: Encoding) -> str:
    """Which features to leave out, the fewest that leave half of the rows with a target whole."""
    missing = _missing(table, encoding)
    single = [name for name in (encoding.target, encoding.weights) if name in missing]
    rows = ~np.any([missing.pop(name) for name in single], axis=0)
    total, gone = int(rows.sum()), list[str]()
    while missing:
        whole = int((rows & ~np.any([*missing.values()], axis=0)).sum())
        if whole > 1 and 2 * whole >= total:
            return say(
                "exclude={gone!r} leaves {whole} whole rows, missing='mean' uses {total}",
                gone=gone,
                whole=whole,
                total=total,
            )
        most = max(missing, key=lambda name: int(missing[name][rows].sum()))
        gone.append(most)
        del missing[most]
    if total > 1:
        return say("missing='mean' uses {total}", total=total)
    return say(
        "the target {target!r} is there in {total}; name another",
        target=encoding.target,
        total=total,
    )


def _missing(table: Table, encoding: Encoding) -> dict[str, Booleans]:
    """Where the columns that are used lack a value, in the first rows; the features first."""
    names = [*encoding.columns, *filter(None, (encoding.target, encoding.weights))]
    block = table.first(names, _LOOKED_AT)
    assert block is not None
    found = {}
    for name, values in block.named(names).items():
        lacks = block.missing.get(name)
        lacks = np.zeros(len(values), np.bool_) if lacks is None else lacks
        found[name] = lacks | np.isnan(values) if values.dtype.kind == "f" else lacks
    return found
