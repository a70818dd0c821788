"""A command: its options under headings, its own names for those of others, and its formulas."""

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise, zip_longest
from typing import Any, final

import click

from steepest.errors import near_name
from steepest.keywords import names_here
from steepest.translation import (
    LANGUAGES,
    Language,
    gathered,
    named_language,
    say,
    spoken,
    translated,
)
from steepest.wording.commands import NAMES, WORDS
from steepest.wording.text_table import terminal_width, wrapped

_OF_FORMULAS = gathered(
    'A formula is one argument: put it between quotes, as in "x^2 - 4x + 5"; and commas, not '
    "spaces, go between values, as in x=1,y=2"
)
_LISTS = ("--features", "--exclude", "--names", "--contour", "--dates", "--na-values")
_OF_LISTS = gathered(
    "Names in a list go between commas without spaces, as in sqft,rooms, or between quotes"
)
_OF_NONNEGATIVE = gathered(
    "--nonnegative takes no value; which class counts as 1 is --positive-class LABEL"
)
# Columns of the options' names, and between them and their texts.
_WIDEST, _GAP = 26, 2
_LAST = "Output"
_ON_HELP = gathered("Show this message and exit.")


@final
class HeadedOption(click.Option):
    """An option that `--help` shows under a heading."""

    def __init__(self, *names: Any, heading: str, **options: Any) -> None:
        super().__init__(*names, **options)
        self.heading = heading

    def make_metavar(self, ctx: click.Context) -> str:
        # click names a path in the language in which its type was made
        is_path = isinstance(self.type, click.Path) and self.metavar is None
        return with_names("PATH" if is_path else super().make_metavar(ctx))

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        with _translated_help(self):
            return super().get_help_record(ctx)


@contextmanager
def _translated_help(declared: click.Option | click.Command) -> Iterator[None]:
    """Meanwhile its help is in the language spoken."""
    english = declared.help
    declared.help = english and translated(inspect.cleandoc(english))
    try:
        yield
    finally:
        declared.help = english


def with_names(text: str) -> str:
    """A text with the names of values, such as SOURCE, in the language spoken."""
    known = {name: translated(name) for name in NAMES}
    return re.sub("[A-Z]+", lambda word: known.get(word[0], word[0]), text)


@final
class _Formatter(click.HelpFormatter):
    """Breaks lines of languages that have no spaces between words, and has their colons."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, None if spoken() == "en" else translated("Usage:"))

    def write_heading(self, heading: str) -> None:
        if spoken() == "en":
            return super().write_heading(heading)
        self.write(f"{'':{self.current_indent}}{heading}：\n")

    def write_text(self, text: str) -> None:
        if spoken() == "en":
            return super().write_text(text)
        indent = " " * self.current_indent
        parts = []
        for paragraph in text.split("\n\n"):
            if paragraph.startswith("\b\n"):  # click's mark of lines that stay as they are
                parts += [textwrap.indent(paragraph.removeprefix("\b\n"), indent)]
            else:
                parts += [
                    "\n".join(wrapped(" ".join(paragraph.split()), self.width, indent, indent))
                ]
        self.write("\n\n".join(parts) + "\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        if spoken() == "en":
            return super().write_dl(rows, col_max, col_spacing)
        rows = list(rows)
        width = min(col_max, max(terminal_width(names) for names, _ in rows)) + col_spacing
        margin = " " * (self.current_indent + width)
        for names, text in rows:
            begin, free = f"{'':{self.current_indent}}{names}", width - terminal_width(names)
            if free >= col_spacing:
                begin += " " * free
            else:
                self.write(begin + "\n")
                begin = margin
            lines = wrapped(text, self.width - 2, begin, margin)
            self.write("\n".join(lines) + "\n")


def _language_option() -> HeadedOption:
    """The option that `asked_language` reads, which every command has."""
    return HeadedOption(
        ["--lang"],
        heading=_LAST,
        type=click.Choice(LANGUAGES),
        expose_value=False,
        help="Language; else that of STEEPEST_LANG or the system.",
    )


def asked_language(words: Sequence[str]) -> Language | None:
    """The language that the words of a command line ask for, before any of them is read."""
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        name, _, value = word.partition("=")
        if name == "--lang":
            return named_language(value or following)
    return None


class _Context(click.Context):
    formatter_class = _Formatter


def headed(heading: str) -> Callable[..., Callable[[Any], Any]]:
    """`click.option` for options under this heading."""
    return partial(click.option, cls=HeadedOption, heading=heading)


class _Spoken(click.Command):
    """Its help is in the language spoken, which `--lang` asks for."""

    context_class = _Context

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if not any(each.name == "lang" for each in self.params):
            self.params.append(_language_option())

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [with_names(piece) for piece in super().collect_usage_pieces(ctx)]

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)  # click keeps it in the language of the first time
        if option is not None:
            option.help = translated(_ON_HELP)
        return option

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with _translated_help(self):
            super().format_help_text(ctx, formatter)


class HeadedCommand(_Spoken):
    """Shows its options under their headings, in the order in which they are declared."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections = self._sections(ctx)
        widths = {
            heading: min(_WIDEST, max(terminal_width(names) for names, _ in records))
            for heading, records in sections.items()
        }
        for heading, records in sections.items():
            gap = _GAP + max(widths.values()) - widths[heading]  # texts of all begin in one column
            with formatter.section(heading):
                formatter.write_dl(records, col_max=_WIDEST, col_spacing=gap)

    def _sections(self, ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
        """Names and text of each option under its heading; --help is the last."""
        sections: dict[str, list[tuple[str, str]]] = {}
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        for option in sorted(options, key=lambda one: not isinstance(one, HeadedOption)):
            record = option.get_help_record(ctx)
            if record is not None:
                heading = translated(getattr(option, "heading", _LAST))
                sections.setdefault(heading, []).append(record)
        return sections

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)  # which are taken away as they are read
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise _renamed(error) from None
        except click.UsageError as error:
            if not error.message.startswith("Got unexpected extra argument"):
                raise
            formulas = isinstance(self, FormulaCommand)
            raise _too_many(error, given, _OF_FORMULAS if formulas else "") from None


