"""Which exercises a person has solved, in a file of theirs."""

import json
from pathlib import Path

import click

from steepest.errors import OutputError, cause
from steepest.storage.atomic_write import write_text


def progress_file() -> Path:
    """Where progress is kept: with the settings of other programs, as the system has it."""
    return Path(click.get_app_dir("steepest")) / "lessons.json"


def solved(file: Path) -> dict[int, frozenset[int]]:
    """Exercises solved of each lesson, counted from 1; none where no such file can be read."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return {int(lesson): frozenset(map(int, exercises)) for lesson, exercises in data.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def keep(file: Path, lesson: int, exercise: int) -> None:
    """Note an exercise as solved. Raises OutputError where the file cannot be written."""
    now = solved(file)
    now[lesson] = now.get(lesson, frozenset()) | {exercise}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps({str(number): sorted(now[number]) for number in sorted(now)}))
    except OSError as error:
        raise OutputError(
            "progress cannot be written to {file}: {reason}", file=file, reason=cause(error)
        ) from None
