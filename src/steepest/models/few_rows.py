"""More parameters than rows: which penalty, or which columns, give every coefficient a meaning."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from steepest.errors import InputError, NotUniqueError
from steepest.models.fit_data import FitData
from steepest.models.fit_request import FitRequest
from steepest.models.least_squares import choose_ridge
from steepest.models.options import Settings
from steepest.models.reduce import reduce_table
from steepest.models.refusals import TooFewRowsError
from steepest.models.regularization import DEFAULT_FOLDS, PathAsked
from steepest.tables.column_encoding import Encoding, IndicatorPart
from steepest.tables.table import LazyTable, Table
from steepest.wording.fact import Fact, fact, phrase
from steepest.wording.numbers import in_turn

# Of more columns the path takes longer than the fit: it is proposed, not walked.
_MOST_COLUMNS = 300
_DIGITS = 3


def with_remedies(fit: FitData, table: Table | LazyTable, request: FitRequest) -> FitData:
    """The fit; where there were no rows for some of its columns, it says what to do."""
    if all(each.kind != "columns beyond rows" for each in fit.facts):
        return fit
    rows = len(request.names) - len(fit.left_out) + request.settings.intercept
    remedy = _remedy(table, replace(request, notes=fit.facts), rows)
    return replace(fit, facts=(*fit.facts, remedy))


def with_advice(
    error: TooFewRowsError, table: Table | LazyTable, request: FitRequest
) -> NotUniqueError:
    """The error that says so, too."""
    ways = _remedy(table, request, error.rows).values
    return NotUniqueError(in_turn([str(error), phrase("ways to few parameters", **ways)]))


def _remedy(table: Table | LazyTable, request: FitRequest, rows: int) -> Fact:
    encoding, settings = request.encoding, request.settings
    text = _Text.of(encoding, request.notes, settings.intercept)
    levels = text.levels_for(rows)
    exclude = [] if levels is not None else text.columns_for(rows)
    left = text.parameters(levels) - sum(text.sizes[name] for name in exclude)
    return fact(
        "more parameters than rows",
        rows=rows,
        parameters=text.parameters(None),
        ridge=_ridge(table, encoding, settings),
        levels=levels,
        exclude=exclude,
        left=left,
    )


def _ridge(table: Table | LazyTable, encoding: Encoding, settings: Settings) -> float | str | None:
    """The strength that held-out rows prefer; "path" where it takes long to find; None where there
    is no path.
    """
    if isinstance(table, LazyTable):
        return None
    said = settings.folds is not None or settings.validation is not None
    # Of a handful of rows one of five folds may have none.
    for folds in [settings.folds] if said else range(DEFAULT_FOLDS, 1, -1):
        try:
            path = _along_path(settings, folds)
            if not path.is_least_squares or len(encoding.names) > _MOST_COLUMNS:
                return "path"
            reduced = reduce_table(table, encoding, path, None)
            return float(f"{choose_ridge(reduced, path).path.strength:.{_DIGITS}g}")
        except InputError:
            continue
    return None


def _along_path(settings: Settings, folds: int | None) -> Settings:
    """The settings with the strength of ridge to be chosen. Raises InputError where it cannot."""
    asked = PathAsked.of(0.0, "path")._asdict()
    return replace(
        settings, **asked, folds=folds, dependent="drop", accuracy="auto", errors="classical"
    )


@final
@dataclass(frozen=True)
class _Text:
    """How many parameters there are: `fixed` of them, and `sizes` by column of text.

    - `unused`: columns of text that are left out for their many levels, and would come back
    """

    fixed: int
    sizes: dict[str, int]
    unused: int
    intercept: bool

    @staticmethod
    def of(encoding: Encoding, facts: Sequence[Fact], intercept: bool) -> "_Text":
        text = [part for part in encoding.parts if isinstance(part, IndicatorPart)]
        sizes = {part.column: len(part.names) for part in text}
        fixed = len(encoding.names) - sum(sizes.values()) + intercept
        unused = sum(each.kind == "text column left out" for each in facts)
        return _Text(fixed, sizes, unused, intercept)

    def parameters(self, levels: int | None) -> int:
        """Their number where so many levels of each column have a feature, the others one."""
        if levels is None:
            return self.fixed + sum(self.sizes.values())
        most = levels + (not self.intercept)
        return (
            self.fixed + sum(min(size, most) for size in self.sizes.values()) + most * self.unused
        )

    def levels_for(self, rows: int) -> int | None:
        """The most levels with two rows to a parameter, or else with a row to spare."""
        most = max(self.sizes.values(), default=0)
        tried = [(levels, self.parameters(levels)) for levels in range(most - 1, 0, -1)]
        roomy = (levels for levels, count in tried if 2 * count <= rows)
        spare = (levels for levels, count in tried if count < rows)
        return next(roomy, next(spare, None))

    def columns_for(self, rows: int) -> list[str]:
        """The columns of text, the largest first, without which there is a row to spare; none where
        the others are too many, too.
        """
        gone: list[str] = []
        parameters = self.parameters(None)
        for column in sorted(self.sizes, key=self.sizes.__getitem__, reverse=True):
            gone.append(column)
            parameters -= self.sizes[column]
            if parameters < rows:
                return gone
        return []
