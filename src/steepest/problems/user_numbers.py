"""Numbers as a user hands them in, as objects or as text."""

import math
from numbers import Real
from reprlib import repr as shortened
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.errors import InputError

MINUS = "−"  # as it is copied from books and pages


def as_numbers(value: Any, what: str) -> NDArray[np.float64]:
    """A number, list, array or tensor as a float64 array of its own; errors name it by `what`.

    Raises InputError for what holds no real numbers, none at all, or one that is not finite.

    >>> as_numbers([[1, 2]], "the start of A")
    array([[1., 2.]])
    >>> as_numbers([1, None], "the start of v")
    Traceback (most recent call last):
    steepest.errors.InputError: the start of v must be numbers, not [1, None].
    """
    wrong = InputError(f"{what} must be numbers, not {shortened(value)}.")
    try:
        found = _array(value)
        if found.dtype.kind not in "iuf" and not (found.dtype.kind == "O" and _all_real(found)):
            raise wrong
        array = np.array(found, dtype=np.float64, order="C")
    except OverflowError:
        raise InputError(f"{what} is too large for float64: {shortened(value)}.") from None
    except (TypeError, ValueError, RuntimeError):
        raise wrong from None
    if not array.size:
        raise InputError(f"{what} is empty: give at least one number.")
    if not np.isfinite(array).all():
        raise InputError(f"{what} must be finite, not {shortened(value)}.")
    return array


def number_of_text(text: str, what: str) -> float:
    """The finite number that `text` writes.

    >>> number_of_text(" -1.5 ", "the start of x"), number_of_text("−3", "the start of x")
    (-1.5, -3.0)
    >>> number_of_text("two", "the start of x")
    Traceback (most recent call last):
    steepest.errors.InputError: the start of x must be a number, not 'two'.
    """
    try:
        number = float(text.replace(MINUS, "-"))
    except ValueError:
        raise InputError(f"{what} must be a number, not {text.strip()!r}.") from None
    if not math.isfinite(number):
        raise InputError(f"{what} must be finite, not {text.strip()!r}.")
    return number


def _array(value: Any) -> NDArray[Any]:
    if hasattr(value, "detach"):  # a torch tensor, which may be in a graph or on a device
        value = value.detach().cpu()
    with np.errstate(all="ignore"):
        return np.asarray(value)


def _all_real(array: NDArray[Any]) -> bool:
    return all(isinstance(entry, Real) and not isinstance(entry, bool) for entry in array.flat)
