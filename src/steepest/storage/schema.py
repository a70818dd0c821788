"""What the description of a file must be like: a field that is not so is named."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, TypeAlias, TypeVar

import msgspec

from steepest.errors import InputError, StorageError
from steepest.storage.atomic_write import StrPath, printable_name
from steepest.translation import gathered, said_of, say, translated

Shape = TypeVar("Shape")
# A whole number of 0 or more, a number of 0 or more, and what an option may be.
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]
Size: TypeAlias = Annotated[float, msgspec.Meta(ge=0.0)]
Option: TypeAlias = bool | int | float | str | list[float] | None

_WORDS = gathered(
    {
        "float": "a number",
        "int": "a whole number",
        "str": "a text",
        "bool": "true or false",
        "array": "a list",
        "object": "a mapping",
        "null": "nothing",
    }
)
_TOLD = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<field>.*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_DAMAGE = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError)


def checked(data: object, shape: type[Shape], under: str = "") -> Shape:
    """The data in that shape: a `TypedDict` or a dataclass; names that it has not are left out.

    `under` is the field that the data are. Raises StorageError that names the field in it.

    >>> from typing import TypedDict
    >>> Told = TypedDict("Told", {"loss": float, "rows": Count})
    >>> checked({"loss": 1, "rows": 3}, Told)
    {'loss': 1.0, 'rows': 3}
    >>> checked({"loss": [], "rows": 3}, Told, "metrics")
    Traceback (most recent call last):
    steepest.errors.StorageError: field metrics.loss is damaged: expected a number, got a list
    """
    try:
        return msgspec.convert(data, shape)
    except (msgspec.ValidationError, RecursionError) as error:
        raise StorageError(_sentence(str(error), under)) from None


@contextmanager
def restoring(file: StrPath, what: str) -> Iterator[None]:
    """Whatever does not fit together in a file is a StorageError that names the file."""
    try:
        yield
    except InputError as error:
        raise StorageError(said_of(printable_name(file), error)) from None
    except _DAMAGE as error:
        raise StorageError(
            "{file}: the {what} in this file is damaged ({error!r})",
            file=printable_name(file),
            what=what,
            error=error,
        ) from None


@contextmanager
def field(name: str) -> Iterator[None]:
    """Whatever is wrong with the value of that field is a StorageError that names it.

    >>> with field("step"):
    ...     raise ValueError("it is odd")
    Traceback (most recent call last):
    steepest.errors.StorageError: field step is damaged: it is odd
    """
    try:
        yield
    except StorageError:
        raise
    except _DAMAGE as error:
        raise StorageError("field {name} is damaged: {error}", name=name, error=error) from None


def _sentence(message: str, under: str) -> str:
    match = _TOLD.fullmatch(message)
    what, field = (match["what"], match["field"]) if match else (message, None)
    missing = _MISSING.fullmatch(what)
    names = [under, field, missing[1] if missing else None]
    where = ".".join(name for name in names if name) or "description"
    if missing:
        return say("field {where} is missing", where=where)
    return say("field {where} is damaged: {what}", where=where, what=_in_words(what))


def _in_words(what: str) -> str:
    def spoken(match: re.Match[str]) -> str:
        return say(" or ").join(
            translated(_WORDS.get(each, each)) for each in match[1].split(" | ")
        )

    return re.sub("`([^`]*)`", spoken, what[:1].lower() + what[1:])
