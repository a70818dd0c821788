"""The command that compares batch sizes on a table."""

import sys
from contextlib import suppress
from typing import Any

import click

from steepest.cli.options import (
    listed,
    number_or_text,
    printing_options,
    reading_options,
    start_of,
)
from steepest.cli.outputs import INTERRUPTED, open_source, print_json, say_written
from steepest.cli.pictures import PICTURES, check_ending, save_picture
from steepest.cli.progress import ProgressBar
from steepest.cli.wrapped import labelled
from steepest.errors import InputError

_FULL = ("full", "all", "none")


@click.command()
@click.argument("source")
@click.option("--target", "-t", help="Name of the column to predict; a sample has its own.")
@click.option(
    "--batch-size",
    help="Rows to an update, separated by commas; full for all. Default: 1,10,100,full.",
)
@click.option("--epochs", type=int, default=20, help="Looks at all rows, of every run; default 20.")
@click.option(
    "--lr", multiple=True, help="Learning rate of all; again for each batch size, in their order."
)
@click.option("--features", help="Columns to use, separated by commas; default: all others.")
@click.option("--exclude", help="Columns not to use, separated by commas.")
@click.option("--weights", help="Name of a column of row weights.")
@click.option("--intercept/--no-intercept", default=True, help="Fit an intercept (default).")
@click.option(
    "--standardize/--no-standardize", default=True, help="Descend on standardised features."
)
@click.option("--loss", default="squared", help="As of steepest fit.")
@click.option("--delta", type=float, help="Where the huber loss turns straight.")
@click.option("--quantile", type=float, help="Which quantile, of the quantile loss.")
@click.option("--power", type=float, help="Power of the tweedie loss.")
@click.option("--ridge", type=float, default=0.0, help="Penalty on the coefficients' squares.")
@click.option("--l1", type=float, default=0.0, help="Penalty on their sizes.")
@click.option("--positive", is_flag=True, help="Coefficients of 0 or more.")
@click.option("--optimizer", default="sgd", help="sgd, adagrad, rmsprop, adam or adamw.")
@click.option("--momentum", type=float, help="Momentum of sgd.")
@click.option("--nesterov", is_flag=True, default=None, help="Nesterov's momentum.")
@click.option("--shuffle/--no-shuffle", default=True, help="Mini-batches in random order.")
@click.option("--start", help="random, numbers, or name=number, separated by commas.")
@click.option("--seed", type=int, default=0, help="Seed of orders and random starts.")
@click.option("--missing", default="error", help="Missing values: error, drop or mean.")
@reading_options
@click.option("--plot", type=click.Path(), help="Draw the picture: .png, .svg or .pdf.")
@click.option("--report", type=click.Path(), help="Write an HTML report to this file.")
@printing_options
def compare(
    source: str,
    plot: str | None,
    report: str | None,
    as_json: bool,
    quiet: bool,
    debug: bool,
    **options: Any,
) -> None:
    """Descend on SOURCE in batches of several sizes, at equal rows seen.

    \b
    steepest compare points.csv --target y --batch-size 1,10,100,full
    """
    from steepest.api.compare_batches import compare_batches
    from steepest.tables.samples import PREFIX

    if options["target"] is None and not source.startswith(PREFIX):
        raise click.MissingParameter(param_hint="'--target' / '-t'", param_type="option")
    check_ending("--plot", plot, PICTURES)
    options["batch_size"] = sizes_of(options["batch_size"])
    rates = [number_or_text(text) for text in options["lr"]]
    options["lr"] = rates if len(rates) > 1 else rates[0] if rates else "auto"
    options["start"] = start_of(options["start"])
    for name in ("features", "exclude"):
        options[name] = listed(options[name])
    table = open_source(source, options, [plot, report])
    with ProgressBar(quiet) as progress:
        found = compare_batches(
            table, **options, progress=progress.rows, step_progress=progress.steps
        )
    if plot is not None:
        save_picture(found.plot(), plot)
    if report is not None:
        found.report(report)
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        print(found.summary())
        for label, path in zip(found.labels, found, strict=True):
            print(f"\n{labelled(label, str(path.verdict))}")
    say_written([plot, report], quiet)
    if any(path.verdict.kind == "interrupted" for path in found):
        sys.exit(INTERRUPTED)


def sizes_of(text: str | None) -> list[int | None] | None:
    """Batch sizes between commas; None in the list for all rows."""
    if text is None:
        return None
    parts = [part.strip().lower() for part in text.split(",") if part.strip()]
    with suppress(ValueError):
        sizes = [None if part in _FULL else int(part) for part in parts]
        if sizes and all(size is None or size > 0 for size in sizes):
            return sizes
    raise InputError(
        f"--batch-size is {text!r}; give whole numbers above 0 and full, as in 1,10,100,full"
    )
