"""What a lesson is made of, and the lessons themselves, read from content/."""

from functools import cache
from importlib.resources import files
from typing import Literal, cast, final

import msgspec

from steepest.errors import InputError
from steepest.translation import Language


@final
class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in each language: paragraphs, between empty lines."""

    en: str
    zh: str

    def within(self, language: Language) -> str:
        return cast(str, getattr(self, language)).strip()


@final
class Same(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """What the learner's code and steepest's must have in common.

    - `what`: its name
    - `yours`, `ours`: expressions of a number or of a list of numbers
    - `within`: the largest difference, relative to the larger of both
    """

    what: Text
    yours: str
    ours: str
    within: float = 1e-9


@final
class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A number of the lesson: an expression, what it must be, and how far off it may be."""

    expression: str
    expected: float
    within: float


@final
class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a lesson. All parts of a lesson run one after another, in one namespace.

    - `code`: what a learner would type, in plain Python, NumPy or torch
    - `run`: the same by steepest
    - `show`: expressions whose text is shown after both
    - `picture`: an expression that draws
    - `page`: the state of the page that shows it, as after the # of its address
    """

    title: Text
    text: Text
    code: str = ""
    run: str = ""
    same: tuple[Same, ...] = ()
    values: tuple[Value, ...] = ()
    show: tuple[str, ...] = ()
    picture: str = ""
    page: str = ""


@final
class Exercise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question whose answer is a number.

    - `answer`, `within`: the number, and how far off an answer may be, as a share of it
    - `attempt`: an expression of `answer` that makes a run or fit with an answer, for the hint
    """

    question: Text
    answer: float
    hint: Text
    within: float = 0.0
    attempt: str = ""

    def is_right(self, answer: float) -> bool:
        return abs(answer - self.answer) <= self.within * abs(self.answer)


@final
class Lesson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lesson.

    - `begin`: imports and data, run before any part; all that the exercises need
    - `program`: what a learner's own program may be compared with (`known_programs.py`)
    """

    number: int
    title: Text
    summary: Text
    begin: str
    part: tuple[Part, ...]
    exercise: tuple[Exercise, ...] = ()
    program: Literal["", "line", "formula"] = ""


@cache
def lessons() -> tuple[Lesson, ...]:
    """All lessons, in their order."""
    content = files("steepest.lessons").joinpath("content")
    texts = (
        each.read_text(encoding="utf-8")
        for each in content.iterdir()
        if each.name.endswith(".toml")
    )
    found = (msgspec.toml.decode(text, type=Lesson) for text in texts)
    return tuple(sorted(found, key=lambda lesson: lesson.number))


def lesson(number: int) -> Lesson:
    """One lesson. Raises InputError for a number that none has.

    >>> lesson(0).title.en
    'One weight'
    """
    for each in lessons():
        if each.number == number:
            return each
    raise InputError(
        "there is no lesson {number}: they are 0 to {count}",
        number=number,
        count=len(lessons()) - 1,
    )
