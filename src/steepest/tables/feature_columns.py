"""Which columns of a table are features, and how each is encoded."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from steepest.errors import InputError, nearest_of, shortened
from steepest.tables.date_part import DateField, DatePart
from steepest.tables.encoding_parts import BooleanPart, IndicatorPart, NumberPart, Part
from steepest.tables.number_text import advice_for_numbers, looks_like_numbers
from steepest.tables.row_numbers import counts_rows, rows_of_key
from steepest.tables.table import Column, LazyTable, Table, repeated
from steepest.wording.fact import Fact, fact

MAX_LEVELS = 50
_SHOWN = 40
_ROWS = 1024
_MANY_ROWS = 65_536
_CATEGORIES = ("Categorical", "Enum")  # text on purpose


@final
@dataclass(frozen=True)
class Coding:
    """How columns that hold no numbers become some.

    - `dates`: the fields of a date that are features; none leaves dates out
    - `levels`: how many levels of a text column have a feature, the most frequent; the others share
      one. None: a column of more than 50 is left out
    """

    dates: tuple[DateField, ...] = ()
    levels: int | None = None


PLAIN = Coding()


@final
class UnusableColumn(InputError):
    """A column that cannot be a feature; `left_out` is the note where nobody asked for it."""

    def __init__(self, message: str, left_out: Fact) -> None:
        super().__init__(message)
        self.left_out = left_out


def find_column(table: Table | LazyTable, name: str, role: str) -> Column:
    """The column of that name; `role` says in the error what it was to be."""
    column = table.column_named.get(name)
    if column is not None:
        return column
    near = nearest_of(name, table.column_named)
    raise InputError(f"{table.description}: there is no {role} {name!r}.{near}")


def chosen_columns(
    table: Table | LazyTable,
    target: str,
    weights: str | None,
    features: Sequence[str] | None,
    exclude: Sequence[str] | None,
) -> list[Column]:
    """The columns named as features, or all but target and weights; without the excluded ones."""
    if features is None:
        chosen = [column for column in table.columns if column.name not in (target, weights)]
    else:
        # Column names that are numbers, as pandas has them, were made text.
        named = [features] if isinstance(features, str) else [str(name) for name in features]
        chosen = [find_column(table, name, "feature column") for name in named]
        _check_named(chosen, target, weights)
    excluded = {find_column(table, str(name), "column to exclude").name for name in exclude or ()}
    chosen = [column for column in chosen if column.name not in excluded]
    if not chosen:
        raise InputError(f"{table.description}: no feature column is left besides {target!r}")
    return chosen


def _check_named(chosen: Sequence[Column], target: str, weights: str | None) -> None:
    for column in chosen:
        if column.name == target:
            raise InputError(f"the target {target!r} is also among the features; take it out there")
        if column.name == weights:
            raise InputError(f"the weights {weights!r} are also among the features; take them out")
    twice = repeated(column.name for column in chosen)
    if twice is not None:
        raise InputError(f"the feature {twice!r} is listed twice; list it once")


def learn_parts(
    table: Table | LazyTable,
    columns: Sequence[Column],
    intercept: bool,
    notes: list[Fact],
    *,
    named: bool,
    coding: Coding = PLAIN,
) -> tuple[Part, ...]:
    """How each column is encoded.

    One that cannot be a feature is an error where features were named; else it is left out, which
    `notes` say. Raises InputError too where every column is left out.
    """
    parts: list[Part] = []
    unusable: list[UnusableColumn] = []
    for column in columns:
        try:
            if not named and isinstance(table, Table):
                _look_for_row_numbers(table, column, notes)
            parts.append(_learn_part(table, column, intercept, notes, named, coding))
        except UnusableColumn as problem:
            if named:
                raise
            notes.append(problem.left_out)
            unusable.append(problem)
    if unusable and not parts:
        raise unusable[0]
    return tuple(parts)


def _learn_date(
    table: Table | LazyTable, column: Column, fields: tuple[DateField, ...], notes: list[Fact]
) -> Part:
    if isinstance(table, LazyTable):
        raise InputError("dates of a lazy frame are for its engine to make into numbers")
    notes.append(fact("date column", name=column.name, fields=list(fields)))
    return DatePart(column.name, fields)


def _learn_levels(
    table: Table | LazyTable,
    column: Column,
    most: int,
    intercept: bool,
    notes: list[Fact],
    named: bool,
) -> Part:
    """The most frequent levels, and the others as one."""
    if isinstance(table, LazyTable):
        raise InputError("levels are counted of rows that are read here; group them in the engine")
    counts: Counter[str] = Counter()
    for values in _values(table, column.name, _MANY_ROWS):
        counts.update(values)
    frequent = sorted(counts, key=lambda level: (-counts[level], level))
    if len(frequent) <= min(most, MAX_LEVELS) or (not named and counts[frequent[0]] == 1):
        return _learn_indicators(table, column, intercept, notes, named)
    levels, rest = sorted(frequent[:most]), frequent[most:]
    others = next(name for name in ("others", "(others)", "(all others)") if name not in counts)
    dropped = levels[0] if intercept else None
    rows = sum(counts[level] for level in rest)
    pooled = {"most": most, "pooled": len(rest), "rows": rows, "others": others}
    notes.append(fact("text column pooled", name=column.name, baseline=dropped, **pooled))
    return IndicatorPart(column.name, tuple(levels), dropped, others)


def _look_for_row_numbers(table: Table, column: Column, notes: list[Fact]) -> None:
    if counts_rows(table, column):
        raise UnusableColumn(
            f"column {column.name!r} only counts the rows; name it in the features if it is meant",
            fact("row numbers left out", name=column.name),
        )
    rows = rows_of_key(table, column)
    if rows:
        notes.append(fact("feature like a key", name=column.name, rows=rows))


def _learn_part(
    table: Table | LazyTable,
    column: Column,
    intercept: bool,
    notes: list[Fact],
    named: bool,
    coding: Coding,
) -> Part:
    if column.kind == "number":
        return NumberPart(column.name)
    if column.kind == "boolean":
        return BooleanPart(column.name)
    if column.kind == "text":
        check_no_numbers(table, column)
        if coding.levels is not None:
            return _learn_levels(table, column, coding.levels, intercept, notes, named)
        return _learn_indicators(table, column, intercept, notes, named)
    if column.kind == "date" and coding.dates:
        return _learn_date(table, column, coding.dates, notes)
    raise UnusableColumn(
        f"column {column.name!r} is of type {column.type}; {advice_for(column)}",
        fact("type left out", name=column.name, type=column.type, date=column.kind == "date"),
    )


def check_no_numbers(table: Table | LazyTable, column: Column) -> None:
    """Raise InputError for a column of text that mostly holds numbers in its first rows."""
    values = [] if column.type in _CATEGORIES else _first_values(table, column.name)
    if not looks_like_numbers(values):
        return
    if table.decimals:
        advice = advice_for_numbers([*dict.fromkeys(values)], table.decimals)
        if not (isinstance(table, Table) and table.files):
            advice += ", or make it categorical"
    else:
        advice = "cast it to a number where the table is made"
    raise InputError(
        f"{table.description}: column {column.name!r} is text that looks like numbers, for example "
        f"{shortened(values[0], _SHOWN)!r}; {advice}"
    )


def _first_values(table: Table | LazyTable, name: str) -> list[str]:
    """The values of the first rows of a text column; of a lazy frame some of its levels."""
    if isinstance(table, LazyTable):
        return table.levels(name, MAX_LEVELS)
    return next(_values(table, name, _ROWS), [])


def _values(table: Table, name: str, rows: int) -> Iterator[list[str]]:
    """The values of a text column without the missing ones, block by block."""
    for block in table.blocks([name], rows):
        missing, values = block.missing.get(name), block.columns[name]
        yield (values if missing is None else values[~missing]).tolist()


def _repeats(table: Table | LazyTable, name: str, levels: int) -> bool:
    """Whether some level of a column stands in two rows; reads until it is certain.

    Of a lazy frame it is taken to be so: another query for each column of text would be dear.
    """
    if isinstance(table, LazyTable):
        return True
    present = 0
    for values in _values(table, name, _ROWS):
        present += len(values)
        if present > levels:
            return True
    return False


def advice_for(column: Column) -> str:
    """What to do with a column that is no number, boolean or text."""
    if column.kind == "date":
        return (
            "read it with dates=['year', 'elapsed'], turn it into numbers first (in SQL: "
            f"{column.name} - date '2020-01-01'), or leave it out"
        )
    return "only numbers, booleans and text can be used; turn it into numbers, or leave it out"


def _learn_indicators(
    table: Table | LazyTable, column: Column, intercept: bool, notes: list[Fact], named: bool
) -> IndicatorPart:
    name, levels = column.name, table.levels(column.name, MAX_LEVELS)
    if not levels:
        raise UnusableColumn(
            f"column {name!r} has no values: all of them are missing; leave it out of the features",
            fact("empty column left out", name=name),
        )
    if len(levels) > MAX_LEVELS:
        example = shortened(levels[0], _SHOWN)
        raise UnusableColumn(
            f"column {name!r} is text with more than {MAX_LEVELS} different values "
            f"(for example {example!r}); leave it out of the features, or read it with levels=20: "
            "the rarer ones together",
            fact("text column left out", name=name, most=MAX_LEVELS, example=example),
        )
    if not named and len(levels) > 1 and not _repeats(table, name, len(levels)):
        raise UnusableColumn(
            f"column {name!r} is text that is different in every row (for example "
            f"{shortened(levels[0], _SHOWN)!r}), so that no row tells anything of another; "
            "leave it out of the features",
            fact("text of names left out", name=name, example=shortened(levels[0], _SHOWN)),
        )
    dropped = levels[0] if intercept else None
    if intercept and len(levels) == 1:
        notes.append(fact("text of one level", name=name, level=levels[0]))
    else:
        notes.append(fact("text column", name=name, levels=len(levels), baseline=dropped))
    return IndicatorPart(name, tuple(levels), dropped)
