"""The command `minimize`: gradient descent on a formula."""

from typing import TYPE_CHECKING, Any

import click

from steepest.cli.command import FormulaCommand, headed
from steepest.cli.options import output_options_of_runs, stopping_options, together
from steepest.cli.progress import ProgressBar
from steepest.wording.fact import phrase
from steepest.wording.text_table import labelled

if TYPE_CHECKING:
    from steepest.problems.known_functions import KnownFunction


def _list_functions(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        print(_known_functions())
        context.exit()


_descent, _calculus, _output = headed("Descent"), headed("Formula"), headed("Output")
_stopping, _FILE = headed("Stopping"), click.Path()

_descent_options = together(
    _descent("--start", multiple=True, help="Numbers by position or name (-1.5,2 or x=-1.5,y=2), "
             "or random; given again: one more run."),
    _descent("--lr", multiple=True, help="Learning rate: a number, auto, or a schedule such as "
             "step:0.1,step_size=9 or backtracking:1; again: one more run."),
    _descent("--optimizer", multiple=True, help="sgd (default), adagrad, rmsprop, adam, adamw or "
             "newton; again: one more run."),
    _descent("--momentum", type=float, help="Momentum of sgd."),
    _descent("--nesterov", is_flag=True, default=None, help="Nesterov's momentum."),
    _descent("--bounds", multiple=True, help="Keep a parameter within bounds: x=0:1, x=0: or x=:1; "
             "again for another."),
    _descent("--seed", type=int, default=0, help="Seed of random starts."),
)  # fmt: skip
_file_options = together(
    _output("--save", type=_FILE, help="Write the run to this .steepest file."),
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
@output_options_of_runs
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
    from steepest.cli.formula_runs import Asked
    from steepest.cli.result_files import ResultFiles, finish

    files = ResultFiles.of(options)
    asked = Asked.of(formula, options)
    asked.check(files)
    unasked = False if quiet or as_json else None
    begun = asked.begin_calculus(unasked if calculus is None else calculus)
    with ProgressBar(quiet) as progress:
        result = asked.descend(progress.epochs)
    finish(result, files, as_json, quiet, begun)


def _known_functions() -> str:
    """A paragraph for each: its formula and where it is least."""
    from steepest.problems.known_functions import KNOWN

    width = max(map(len, KNOWN)) + 2
    return "\n".join(labelled(name, _function_words(each), width) for name, each in KNOWN.items())


def _function_words(one: "KnownFunction") -> str:
    return phrase("known function", formula=one.formula, minimum=one.minimum, at=one.minima)
