"""Sentences in the language of the reader: each stands in English in the source, and is looked up.

The catalogue of a language is `locale/<language>/LC_MESSAGES/steepest.mo`, which `dev.py translate`
compiles from `translations/`. English needs none.
"""

import gettext
import locale
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Literal, TypeVar, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Marked = TypeVar("Marked")
CATALOGUES = Path(__file__).parent / "locale"
# Where a value begins or ends in a Chinese sentence that is being put together.
BOUND = "\0"
_HAN = r"\u4e00-\u9fff"
_CHINESE = rf"[\u2018-\u201d\u3000-\u303f{_HAN}\uff00-\uffef]"
_NEEDLESS = rf"(?<={_CHINESE})[ \0]*\0[ \0]*(?={_CHINESE})"
_LACKING = rf"(?<=[{_HAN}])\0+(?=[A-Za-z0-9'])|(?<=[A-Za-z0-9'])\0+(?=[{_HAN}])"

_chosen: list[Language] = []  # the last is spoken; empty: that of the environment


def named_language(name: str) -> Language | None:
    """One of our languages by a name such as zh, zh_CN.UTF-8 or Chinese_China; else None."""
    begin = name.lower().replace("chinese", "zh").replace("-", "_").split("_")[0].split(".")[0]
    return next((language for language in LANGUAGES if language == begin), None)


def spoken() -> Language:
    """The language of what is said from now on."""
    return _chosen[-1] if _chosen else _of_environment()


def speak(language: Language | None) -> None:
    """Speak this language from now on, in the whole process; None: that of the environment."""
    _chosen[:] = [] if language is None else [language]


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak this language meanwhile."""
    before = list(_chosen)
    speak(language)
    try:
        yield
    finally:
        _chosen[:] = before


def _of_environment() -> Language:
    """The language of STEEPEST_LANG, else the system's; English where that is none of ours."""
    names = ("STEEPEST_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    name = next(filter(None, map(os.environ.get, names)), None) or locale.getlocale()[0]
    return named_language(name or "") or "en"


def translated(sentence: str, context: str = "") -> str:
    """The sentence, or template of one, in the language spoken; in English where it has no other.

    `context`: "counted" of a noun behind a number, where languages have a word of its own for it.
    """
    language = spoken()
    if language == "en" or not sentence:  # under "" a catalogue holds what is said of itself
        return sentence
    catalogue = _catalogue(language)
    if not context:
        return catalogue.gettext(sentence)
    return catalogue.pgettext(context, sentence)


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    return gettext.translation("steepest", CATALOGUES, [language])


def gathered(sentences: Marked) -> Marked:
    """The sentences of a constant as they are: gathered for the catalogue here, and looked up by
    `translated` where they are used.
    """
    return sentences


def say(sentence: str, /, **values: Any) -> str:
    """The sentence in the language spoken, with its values in the place of their names in braces.

    Behind the colon of a value stands Python's format, or a space and the noun that is counted.

    >>> say("there is no folder {name!r} for {files:, file}", name="plots", files=1200)
    "there is no folder 'plots' for 1,200 files"
    """
    text = translated(sentence)
    return closed_up(Filler().format(text, **values)) if values else text


class Filler(Formatter):
    """Puts values into the place of their names, so that Chinese can be closed up around them."""

    def format_field(self, value: Any, format_spec: str) -> str:
        text = self.formed(value, format_spec)
        return f"{BOUND}{text}{BOUND}" if spoken() == "zh" else text

    def formed(self, value: Any, format_spec: str) -> str:
        """The text of a value: its format, or a number with its noun."""
        comma, _, noun = format_spec.partition(" ")
        return counted(value, noun, comma) if noun else format(value, format_spec)


def counted(number: int, noun: str, comma: str = "") -> str:
    """A whole number with its noun.

    >>> counted(1, "row"), counted(64, "row"), counted(6400, "row", ",")
    ('1 row', '64 rows', '6,400 rows')
    """
    return f"{number:{comma}} {noun_of(number, noun)}"


def noun_of(number: float, noun: str) -> str:
    """The noun behind a number: in English of one or of several; Chinese knows no plural, and has
    a word of its own for some nouns that are counted.
    """
    if spoken() == "en":
        return noun if number == 1 else f"{noun}s"
    return translated(noun, "counted")


def closed_up(text: str) -> str:
    """Chinese as it is set: no space where a value that is Chinese too meets its sentence, and one
    where letters or digits do.

    >>> closed_up(f"{BOUND}x{BOUND} 和 {BOUND}轮{BOUND}"), closed_up(f"为{BOUND}x{BOUND}的方向")
    ('x 和轮', '为 x 的方向')
    """
    if BOUND not in text:
        return text
    return re.sub(_LACKING, " ", re.sub(_NEEDLESS, "", text)).replace(BOUND, "")


def said_of(name: object, said: object) -> str:
    """What is said of something, behind its name.

    >>> said_of("data.csv", "it is empty")
    'data.csv: it is empty'
    """
    return say("{name}: {said}", name=name, said=said)


def joined(names: Iterable[str]) -> str:
    """The names of a list in a sentence.

    >>> joined(["price", "rooms"])
    'price, rooms'
    """
    return ("、" if spoken() == "zh" else ", ").join(names)
