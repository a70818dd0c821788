"""What was read, and what was done to rows and columns: sentences of tables."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from steepest.errors import shortened
from steepest.wording.numbers import counted, listed

_KINDS = {"number": "numbers", "boolean": "booleans", "date": "dates", "other": "other types"}
_TIMES = {"date": "dates", "time": "times of day", "duration": "durations"}
_ELAPSED = {
    "date": "in days since 1970-01-01",
    "time": "in days since midnight",
    "duration": "in days",
}
# What levels are, and what to do if they are meant so.
_LIKENESS = {
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
_DELIMITERS = {"\t": "tab", " ": "space"}


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
    "odd object": "({value}, a {type}, in row {row})",
    "sample table": "{source}: {rule}",
    "no column of dates": (
        "dates were asked for, but no column holds dates, times of day or durations"
    ),
    "means took a pass": "the columns' means, used for missing values, took a pass over the rows",
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
    return f"CSV, {layout}{', read as ' * bool(encodings)}{' and '.join(encodings)}"


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
    shown = _DELIMITERS.get(delimiter, repr(delimiter)) + ", padded by spaces" * padded
    comma = ", decimal comma" if decimal_comma else ""
    written = f", numbers read with {numbers}" if numbers else ""
    above = f", {counted(skip, 'line')} above skipped" if skip else ""
    words = f", missing where {' or '.join(map(repr, missing))}" if missing else ""
    return f"delimiter {shown}, {'header' if header else 'no header'}{comma}{above}{written}{words}"


def columns_of_query(names: Sequence[str]) -> str:
    return f"columns {', '.join(names)}"


def column_kinds(kinds: Mapping[str, int]) -> str:
    """How many columns there are of each kind.

    >>> column_kinds({"number": 3, "text": 1})
    'columns: 3 of numbers, 1 of text'
    """
    return "columns: " + ", ".join(f"{n} of {_KINDS.get(kind, kind)}" for kind, n in kinds.items())


def text_column(name: str, levels: int, baseline: str | None) -> str:
    """`baseline`: the level that the others are compared with."""
    compared = "" if baseline is None else f", compared with {_level(baseline)}"
    return f"column {name!r} is text: {levels} levels{compared}"


def text_of_one_level(name: str, level: str) -> str:
    return f"column {name!r} holds one value only, {_level(level)}, and is left out"


def levels_alike(name: str, levels: Sequence[str], more: int) -> str:
    """`more`: how many further groups there are.

    >>> levels_alike("city", ["Rome", "rome "], 0)
    "levels of 'city' differ in blanks or case only, 'Rome' and 'rome ': write them alike if they are one"
    """  # noqa: E501  # one sentence
    others = f" (and {counted(more, 'more group')})" if more else ""
    alike = f"{listed([repr(level) for level in levels])}{others}"
    beside = f"levels of {name!r} differ in blanks or case only, {alike}"
    return f"{beside}: write them alike if they are one"


def levels_look_like(name: str, like: str, example: str) -> str:
    """
    >>> levels_look_like("weight", "amounts", "5 kg")
    "the levels of 'weight' are numbers with something beside them, such as '5 kg': write the numbers alone if amounts are meant"
    >>> levels_look_like("sold", "quarters of years", "2021Q3")
    "the levels of 'sold' look like quarters, such as '2021Q3': write their first days, 2021-07-01, for dates=['year', 'month']"
    """  # noqa: E501  # one sentence
    what, advice = _LIKENESS[like]
    return f"the levels of {name!r} {what}, such as {example!r}: {advice}"


def text_column_left_out(name: str, most: int, example: str) -> str:
    """
    >>> text_column_left_out("name", 50, "Ann")
    "column 'name' is left out: text with more than 50 different values, for example 'Ann'; levels=20 takes its commonest"
    """  # noqa: E501  # one sentence
    what = f"text with more than {most} different values, for example {_level(example)}"
    return f"column {name!r} is left out: {what}; levels=20 takes its commonest"


def text_of_names_left_out(name: str, example: str) -> str:
    """
    >>> text_of_names_left_out("name", "Ann")
    "column 'name' is left out: text that is different in every row, for example 'Ann'"
    """
    return (
        f"column {name!r} is left out: text that is different in every row, for example "
        f"{_level(example)}"
    )


def way_to_read_numbers(odd: str | None, example: str, ways: Sequence[tuple[str, str]]) -> str:
    """`odd`: a value that is no number;   `ways`: arguments, and the number that `example` then is.

    >>> way_to_read_numbers(None, "1,200", [("decimal=','", "1.200"), ("thousands=','", "1200")])
    "read it with decimal=',' if '1,200' is 1.200, with thousands=',' if it is 1200"
    """
    said = f"{odd!r} is none: correct it, or leave the field empty; " if odd is not None else ""
    if not ways:
        return f"{said}its numbers are not all written alike; write them so first, or exclude it"
    (first, number), *more = ways
    if not more:
        return f"{said}read it with {first}"
    others = [f"with {options} if it is {other}" for options, other in more]
    return f"{said}read it with {first} if {example!r} is {number}, {', '.join(others)}"


def date_column(name: str, fields: Sequence[str], of: str = "date") -> str:
    """
    >>> date_column("sold", ["year", "elapsed"])
    "column 'sold' holds dates; taken are year and elapsed (in days since 1970-01-01)"
    >>> date_column("at", ["elapsed"], "time")
    "column 'at' holds times of day; taken is elapsed (in days since midnight)"
    """
    named = [f"{each} ({_ELAPSED[of]})" if each == "elapsed" else each for each in fields]
    verb = "is" if len(named) == 1 else "are"
    return f"column {name!r} holds {_TIMES[of]}; taken {verb} {listed(named)}"


def text_column_pooled(
    name: str, most: int, pooled: int, rows: int, others: str, baseline: str | None
) -> str:
    """
    >>> text_column_pooled("city", 20, 31, 40, "others", "Rome")
    "column 'city' is text: its 20 most frequent levels, 31 rarer ones (40 rows) together as 'others', compared with 'Rome'"
    """  # noqa: E501  # one sentence
    compared = "" if baseline is None else f", compared with {_level(baseline)}"
    rarer = f"{counted(pooled, 'rarer one')} ({counted(rows, 'row')}) together as {others!r}"
    return f"column {name!r} is text: its {most} most frequent levels, {rarer}{compared}"


def row_numbers_left_out(name: str) -> str:
    return f"column {name!r}, which the table does not name, counts the rows and is left out"


def feature_like_a_key(name: str, rows: int) -> str:
    """
    >>> feature_like_a_key("id", 344)
    "column 'id' is a feature; exclude it if it only names rows: its first 344 values all differ"
    """
    values = f"its first {rows:,} values all differ"
    return f"column {name!r} is a feature; exclude it if it only names rows: {values}"


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
        return f"column {name!r} is left out: it holds no numbers, booleans or text, but {type}"
    field = "year" if of == "date" else "elapsed"
    but = "" if odd is None else f", but {odd!r} is none: correct it"
    what = f"it holds {_TIMES[of]} ({type}){but}"
    return f"column {name!r} is left out: {what}; dates=[{field!r}] takes them"


def date_left_to_its_engine(name: str, of: str, engine: str, why: str) -> str:
    """
    >>> date_left_to_its_engine("when", "date", "duckdb", "it is of type String")
    "column 'when' is left out: it holds dates that duckdb does not read (it is of type String): cast it where the table is made, to a timestamp without time zone or a number"
    """  # noqa: E501  # one sentence
    what = f"it holds {_TIMES[of]} that {engine} does not read ({why})"
    cast = "cast it where the table is made, to a timestamp without time zone or a number"
    return f"column {name!r} is left out: {what}: {cast}"


def empty_column_left_out(name: str) -> str:
    return f"column {name!r} is left out: all its values are missing"


def rows_dropped(dropped: int, rows: int, counts: Mapping[str, int] = MappingProxyType({})) -> str:
    """`counts`: how many values the columns lack that lack most, where that is the better part.

    >>> rows_dropped(9, 12, {"age": 8, "income": 3})
    '9 of 12 rows dropped for missing values, of columns: age 8, income 3'
    """
    most = ", ".join(f"{name} {count}" for name, count in counts.items())
    said = f"{dropped} of {rows} rows dropped for missing values"
    return f"{said}, of columns: {most}" if most else said


def unseen_levels(name: str, rows: int, level: str, rule: str, base: str | None) -> str:
    """
    >>> unseen_levels("city", 2, "Oslo", "base", "Rome")
    "column 'city': 2 rows hold levels that the model has not seen, such as 'Oslo'; they count as \
its base level 'Rome'"
    """
    rows_hold = "1 row holds a level" if rows == 1 else f"{rows} rows hold levels"
    they = "it" if rows == 1 else "they"
    if rule == "missing":
        outcome = f"{they} {'gets' if rows == 1 else 'get'} no prediction"
    else:
        counts = "counts" if rows == 1 else "count"
        as_what = "none of its levels" if base is None else f"its base level {_level(base)}"
        outcome = f"{they} {counts} as {as_what}"
    such_as = f"such as {_level(level)}" if rows > 1 else _level(level)
    return f"column {name!r}: {rows_hold} that the model has not seen, {such_as}; {outcome}"


def means_filled(counts: Mapping[str, int]) -> str:
    """`counts`: how many values of each column."""
    counted = ", ".join(f"{name} {count}" for name, count in counts.items())
    return f"missing values replaced by the column's mean: {counted}"


def _level(level: str) -> str:
    return repr(shortened(level, 40))
