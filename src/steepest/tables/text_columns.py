"""How a column of text becomes indicators: its levels, and what is wrong with them."""

from collections.abc import Sequence
from unicodedata import normalize

from steepest.errors import InputError, listed, shortened
from steepest.tables.encoding_parts import IndicatorPart
from steepest.tables.first_rows import MAX_LEVELS, FirstLevels, FirstRows, Learning, UnusableColumn
from steepest.tables.level_likeness import likeness_of
from steepest.tables.number_text import advice_for_numbers, looks_like_numbers
from steepest.tables.table import Column, Table
from steepest.translation import say
from steepest.wording.fact import fact

_SHOWN = 40
_CATEGORIES = ("Categorical", "Enum")  # text on purpose


def is_categorical(column: Column) -> bool:
    """Whether a column is of text on purpose.

    >>> is_categorical(Column("size", "text", "Enum(categories=['1', '2'])"))
    True
    """
    return column.type.startswith(_CATEGORIES)


def check_no_numbers(first: FirstRows | FirstLevels, column: Column) -> None:
    """Raise InputError for a column of text that mostly holds numbers in its first rows."""
    table = first.table
    values = [] if is_categorical(column) else first.text(column.name)
    if not looks_like_numbers(values):
        return
    if table.decimals:
        advice = advice_for_numbers([*dict.fromkeys(values)], table.decimals)
        if not (isinstance(table, Table) and table.files):
            advice += say(", or make it categorical")
    else:
        advice = say("cast it to a number where the table is made")
    raise InputError(
        "{description}: column {name!r} is text that looks like numbers, for example "
        "{values!r}; {advice}",
        description=table.description,
        name=column.name,
        values=shortened(values[0], _SHOWN),
        advice=advice,
    )


def learn_text(learning: Learning, column: Column, most: int | None) -> IndicatorPart:
    """The indicators of a column: of all its levels, or of the `most` frequent ones.

    Raises InputError where it holds numbers, and UnusableColumn where it has too many levels or,
    unless it was `named`, no two rows of one.
    """
    check_no_numbers(learning.first, column)
    if not is_categorical(column):
        _look_for_likeness(learning, column.name)
    if most is None:
        return _all_levels(learning, column.name)
    return _frequent_levels(learning, column.name, most)


def declared_text(learning: Learning, column: Column, declared: tuple[str, ...]) -> IndicatorPart:
    """The indicators of a column whose levels are declared. Raises InputError where it holds
    others, or no text.
    """
    first, name = learning.first, column.name
    here = first.table.description
    if column.kind != "text":
        raise InputError(
            "{here}: levels of column {name!r} are declared, and it holds no text but {kind}s",
            here=here,
            name=name,
            kind=column.kind,
        )
    others = [each for each in first.levels(name, len(declared)) if each not in declared]
    if others:
        raise InputError(
            "{here}: column {name!r} holds {other!r}, which is not among its declared levels: "
            "{levels}",
            here=here,
            name=name,
            other=shortened(others[0], _SHOWN),
            levels=listed(declared),
        )
    return IndicatorPart(name, declared, declared[0] if learning.intercept else None)


def _frequent_levels(learning: Learning, name: str, most: int) -> IndicatorPart:
    """The most frequent levels, and the others as one."""
    counts = learning.first.counts(name)
    frequent = sorted(counts, key=lambda level: (-counts[level], level))
    if len(frequent) <= min(most, MAX_LEVELS) or (not learning.named and counts[frequent[0]] == 1):
        return _all_levels(learning, name)
    _look_at(learning, frequent, name)
    levels, rest = sorted(frequent[:most]), frequent[most:]
    others = next(name for name in ("others", "(others)", "(all others)") if name not in counts)
    dropped = levels[0] if learning.intercept else None
    rows = sum(counts[level] for level in rest)
    pooled = {"most": most, "pooled": len(rest), "rows": rows, "others": others}
    learning.notes.append(fact("text column pooled", name=name, baseline=dropped, **pooled))
    return IndicatorPart(name, tuple(levels), dropped, others)


def _all_levels(learning: Learning, name: str) -> IndicatorPart:
    levels = learning.first.levels(name, MAX_LEVELS)
    _check_levels(learning, name, levels)
    _look_at(learning, levels, name)
    dropped = levels[0] if learning.intercept else None
    one = fact("text of one level", name=name, level=levels[0])
    alone = learning.intercept and len(levels) == 1
    if alone and not learning.named:  # no row is dropped for what it lacks
        raise UnusableColumn(say("no feature is left: every column holds one value only"), one)
    several = fact("text column", name=name, levels=len(levels), baseline=dropped)
    learning.notes.append(one if alone else several)
    return IndicatorPart(name, tuple(levels), dropped)


def _look_for_likeness(learning: Learning, name: str) -> None:
    """Note levels that may be meant as numbers or dates."""
    found = likeness_of(learning.first.levels(name, MAX_LEVELS))
    if found is not None:
        example = shortened(found[1], _SHOWN)
        learning.notes.append(fact("levels look like", name=name, like=found[0], example=example))


def _look_at(learning: Learning, levels: Sequence[str], name: str) -> None:
    """Note levels that may be the same."""
    plain: dict[str, list[str]] = {}
    for level in levels:
        folded = " ".join(normalize("NFKC", level).casefold().split())
        plain.setdefault(folded, []).append(level)
    alike = [group for group in plain.values() if len(group) > 1]
    if alike:
        shown = [shortened(level, _SHOWN) for level in alike[0]]
        more = len(alike) - 1
        learning.notes.append(fact("levels alike", name=name, levels=shown, more=more))


def _check_levels(learning: Learning, name: str, levels: Sequence[str]) -> None:
    example = shortened(levels[0], _SHOWN)
    if len(levels) > MAX_LEVELS:
        raise UnusableColumn(
            say(
                "column {name!r} is text with more than {MAX_LEVELS} different values (for "
                "example {example!r}); leave it out of the features, or read it with levels=20: "
                "the rarer ones together",
                name=name,
                MAX_LEVELS=MAX_LEVELS,
                example=example,
            ),
            fact("text column left out", name=name, most=MAX_LEVELS, example=example),
        )
    if not learning.named and len(levels) > 1 and not learning.first.repeats(name):
        raise UnusableColumn(
            say(
                "column {name!r} is text that is different in every row (for example "
                "{example!r}), so that no row tells anything of another; leave it out of the "
                "features",
                name=name,
                example=example,
            ),
            fact("text of names left out", name=name, example=example),
        )
