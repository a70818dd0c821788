"""Whole numbers that float64 cannot hold: beyond 2**53 it skips, and their differences may be all
that matters. Numbers with decimals are rounded to the nearest float64, as everywhere.
"""

from decimal import Decimal
from numbers import Rational, Real
from re import fullmatch

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Array
from steepest.errors import InputError, shortened
from steepest.translation import gathered, translated

EXACT = 2**53
# A whole number in digits. One with an exponent is written as floats are, and read as one.
WHOLE = r"\s*[+-]?\d{16,}(\.0*)?\s*"
ROUNDED = gathered(
    "which float64 cannot hold exactly; subtract a fixed number from the column first, "
    "or leave it out"
)


def may_round(values: Array) -> bool:
    """May some of these float64 have been whole numbers that it does not hold?"""
    return values.dtype == np.float64 and bool(np.any(np.abs(values) >= EXACT))


def is_number(value: object) -> bool:
    """Is the value a real number, of Python's, NumPy's or another's type, that can be a float?

    >>> is_number(Decimal("0.1")), is_number(np.float32(1)), is_number(True), is_number("1")
    (True, True, True, False)
    """
    if isinstance(value, Decimal):
        return not value.is_snan()
    return isinstance(value, Real | np.bool_)


def is_rounded(value: object) -> bool:
    """Is the value, a number or its text, a whole number that float64 does not hold?

    >>> is_rounded(2**53), is_rounded(2**53 + 1), is_rounded(10**22), is_rounded(10**400)
    (False, True, False, True)
    >>> is_rounded("9007199254740993.00"), is_rounded("9007199254740993.25"), is_rounded("1e23")
    (True, False, False)
    >>> is_rounded(Decimal("1e23")), is_rounded(1e23), is_rounded(None)
    (True, False, False)
    """
    if isinstance(value, str):
        return fullmatch(WHOLE, value) is not None and is_rounded(Decimal(value.strip()))
    if isinstance(value, Decimal):
        # A Decimal is compared with a float by its exact value; whole ones beyond float64 are inf.
        whole = value.is_finite() and value.to_integral_value() == value
        return whole and Decimal(float(value)) != value
    if isinstance(value, Rational):
        return value.denominator == 1 and not _holds(int(value.numerator))
    return False


def first_rounded(values: Array, mask: NDArray[np.bool_] | None = None) -> int | None:
    """The first place of a whole number that float64 does not hold."""
    if values.dtype.kind == "O":
        bad = np.fromiter(map(is_rounded, values), np.bool_, len(values))
    elif values.dtype.kind in "iu" and values.dtype.itemsize == 8:
        bad = _rounded_integers(values)
    elif values.dtype.kind == "f" and values.dtype.itemsize > 8:
        bad = (np.floor(values) == values) & (values.astype(np.float64) != values)
    else:
        return None
    if mask is not None:
        bad &= ~mask
    return int(np.argmax(bad)) if bad.any() else None


def rounded(place: str, name: str, value: object) -> InputError:
    """The error for a whole number that float64 does not hold."""
    return InputError(
        "{place}: column {name!r} is {value}, {ROUNDED}",
        place=place,
        name=name,
        value=shortened(str(value)),
        ROUNDED=translated(ROUNDED),
    )


def _holds(number: int) -> bool:
    try:
        return int(float(number)) == number
    except OverflowError:
        return False


def _rounded_integers(values: Array) -> NDArray[np.bool_]:
    if not len(values) or max(int(values.max()), -int(values.min())) <= EXACT:
        return np.zeros(len(values), np.bool_)
    # What was rounded up to the end of the range does not fit back.
    end = float(np.iinfo(values.dtype).max)
    floats = values.astype(np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray((floats >= end) | (floats.astype(values.dtype) != values))
