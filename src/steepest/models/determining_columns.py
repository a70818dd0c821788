"""Which columns determine the answer, whatever the loss, in memory, by blocks and in an engine."""

from collections.abc import Callable, Iterator, Sized
from dataclasses import replace
from functools import partial, reduce
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from steepest.errors import InputError
from steepest.models.gathered_rows import MemoryRows
from steepest.models.options import Settings
from steepest.models.refusals import refuse
from steepest.moments.collinearity import Dependence, constant_columns, dependence_of
from steepest.moments.lazy_factor import factor_lazily
from steepest.moments.moments import CentredMoments
from steepest.moments.one_pass import MOST_COLUMNS, merged, moments_of_blocks
from steepest.moments.qr_factor import Triangles, factor_moments, triangles_of_blocks, unit_of
from steepest.problems.coordinates import ROUNDING
from steepest.problems.engine_survey import LazyRows
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_streamed import rows_of
from steepest.problems.row_stream import RowStream
from steepest.tables.column_encoding import Block
from steepest.tables.holdout_split import Split

T = TypeVar("T")
_NONE = Dependence((), (), ())
# A column whose ends differ by more of their size is not looked at for one value.
_ALIKE = 1e-12


class Determined(NamedTuple):
    """What depends on what, and the moments that were asked for it, with every column, or None."""

    dependence: Dependence
    moments: CentredMoments | None

    @property
    def left_out(self) -> frozenset[str]:
        """Names of the columns that get coefficient 0."""
        return self.dependence.left_out

    @property
    def rest(self) -> CentredMoments | None:
        """The moments of the columns that are left."""
        if self.moments is None:
            return None
        names, gone = self.moments.names, self.left_out
        return self.moments.select([i for i, name in enumerate(names) if name not in gone])


NOT_ASKED = Determined(_NONE, None)


def determined(rows: MemoryRows, names: tuple[str, ...], settings: Settings) -> Determined:
    """The columns that earlier ones explain, of rows to train on. With a penalty or bounds the
    answer, or its predictions, are unique with all columns that vary.
    """
    if is_unique(settings):
        constant = of_one_value(rows, names) if settings.intercept else ()
        return Determined(Dependence(constant, (), ()), None)
    kind = rows.features.dtype
    return _determined(_here(rows.blocks), names, settings, unit_of(kind), rows.moments)


def of_one_value(rows: MemoryRows, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the columns of one value, but for rounding."""
    first = rows.features[0].astype(np.float64)
    ends = np.flatnonzero(np.abs(rows.features[-1] - first) <= _ALIKE * np.abs(first))
    spreads = ((i, (rows.features[:, i] - first[i]).std()) for i in ends.tolist())
    return tuple(names[i] for i, spread in spreads if spread <= ROUNDING * abs(first[i]))


def determined_in_stream(
    stream: RowStream, sample: LinearProblem, settings: Settings
) -> Dependence:
    """The same of rows that are read block by block. What is a sum of others in all rows is so in
    the `sample` of them: where that has none, they are not read.
    """
    names = sample.names[: sample.columns]
    some = MemoryRows(sample.features, sample.target, sample.weights)
    if not determined(some, names, replace(settings, dependent="drop")).left_out:
        return _NONE
    kind = sample.features.dtype

    def over(work: Callable[[Iterator[Block]], T]) -> Iterator[T]:
        return stream.over(partial(_on_blocks, work))

    return _determined(over, names, settings, unit_of(kind)).dependence


def _on_blocks(work: Callable[[Iterator[Block]], T], stream: RowStream) -> T:
    return work(rows_of(stream))


class _Over(Protocol):
    """What some work makes of the blocks of each partition of the rows."""

    def __call__(self, work: Callable[[Iterator[Block]], T]) -> Iterator[T]: ...


def _here(blocks: Callable[[], Iterator[Block]]) -> _Over:
    """Of rows without partitions."""

    def over(work: Callable[[Iterator[Block]], T]) -> Iterator[T]:
        yield work(blocks())

    return over


def _determined(
    over: _Over,
    names: tuple[str, ...],
    settings: Settings,
    unit: float,
    moments: CentredMoments | None = None,
) -> Determined:
    if is_unique(settings) or len(names) >= MOST_COLUMNS:
        return NOT_ASKED
    try:
        if moments is None:
            parts = over(partial(moments_of_blocks, names=(*names, "")))
            moments = merged(part for part in parts if part is not None)
    except InputError:  # squares beyond float64: who needs them says so
        return NOT_ASKED
    intercept = settings.intercept
    constant = constant_columns(moments, intercept)
    columns = _varying(moments, constant)
    factor = factor_moments(moments.select(columns), unit)
    found = dependence_of(factor, moments, intercept)
    if found.left_out:
        work = partial(triangles_of_blocks, moments=moments, columns=columns, split=Split())
        (factor,) = reduce(Triangles.plus, over(work)).factors(moments.select(columns))
        found = dependence_of(factor, moments, intercept)
    found = replace(found, constant=constant, near=())
    if settings.dependent == "error":
        refuse(found, factor, settings, has_norm=False)
    return Determined(found, moments)


def is_unique(settings: Settings) -> bool:
    """Whether a penalty makes the answer, or bounds its predictions, unique with all columns."""
    return bool(settings.ridge or settings.l1 or settings.positive)


def determined_lazily(rows: LazyRows, settings: Settings) -> Dependence:
    """The columns of one value, and those that earlier ones explain, of rows in an engine; where
    sums of products cannot tell, one more query does. Raises InputError where no column is left.
    """
    if rows.moments is None:
        return _NONE
    intercept = settings.intercept
    constant = constant_columns(rows.moments, intercept)
    check_some_left(rows.moments.features, constant)
    rest = rows.only(_varying(rows.moments, constant)[:-1])
    assert rest.moments is not None
    factor = factor_lazily(rest.moments, rest.scaled, intercept)
    found = replace(dependence_of(factor, rest.moments, intercept), near=())
    if settings.dependent == "error":
        refuse(found, factor, settings, has_norm=False)
    return replace(found, constant=constant)


def check_some_left(names: Sized, gone: Sized) -> None:
    """Refuse columns of which each holds one value only."""
    if len(gone) == len(names):
        raise InputError("no feature is left: every column holds one value only")


def without(rows: MemoryRows, names: tuple[str, ...], gone: frozenset[str]) -> MemoryRows:
    """The rows without some of the columns."""
    if not gone:
        return rows
    columns = [i for i, name in enumerate(names) if name not in gone]
    return replace(rows, features=rows.features[:, columns], moments=None)


def _varying(moments: CentredMoments, constant: tuple[str, ...]) -> list[int]:
    """The columns that are not constant, the target last."""
    return [i for i, name in enumerate(moments.names) if name not in constant]


def are_few(rows: MemoryRows, rank: int) -> bool:
    """Whether there are no more different rows with weight than their rank."""
    table = rows.features if rows.weights is None else rows.features[rows.weights > 0.0]
    size = 4 * rank
    while len(np.unique(table[:size], axis=0)) <= rank:
        if size >= len(table):
            return True
        size *= 4
    return False
