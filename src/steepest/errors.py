"""The one exception family. Every message says what is wrong, where, and what to do."""

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Self


class SteepestError(Exception):
    """Base of all that steepest raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class InputError(SteepestError, ValueError):
    """What the user handed in cannot be used: a file, a column, a value, an option."""

    exit_code = 2

    def within(self, place: str) -> Self:
        """The error, now of this place."""
        self.args = (printable(f"{place}: {self}"),)
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
    >>> nearest("q", ["price"])
    ''
    """
    matches = get_close_matches(name, list(names), n=1)
    return f" Did you mean {matches[0]!r}?" if matches else ""


def nearest_of(name: str, known: Iterable[str]) -> str:
    """A sentence that offers the nearest of the columns, or lists the first eight."""
    known = list(known)
    return nearest(name, known) or f" The columns are {listed(known)}."


def listed(names: Sequence[str]) -> str:
    """Names for a message, the first eight of them."""
    shown = ", ".join(names[:8])
    return f"{shown}, … ({len(names)} in all)" if len(names) > 8 else shown
