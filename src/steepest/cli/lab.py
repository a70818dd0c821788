"""The command `lab`: the page, served on this machine or saved as one file."""

import os
import sys
from urllib.parse import urlencode

import click

from steepest.cli.command import FormulaCommand, headed
from steepest.cli.outputs import check_ending, check_outputs, say_written
from steepest.translation import LANGUAGES
from steepest.wording.fact import phrase

_server, _output = headed("Server"), headed("Output")


@click.command(cls=FormulaCommand)
@click.argument("source", required=False)
@_server(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="NUMBER",
    help="Listen here; without it on a free port.",
)
@_server("--lang", type=click.Choice(LANGUAGES), help="Language of the page; else the browser's.")
@_server("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@_output("--save", type=click.Path(), help="Write the page to this .html file, and serve nothing.")
@_output("--debug", is_flag=True, help="Show a traceback with an error.")
def lab(
    source: str | None,
    port: int,
    lang: str | None,
    no_browser: bool,
    save: str | None,
    debug: bool,
) -> None:
    """Open the lab: type a formula, drag its start, move the learning rate, play the steps; or
    watch the line of a table.

    It begins with SOURCE, if one is given: a formula, or a table (a file, a query, a sample).
    `--save` writes the whole page as one file, which needs
    neither steepest nor a network.
    """
    from steepest.lab.page import page
    from steepest.storage.atomic_write import write_text

    state = _state(source, lang)
    if save is not None:
        check_ending("--save", save, [".html"])
        check_outputs([save], [])
        write_text(save, page(state)[0])
        say_written([save], False)
        return
    from steepest.lab.server import serve

    def ready(address: str) -> None:
        print(phrase("lab is open", address=address), flush=True)
        if not no_browser and _has_screen():
            import webbrowser

            webbrowser.open(address)

    serve(port, state, ready)


def _has_screen() -> bool:
    """Whether a browser can be shown: macOS and Windows have a screen, others name theirs."""
    named = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in ("darwin", "win32") or any(name in os.environ for name in named)


def _state(source: str | None, language: str | None) -> str:
    """The page's state that shows a formula or a table, in a language. Raises InputError."""
    return urlencode(_begin(source) | ({} if language is None else {"language": language}))


def _begin(source: str | None) -> dict[str, str]:
    from steepest.api.study import is_table
    from steepest.formula.parse import parse

    if source is None:
        return {}
    if not is_table(source):
        return {"formula": parse(source).text}
    from steepest.lab.tables import table_text

    return {"room": "table", "table": urlencode({"data": table_text(source)})}
