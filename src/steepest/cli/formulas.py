"""Commands on formulas: minimize, search, graph."""

from typing import Any

import click

from steepest.cli.command import FormulaCommand, headed
from steepest.cli.options import printing_options, stopping_options, together
from steepest.cli.outputs import check_outputs, print_json, say_written
from steepest.cli.pictures import PICTURES, check_ending
from steepest.cli.progress import ProgressBar
from steepest.errors import InputError


def _list_functions(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        from steepest.cli.functions import known_functions

        print(known_functions())
        context.exit()


_descent, _calculus, _output = headed("Descent"), headed("Formula"), headed("Output")
_grid, _beside, _values = headed("Grid"), headed("A descent beside it"), headed("Values")
_stopping, _FILE = headed("Stopping"), click.Path()

_descent_options = together(
    _descent("--start", multiple=True, help="Numbers by position or name (-1.5,2 or x=-1.5,y=2), "
             "or random; given again: one more run."),
    _descent("--lr", multiple=True, help="Learning rate: a number, auto, or a schedule such as "
             "step:0.1,step_size=9 or backtracking:1; again: one more run."),
    _descent("--optimizer", multiple=True, help="sgd (default), adagrad, rmsprop, adam or adamw; "
             "again: one more run."),
    _descent("--momentum", type=float, help="Momentum of sgd."),
    _descent("--nesterov", is_flag=True, default=None, help="Nesterov's momentum."),
    _descent("--bounds", multiple=True, help="Keep a parameter within bounds: x=0:1, x=0: or x=:1; "
             "again for another."),
    _descent("--seed", type=int, default=0, help="Seed of random starts."),
)  # fmt: skip
_file_options = together(
    _output("--save", type=_FILE, help="Write the run to this .steepest file."),
    _output("--report", type=_FILE, help="Write an HTML report to this file."),
    _output("--plot", type=_FILE, help="Draw to this .png, .svg or .pdf file."),
    _output("--view", help="Which picture --plot draws: curve, contour, plane, surface, "
            "objective, parameters or gradient; of several runs page, objective or contour."),
    _output("--animate", type=_FILE, help="Write the descent as a film: .gif or .mp4."),
    _output("--steps", type=_FILE, help="Write the steps to this .csv or .json file."),
)  # fmt: skip


@click.command(cls=FormulaCommand)
@click.argument("formula")
@_descent_options
@_stopping("--epochs", type=int, help="Stop after so many epochs; by default 1000.")
@stopping_options
@_calculus(
    "--calculus/--no-calculus",
    default=None,
    help="Derivatives and stationary points; by default of small formulas.",
)
@_calculus(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_functions,
    help="List the known functions.",
)
@_file_options
@printing_options
def minimize(
    formula: str,
    calculus: bool | None,
    as_json: bool,
    quiet: bool,
    debug: bool,
    **options: Any,
) -> None:
    """Run gradient descent on FORMULA, such as "x^2 - 4x + 5", or on a known function by its name.

    Every combination of the starts, learning rates and optimizers that are given is run.
    """
    from steepest.cli.descents import Asked
    from steepest.cli.run_files import RunFiles, finish_runs

    files = RunFiles.of(options)
    asked = Asked.of(formula, options)
    files.check(asked.runs)
    unasked = False if quiet or as_json else None
    begun = asked.begin_calculus(unasked if calculus is None else calculus)
    with ProgressBar(quiet) as progress:
        result = asked.descend(progress.epochs)
    finish_runs(result, files, begun, as_json, quiet)


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
    from steepest.cli.descents import beside, values_of
    from steepest.cli.searches import finish_search

    check_ending("--csv", csv, (".csv",))
    check_ending("--plot", plot, PICTURES)
    check_outputs([csv, plot], [])
    others = values_of(at)
    if descent["start"] is None and (descent["lr"] != "auto" or descent["epochs"] is not None):
        raise InputError("--lr and --epochs are of a descent beside the search; give --start too")
    path = None if descent["start"] is None else beside(formula, others, descent)
    with ProgressBar(quiet) as progress:
        found = search_grid(formula, list(over), at=others, progress=progress.points)
    finish_search(found, path, csv, plot, as_json, quiet)


@click.command(cls=FormulaCommand)
@click.argument("formula")
@_values("--at", multiple=True, help="Values of the variables: a=5,b=3,c=2.")
@_output(
    "--save",
    type=click.Path(),
    help="Write the graph to this file: .svg, .png, .pdf, .mmd (Mermaid) or .dot.",
)
@_output("--steps", is_flag=True, help="Print every step forward and backward in words.")
@printing_options
def graph(
    formula: str,
    at: tuple[str, ...],
    save: str | None,
    steps: bool,
    as_json: bool,
    quiet: bool,
    debug: bool,
) -> None:
    """Show the graph of FORMULA: its values forward, and its gradients backward edge by edge."""
    from steepest.api.graph import graph as make_graph
    from steepest.cli.descents import values_of
    from steepest.cli.graphs import ENDINGS, formula_of, save_graph, summarize, to_dict

    check_ending("--save", save, ENDINGS)
    check_outputs([save], [])
    values = values_of(at)
    formula = formula_of(formula, len(values))
    made = make_graph(formula, **values)
    events = [str(event) for event in made.steps()]
    if save is not None:
        save_graph(made, save)
    if as_json:
        print_json(to_dict(made, formula, events))
    elif not quiet:
        print(summarize(made, formula, events if steps else []))
    say_written([save], quiet)
