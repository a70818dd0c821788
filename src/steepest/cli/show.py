"""The command `show`: what a .steepest file holds."""

import click

from steepest.cli.command import HeadedCommand
from steepest.cli.options import check_contour, output_options
from steepest.cli.outputs import check_outputs, finish
from steepest.errors import InputError


@click.command(cls=HeadedCommand)
@click.argument("file", type=click.Path())
@output_options
def show(
    file: str, report: str | None, contour: str | None, as_json: bool, quiet: bool, debug: bool
) -> None:
    """Show the fit or the run that a .steepest file holds."""
    from steepest.api.load import load
    from steepest.results.run import Run

    check_outputs([report], [file])
    loaded = load(file)
    if not isinstance(loaded, Run):
        check_contour(contour, report)
        finish(loaded, report, contour, as_json, quiet, [])
        return
    from steepest.cli.run_files import RunFiles, finish_runs

    if contour is not None:
        raise InputError(f"--contour is for the report of a fit, and {file} holds a run")
    finish_runs(loaded, RunFiles(report=report), None, as_json, quiet)
