"""Moments as a user holds them: made from rows of any kind, added up, saved, and fitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from steepest.keywords import answer_wrong_keywords
from steepest.moments.lazy_moments import lazy_moments
from steepest.moments.moments import CentredMoments
from steepest.moments.one_pass import gather
from steepest.tables.blocks import without_empty_columns
from steepest.tables.column_encoding import Encoding, Missing
from steepest.tables.frames.lazy import LazyFrameTable
from steepest.tables.open_table import open_rows
from steepest.tables.opened_table import coding_of, rule_for_missing
from steepest.tables.table import Table


@final
@dataclass(frozen=True, eq=False, repr=False)
class Moments(CentredMoments):
    """All that squared loss needs to know of the rows: counts, means and centred cross products.

    Moments of different rows add up, and those of a part can be taken away again.

    >>> import steepest
    >>> monday = steepest.Moments.of([1.0, 2.0], [3.0, 5.0])
    >>> week = monday + steepest.Moments.of([3.0], [7.0])
    >>> week, round(steepest.fit(week).coefficients["x"], 6)
    (Moments(3 rows of x, y), 2.0)
    >>> (week - monday).means
    {'x': 3.0, 'y': 7.0}
    """

    @staticmethod
    @answer_wrong_keywords
    def of(
        source: object,
        target: object = None,
        *,
        features: Sequence[str] | None = None,
        weights: object = None,
        missing: Missing | None = None,
    ) -> "Moments":
        """Moments of rows: `source`, `target` and the options mean what they mean to `fit`."""
        table, label, weighed = open_rows(source, target, weights=weights)
        rule = rule_for_missing(source, missing)

        def attempt(empty: Sequence[str]) -> CentredMoments:
            encoding = Encoding.learn(
                table,
                label,
                features=features,
                exclude=empty,
                weights=weighed,
                missing=rule,
                coding=coding_of(source),
            )
            if isinstance(table, Table):
                return gather(table, encoding).total
            assert isinstance(table, LazyFrameTable)
            return lazy_moments(table, encoding)[0]

        found = without_empty_columns(attempt, []) if features is None else attempt([])
        return Moments(**vars(found))

    @staticmethod
    def load(path: str | Path) -> "Moments":
        """Read moments that `save` wrote. Raises StorageError for any other file."""
        return Moments(**vars(CentredMoments.load(path)))
