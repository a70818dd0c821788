"""The command `lab`: the page, served on this machine or saved as one file."""

import os
import webbrowser
from urllib.parse import urlencode

import click

from steepest.cli.command import FormulaCommand, headed
from steepest.cli.outputs import check_ending, check_outputs, say_written
from steepest.wording.fact import phrase

_server, _output = headed("Server"), headed("Output")


@click.command(cls=FormulaCommand)
@click.argument("formula", required=False)
@_server(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="NUMBER",
    help="Listen here; without it on a free port.",
)
@_server("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@_output("--save", type=click.Path(), help="Write the page to this .html file, and serve nothing.")
@_output("--debug", is_flag=True, help="Show a traceback with an error.")
def lab(formula: str | None, port: int, no_browser: bool, save: str | None, debug: bool) -> None:
    """Open the lab: type a formula, drag its start, move the learning rate, play the steps.

    It begins with FORMULA, if one is given. `--save` writes the whole page as one file, which needs
    neither steepest nor a network.
    """
    from steepest.lab.page import page
    from steepest.storage.atomic_write import write_text

    state = "" if formula is None else urlencode({"formula": _checked(formula)})
    if save is not None:
        check_ending("--save", save, [".html"])
        check_outputs([save], [])
        write_text(save, page(state)[0])
        say_written([save], False)
        return
    from steepest.lab.server import serve

    def ready(address: str) -> None:
        print(phrase("lab is open", address=address), flush=True)
        if not no_browser and "DISPLAY" in os.environ:
            webbrowser.open(address)

    serve(port, state, ready)


def _checked(text: str) -> str:
    """The text, if it is a formula. Raises InputError."""
    from steepest.formula.parse import parse

    return parse(text).text
