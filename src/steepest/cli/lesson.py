"""The command `lesson`: a walk through a lesson, step by step."""

import sys

import click

from steepest.cli.command import HeadedCommand, headed
from steepest.cli.outputs import check_ending, check_outputs, say_written
from steepest.translation import LANGUAGES
from steepest.wording.language import language_of

_lesson, _output = headed("Lesson"), headed("Output")


@click.command(cls=HeadedCommand)
@click.argument("number", type=int, required=False)
@_lesson("--lang", type=click.Choice(LANGUAGES), help="Language; else the system's.")
@_lesson(
    "--answer",
    metavar="EXERCISE=VALUE",
    multiple=True,
    help="Check the answer to an exercise, such as 1=3/14.",
)
@_lesson(
    "--check",
    type=click.Path(),
    metavar="FILE",
    help="Compare your own program with it; - for one that you paste.",
)
@_output("--notebook", type=click.Path(), help="Write the lesson as an .ipynb file.")
@_output("--debug", is_flag=True, help="Show a traceback with an error.")
def lesson(
    number: int | None,
    lang: str | None,
    answer: tuple[str, ...],
    check: str | None,
    notebook: str | None,
    debug: bool,
) -> None:
    """Take lesson NUMBER: your own code beside steepest's, compared number by number.

    Without a number it lists the lessons.
    """
    from steepest.cli import lesson_output as output
    from steepest.errors import InputError
    from steepest.lessons import lesson as found

    language = language_of(lang)
    if number is None:
        if answer or check or notebook:
            raise InputError("name a lesson: steepest lesson 0")
        print("\n".join(output.listed(language)))
        return
    taken = found.lesson(number)
    if notebook is not None:
        from steepest.lessons.notebook import notebook as written
        from steepest.storage.atomic_write import write_text

        check_ending("--notebook", notebook, [".ipynb"])
        check_outputs([notebook], [])
        write_text(notebook, written(taken, language))
        say_written([notebook], False)
    elif check is not None:
        print("\n".join(output.checked(taken, check, language)))
    elif answer:
        print("\n".join(output.answered(taken, answer, language)))
    else:
        asks = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
        output.walk(taken, language, asks)
