"""Commands on tables: fit, predict."""

from pathlib import Path
from typing import Any

import click

from steepest.cli.options import (
    check_contour,
    listed,
    number_or_text,
    output_options,
    reading_options,
    start_of,
)
from steepest.cli.outputs import check_outputs, finish, open_source, say_written
from steepest.cli.progress import ProgressBar
from steepest.cli.terminal import pass_on
from steepest.errors import InputError

_LOSS_HELP = (
    "squared, absolute, huber, quantile, log-cosh; for classes logistic, multinomial, hinge, "
    "squared-hinge; poisson, gamma, tweedie."
)
_OTHER_FORMATS = (".parquet", ".json", ".jsonl", ".xlsx", ".gz")


@click.command()
@click.argument("source")
@click.option("--target", "-t", help="Name of the column to predict; a sample has its own.")
@click.option("--features", help="Columns to use, separated by commas; default: all others.")
@click.option("--exclude", help="Columns not to use, separated by commas.")
@click.option("--weights", help="Name of a column of row weights.")
@click.option("--intercept/--no-intercept", default=True, help="Fit an intercept (default).")
@click.option(
    "--standardize/--no-standardize", default=True, help="Descend on standardised features."
)
@click.option("--loss", default="squared", help=_LOSS_HELP)
@click.option("--delta", type=float, help="Where the huber loss turns straight.")
@click.option("--quantile", type=float, help="Which quantile, of the quantile loss.")
@click.option("--power", type=float, help="Power of the tweedie loss.")
@click.option(
    "--ridge", type=float, default=0.0, help="Penalty on the squares of the descent's coefficients."
)
@click.option("--l1", type=float, default=0.0, help="Penalty on their sizes: makes some exactly 0.")
@click.option("--positive", is_flag=True, help="Coefficients of 0 or more.")
@click.option("--reduction", default="mean", help="mean (default) or sum of the rows' losses.")
@click.option("--optimizer", default="sgd", help="sgd, adagrad, rmsprop, adam or adamw.")
@click.option("--momentum", type=float, help="Momentum of sgd.")
@click.option("--nesterov", is_flag=True, default=None, help="Nesterov's momentum.")
@click.option(
    "--lr",
    default="auto",
    help="Learning rate: auto, a number, or a schedule such as step:0.1,step_size=9, "
    "exponential:0.1,gamma=0.99, cosine:0.1,epochs=100 or inverse:0.1,decay=0.01.",
)
@click.option("--batch-size", type=int, help="Rows to an update; default: all.")
@click.option("--shuffle/--no-shuffle", default=True, help="Mini-batches in random order.")
@click.option("--average", is_flag=True, help="End at the mean of the steps of mini-batches.")
@click.option("--checkpoint", type=click.Path(), help="Write mini-batches here, and go on from it.")
@click.option("--start", help="random, numbers, or name=number, separated by commas.")
@click.option("--epochs", type=int, help="Stop after so many epochs.")
@click.option("--tolerance", type=float, help="Stop at this relative change of the objective.")
@click.option("--gradient-tolerance", type=float, help="Stop at this norm of the gradient.")
@click.option("--patience", type=int, help="Stop after so many epochs without a lower objective.")
@click.option("--time-limit", type=float, help="Stop after so many seconds.")
@click.option("--validation", type=float, help="Hold out this fraction; stop where it is best.")
@click.option("--folds", type=int, help="Hold out each of so many folds; stop where they are best.")
@click.option("--seed", type=int, default=0, help="Seed of splits and random starts.")
@click.option("--missing", default="error", help="Missing values: error, drop or mean.")
@click.option("--accuracy", default="auto", help="fast, auto, or high (reads the rows twice).")
@click.option("--minimum-norm", is_flag=True, help="Accept rows that leave the answer open.")
@reading_options
@click.option("--save", type=click.Path(), help="Write the model to this .steepest file.")
@output_options
def fit(
    source: str,
    save: str | None,
    report: str | None,
    contour: str | None,
    as_json: bool,
    quiet: bool,
    debug: bool,
    **options: Any,
) -> None:
    """Fit a linear model to SOURCE: a file, a glob, a SELECT query over files, or a sample table
    such as sample:noisy-line,sigma=0.5,seed=3 (sample: alone names them all).
    """
    from steepest.api.fit import fit as fit_rows
    from steepest.tables.samples import PREFIX

    if options["target"] is None and not source.startswith(PREFIX):
        raise click.MissingParameter(param_hint="'--target' / '-t'", param_type="option")
    check_contour(contour, report)
    options["lr"] = number_or_text(options["lr"])
    options["start"] = start_of(options["start"])
    for name in ("features", "exclude"):
        options[name] = listed(options[name])
    table = open_source(source, options, [save, report, options["checkpoint"]])
    with ProgressBar(quiet) as progress:
        steps = progress.steps if options["batch_size"] is None else progress.epochs
        result = fit_rows(
            table,
            **options,
            progress=progress.rows,
            step_progress=steps,
            pace_progress=progress.pace,
        )
    if save is not None:
        result.save(save)
    finish(result, report, contour, as_json, quiet, [save])


@click.command()
@click.argument("model", type=click.Path())
@click.argument("source")
@click.option("--out", type=click.Path(), help="Write to this file; default: standard output.")
@reading_options
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def predict(model: str, source: str, out: str | None, debug: bool, **options: Any) -> None:
    """Predict the rows of SOURCE with MODEL; writes them with a column `prediction` as CSV."""
    from steepest.models.model_file import load_fit
    from steepest.models.prediction_table import prediction_lines
    from steepest.storage.atomic_write import write_bytes
    from steepest.tables.open_table import open_table
    from steepest.tables.table import Table

    _check_table_name(out)
    check_outputs([out], [model])
    loaded = load_fit(model)
    opened = open_source(source, options, [out])
    table = open_table(opened, **options)
    if not isinstance(table, Table):
        raise InputError(f"{source}: its rows are not at hand; predict in Python instead")
    delimiter = "\t" if out is not None and out.endswith(".tsv") else ","
    lines = prediction_lines(loaded, table, delimiter)
    if out is None:
        pass_on(lines)
    else:
        write_bytes(out, (line.encode("utf-8", errors="backslashreplace") for line in lines))
        say_written([out], quiet=False)


def _check_table_name(out: str | None) -> None:
    """Predictions are text: another format's name would lie."""
    if out is not None and Path(out).suffix.lower() in _OTHER_FORMATS:
        raise InputError(f"{out}: predictions are written as CSV; give a name in .csv or .tsv")
