"""A lesson as a notebook that runs: texts, the learner's code, steepest's, and their comparison."""

import json
from collections.abc import Iterator
from typing import Any

from steepest.lessons.lesson import Lesson, Part
from steepest.lessons.words import word
from steepest.translation import Language

_NUMPY = "import numpy as np"
_COMPARE = "np.testing.assert_allclose({yours}, {ours}, rtol={within!r})"


def notebook(lesson: Lesson, language: Language) -> str:
    """The lesson as the JSON of a notebook, in format 4.5."""
    cells = [
        _cell(number, kind, text) for number, (kind, text) in enumerate(_cells(lesson, language))
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _cells(lesson: Lesson, language: Language) -> Iterator[tuple[str, str]]:
    """Kind and text of each cell."""
    yield "markdown", f"# {lesson.title.within(language)}\n\n{lesson.summary.within(language)}"
    yield "code", lesson.begin if _NUMPY in lesson.begin else f"{_NUMPY}\n{lesson.begin}"
    for part in lesson.part:
        yield "markdown", f"## {part.title.within(language)}\n\n{part.text.within(language)}"
        yield from (("code", code) for code in _codes(part))
    for number, exercise in enumerate(lesson.exercise, 1):
        hint = f"<summary>{word('a_hint', language)}</summary>{exercise.hint.within(language)}"
        question = exercise.question.within(language)
        yield "markdown", f"**{number}.** {question}\n\n<details>{hint}</details>"
    yield "markdown", word("answer_by", language, number=lesson.number)


def _codes(part: Part) -> list[str]:
    """A sentence is printed; a result, which is a name alone, shows itself."""
    shown = (each if each.isidentifier() else f"print({each})" for each in part.show)
    compared = "\n".join(
        _COMPARE.format(yours=same.yours, ours=same.ours, within=same.within) for same in part.same
    )
    picture = part.picture and f"{part.picture};"  # without the text of its axes
    return [code for code in (part.code, part.run, *shown, compared, picture) if code]


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": text.strip().splitlines(keepends=True),
    }
    return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}
