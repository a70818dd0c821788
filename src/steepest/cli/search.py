"""The command `search`: every point of a grid over a formula."""

from typing import TYPE_CHECKING, Any

import click

from steepest.cli.command import FormulaCommand, headed
from steepest.cli.options import printing_options, rates_of, values_of
from steepest.cli.outputs import PICTURES, check_ending, check_outputs
from steepest.cli.progress import ProgressBar
from steepest.errors import InputError

if TYPE_CHECKING:
    from steepest.results.run import Run

_grid, _beside, _output = headed("Grid"), headed("A descent beside it"), headed("Output")


@click.command(cls=FormulaCommand)
@click.argument("formula")
@_grid(
    "--over",
    multiple=True,
    required=True,
    help="Values to try: name=lower:upper:step; again for another.",
)
@_grid("--at", multiple=True, help="Values of the others: name=number, by commas.")
@_beside("--start", help="Run a descent from here beside the search.")
@_beside("--lr", default="auto", help="Learning rate of that descent.")
@_beside("--epochs", type=int, help="Epochs of that descent.")
@_output("--csv", type=click.Path(), help="Write every point to this .csv file.")
@_output("--plot", type=click.Path(), help="Draw to this .png, .svg or .pdf file.")
@printing_options
def search(
    formula: str,
    over: tuple[str, ...],
    at: tuple[str, ...],
    csv: str | None,
    plot: str | None,
    as_json: bool,
    quiet: bool,
    debug: bool,
    **descent: Any,
) -> None:
    """Try every point of a grid over FORMULA, and show the least."""
    from steepest.api.search import search as search_grid
    from steepest.cli.search_output import finish_search

    check_ending("--csv", csv, (".csv",))
    check_ending("--plot", plot, PICTURES)
    check_outputs([csv, plot], [])
    others = values_of(at)
    if descent["start"] is None and (descent["lr"] != "auto" or descent["epochs"] is not None):
        raise InputError("--lr and --epochs are of a descent beside the search; give --start too")
    path = None if descent["start"] is None else _descent_beside(formula, others, descent)
    with ProgressBar(quiet) as progress:
        found = search_grid(formula, list(over), at=others, progress=progress.points)
    finish_search(found, path, csv, plot, as_json, quiet)


def _descent_beside(text: str, others: dict[str, float], options: dict[str, Any]) -> "Run":
    """The descent that is compared with a search."""
    from steepest.api.minimize import minimize
    from steepest.problems.starts import parse_start

    if others:
        raise InputError(
            "a descent moves every parameter, and --at holds some; leave out --start or --at"
        )
    start = parse_start(options["start"])
    return minimize(text, start, lr=rates_of([options["lr"]])[0], epochs=options["epochs"])
