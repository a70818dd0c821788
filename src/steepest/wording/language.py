"""Which language speaks."""

import os

from steepest.errors import InputError
from steepest.translation import LANGUAGES, Language, joined, named_language, speak, spoken


def language(name: str | None = None) -> Language:
    """Speak this language from now on, "en" or "zh"; without a name: which one is spoken.

    Verdicts, errors, notes and the labels of plots and reports are in it. Numbers, names of
    columns, keys of JSON and options are the same in all. Where nobody chose one, it is that of
    STEEPEST_LANG, else the system's, else English.

    Raises InputError for a language that is none of ours.

    >>> import steepest
    >>> steepest.language("en")
    'en'
    """
    if name is not None:
        speak(language_of(name))
    return spoken()


def language_of(asked: str | None = None) -> Language:
    """The language asked for, else that of STEEPEST_LANG, else the one that is spoken.

    Raises InputError for one asked for, by argument or variable, that is none of ours.

    >>> language_of("zh-CN")
    'zh'
    """
    for name in (asked, os.environ.get("STEEPEST_LANG")):
        if name or (name is not None and not isinstance(name, str)):
            ours = named_language(name) if isinstance(name, str) else None
            if ours is None:
                known = joined(LANGUAGES)
                raise InputError(
                    "there is no language {name!r}: they are {known}", name=name, known=known
                )
            return ours
    return spoken()
