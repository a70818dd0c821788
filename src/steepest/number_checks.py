"""What a user gives: numbers as objects, as text, as options; choices, switches and names."""

import math
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from operator import index
from reprlib import repr as shortened
from typing import TYPE_CHECKING, Any, TypeGuard

from steepest.errors import InputError
from steepest.translation import joined, say

if TYPE_CHECKING:  # the help of the command line starts without NumPy
    import numpy as np
    from numpy.typing import NDArray

# What 64 bits hold: counters of compiled code and of arrays go no further.
MOST_WHOLE = 2**63 - 1
MINUSES = "−–—‒―‐‑﹣－˗➖"  # as they are copied from books and pages
_PLAIN = str.maketrans(dict.fromkeys(MINUSES, "-") | dict.fromkeys("．٫", ".") | {"＋": "+"})


def as_numbers(value: Any, what: str) -> "NDArray[np.float64]":
    """A number, list, array or tensor as a new float64 array; errors name it by `what`.

    Raises InputError for what holds no real numbers, none at all, or one that is not finite.

    >>> as_numbers([[1, 2]], "the start of A")
    array([[1., 2.]])
    >>> as_numbers([1, None], "the start of v")
    Traceback (most recent call last):
    steepest.errors.InputError: the start of v must be numbers, not [1, None].
    """
    import numpy as np

    wrong = InputError("{what} must be numbers, not {value}.", what=what, value=shortened(value))
    try:
        found = _array(value, what)
        if found.dtype.kind not in "iuf" and not (found.dtype.kind == "O" and _all_real(found)):
            raise wrong
        array = np.array(found, dtype=np.float64, order="C")
    except OverflowError:
        raise InputError(
            "{what} is too large for float64: {value}.", what=what, value=shortened(value)
        ) from None
    except InputError:
        raise
    except (TypeError, ValueError, RuntimeError):
        raise wrong from None
    if not array.size:
        raise InputError("{what} is empty: give at least one number.", what=what)
    if not np.isfinite(array).all():
        raise InputError("{what} must be finite, not {value}.", what=what, value=shortened(value))
    return array


def plain_signs(text: str) -> str:
    """The text of a number with the minus and the point of the keyboard.

    >>> plain_signs("–1．5")
    '-1.5'
    """
    return text.translate(_PLAIN)


def writes_number(text: str) -> bool:
    """Whether a text is a number as Python writes one, nan and inf too.

    >>> writes_number("1e-3"), writes_number("nan"), writes_number("1,5")
    (True, True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True


def number_of_text(text: str, what: str) -> float:
    """The finite number that `text` writes.

    >>> number_of_text(" -1.5 ", "the start of x"), number_of_text("−3", "the start of x")
    (-1.5, -3.0)
    >>> number_of_text("two", "the start of x")
    Traceback (most recent call last):
    steepest.errors.InputError: the start of x must be a number, not 'two'.
    """
    try:
        number = float(plain_signs(text))
    except ValueError:
        raise InputError(
            "{what} must be a number, not {text!r}.", what=what, text=text.strip()
        ) from None
    if not math.isfinite(number):
        raise InputError("{what} must be finite, not {text!r}.", what=what, text=text.strip())
    return number


def _array(value: Any, what: str) -> "NDArray[Any]":
    import numpy as np

    from steepest.arrays import array_of_tensor

    if hasattr(value, "detach"):  # a torch tensor, which may be in a graph or on a device
        value = array_of_tensor(value, what)
    with np.errstate(all="ignore"):
        return np.asarray(value)


def _all_real(array: "NDArray[Any]") -> bool:
    return all(isinstance(entry, Real) and not isinstance(entry, bool) for entry in array.flat)


def is_number(value: object) -> TypeGuard[float]:
    """A finite real number; True and False are not numbers.

    >>> is_number(0.5), is_number(True), is_number("0.5"), is_number(float("nan"))
    (True, False, False, False)
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond float64
        return False


