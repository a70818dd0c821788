"""A walk through a lesson: the code of each part runs, and the numbers are compared."""

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from steepest.lessons.lesson import Exercise, Lesson, Part, Same, Value


@final
@dataclass(frozen=True)
class Compared:
    """What the learner's code and steepest's have in common.

    - `count`: how many numbers were compared
    - `difference`: the largest of their differences, relative to the larger of both
    """

    same: Same
    count: int
    difference: float

    @property
    def agrees(self) -> bool:
        return self.difference <= self.same.within


@final
@dataclass(frozen=True)
class Measured:
    """A number of the lesson as it came out."""

    value: Value
    found: float

    @property
    def agrees(self) -> bool:
        return abs(self.found - self.value.expected) <= self.value.within


@final
@dataclass(frozen=True)
class Walked:
    """A part after its code has run: what it printed, what was compared, and what it shows."""

    part: Part
    printed: str
    compared: tuple[Compared, ...]
    measured: tuple[Measured, ...]
    shown: tuple[str, ...]


@final
class Walk:
    """Runs a lesson's parts in their order, in one namespace.

    >>> from steepest.lessons.lesson import lesson
    >>> first = next(Walk(lesson(0)).parts())
    >>> [(each.same.what.en, each.count, each.agrees) for each in first.compared]
    [('the best weight', 1, True), ('the costs', 41, True)]
    """

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.names: dict[str, Any] = {}

    def parts(self) -> Iterator[Walked]:
        """Each part, once its code has run."""
        self._run(self.lesson.begin, "the beginning")
        for number, part in enumerate(self.lesson.part, 1):
            yield self._walk(part, f"part {number}")

    def _walk(self, part: Part, place: str) -> Walked:
        printed = self._run(part.code, f"{place}, your code") + self._run(part.run, place)
        return Walked(
            part,
            printed,
            tuple(map(self._compare, part.same)),
            tuple(Measured(each, float(self._value(each.expression))) for each in part.values),
            tuple(str(self._value(each)) for each in part.show),
        )

    def attempt(self, exercise: Exercise, answer: float) -> Any:
        """The run or fit that an exercise makes with an answer; None where it makes none."""
        return self._value(exercise.attempt, answer=answer) if exercise.attempt else None

    def begin(self) -> None:
        """Make what the exercises need, without walking through the parts."""
        self._run(self.lesson.begin, "the beginning")

    def _compare(self, same: Same) -> Compared:
        yours, ours = (
            np.asarray(self._value(each), dtype=float) for each in (same.yours, same.ours)
        )
        if yours.shape != ours.shape:
            raise ValueError(f"{same.what}: {yours.shape} numbers beside {ours.shape}")
        larger = np.maximum(np.abs(yours), np.abs(ours))
        differences = np.abs(yours - ours) / np.where(larger > 0.0, larger, 1.0)
        return Compared(same, yours.size, float(np.max(differences, initial=0.0)))

    def _run(self, code: str, place: str) -> str:
        """Run code of the lesson, which is never a user's, and return what it printed."""
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(code, f"<lesson {self.lesson.number}, {place}>", "exec"), self.names)
        return printed.getvalue()

    def _value(self, expression: str, **names: Any) -> Any:
        """The value of an expression of the lesson."""
        return eval(compile(expression, "<lesson>", "eval"), {**self.names, **names})
