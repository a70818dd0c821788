"""The few words around a lesson, and what is said of a learner's program, in each language."""

from functools import cache
from importlib.resources import files

import msgspec

from steepest.lessons.lesson import Text
from steepest.translation import Language


@cache
def texts(file: str) -> dict[str, Text]:
    """The texts of a file of this room, by their names."""
    text = files("steepest.lessons").joinpath(file).read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=dict[str, Text])


def word(name: str, language: Language, **values: object) -> str:
    """One of the words, with its values in it.

    >>> word("solved", "zh", solved=1, count=3)
    '已完成 1/3'
    """
    return texts("words.toml")[name].within(language).format(**values)
