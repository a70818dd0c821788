"""The command `help`: what a command takes, and what the words of a result mean."""

from collections.abc import Iterable

import click

from steepest.cli.command import HeadedCommand
from steepest.errors import InputError, nearest
from steepest.reports.terms import DIGITS, TERMS, term_called, terms_in
from steepest.translation import joined, translated
from steepest.wording.fact import phrase
from steepest.wording.numbers import together
from steepest.wording.text_table import wrapped


@click.command(cls=HeadedCommand)
@click.argument("words", nargs=-1, metavar="[COMMAND | WORD]")
@click.pass_context
def help(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show what COMMAND takes, or what WORD means in a result: along, condition, digits, excess,
    factor, a verdict such as cycle, a mistake such as dead ReLU. The words verdicts and mistakes
    list all of them.
    """
    above = ctx.find_root()
    commands = above.command.commands if isinstance(above.command, click.Group) else {}
    name = " ".join(words)
    term = term_called(name)
    if not words:
        print(f"{above.get_help()}\n\n{ctx.get_help()}")
    elif name.lower() in commands:
        command = commands[name.lower()]
        print(command.get_help(click.Context(command, info_name=name.lower(), parent=above)))
    elif term is not None:
        print("\n".join(wrapped(term.sentence())))
    else:
        print("\n\n".join(_kinds(name, list(commands))))


def _kinds(name: str, commands: list[str]) -> list[str]:
    """What is said of the verdicts and mistakes of this name, or of all of them."""
    from steepest.reports.kinds import ROOMS, kinds_called, kinds_of

    for room in ROOMS:
        if name.lower() == room:
            return ["\n".join(wrapped(kind.text()[0])) for kind in kinds_of(room)]
    kinds = kinds_called(name)
    if not kinds:
        known = [*(term.name for term in TERMS), *commands, *ROOMS]
        kinds = [kind for room in ROOMS for kind in kinds_of(room)]
        every = [*known, *(name for kind in kinds for name in (kind.kind, kind.name))]
        raise InputError(
            "there is no help on {word!r}; there is on {known}.{word_2}",
            word=name,
            known=joined(known),
            word_2=nearest(name, every),
        )
    return ["\n".join(line for each in kind.text() for line in wrapped(each)) for kind in kinds]


def legend(text: str, kinds: Iterable[str] = ()) -> str:
    """What a newcomer may not know of the words that stand in a result, among them the kinds of its
    verdicts; "" for nothing.

    >>> legend("each factor of 1000 takes 9 epochs; its excess", ["max steps"])
    'On excess, factor and max steps: steepest help WORD.'
    """
    terms = terms_in(text)
    others = [term.name for term in terms if term is not DIGITS]
    others += dict.fromkeys(map(translated, kinds))
    parts = [DIGITS.sentence()] if DIGITS in terms else []
    parts += [phrase("words explained", words=others)] if others else []
    return "\n".join(wrapped(together(parts)))