def is_whole(value: object, least: int, most: int = MOST_WHOLE) -> TypeGuard[int]:
    """A whole number from `least` to `most`, by default what 64 bits hold; True and False are not.

    >>> is_whole(10**18, 1), is_whole(1.0, 1), is_whole(0, 1), is_whole(10**19, 1)
    (True, False, False, False)
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        return False
    return least <= int(value) <= most


def given(value: object) -> str:
    """A value as a message shows it: of a number that 64 bits do not hold, its size.

    >>> given(-3), given("x"), given(10**400)
    ('-3', "'x'", 'a number of 401 digits, which is too large')
    """
    if isinstance(value, int) and abs(value) > MOST_WHOLE:
        digits = math.floor(math.log10(abs(value))) + 1
        return say("a number of {digits} digits, which is too large", digits=digits)
    return repr(value)


def check_number(
    what: str, value: object, least: float | None = 0.0, *, above: bool = False
) -> None:
    """Raise InputError for what is no finite number of `least` or more, or else above it.

    >>> check_number("momentum", -1)
    Traceback (most recent call last):
    steepest.errors.InputError: momentum must be 0 or more, not -1.
    """
    wanted = ""
    if not is_number(value):
        wanted = "a number"
    elif least is not None and (value < least or (above and value == least)):
        wanted = (
            say("above {least:g}", least=least) if above else say("{least:g} or more", least=least)
        )
    if wanted:
        raise InputError(
            "{what} must be {wanted}, not {value!r}.", what=what, wanted=wanted, value=value
        )


def hold_as_python(held: Any) -> None:
    """Make the numbers of NumPy among a dataclass's fields Python's: one of its short types would
    take what is computed with it to its own precision.
    """
    for name, value in list(vars(held).items()):
        if isinstance(value, Real) and hasattr(value, "item"):
            object.__setattr__(held, name, value.item())


def check_whole(what: str, value: object, least: int, most: int = MOST_WHOLE) -> None:
    """Raise InputError for what is no whole number of `least` or more, of 64 bits by default.

    >>> check_whole("epochs", 2.0, 0)
    Traceback (most recent call last):
    steepest.errors.InputError: epochs must be a whole number, 0 or more, not 2.0.
    """
    if not is_whole(value, least, most):
        raise InputError(
            "{what} must be a whole number, {least} or more, not {value}.",
            what=what,
            least=least,
            value=given(value),
        )


def check_choice(what: str, value: object, choices: Sequence[str], use: str = "") -> None:
    """Raise InputError for what is none of these texts; `use` lists them, where that is shorter.

    >>> check_choice("missing", "dorp", ("error", "drop", "mean"))
    Traceback (most recent call last):
    steepest.errors.InputError: missing is 'dorp'; use 'error', 'drop' or 'mean'
    """
    if isinstance(value, str) and value in choices:
        return
    *first, last = map(repr, choices)
    use = use or say("{first} or {last}", first=joined(first), last=last)
    raise InputError("{what} is {value}; use {use}", what=what, value=shortened(value), use=use)


def check_switch(what: str, value: object) -> None:
    """Raise InputError for what is neither True nor False.

    >>> check_switch("intercept", "no")
    Traceback (most recent call last):
    steepest.errors.InputError: intercept must be True or False, not 'no'.
    """
    import numpy as np

    if not isinstance(value, bool | np.bool_):
        raise InputError(
            "{what} must be True or False, not {value}.", what=what, value=shortened(value)
        )


def names_of(what: str, value: object) -> list[str]:
    """Names as a list of texts: one name, or several; numbers, as pandas has them, are made text.

    >>> names_of("features", "x"), names_of("features", ["x", 2])
    (['x'], ['x', '2'])
    >>> names_of("features", 3)
    Traceback (most recent call last):
    steepest.errors.InputError: features is 3; give a list of names, such as ['x', 'z']
    """
    if isinstance(value, str):
        return [value]
    # An array of no dimension has what an iterable has, and is none.
    if not isinstance(value, Iterable) or isinstance(value, bytes) or getattr(value, "ndim", 1) < 1:
        raise InputError(
            "{what} is {value}; give a list of names, such as ['x', 'z']",
            what=what,
            value=shortened(value),
        )
    return [str(name) for name in value]


def check_text(what: str, value: object, example: str) -> None:
    """Raise InputError for what is no text.

    >>> check_text("encoding", 8, "utf-8")
    Traceback (most recent call last):
    steepest.errors.InputError: encoding is 8; give text, such as 'utf-8'
    """
    if not isinstance(value, str):
        raise InputError(
            "{what} is {value}; give text, such as {example!r}",
            what=what,
            value=shortened(value),
            example=example,
        )


def check_called(what: str, value: object) -> None:
    """Raise InputError for what is neither None nor can be called.

    >>> check_called("progress", 3)
    Traceback (most recent call last):
    steepest.errors.InputError: progress is 3; give a function that is called, or leave it out
    """
    if value is not None and not callable(value):
        raise InputError(
            "{what} is {value}; give a function that is called, or leave it out",
            what=what,
            value=shortened(value),
        )


def step_number(value: Any) -> int:
    """The number of a step, also one of NumPy's.

    >>> step_number(10**18)
    1000000000000000000
    >>> step_number(1.5)
    Traceback (most recent call last):
    steepest.errors.InputError: a step is a whole number, such as 10, not 1.5.
    """
    try:
        return index(value)
    except TypeError:
        raise InputError(
            "a step is a whole number, such as 10, not {value}.", value=shortened(value)
        ) from None


def check_seed(seed: object) -> None:
    """Raise InputError for what is no seed.

    >>> check_seed(0)
    """
    if not is_whole(seed, least=0):
        raise InputError("seed is {seed}; give a whole number, 0 or more", seed=given(seed))


def checked(value: object, what: str, lower: float, upper: float, *, ends: bool) -> float:
    """`value` as a float, from `lower` to `upper`; the ends are allowed only with `ends`.

    >>> checked(1, "alpha", 0, math.inf, ends=True)
    1.0
    >>> checked(1, "quantile", 0, 1, ends=False)
    Traceback (most recent call last):
    steepest.errors.InputError: quantile must be a number above 0 and below 1, not 1.
    """
    wanted = say("a number {lower}", lower=_words(lower, upper, ends))
    fault = InputError(
        "{what} must be {wanted}, not {value}.", what=what, wanted=wanted, value=shortened(value)
    )
    if not isinstance(value, Real) or isinstance(value, bool):
        raise fault
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond float64
        raise fault from None
    inside = lower <= number <= upper if ends else lower < number < upper
    if not (math.isfinite(number) and inside):
        raise fault
    return number


def _words(lower: float, upper: float, ends: bool) -> str:
    if math.isinf(upper):
        return (
            say("of {lower:g} or more", lower=lower)
            if ends
            else say("above {lower:g}", lower=lower)
        )
    return (
        say("from {lower:g} to {upper:g}", lower=lower, upper=upper)
        if ends
        else say("above {lower:g} and below {upper:g}", lower=lower, upper=upper)
    )
