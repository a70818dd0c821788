"""The one exception family. Every message says what is wrong, where, and what to do."""

import os
import re
import unicodedata
from collections.abc import Collection, Hashable, Iterable, Sequence
from difflib import get_close_matches
from itertools import zip_longest
from typing import Any, Self

from steepest.translation import gathered, joined, said_of, say, translated

_NUMBERS = re.compile(r"\d+")
# What systems say where they refuse. The catalogue knows these; others are told as they are.
_REFUSALS = gathered(
    (
        "address already in use",
        "bad file descriptor",
        "cannot allocate memory",
        "disk quota exceeded",
        "file exists",
        "file name too long",
        "file too large",
        "input/output error",
        "is a directory",
        "no space left on device",
        "no such file or directory",
        "not a directory",
        "operation not permitted",
        "permission denied",
        "read-only file system",
        "too many levels of symbolic links",
        "too many open files",
    )
)


class SteepestError(Exception):
    """Base of all that steepest raises on purpose; `exit_code` is what the command line returns.

    The message is a sentence, or a template with the names of `values` in braces; it is told in the
    language that is spoken when the error is made.
    """

    exit_code = 1

    def __init__(self, message: str, /, **values: Any) -> None:
        super().__init__(printable(say(message, **values)))

    def __reduce__(self) -> tuple[object, ...]:
        # Errors of some kinds are made of more than their message.
        return _remade, (type(self), self.args, vars(self))


def _remade(
    kind: type[SteepestError], args: tuple[object, ...], fields: dict[str, object]
) -> object:
    error = kind.__new__(kind, *args)
    error.args = args
    vars(error).update(fields)
    return error


class InputError(SteepestError, ValueError):
    """What the user handed in cannot be used: a file, a column, a value, an option."""

    exit_code = 2

    def within(self, place: str) -> Self:
        """The error, now of this place."""
        self.args = (printable(said_of(place, self)),)
        return self


class KeywordError(InputError, TypeError):
    """A call was given an argument by a name that it does not know; Python's own TypeError too."""


class NotUniqueError(InputError):
    """The rows do not determine the coefficients: many answers fit equally well."""


class ChangedError(InputError):
    """Files were changed between the passes over them, or within one."""


class StorageError(InputError):
    """A model or moments file is damaged, of another kind, or of a newer version."""


class OutputError(SteepestError):
    """Writing failed after the work was done (disk full, lost mount); the old file is intact."""

    exit_code = 74


def printable(text: str, kept: str = "") -> str:
    r"""The text with its control characters escaped, so that a name cannot steer a terminal.

    Those in `kept` stay.

    >>> print(printable("a\x1b[31m\n\u202e.csv, Größe"))
    a\x1b[31m\n\u202e.csv, Größe
    """
    if text.isprintable():
        return text
    return "".join(each if each in kept else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    controls = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return character.encode("unicode_escape").decode() if controls else character


def shortened(text: str, most: int = 60) -> str:
    """The text, or the beginning of a longer one with three dots, of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def nearest(name: str, names: Iterable[str]) -> str:
    """A sentence that offers the nearest of `names`, or nothing where none is near.

    >>> nearest("prise", ["price", "rooms"])
    " Did you mean 'price'?"
    >>> nearest("q", ["price"]), nearest("income", ["outcome"]), nearest("x1", ["x2"])
    ('', '', '')
    """
    near = near_name(name, names)
    return "" if near is None else say(" Did you mean {near!r}?", near=near)


def check_known(name: object, known: Collection[Any], sentence: str, /, **values: Any) -> None:
    """Raise InputError where a name is not among those that are known: the sentence, which has
    `name` and `known` as values, and the nearest that may be meant.

    >>> check_known("prise", ["price", "rooms"], "no column {name!r}; there are {known}.")
    Traceback (most recent call last):
    steepest.errors.InputError: no column 'prise'; there are price, rooms. Did you mean 'price'?
    """
    if not isinstance(name, Hashable) or name not in known:
        names = [*map(str, known)]
        said = say(sentence, name=name, known=joined(names) or translated("none"), **values)
        raise InputError(f"{said}{nearest(str(name), names)}")


def near_name(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that differs from a name by slips of typing only, or None.

    >>> near_name("Sq Ft", ["sqft", "rooms"]), near_name("price_2020", ["price_2021"])
    ('sqft', None)
    """
    known = list(names)
    same = (each for each in known if _plain(each) == _plain(name))
    likely = get_close_matches(name, known, n=5)
    return next(same, None) or next((each for each in likely if _is_slip(name, each)), None)


def _plain(name: str) -> str:
    return "".join(each for each in name.casefold() if each not in " _-")


def _words(name: str) -> list[str]:
    return name.casefold().replace("-", "_").replace(" ", "_").split("_")


def _is_cut(word: str, other: str) -> bool:
    return min(len(word), len(other)) > 2 and (word.startswith(other) or other.startswith(word))


def _is_slip(typed: str, known: str) -> bool:
    """Whether at most one in four letters is wrong, in excess, missing or out of turn, of a name of
    two or three letters none is wrong; or whether words are only cut short. Another number makes
    another name.
    """
    numbers = set(_NUMBERS.findall(typed))
    if numbers and set(_NUMBERS.findall(known)) not in (set(), numbers):
        return False
    pairs = list(zip_longest(_words(typed), _words(known), fillvalue=""))
    if len(pairs) > 1 and all(a == b or _is_cut(a, b) for a, b in pairs):
        return True
    typed, known = _plain(typed), _plain(known)
    length = min(len(typed), len(known))
    if length < 2:
        return False
    before: list[int] = []
    row = [*range(len(known) + 1)]
    for i, letter in enumerate(typed, 1):
        above, row = row, [i]
        for j, other in enumerate(known, 1):
            changed = above[j - 1] + (letter != other) * (2 if length < 4 else 1)
            row.append(min(above[j] + 1, row[-1] + 1, changed))
            if i > 1 and j > 1 and typed[i - 2 : i] == known[j - 1] + known[j - 2]:
                row[-1] = min(row[-1], before[j - 2] + 1)
        before = above
    return bool(row[-1] <= max(1, length // 4))


def nearest_file(name: str, names: Iterable[str]) -> str:
    """The same of a file: a common ending, such as .csv, makes no two files alike.

    >>> nearest_file("hoses.csv", ["houses.csv"]), nearest_file("a.csv", ["b.csv"])
    (" Did you mean 'houses.csv'?", '')
    """
    stem, ending = os.path.splitext(name)
    stems: dict[str, str] = {}
    for each in names:
        own, end = os.path.splitext(each)
        if end == ending:
            stems[own] = each
        elif own == stem or near_name(end, [ending]):
            stems.setdefault(own, each)
    near = near_name(stem, stems)
    return "" if near is None else say(" Did you mean {near!r}?", near=stems[near])


def nearest_of(name: str, known: Iterable[str]) -> str:
    """A sentence that offers the nearest of the columns, or lists the first eight."""
    known = list(known)
    return nearest(name, known) or say(" The columns are {names}.", names=listed(known))


def listed(names: Sequence[str]) -> str:
    """Names for a message, the first eight of them."""
    shown = joined(names[:8])
    if len(names) <= 8:
        return shown
    return say("{names}, … ({count} in all)", names=shown, count=len(names))


def cause(error: Exception) -> str:
    """Why the system refused, as part of a sentence."""
    words = error.strerror if isinstance(error, OSError) else None
    text = words or str(error) or type(error).__name__
    text = text[0].lower() + text[1:]
    return translated(text) if text in _REFUSALS else text
