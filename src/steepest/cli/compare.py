"""The command that compares batch sizes on a table."""

import sys
from typing import Any

import click

from steepest.cli.command import HeadedCommand, headed
from steepest.cli.options import (
    listed,
    loss_options,
    number_or_text,
    printing_options,
    reading_options,
    row_options,
    start_of,
)
from steepest.cli.outputs import INTERRUPTED, open_source, print_json, say_written
from steepest.cli.pictures import PICTURES, check_ending, save_picture
from steepest.cli.progress import ProgressBar
from steepest.cli.wrapped import labelled
from steepest.errors import InputError

_FULL = ("full", "all", "none")


_compared, _descent, _output = headed("What is compared"), headed("Descent"), headed("Output")


@click.command(cls=HeadedCommand)
@click.argument("source")
@_compared(
    "--batch-size",
    help="Rows to an update, separated by commas; full for all. Default: 1,10,100,full.",
)
@_compared("--epochs", type=int, default=20, help="Looks at all rows, of every run; default 20.")
@_compared(
    "--lr", multiple=True, help="Learning rate of all; again for each batch size, in their order."
)
@row_options
@reading_options
@loss_options
@_descent("--optimizer", default="sgd", help="sgd (default), adagrad, rmsprop, adam or adamw.")
@_descent("--momentum", type=float, help="Momentum of sgd.")
@_descent("--nesterov", is_flag=True, default=None, help="Nesterov's momentum.")
@_descent("--shuffle/--no-shuffle", default=True, help="Take rows in random order (default).")
@_descent("--start", help="random, numbers, or name=number, separated by commas.")
@_descent("--seed", type=int, default=0, help="Seed of orders and random starts.")
@_output("--plot", type=click.Path(), help="Draw the picture: .png, .svg or .pdf.")
@_output("--report", type=click.Path(), help="Write an HTML report to this file.")
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
    table = open_source(source, options, [plot, report])
    options["batch_size"] = sizes_of(options["batch_size"])
    rates = [number_or_text(text) for text in options["lr"]]
    options["lr"] = rates if len(rates) > 1 else rates[0] if rates else "auto"
    options["start"] = start_of(options["start"])
    for name in ("features", "exclude"):
        options[name] = listed(options[name])
    with ProgressBar(quiet) as progress:
        found = compare_batches(table, **options, progress=progress)
    if plot is not None:
        save_picture(found.plot(), plot)
    if report is not None:
        found.report(report)
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        click.echo(found.summary())
        for label, path in zip(found.labels, found, strict=True):
            click.echo(f"\n{labelled(label, str(path.verdict))}")
    say_written([plot, report], quiet)
    if any(path.verdict.kind == "interrupted" for path in found):
        sys.exit(INTERRUPTED)


def sizes_of(text: str | None) -> list[int | None] | None:
    """Batch sizes between commas; None in the list for all rows."""
    if text is None:
        return None
    try:
        return [
            None if part.strip().lower() in _FULL else int(part)
            for part in text.split(",")
            if part.strip()
        ]
    except ValueError:
        raise InputError(
            f"--batch-size is {text!r}; give whole numbers and full, as in 1,10,100,full"
        ) from None
