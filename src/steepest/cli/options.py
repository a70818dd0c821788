"""Options that several commands share, and how their texts are read."""

import csv
from collections.abc import Callable, Sequence
from typing import Any

import click

from steepest.errors import InputError


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """How to read a text file, where detection is not wanted."""
    for option in (
        click.option("--encoding", help="Encoding of a text file, e.g. utf-8, gbk, latin-1."),
        click.option("--delimiter", help="Character between fields, e.g. ';' or '\\t'."),
        click.option("--names", help="Column names, separated by commas."),
        click.option("--header/--no-header", default=None, help="Whether line 1 holds names."),
    ):
        command = option(command)
    return command


def printing_options(command: Callable[..., None]) -> Callable[..., None]:
    """What is printed."""
    for option in (
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
        click.option("--quiet", is_flag=True, help="Print nothing but what --json asks for."),
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
    ):
        command = option(command)
    return command


def output_options(command: Callable[..., None]) -> Callable[..., None]:
    """What is printed of a fit, and its report."""
    command = printing_options(command)
    for option in (
        click.option("--contour", help="Two parameters, separated by a comma, for its contour."),
        click.option("--report", type=click.Path(), help="Write an HTML report to this file."),
    ):
        command = option(command)
    return command


def listed(text: str | None) -> list[str] | None:
    """Names between commas; a name that holds a comma goes between double quotes."""
    return None if text is None else next(csv.reader([text], skipinitialspace=True))


def check_contour(contour: str | None, report: str | None) -> None:
    """Raise InputError for what is no pair of names, and where there is no report to show it."""
    if pair(contour) is not None and report is None:
        raise InputError("--contour says what --report shows; give --report a file too")


def pair(text: str | None) -> tuple[str, str] | None:
    names = listed(text)
    if names is None:
        return None
    if len(names) != 2:
        raise InputError(f"--contour is {text!r}; give two parameters, for example x,intercept")
    return names[0], names[1]


def rates_of(texts: Sequence[str]) -> list[float | str]:
    """Learning rates, one a text: numbers, or the texts of schedules."""
    for text in texts:
        if "," in text and ":" not in text:
            raise InputError(
                f"--lr is {text!r}; give one rate, with a point in it (0.1), and for several "
                "--lr again (--lr 0.1 --lr 0.3)"
            )
    return [number_or_text(text) for text in texts]


def number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def start_of(text: str | None) -> Any:
    if text is None or text == "random":
        return text
    parts = [part.rpartition("=") for part in listed(text) or []]
    try:
        if all(name for name, _, _ in parts):
            return {name.strip(): float(value) for name, _, value in parts}
        return [float(value) for _, _, value in parts]
    except ValueError:
        raise InputError(
            f"--start is {text!r}; give numbers (1,2), names and numbers (x=1,y=2), or random"
        ) from None
