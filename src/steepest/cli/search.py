"""The command `search`: every point of a grid over a formula, or a table's parameters."""

from typing import TYPE_CHECKING, Any

import click

from steepest.cli.command import FormulaCommand, headed
from steepest.cli.options import (
    coding_options,
    engine_options,
    listed,
    loss_of,
    loss_options,
    printing_options,
    rates_of,
    reading_options,
    refuse_table_options,
    row_options,
    values_of,
)
from steepest.cli.outputs import PICTURES, check_ending, check_outputs, open_source
from steepest.cli.progress import ProgressBar
from steepest.errors import InputError

if TYPE_CHECKING:
    from steepest.results.run import Run

_grid, _beside, _output = headed("Grid"), headed("A descent beside it"), headed("Output")

_OF_FORMULAS = (
    *("source", "over", "at", "start", "lr", "epochs", "csv", "plot"),
    *("as_json", "quiet", "debug"),
)


@click.command(cls=FormulaCommand)
@click.argument("source")
@_grid(
    "--over",
    multiple=True,
    required=True,
    help="Values to try: name=lower:upper:step, both ends included; again for another.",
)
@_grid(
    "--at",
    multiple=True,
    help="Values of the others: name=number, by commas; of a table by default the fit's.",
)
@row_options
@coding_options
@engine_options
@reading_options
@loss_options
@_beside("--start", help="Run a descent from here beside the search.")
@_beside("--lr", default="auto", help="Learning rate of that descent.")
@_beside("--epochs", type=int, help="Epochs of that descent.")
@_output("--csv", type=click.Path(), help="Write every point to this .csv file.")
@_output("--plot", type=click.Path(), help="Draw to this .png, .svg or .pdf file.")
@printing_options
@click.pass_context
def search(
    context: click.Context,
    /,
    source: str,
    over: tuple[str, ...],
    at: tuple[str, ...],
    csv: str | None,
    plot: str | None,
    as_json: bool,
    quiet: bool,
    debug: bool,
    start: str | None,
    lr: str,
    epochs: int | None,
    **options: Any,
) -> None:
    """Try every point of a grid over SOURCE, a formula or the parameters of a table, and show the
    least.

    \b
    steepest search "14/3*(w-2)**2" --over w=0:4:0.1
    steepest search points.csv -t y --over x=0:4:0.1 --over intercept=-1:1:0.1
    """
    from steepest.api.search import search as search_grid
    from steepest.api.study import is_table
    from steepest.cli.search_output import finish_search
    from steepest.tables.samples import PREFIX

    rows = is_table(source, options["target"])
    if not rows:
        refuse_table_options(context, source, _OF_FORMULAS)
    elif options["target"] is None and not source.startswith(PREFIX):
        raise click.MissingParameter(param_hint="'--target' / '-t'", param_type="option")
    check_ending("--csv", csv, (".csv",))
    check_ending("--plot", plot, PICTURES)
    check_outputs([csv, plot], [])
    others = values_of(at)
    if start is None and (lr != "auto" or epochs is not None):
        raise InputError("--lr and --epochs are of a descent beside the search; give --start too")
    if start is not None and rows:
        raise InputError(
            "a descent beside the search is one of a formula; that of a table is drawn by "
            "fit, with --plot and --view contour"
        )
    path = None if start is None else _descent_beside(source, others, start, lr, epochs)
    table: dict[str, Any] = {"objective": source}
    if rows:
        table = _of_table(source, options, [csv, plot])
    with ProgressBar(quiet) as progress:
        found = search_grid(**table, over=list(over), at=others, progress=progress.points)
    finish_search(found, path, csv, plot, as_json, quiet)


def _of_table(source: str, options: dict[str, Any], outputs: list[str | None]) -> dict[str, Any]:
    """What `steepest.search` takes of a table; the options are used up."""
    for name in ("features", "exclude"):
        options[name] = listed(options[name])
    table = open_source(source, options, outputs)
    return {"objective": table, "loss": loss_of(options), **options}


def _descent_beside(
    text: str, others: dict[str, float], begin: str, lr: str, epochs: int | None
) -> "Run":
    """The descent that is compared with a search."""
    from steepest.api.minimize import minimize
    from steepest.problems.starts import parse_start

    if others:
        raise InputError(
            "a descent moves every parameter, and --at holds some; leave out --start or --at"
        )
    return minimize(text, parse_start(begin), lr=rates_of([lr])[0], epochs=epochs)
