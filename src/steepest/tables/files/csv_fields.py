"""Fields of delimited text: what divides them, and which of them are numbers."""

import re

DELIMITERS = (",", "\t", ";", "|")
_PLAIN = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def is_number(field: str) -> bool:
    """Would the field be read as a number?

    >>> [is_number(field) for field in ("1e-3", " .5", "nan", "1.2.3", "x1", "")]
    [True, True, True, False, False, False]
    """
    return bool(_PLAIN.fullmatch(field) or _NOT_FINITE.fullmatch(field.strip()))


def has_comma(field: str) -> bool:
    """Whether the field is a number with a decimal comma."""
    return _COMMA.fullmatch(field) is not None


def has_digits(field: str) -> bool:
    """Whether the field is a number, with a decimal point or comma, and no word such as inf."""
    return _PLAIN.fullmatch(field) is not None or has_comma(field)
