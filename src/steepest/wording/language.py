"""Which language speaks."""

import locale
import os
from typing import Literal, get_args

from steepest.errors import InputError

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


def language_of(asked: str | None = None) -> Language:
    """The language asked for, else that of STEEPEST_LANG, else the system's; English where none of
    these is one of ours.

    Raises InputError for one asked for, by argument or variable, that is none of ours.

    >>> language_of("zh-CN")
    'zh'
    """
    for name in (asked, os.environ.get("STEEPEST_LANG")):
        if name:
            language = _ours(name)
            if language is None:
                known = " and ".join(LANGUAGES)
                raise InputError(f"there is no language {name!r}: they are {known}")
            return language
    return _ours(locale.getlocale()[0] or os.environ.get("LANG", "")) or "en"


def _ours(name: str) -> Language | None:
    """One of our languages by a name such as zh, zh_CN.UTF-8 or Chinese_China."""
    begin = name.lower().replace("chinese", "zh").replace("-", "_").split("_")[0].split(".")[0]
    return next((language for language in LANGUAGES if language == begin), None)
