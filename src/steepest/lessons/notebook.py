"""A lesson as a notebook that runs: texts, the learner's code, steepest's, and their comparison."""

import json
from collections.abc import Iterator
from typing import Any

from steepest.lessons.lesson import Lesson, Part
from steepest.translation import Language

_COMPARE = "import numpy as np\n\nnp.testing.assert_allclose({yours}, {ours}, rtol={within!r})"


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
    yield "code", lesson.begin
    for part in lesson.part:
        yield "markdown", f"## {part.title.within(language)}\n\n{part.text.within(language)}"
        yield from (("code", code) for code in _codes(part))
    for number, exercise in enumerate(lesson.exercise, 1):
        hint = exercise.hint.within(language)
        yield (
            "markdown",
            f"**{number}.** {exercise.question.within(language)}\n\n<details>{hint}</details>",
        )


def _codes(part: Part) -> list[str]:
    compared = (
        _COMPARE.format(yours=same.yours, ours=same.ours, within=same.within) for same in part.same
    )
    return [code for code in (part.code, part.run, *part.show, *compared, part.picture) if code]


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": text.strip().splitlines(keepends=True),
    }
    return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}
