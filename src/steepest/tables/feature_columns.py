"""Which columns of a table are features, and how each is encoded."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

from steepest.errors import InputError, nearest_of
from steepest.number_checks import names_of
from steepest.tables.date_part import FIELDS_OF, DateField, DatePart
from steepest.tables.encoding_parts import BooleanPart, NumberPart, Part
from steepest.tables.first_rows import FirstLevels, FirstRows, Learning, UnusableColumn, first_rows
from steepest.tables.row_numbers import are_like_keys, counts_rows, is_named_like_a_key
from steepest.tables.table import Column, LazyTable, Table, repeated
from steepest.tables.text_columns import declared_text, is_categorical, learn_text
from steepest.tables.time_text import Temporal, TimeText
from steepest.translation import gathered, say, translated
from steepest.wording.fact import Fact, fact


@final
@dataclass(frozen=True)
class Coding:
    """How columns that hold no numbers become some.

    - `dates`: the fields of a date that are features; none leaves dates out
    - `levels`: how many levels of a text column have a feature, the most frequent; the others share
      one. None: a column of more than 50 is left out
    - `declared`: the levels of text columns by name, whichever of them these rows hold; the first
      has no column of its own where there is an intercept
    """

    dates: tuple[DateField, ...] = ()
    levels: int | None = None
    declared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


PLAIN = Coding()
# Of more columns the numbers are not looked at: their first rows alone would fill the memory.
_MOST_LOOKED_AT = 4_000


def find_column(table: Table | LazyTable, name: str, role: str) -> Column:
    """The column of that name; `role`, one `gathered`, says in an error what it was to be."""
    column = table.column_named.get(name)
    if column is not None:
        return column
    near = nearest_of(name, table.column_named)
    raise InputError(
        "{description}: there is no {role} {name!r}.{near}",
        description=table.description,
        role=translated(role),
        name=name,
        near=near,
    )


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
        named = names_of("features", features)
        chosen = [find_column(table, name, gathered("feature column")) for name in named]
        _check_named(chosen, target, weights)
    excluded = [] if exclude is None else names_of("exclude", exclude)
    for name in excluded:
        find_column(table, name, gathered("column to exclude"))
        for role, own in (
            (gathered("target column"), target),
            (gathered("weights column"), weights),
        ):
            if name == own:
                raise InputError(
                    "{name!r} is the {role}, and excluded too; it is no feature: leave it out "
                    "there",
                    role=translated(role),
                    name=name,
                )
    chosen = [column for column in chosen if column.name not in excluded]
    if not chosen:
        raise InputError(
            "{description}: no feature column is left besides {target!r}",
            description=table.description,
            target=target,
        )
    return chosen


def _check_named(chosen: Sequence[Column], target: str, weights: str | None) -> None:
    for column in chosen:
        if column.name == target:
            raise InputError(
                "the target {target!r} is also among the features; take it out there", target=target
            )
        if column.name == weights:
            raise InputError(
                "the weights {weights!r} are also among the features; take them out",
                weights=weights,
            )
    twice = repeated(column.name for column in chosen)
    if twice is not None:
        raise InputError("the feature {twice!r} is listed twice; list it once", twice=twice)


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
    for name in coding.declared:
        find_column(table, name, gathered("text column"))
    parts: list[Part] = []
    unusable: list[UnusableColumn] = []
    first = _first_rows(table, columns, named, coding)
    learning = Learning(first, intercept, named, notes)
    for column in columns:
        try:
            if column.kind == "text" or not named:
                _check_values(first, column)
            if not named and isinstance(first, FirstRows):
                _look_for_row_numbers(first, column, notes)
            parts.append(_learn_part(learning, column, coding))
        except UnusableColumn as problem:
            if named:
                raise
            notes.append(problem.left_out)
            unusable.append(problem)
    if unusable and not parts:
        raise unusable[0]
    times = [each for each in notes if each.values.get("of") in FIELDS_OF]
    if coding.dates and not times:
        notes.append(fact("no column of dates"))
    return tuple(parts)


def _first_rows(
    table: Table | LazyTable, columns: Sequence[Column], named: bool, coding: Coding
) -> FirstRows | FirstLevels:
    """The first rows of the columns that are looked at: numbers that were named are not."""
    looked_at = ["text"] if named else ["text", "number", "boolean", *["date"] * bool(coding.dates)]
    if len(columns) > _MOST_LOOKED_AT:
        looked_at = ["text"]
    return first_rows(table, [column.name for column in columns if column.kind in looked_at])


def _check_values(first: FirstRows | FirstLevels, column: Column) -> None:
    if first.is_empty(column):
        raise UnusableColumn(
            say(
                "column {name!r} has no values: all of them are missing; leave it out of the "
                "features",
                name=column.name,
            ),
            fact("empty column left out", name=column.name),
        )


def _look_for_row_numbers(first: FirstRows, column: Column, notes: list[Fact]) -> None:
    if counts_rows(first.table, column):
        raise UnusableColumn(
            say(
                "column {name!r} only counts the rows; name it in the features if it is meant",
                name=column.name,
            ),
            fact("row numbers left out", name=column.name),
        )
    if column.kind != "number" or not first.holds(column.name) or not is_named_like_a_key(column):
        return
    values = first.values(column.name)
    if are_like_keys(values):
        notes.append(fact("feature like a key", name=column.name, rows=len(values)))


def _learn_part(learning: Learning, column: Column, coding: Coding) -> Part:
    declared = coding.declared.get(column.name)
    if declared is not None:
        return declared_text(learning, column, declared)
    if column.kind == "number":
        return NumberPart(column.name)
    if column.kind == "boolean":
        return BooleanPart(column.name)
    read = _time_text(learning, column, coding)
    if read is not None:
        return _learn_times(learning, column, read, coding.dates)
    if column.kind == "text":
        return learn_text(learning, column, coding.levels)
    raise _left_out(column, date=False)


def _left_out(column: Column, /, kind: Temporal = "date", **known: Any) -> UnusableColumn:
    """What is raised for a column whose type is no feature's; the note says what is `known`."""
    return UnusableColumn(
        say(
            "column {name!r} is of type {type}; {column}",
            name=column.name,
            type=column.type,
            column=advice_for(column, kind),
        ),
        fact("type left out", name=column.name, type=column.type, **known),
    )


