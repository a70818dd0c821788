"""What a column of text holds, found by counting in SQL, and how its values are read.

The types are DuckDB's; BIGINT is a column of whole numbers that float64 would round.
"""

from steepest.tables.exact_numbers import EXACT
from steepest.tables.files.checked_columns import error, float_of
from steepest.tables.files.duckdb_engine import quoted
from steepest.tables.number_text import NUMBERS_SHARE
from steepest.tables.table import Column, Kind
from steepest.translation import gathered

KINDS: dict[str, Kind] = {
    "DOUBLE": "number",
    "BIGINT": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "date",
    "VARCHAR": "text",
}
# What columns of these types hold, and what is wrong with a value that is not of them, in words.
IN_WORDS = gathered(
    {
        "DOUBLE": "numbers",
        "BIGINT": "numbers",
        "BOOLEAN": "true or false",
        "DATE": "dates",
        "TIME": "times",
        "VARCHAR": "text",
    }
)
NO_WHOLE_NUMBER = gathered(
    "which is no whole number of 64 bits, as the column's others are; write all of them alike, "
    "or leave the column out"
)
NOT_OF_KIND = gathered(
    {
        "number": "which is not a number; correct it, leave the field empty if it is missing",
        "boolean": "which is neither true nor false; correct it, leave the field empty",
    }
)
READ_AS = {"DATE": "VARCHAR", "TIME": "VARCHAR", "BIGINT": "DOUBLE"}
_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?"
_TIME = r"\d{1,2}:\d{2}(:\d{2}.*)?"


def as_number(field: str, decimal_comma: bool) -> str:
    """The SQL of a field with a decimal point; where it is a comma, a point is no part of one."""
    return f"translate({field}, '.,', '?.')" if decimal_comma else field


def _as_float(at: int, label: str, decimal_comma: bool) -> str:
    """The SQL of a number from its text; an error where it is whole and float64 rounds it."""
    text = as_number(f"c{at}", decimal_comma)
    return f"{float_of(f'c{at}', text, at, label)} AS c{at}"


def _as_integer(at: int, label: str) -> str:
    """The SQL of a whole number from its text; an error where it is none of 64 bits."""
    text = f"c{at}"
    return (
        f"CASE WHEN {text} IS NULL OR {is_integer(text)} "
        f"THEN {text}::BIGINT ELSE {error(text, at, label)} END AS c{at}"
    )


def checked(type_: str, at: int, label: str, decimal_comma: bool) -> str:
    """The SQL of a column of that type from its text."""
    if type_ == "BIGINT":
        return _as_integer(at, label)
    return _as_float(at, label, decimal_comma) if type_ == "DOUBLE" else f"c{at}"


def is_integer(text: str) -> str:
    """The SQL of whether a text is a whole number of 64 bits."""
    whole = f"regexp_full_match({text}, '\\s*[+-]?\\d+\\s*')"
    return f"({whole} AND try_cast({text} AS BIGINT) IS NOT NULL)"


def counts_of(field: str, decimal_comma: bool) -> str:
    """Counts: values, numbers, true or false, dates; and is an integer too large for float64?"""
    number = f"try_cast({as_number(field, decimal_comma)} AS DOUBLE)"
    large = f"abs({number}) >= {EXACT} AND regexp_full_match({field}, '\\s*[+-]?\\d+\\s*')"
    return ", ".join(
        (
            f"count({field})",
            f"count({number})",
            f"count(*) FILTER (lower({field}) IN ('true', 'false'))",
            *(
                f"count(*) FILTER (regexp_full_match({field}, {quoted(form)}))"
                for form in (_DATE, _TIME)
            ),
            f"coalesce(bool_or({large}), false) AND NOT "
            f"coalesce(bool_or(try_cast({field} AS BIGINT) IS NULL AND {field} IS NOT NULL "
            f"OR NOT regexp_full_match({field}, '\\s*[+-]?\\d+\\s*')), false)",
        )
    )


def type_of(present: int, numbers: int, booleans: int, dates: int, times: int, large: bool) -> str:
    """The type of a column, from the counts that `counts_of` asks for; "" where it is empty."""
    if present == 0:
        return ""
    if numbers >= NUMBERS_SHARE * present:
        return "BIGINT" if large else "DOUBLE"
    if booleans == present:
        return "BOOLEAN"
    if times == present:
        return "TIME"
    return "DATE" if dates == present else "VARCHAR"


def is_odd(field: str, column: Column, decimal_comma: bool) -> str:
    """The SQL of whether a value is not of its column's type."""
    type_ = READ_AS.get(column.type, column.type)
    if type_ == "VARCHAR":
        return "false"
    value = as_number(field, decimal_comma) if column.kind == "number" else field
    return f"{field} IS NOT NULL AND try_cast({value} AS {type_}) IS NULL"
