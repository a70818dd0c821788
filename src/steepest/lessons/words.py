"""The few words around a lesson, in each language."""

from functools import cache
from importlib.resources import files

import msgspec

from steepest.lessons.lesson import Text
from steepest.wording.language import Language


@cache
def _words() -> dict[str, Text]:
    text = files("steepest.lessons").joinpath("words.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=dict[str, Text])


def word(name: str, language: Language, **values: object) -> str:
    """One of the words, with its values in it.

    >>> word("solved", "zh", solved=1, count=3)
    '已完成 1/3'
    """
    return _words()[name].within(language).format(**values)
