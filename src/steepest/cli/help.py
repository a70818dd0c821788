"""The command `help`: what a command takes, and what the words of a result mean."""

import re
from collections.abc import Callable

import click

from steepest.cli.command import HeadedCommand
from steepest.errors import InputError, nearest
from steepest.wording.fact import phrase
from steepest.wording.numbers import together
from steepest.wording.text_table import wrapped

# What is explained, by what sentence, and how it is told that a result says it. The sentences are
# made when one is asked for: they load the whole room of words, which no other help needs.
_WORDS: dict[str, tuple[Callable[[], str], str]] = {
    "along": (
        lambda: phrase("meaning of along"),
        r"along\s[^()]{1,80}?\s\(>?[0-9]+%\)",
    ),
    "condition": (
        lambda: phrase("meaning of a condition number"),
        r"condition\s+number\s",
    ),
    "digits": (lambda: phrase("meaning of digits"), r"(?m)\sdigits$"),
    "excess": (lambda: phrase("meaning of excess"), r"\bexcess\b"),
    "factor": (lambda: phrase("meaning of a factor of 1000"), r"factor\s+of\s+1000"),
}


@click.command(cls=HeadedCommand)
@click.argument("words", nargs=-1, metavar="[COMMAND | WORD]")
@click.pass_context
def help(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show what COMMAND takes, or what WORD means in a result: along, condition, digits, excess,
    factor.
    """
    above = ctx.find_root()
    commands = above.command.commands if isinstance(above.command, click.Group) else {}
    if not words:
        print(f"{above.get_help()}\n\n{ctx.get_help()}")
        return
    word = words[0].lower()
    if word in commands:
        command = commands[word]
        print(command.get_help(click.Context(command, info_name=word, parent=above)))
    elif word in _WORDS:
        print(_WORDS[word][0]())
    else:
        known = [*_WORDS, *commands]
        raise InputError(
            "there is no help on {word!r}; there is on {known}.{word_2}",
            word=word,
            known=", ".join(known),
            word_2=nearest(word, known),
        )


def legend(text: str) -> str:
    """What a newcomer may not know of the words that stand in a result; "" for nothing.

    >>> legend("each factor of 1000 takes 9 epochs; its excess")
    'On excess and factor: steepest help WORD.'
    """
    said = [word for word, (_, form) in _WORDS.items() if re.search(form, text)]
    others = [word for word in said if word != "digits"]
    parts = [phrase("meaning of digits")] if "digits" in said else []
    parts += [phrase("words explained", words=others)] if others else []
    return "\n".join(wrapped(together(parts)))
