"""JSON that a function in FROM reads: DuckDB's own reader makes float64 of whole numbers beside
numbers with decimals, so that what they were is told by their text."""

import re

from steepest.errors import InputError
from steepest.tables.exact_numbers import ROUNDED, is_rounded
from steepest.tables.files.duckdb_engine import Engine, quoted

# What may follow a key, or stand in a list: a whole number that may be too long for float64.
_WHOLE = r"\s*([+-]?\d{16,})\s*[,}\]]"


def check_wholes(text: str, engine: Engine) -> None:
    """Refuse a whole number that float64 does not hold, in a column that is read as float64."""
    found = engine.schema(f"SELECT * FROM read_json({quoted(text)}, sample_size = -1)")
    for name, type_ in found:
        if "DOUBLE" not in type_:
            continue
        nested = type_ != "DOUBLE"  # then the numbers stand below other keys, or in lists
        before = r"[:,\[]" if nested else rf'"{re.escape(name)}"\s*:'
        rows = engine.ask(
            f"SELECT regexp_extract_all(json::VARCHAR, {quoted(before + _WHOLE)}, 1) "
            f"FROM read_json_objects({quoted(text)}) "
            f"WHERE regexp_matches(json::VARCHAR, {quoted(before + _WHOLE)})"
        )
        for number in (number for (numbers,) in rows for number in numbers if is_rounded(number)):
            raise InputError(f"{text}: column {name!r} is {number}, {ROUNDED}")
