"""What was read, and what was done to rows and columns: sentences of tables."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from steepest.translation import spoken, translated
from steepest.wording.numbers import first_few, quoted
from steepest.wording.template import filled

# What columns hold.
NOUNS = {
    "number": "numbers",
    "boolean": "booleans",
    "date": "dates",
    "time": "times of day",
    "duration": "durations",
    "other": "other types",
    "text": "text",
}


def kind_name(kind: str) -> str:
    """What a column holds, in a word: in English as `Table.kinds` has it."""
    return kind if spoken() == "en" else translated(NOUNS[kind])


# What a moment is told by.
WORDS = {
    "date": "elapsed (in days since 1970-01-01)",
    "time": "elapsed (in days since midnight)",
    "duration": "elapsed (in days)",
}
# What levels are, and what to do if they are meant so.
MEANINGS = {
    "months": ("look like months", "number them, 1 to 12, if their order is meant"),
    "months of years": (
        "look like months", "write their first days, 2021-03-01, for dates=['year', 'month']",
    ),
    "quarters": ("look like quarters", "number them, 1 to 4, if their order is meant"),
    "quarters of years": (
        "look like quarters", "write their first days, 2021-07-01, for dates=['year', 'month']",
    ),
    "weeks": ("look like weeks", "write their first days, 2021-01-18, for dates=['elapsed']"),
    "short dates": (
        "look like dates", "write them with the year, 2021-01-31, for dates=['month', 'day']",
    ),
    "ranges": ("look like ranges", "write the middle of each if amounts are meant"),
    "fractions": (
        "look like fractions or days", "write them as 0.5, or as dates with the year, 2021-01-31",
    ),
    "hexadecimal": ("look like hexadecimal numbers", "write them in decimals if amounts are meant"),
    "powers": ("look like numbers", "write 2×10^3 as 2e3"),
    "amounts": (
        "are numbers with something beside them", "write the numbers alone if amounts are meant",
    ),
}  # fmt: skip


TEMPLATES = {
    "array": "array: {rows: row}, {columns: column}, {type}",
    "data frame": "{engine} DataFrame: {rows: row}, {columns: column}",
    "lazy frame": "{engine} lazy frame: {columns: column}",
    # `contents`: the fact of what is in the file, the files or the query.
    "file table": "{source}: {contents}",
    "several files": "{files: file}, {contents}",
    "parquet": "Parquet",
    "json lines": "JSON lines",
    # The type of a column of JSON lines.
    "json of several kinds": "JSON, values of several kinds",
    # The first of a column's Python objects that is no number.
    "odd object": "({value}, of type {type}, in row {row})",
    "sample table": "{source}: {rule}",
    "no column of dates": (
        "dates were asked for, but no column holds dates, times of day or durations"
    ),
    "held out by values": (
        "rows are held out by a hash of their values: the same in any engine and any order, and "
        "equal rows together"
    ),
    "workers lack the package": (
        "the workers of {engine} lack steepest, so that sums are written as the engine's own "
        "expressions, which is slower; install it there: {line}"
    ),
    "means took a pass": "the columns' means, used for missing values, took a pass over the rows",
    "columns of query": "columns {names:joined}",
    # `baseline`: the level that the others are compared with.
    "text column": (
        "column {name!r} is text: {levels: level}[baseline?, compared with {baseline:quoted}]"
    ),
    "text of one level": "column {name!r} holds one value only, {level:quoted}, and is left out",
    "text column left out": (
        "column {name!r} is left out: text with more than {most} different values, for example "
        "{example:quoted}; levels=20 takes its commonest"
    ),
    "text of names left out": (
        "column {name!r} is left out: text that is different in every row, for example "
        "{example:quoted}"
    ),
    "text column pooled": (
        "column {name!r} is text: its {most} most frequent levels, {pooled: rarer one} ({rows: "
        "row}) together as {others!r}[baseline?, compared with {baseline:quoted}]"
    ),
    "row numbers left out": (
        "column {name!r}, which the table does not name, counts the rows and is left out"
    ),
    "feature like a key": (
        "column {name!r} is a feature; exclude it if it only names rows: its first {rows:,} values "
        "all differ"
    ),
    "empty column left out": "column {name!r} is left out: all its values are missing",
}


def csv(
    delimiter: str,
    header: bool,
    decimal_comma: bool = False,
    encodings: Sequence[str] = (),
    skip: int = 0,
    padded: bool = False,
    numbers: str = "",
    missing: Sequence[str] = (),
) -> str:
    """`encodings`: those of the files, where they are not all UTF-8."""
    layout = csv_layout(delimiter, header, decimal_comma, skip, padded, numbers, missing)
    if not encodings:
        return filled("CSV, {layout}", layout=layout)
    return filled("CSV, {layout}, read as {encodings}", layout=layout, encodings=_and(encodings))


def csv_layout(
    delimiter: str,
    header: bool,
    decimal_comma: bool = False,
    skip: int = 0,
    padded: bool = False,
    numbers: str = "",
    missing: Sequence[str] = (),
) -> str:
    """How records are written. `skip`: lines above them;   `padded`: by spaces;   `numbers`: how.

    >>> csv_layout(",", True), csv_layout(" ", False, skip=1, padded=True)
    ("delimiter ',', header", 'delimiter space, padded by spaces, no header, 1 line above skipped')
    """
    named = {"\t": filled("tab"), " ": filled("space")}
    parts = [filled("delimiter {sign}", sign=named.get(delimiter, repr(delimiter)))]
    if padded:
        parts.append(filled("padded by spaces"))
    parts.append(filled("header" if header else "no header"))
    if decimal_comma:
        parts.append(filled("decimal comma"))
    if skip:
        parts.append(filled("{skip: line} above skipped", skip=skip))
    if numbers:
        parts.append(filled("numbers read with {numbers}", numbers=numbers))
    if missing:
        parts.append(filled("missing where {words}", words=_or(missing)))
    return first_few(parts, len(parts))


def _or(words: Sequence[str]) -> str:
    return filled(" or ").join(map(repr, words))


def _and(words: Sequence[str]) -> str:
    return filled(" and ").join(words)


def column_kinds(kinds: Mapping[str, int]) -> str:
    """How many columns there are of each kind.

    >>> column_kinds({"number": 3, "text": 1})
    'columns: 3 of numbers, 1 of text'
    """
    each = [
        filled("{count} of {kind}", count=count, kind=translated(NOUNS.get(kind, kind)))
        for kind, count in kinds.items()
    ]
    return filled("columns: {each}", each=first_few(each, len(each)))


def levels_alike(name: str, levels: Sequence[str], more: int) -> str:
    """`more`: how many further groups there are.

    >>> levels_alike("city", ["Rome", "rome "], 0)
    "levels of 'city' differ in blanks or case only, 'Rome' and 'rome ': write them alike if they are one"
    """  # noqa: E501  # one sentence
    return filled(
        "levels of {name!r} differ in blanks or case only, {levels:listed}{others}: write them "
        "alike if they are one",
        name=name,
        levels=[repr(level) for level in levels],
        others=filled(" (and {more: more group})", more=more) if more else "",
    )


def levels_look_like(name: str, like: str, example: str) -> str:
    """
    >>> levels_look_like("weight", "amounts", "5 kg")
    "the levels of 'weight' are numbers with something beside them, such as '5 kg': write the numbers alone if amounts are meant"
    >>> levels_look_like("sold", "quarters of years", "2021Q3")
    "the levels of 'sold' look like quarters, such as '2021Q3': write their first days, 2021-07-01, for dates=['year', 'month']"
    """  # noqa: E501  # one sentence
    what, advice = map(translated, MEANINGS[like])
    return filled(
        "the levels of {name!r} {what}, such as {example!r}: {advice}",
        name=name,
        what=what,
        example=example,
        advice=advice,
    )


def way_to_read_numbers(odd: str | None, example: str, ways: Sequence[tuple[str, str]]) -> str:
    """`odd`: a value that is no number;   `ways`: arguments, and the number that `example` then is.

    >>> way_to_read_numbers(None, "1,200", [("decimal=','", "1.200"), ("thousands=','", "1200")])
    "read it with decimal=',' if '1,200' is 1.200, with thousands=',' if it is 1200"
    """
    said = ""
    if odd is not None:
        said = filled("{odd!r} is none: correct it, or leave the field empty; ", odd=odd)
    if not ways:
        return said + filled(
            "its numbers are not all written alike; write them so first, or exclude it"
        )
    (first, number), *more = ways
    if not more:
        return said + filled("read it with {first}", first=first)
    others = [
        filled("with {options} if it is {number}", options=options, number=number)
        for options, number in more
    ]
    return said + filled(
        "read it with {first} if {example!r} is {number}, {others}",
        first=first,
        example=example,
        number=number,
        others=first_few(others, len(others)),
    )


def date_column(name: str, fields: Sequence[str], of: str = "date") -> str:
    """
    >>> date_column("sold", ["year", "elapsed"])
    "column 'sold' holds dates; taken are year and elapsed (in days since 1970-01-01)"
    >>> date_column("at", ["elapsed"], "time")
    "column 'at' holds times of day; taken is elapsed (in days since midnight)"
    """
    named = [translated(WORDS[of]) if each == "elapsed" else each for each in fields]
    return filled(
        "column {name!r} holds {times}; taken is {fields:listed}"
        if len(named) == 1
        else "column {name!r} holds {times}; taken are {fields:listed}",
        name=name,
        times=translated(NOUNS[of]),
        fields=named,
    )


def type_left_out(
    name: str, type: str, date: bool, of: str = "date", odd: str | None = None
) -> str:
    """
    `odd`: a value of the column that is none.

    >>> type_left_out("when", "DATE", date=True)[:48]
    "column 'when' is left out: it holds dates (DATE)"
    >>> type_left_out("when", "String", True, "time", "25:61")[36:]
    "times of day (String), but '25:61' is none: correct it; dates=['elapsed'] takes them"
    """
    if not date:
        return filled(
            "column {name!r} is left out: it holds no numbers, booleans or text, but {type}",
            name=name,
            type=type,
        )
    return filled(
        "column {name!r} is left out: it holds {times} ({type}){but}; dates=[{field!r}] takes them",
        name=name,
        times=translated(NOUNS[of]),
        type=type,
        but="" if odd is None else filled(", but {odd!r} is none: correct it", odd=odd),
        field="year" if of == "date" else "elapsed",
    )


def date_left_to_its_engine(name: str, of: str, engine: str, why: str) -> str:
    """
    >>> date_left_to_its_engine("when", "date", "duckdb", "it is of type String")
    "column 'when' is left out: it holds dates that duckdb does not read (it is of type String): cast it where the table is made, to a timestamp without time zone or a number"
    """  # noqa: E501  # one sentence
    return filled(
        "column {name!r} is left out: it holds {times} that {engine} does not read ({why}): cast "
        "it where the table is made, to a timestamp without time zone or a number",
        name=name,
        times=translated(NOUNS[of]),
        engine=engine,
        why=why,
    )


def rows_dropped(dropped: int, rows: int, counts: Mapping[str, int] = MappingProxyType({})) -> str:
    """`counts`: how many values the columns lack that lack most, where that is the better part.

    >>> rows_dropped(9, 12, {"age": 8, "income": 3})
    '9 of 12 rows dropped for missing values, of columns: age 8, income 3'
    """
    if not counts:
        return filled(
            "{dropped} of {rows: row} dropped for missing values", dropped=dropped, rows=rows
        )
    return filled(
        "{dropped} of {rows: row} dropped for missing values, of columns: {counts}",
        dropped=dropped,
        rows=rows,
        counts=_counts(counts),
    )


def unseen_levels(name: str, rows: int, level: str, rule: str, base: str | None) -> str:
    """
    >>> unseen_levels("city", 2, "Oslo", "base", "Rome")
    "column 'city': 2 rows hold levels that the model has not seen, such as 'Oslo'; they count as \
its base level 'Rome'"
    """
    return filled(
        "column {name!r}: 1 row holds a level that the model has not seen, {level}; {outcome}"
        if rows == 1
        else "column {name!r}: {rows} rows hold levels that the model has not seen, such as "
        "{level}; {outcome}",
        name=name,
        rows=rows,
        level=quoted(level),
        outcome=_outcome(rows == 1, rule, base),
    )


def _outcome(one: bool, rule: str, base: str | None) -> str:
    """What becomes of rows with unseen levels."""
    if rule == "missing":
        return filled("it gets no prediction" if one else "they get no prediction")
    if base is None:
        return filled(
            "it counts as none of its levels" if one else "they count as none of its levels"
        )
    return filled(
        "it counts as its base level {base}" if one else "they count as its base level {base}",
        base=quoted(base),
    )


def means_filled(counts: Mapping[str, int]) -> str:
    """`counts`: how many values of each column."""
    return filled("missing values replaced by the column's mean: {counts}", counts=_counts(counts))


def _counts(counts: Mapping[str, int]) -> str:
    return first_few([f"{name} {count}" for name, count in counts.items()], len(counts))
