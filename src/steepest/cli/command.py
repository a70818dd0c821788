"""A command whose first argument is a formula, and so may begin with a minus sign."""

from collections.abc import Iterator
from typing import final

import click


@final
class FormulaCommand(click.Command):
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
        is_value = False
        for place, arg in enumerate(args):
            if arg == "--":
                return
            if arg.startswith("-") and not is_value and arg[1:2] != "-" and arg not in ("-", "-h"):
                yield place
            is_value = arg in valued and not is_value