@final
class HeadedGroup(_Spoken, click.Group):
    """The commands together, with a line on each."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """By lines of their own, so that no command need be imported."""
        with formatter.section(translated("Commands")):
            formatter.write_dl([(name, translated(WORDS[name])) for name in sorted(WORDS)])


@final
class FormulaCommand(HeadedCommand):
    """Takes "-x^2 + x^4" for the formula that it is; options of ours have two dashes, or are -h."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        formulas = list(self._formulas(args))
        others = [arg for place, arg in enumerate(args) if place not in formulas]
        if formulas:
            others += ["--", *(args[place] for place in formulas)]
        return super().parse_args(ctx, others)

    def _formulas(self, args: list[str]) -> Iterator[int]:
        """The places of arguments that begin with a single dash and are no option's value."""
        valued = {
            name
            for parameter in self.params
            if isinstance(parameter, click.Option) and not parameter.is_flag
            for name in parameter.opts
        }
        ours = {name for parameter in self.params for name in parameter.opts} | {"-", "-h"}
        is_value = False
        for place, arg in enumerate(args):
            if arg == "--":
                return
            if arg.startswith("-") and not is_value and arg[1:2] != "-" and arg not in ours:
                yield place
            is_value = arg in valued and not is_value


def _too_many(error: click.UsageError, args: Sequence[str], hint: str) -> click.UsageError:
    """The error of an argument too many, with what may be meant, or else the hint."""
    if {"--positive", "--nonnegative"} & {*args}:
        hint = _OF_NONNEGATIVE
    elif any(option in _LISTS and value.endswith(",") for option, value in pairwise(args)):
        hint = _OF_LISTS
    extra = error.message.partition("(")[2].removesuffix(")")
    message = error.message
    if spoken() != "en":
        message = say("Got unexpected extra argument ({extra})", extra=extra)
    if not hint:
        return click.UsageError(message, error.ctx)
    hint = translated(hint)
    return click.UsageError(say("{message}. {hint}", message=message, hint=hint), error.ctx)


def _renamed(error: click.NoSuchOption) -> click.UsageError:
    """The error; with our own name for the option, where others call it so."""
    if error.ctx is None:
        return error
    known = {
        name.lstrip("-").replace("-", "_"): name
        for parameter in error.ctx.command.params
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    ours = names_here(error.option_name.lstrip("-").replace("-", "_"), known)
    if not ours:
        near = near_name(error.option_name, known.values())
        offered = None if near is None else [near]
        return click.NoSuchOption(error.option_name, possibilities=offered, ctx=error.ctx)
    here = say(" or ").join(known[name] for name in ours)
    return click.UsageError(
        say("{message}; here it is {here}.", message=error.message.rstrip(".。"), here=here),
        error.ctx,
    )
