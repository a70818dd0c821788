"""Moments as a user holds them: made from rows of any kind, added up, saved, and fitted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from reprlib import repr as shortened
from typing import TYPE_CHECKING, final

from steepest.errors import InputError
from steepest.keywords import answer_wrong_keywords
from steepest.models.fit_data import FitData
from steepest.moments.lazy_moments import lazy_moments
from steepest.moments.ledger import MomentsPart, added, left, part_of
from steepest.moments.moments import CentredMoments
from steepest.moments.one_pass import gather
from steepest.storage.container import read_container
from steepest.storage.schema import checked, restoring
from steepest.tables.blocks import without_empty_columns
from steepest.tables.column_encoding import Encoding, Missing
from steepest.tables.frames.lazy import LazyFrameTable
from steepest.tables.open_table import open_rows
from steepest.tables.opened_table import coding_of, rule_for_missing
from steepest.tables.table import LazyTable, Table

if TYPE_CHECKING:
    from steepest.results.fit import Fit


@final
@dataclass(frozen=True, eq=False, repr=False)
class Moments(CentredMoments):
    """All that squared loss needs to know of the rows: counts, means and centred cross products.

    Moments of different rows add up, and those of a part can be taken away again. `parts` is the
    ledger: of each part where it came from, its rows, and a fingerprint of its numbers. The same
    part is not added twice, unless `add(…, again=True)` asks for it. `encoding`: how the columns of
    the table became those of the moments; None where it is not known.

    >>> import steepest
    >>> monday = steepest.Moments.of([1.0, 2.0], [3.0, 5.0])
    >>> week = monday + steepest.Moments.of([3.0], [7.0])
    >>> week, round(steepest.fit(week).coefficients["x"], 6)
    (Moments(3 rows of x, y), 2.0)
    >>> (week - monday).means
    {'x': 3.0, 'y': 7.0}
    >>> [part.rows for part in week.parts]
    [2, 1]
    """

    parts: tuple[MomentsPart, ...] = ()
    encoding: Encoding | None = None

    @staticmethod
    @answer_wrong_keywords
    def of(
        source: object,
        target: object = None,
        *,
        features: Sequence[str] | None = None,
        weights: object = None,
        missing: Missing | None = None,
        encoding: "Encoding | Moments | Fit | None" = None,
    ) -> "Moments":
        """Moments of rows: `source`, `target` and the options mean what they mean to `fit`.

        `encoding`: how columns become features, from moments or a fit of other rows: those of all
        parts then add up, also where some levels of text stand in one part only.
        """
        table, label, weighed = open_rows(source, target, weights=weights)
        rule = rule_for_missing(source, missing)
        if encoding is not None:
            if features is not None:
                raise InputError("an encoding says which features there are; leave one of them out")
            return _of_table(table, _handed_on(encoding, label, weighed))

        def attempt(empty: Sequence[str]) -> Moments:
            return _of_table(
                table,
                Encoding.learn(
                    table,
                    label,
                    features=features,
                    exclude=empty,
                    weights=weighed,
                    missing=rule,
                    coding=coding_of(source),
                ),
            )

        return without_empty_columns(attempt, []) if features is None else attempt([])

    def add(self, other: CentredMoments, *, again: bool = False) -> "Moments":
        """The moments of both, as `+` gives them; `again`: also where they share a part."""
        total = super().__add__(other)
        assert isinstance(total, Moments)
        parts = other.parts if isinstance(other, Moments) else ()
        return replace(total, parts=added(self.parts, parts, again=again))

    def __add__(self, other: CentredMoments) -> "Moments":
        return self.add(other)

    def __sub__(self, other: CentredMoments) -> "Moments":
        parts = other.parts if isinstance(other, Moments) else ()
        rest = super().__sub__(other)
        return Moments(**{**vars(self), **vars(rest), "parts": left(self.parts, parts)})

    def select(self, columns: Sequence[int]) -> "Moments":
        chosen = super().select(columns)
        assert isinstance(chosen, Moments)
        return replace(chosen, encoding=None)

    def description(self) -> dict[str, object]:
        encoding = {} if self.encoding is None else {"encoding": self.encoding.to_json()}
        return {**super().description(), "parts": [vars(part) for part in self.parts], **encoding}

    @staticmethod
    def load(path: str | Path) -> "Moments":
        """Read moments that `save` wrote. Raises StorageError for any other file."""
        arrays, description = read_container(path, kind="moments")
        with restoring(path, "moments"):
            found = CentredMoments.restore(arrays, description)
            parts = checked(description.get("parts", []), list[MomentsPart], "parts")
            data = description.get("encoding")
            encoding = None if data is None else Encoding.from_json(data)
            return Moments(**vars(found), parts=tuple(parts), encoding=encoding)


def _of_table(table: Table | LazyTable, encoding: Encoding) -> Moments:
    if isinstance(table, Table):
        found = gather(table, encoding).total
    else:
        assert isinstance(table, LazyFrameTable)
        found = lazy_moments(table, encoding)[0]
    return Moments(**vars(found), parts=(part_of(found, table),), encoding=encoding)


def _handed_on(given: "Encoding | Moments | Fit", target: str, weights: str | None) -> Encoding:
    """The encoding, if it is of this target and these weights."""
    if not isinstance(given, Encoding | CentredMoments | FitData):
        raise InputError(
            "encoding is {given}; give moments or a fit of other rows", given=shortened(given)
        )
    encoding = given if isinstance(given, Encoding) else getattr(given, "encoding", None)
    if encoding is None:
        raise InputError(
            "these moments do not know how their columns came about; hand on those of rows"
        )
    for name, its, here in (
        ("target", encoding.target, target),
        ("weights", encoding.weights, weights),
    ):
        if its != here:
            raise InputError(
                "the encoding is of the {name} {its!r}, not of {here!r}",
                name=name,
                its=its,
                here=here,
            )
    return encoding
