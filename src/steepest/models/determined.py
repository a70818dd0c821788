"""Which columns of rows in memory determine the answer, whatever the loss."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from steepest.errors import InputError
from steepest.models.memory import MemoryRows
from steepest.models.options import Settings
from steepest.models.reduce import refuse
from steepest.moments.collinearity import Dependence, constant_columns, dependence_of
from steepest.moments.moments import CentredMoments
from steepest.moments.one_pass import MOST_COLUMNS, block_rows, moments_of_blocks
from steepest.moments.qr_factor import factor_blocks, factor_moments, unit_of
from steepest.tables.column_encoding import Block
from steepest.tables.holdout_split import Split

_NONE = Dependence((), (), ())


class Determined(NamedTuple):
    """What depends on what, and the moments that were asked for it, with every column, or None."""

    dependence: Dependence
    moments: CentredMoments | None


def determined(rows: MemoryRows, names: tuple[str, ...], settings: Settings) -> Determined:
    """The columns that earlier ones explain, of rows to train on. With a penalty or bounds the
    answer, or its predictions, are unique with all columns. Constants are not looked at: their
    coefficients stay 0 by themselves.
    """
    penalized = settings.ridge or settings.l1 or settings.positive
    if penalized or len(names) < 2 or len(names) >= MOST_COLUMNS:
        return Determined(_NONE, None)
    every = (*names, "")
    try:
        moments = moments_of_blocks(_blocks(rows), every)
    except InputError:  # squares beyond float64: who needs them says so
        return Determined(_NONE, None)
    return Determined(_found(rows, moments, settings), moments)


def without(rows: MemoryRows, names: tuple[str, ...], gone: frozenset[str]) -> MemoryRows:
    """The rows without some of the columns."""
    if not gone:
        return rows
    columns = [i for i, name in enumerate(names) if name not in gone]
    return replace(rows, features=rows.features[:, columns])


def _found(rows: MemoryRows, moments: CentredMoments, settings: Settings) -> Dependence:
    intercept = settings.intercept
    constant = constant_columns(moments, intercept)
    columns = [i for i, name in enumerate(moments.names) if name not in constant]
    factor = factor_moments(moments.select(columns), unit_of(rows.features.dtype))
    if not dependence_of(factor, moments, intercept).left_out:
        return _NONE
    (factor,) = factor_blocks(_blocks(rows), moments, columns, Split())
    found = dependence_of(factor, moments, intercept)
    found = replace(found, constant=(), near=())
    if settings.dependent == "error":
        refuse(found, factor, settings)
    return found


def _blocks(rows: MemoryRows) -> Iterator[Block]:
    size = block_rows(rows.features.shape[1] + 1)
    for first in range(0, len(rows), size):
        at = slice(first, first + size)
        weights = None if rows.weights is None else rows.weights[at]
        yield Block(first, rows.features[at], rows.target[at], weights)