def _time_text(learning: Learning, column: Column, coding: Coding) -> TimeText | None:
    """How the dates or times of a column are read; None where it holds none. Text that holds some
    is text where it was named and nothing is said of dates.
    """
    first = learning.first
    if column.kind == "date":
        return _typed(first, column) if coding.dates else TimeText(what_is(column))
    if column.kind != "text" or is_categorical(column) or (learning.named and not coding.dates):
        return None
    values = first.text(column.name)
    read = TimeText.of(values)
    if read is None:
        return None
    told = [text for text in values if read.moment(text) is not None]
    if read.kind == "duration" and not all(map(_has_clock, told)):
        return None
    return read


def _typed(first: FirstRows | FirstLevels, column: Column) -> TimeText:
    of = what_is(column)
    if of == "duration" or isinstance(first, FirstLevels):
        return TimeText(of)
    # Text that looks like times, and cannot be told, is mostly durations.
    return TimeText.of(first.text(column.name)) or TimeText("duration" if of == "time" else of)


def _has_clock(text: str) -> bool:
    """Whether a duration has a part below a day; "3 days" may be a level on purpose."""
    return ":" in text or "T" in text


def _learn_times(
    learning: Learning, column: Column, read: TimeText, fields: tuple[DateField, ...]
) -> Part:
    first, has = learning.first, FIELDS_OF[read.kind]
    taken = tuple(field for field in fields if field in has)
    part = DatePart(column.name, taken or has, read.kind, read.order)
    if isinstance(first.table, LazyTable):
        first.table.check_part(part)
    if not taken:
        values = first.text(column.name) if column.kind == "text" else []
        odd = next((text for text in values if read.moment(text) is None), None)
        raise _left_out(column, read.kind, date=True, of=read.kind, odd=odd)
    learning.notes.append(fact("date column", name=column.name, fields=list(taken), of=read.kind))
    return part


def what_is(column: Column) -> Temporal:
    """What a column of the kind "date" holds, by its type.

    >>> [what_is(Column("t", "date", type_)) for type_ in ("INTERVAL", "TIME", "DATE")]
    ['duration', 'time', 'date']
    """
    type_ = column.type.lower()
    if re.match("duration|interval|timedelta", type_):
        return "duration"
    return "time" if re.match(r"time\b|time_ns|time64|time32", type_) else "date"


def advice_for(column: Column, of: Temporal = "date") -> str:
    """What to do with a column that is no number, boolean or text."""
    if column.kind == "other":
        return say(
            "only numbers, booleans and text can be used; turn it into numbers, or leave it out"
        )
    if of != "date":
        return say("read it with dates=['elapsed'], or leave it out")
    return say(
        "read it with dates=['year', 'elapsed'], turn it into numbers first (in SQL: "
        "{name} - date '2020-01-01'), or leave it out",
        name=column.name,
    )
