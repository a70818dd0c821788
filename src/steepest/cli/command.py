"""A command whose first argument is a formula, and so may begin with a minus sign."""

from collections.abc import Iterator
from typing import final

import click

_HINT = (
    'A formula is one argument: put it between quotes, as in "x^2 - 4x + 5"; and commas, not '
    "spaces, go between values, as in x=1,y=2"
)
# What other programs and books call our options.
_ELSEWHERE = {
    "--learning-rate": "--lr",
    "--rate": "--lr",
    "--alpha": "--lr",
    "--eta": "--lr",
    "--iterations": "--epochs",
    "--max-iter": "--epochs",
    "--max-steps": "--epochs",
    "--method": "--optimizer",
    "--x0": "--start",
    "--init": "--start",
    "--tol": "--tolerance",
    "--output": "--save",
    "--out": "--save",
}


@final
class FormulaCommand(click.Command):
    """Takes "-x^2 + x^4" for the formula that it is; options of ours have two dashes, or are -h."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        formulas = list(self._formulas(args))
        others = [arg for place, arg in enumerate(args) if place not in formulas]
        if formulas:
            others += ["--", *(args[place] for place in formulas)]
        try:
            return super().parse_args(ctx, others)
        except click.NoSuchOption as error:
            raise _renamed(error) from None
        except click.UsageError as error:
            if not error.message.startswith("Got unexpected extra argument"):
                raise
            raise click.UsageError(f"{error.message}. {_HINT}", ctx) from None

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


def _renamed(error: click.NoSuchOption) -> click.UsageError:
    """The error; with our own name for the option, where others call it so."""
    ours, context = _ELSEWHERE.get(error.option_name), error.ctx
    if context is None or not any(ours in parameter.opts for parameter in context.command.params):
        return error
    return click.UsageError(f"{error.message[:-1]}; here it is {ours}.", context)
