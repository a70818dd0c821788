"""What `steepest lesson` prints."""

import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from steepest.errors import InputError, OutputError
from steepest.lessons import progress
from steepest.lessons.lesson import Exercise, Lesson, lessons
from steepest.lessons.walk import Walk, Walked
from steepest.lessons.words import word
from steepest.translation import Language
from steepest.wording.numbers import rounded
from steepest.wording.text_table import WIDTH, text_table, wrapped


def listed(language: Language) -> Iterator[str]:
    """The lessons, each with what it is about and how many of its exercises are solved."""
    done = progress.solved(progress.progress_file())
    for each in lessons():
        yield word("lesson", language, number=each.number, title=each.title.within(language))
        yield _paragraph(each.summary.within(language), "  ")
        count = len(each.exercise)
        if count:
            solved = len(done.get(each.number, ()))
            yield f"  {word('solved', language, solved=solved, count=count)}"
    yield ""
    yield word("more", language)


def walk(lesson: Lesson, language: Language, asks: bool) -> None:
    """Print part after part as each has run; where somebody sits there, wait and ask."""
    walked = Walk(lesson)
    print(word("lesson", language, number=lesson.number, title=lesson.title.within(language)))
    print(_paragraph(lesson.summary.within(language)))
    for place, part in enumerate(walked.parts(), 1):
        print()
        print("\n".join(_part(part, place, len(lesson.part), language)))
        if asks:
            input(f"\n  [{word('go_on', language)}] ")
    print("\n" + word("exercises", language))
    for place, exercise in enumerate(lesson.exercise, 1):
        print(_paragraph(f"{place}. {exercise.question.within(language)}"))
        while asks and (text := input(f"   {word('ask', language)}: ").strip()):
            try:
                right, lines = _judged(walked, place, exercise, text, language)
            except InputError as error:
                right, lines = False, [str(error)]
            print("\n".join(lines))
            if right:
                break
    if not asks and lesson.exercise:
        print(word("answer_by", language, number=lesson.number))


def answered(lesson: Lesson, texts: Sequence[str], language: Language) -> Iterator[str]:
    """Whether answers to exercises are right. Raises InputError."""
    walked = Walk(lesson)
    walked.begin()
    for text in texts:
        place, answer = _place_and_answer(text, len(lesson.exercise))
        _, lines = _judged(walked, place, lesson.exercise[place - 1], answer, language)
        yield from (f"{place}. {line}" if k == 0 else line for k, line in enumerate(lines))


def checked(lesson: Lesson, file: str, language: Language) -> Iterator[str]:
    """What a program of the learner's is; `-` is one that is pasted.

    Raises InputError for one that does not run.
    """
    from steepest.lessons.known_programs import findings
    from steepest.lessons.traced_program import traced

    if not lesson.program:
        raise InputError(
            "lesson {number} has no program to compare with: 0 to 4 have", number=lesson.number
        )
    with _opened(file, language) as opened:
        seen = traced(opened, file if opened == file else "pasted")
    yield from (_paragraph(each.within(language)) for each in findings(lesson, seen))


@contextmanager
def _opened(file: str, language: Language) -> Iterator[str]:
    """A program's file; what is pasted stands in one of its own, as long as it runs."""
    if file != "-":
        yield file
        return
    if sys.stdin.isatty():
        print(word("paste", language), file=sys.stderr)
    with TemporaryDirectory() as folder:
        program = Path(folder, "pasted.py")
        program.write_text(sys.stdin.read(), encoding="utf-8")
        yield str(program)


def _judged(
    walk: Walk, place: int, exercise: Exercise, text: str, language: Language
) -> tuple[bool, list[str]]:
    """Whether an answer is right, and what is said of it: what came of it, and a hint."""
    answer = _number(text, place)
    result = walk.attempt(exercise, answer)
    came = [] if result is None else [_paragraph(str(result.verdict), indent="   ")]
    if exercise.is_right(answer):
        return True, [word("right", language), *came, *_kept(walk.lesson.number, place)]
    forecast = [] if result is None else [_paragraph(str(result.forecast), indent="   ")]
    hint = word("hint", language, hint=exercise.hint.within(language))
    return False, [word("wrong", language), *came, *forecast, _paragraph(hint, indent="   ")]


def _kept(number: int, place: int) -> Iterator[str]:
    """Note an exercise as solved; where that cannot be, the answer is right all the same."""
    try:
        progress.keep(progress.progress_file(), number, place)
    except OutputError as error:
        yield _paragraph(f"{error}.", indent="   ")


def _place_and_answer(text: str, count: int) -> tuple[int, str]:
    """The exercise and the answer of `--answer 1=3/14`."""
    place, equals, answer = (piece.strip() for piece in text.partition("="))
    if not (equals and answer and place.isdecimal() and 1 <= int(place) <= count):
        raise InputError(
            "--answer has {text!r} where exercise=value is needed, as in 1=0.5; the lesson's "
            "exercises are 1 to {count}",
            text=text,
            count=count,
        )
    return int(place), answer


def _number(text: str, place: int) -> float:
    """A number, or a formula without variables, such as 3/14."""
    from steepest.formula.instructions import evaluate, instructions
    from steepest.formula.parse import parse

    formula = parse(text)
    if formula.names:
        raise InputError(
            "exercise {place}: the answer must be a number, not {text!r}", place=place, text=text
        )
    return evaluate(instructions(formula.tree, ()), ())[-1]


def _part(walked: Walked, place: int, count: int, language: Language) -> Iterator[str]:
    """A part: its text, both codes, its numbers, what is equal, what it shows."""
    part = walked.part
    yield word("part", language, number=place, count=count, title=part.title.within(language))
    for paragraph in part.text.within(language).split("\n\n"):
        yield "\n" + _paragraph(paragraph)
    for name, text in (("code", part.code), ("run", part.run), ("printed", walked.printed)):
        if text.strip():
            yield f"\n  {word(name, language)}"
            yield textwrap.indent(text.strip(), "    ")
    if walked.measured:
        yield f"\n  {word('numbers', language)}"
        yield from (f"    {line}" for line in text_table(_numbers(walked, language), left=1))
    if walked.compared:
        yield f"\n  {word('equal', language)}"
        yield from (f"    {line}" for line in text_table(_equal(walked, language), left=3))
    if walked.shown:
        yield ""
        yield from map(_shown, walked.shown)


def _shown(text: str) -> str:
    """A paragraph in lines; what has lines of its own keeps them."""
    return textwrap.indent(text, "  ") if "\n" in text else _paragraph(text, "  ")


def _paragraph(text: str, indent: str = "") -> str:
    return "\n".join(wrapped(text, WIDTH, indent, indent))


def _numbers(walked: Walked, language: Language) -> list[list[str]]:
    lines = []
    for each in walked.measured:
        expected = word("not_expected", language, expected=rounded(each.value.expected, 8))
        found = rounded(each.found, 8)
        lines.append([each.value.expression, found, "" if each.agrees else expected])
    return lines


def _equal(walked: Walked, language: Language) -> list[list[str]]:
    return [
        [
            each.same.what.within(language),
            word("count", language, count=each.count),
            _difference(each.difference, each.agrees, language),
        ]
        for each in walked.compared
    ]


def _difference(difference: float, agrees: bool, language: Language) -> str:
    if difference == 0.0:
        return word("exactly", language)
    return word("to_within" if agrees else "different", language, difference=f"{difference:.0e}")
