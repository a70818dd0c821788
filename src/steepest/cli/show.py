"""The command `show`: what a .steepest file holds."""

from typing import Any

import click

from steepest.cli.command import HeadedCommand
from steepest.cli.options import output_options


@click.command(cls=HeadedCommand)
@click.argument("file", type=click.Path())
@output_options(help="Which picture they draw: see fit --help, and of a run minimize --help.")
def show(file: str, as_json: bool, quiet: bool, debug: bool, **options: Any) -> None:
    """Show the fit or the run that a .steepest file holds."""
    from steepest.api.load import load
    from steepest.cli.result_files import ResultFiles, present
    from steepest.results.fit import Fit

    files, loaded = ResultFiles.of(options), load(file)
    files.check("fit" if isinstance(loaded, Fit) else "path", inputs=[file])
    present(loaded, files, as_json, quiet)
