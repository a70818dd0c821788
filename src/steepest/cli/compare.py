"""The command that compares descents of a table or of a formula."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from steepest.cli.command import FormulaCommand, headed
from steepest.cli.options import (
    coding_options,
    engine_options,
    listed,
    loss_of,
    loss_options,
    output_options_of_runs,
    rates_of,
    reading_options,
    refuse_table_options,
    row_options,
    start_of,
    stopping_of,
    stopping_options,
)
from steepest.cli.outputs import open_source
from steepest.cli.progress import ProgressBar
from steepest.errors import InputError

if TYPE_CHECKING:
    from steepest.cli.result_files import ResultFiles
    from steepest.results.study import Study

_FULL = ("full", "all", "none")
# What studies of a formula have too.
_SHARED = (
    *("start", "lr", "optimizer", "momentum", "nesterov", "epochs", "tolerance"),
    *("gradient_tolerance", "patience", "time_limit", "seed"),
)


_WRITTEN = ("report", "plot", "animate", "view", "parameters", "as_json", "quiet", "debug")
_compared, _descent = headed("What is compared"), headed("Descent")
_stopping = headed("Stopping")


@click.command(cls=FormulaCommand)
@click.argument("source")
@_compared("--lr", multiple=True, help="Learning rate or schedule; again: more runs.")
@_compared(
    "--optimizer",
    multiple=True,
    help="sgd (default), adagrad, rmsprop, adam, adamw or newton; again: more runs.",
)
@_compared(
    "--batch-size",
    multiple=True,
    help="Rows to an update, separated by commas; full for all. Default: all; without several "
    "rates, optimizers or starts 1,10,100,full.",
)
@_compared(
    "--start",
    multiple=True,
    help="random, numbers, or name=number, separated by commas; again: more runs.",
)
@row_options
@coding_options
@engine_options
@reading_options
@loss_options
@_descent("--momentum", type=float, help="Momentum of sgd.")
@_descent("--nesterov", is_flag=True, default=None, help="Nesterov's momentum.")
@_descent("--shuffle/--no-shuffle", default=True, help="Take rows in random order (default).")
@_descent("--seed", type=int, default=0, help="Seed of orders and random starts.")
@_stopping("--epochs", type=int, help="Looks at all rows, of every run; of a table 20.")
@stopping_options
@output_options_of_runs
@click.pass_context
def compare(
    context: click.Context,
    /,
    source: str,
    as_json: bool,
    quiet: bool,
    debug: bool,
    **options: Any,
) -> None:
    """Run several descents on SOURCE, a table or a formula, side by side: every combination of the
    rates, optimizers, batch sizes and starts that are given.

    \b
    steepest compare points.csv --target y --batch-size 1,10,100,full
    steepest compare points.csv -t y --optimizer sgd --optimizer adam --lr 0.1
    steepest compare "x^2 - 4x + 5" --start 7 --lr 0.1 --lr 0.3
    """
    from steepest.api.study import is_table
    from steepest.cli.result_files import ResultFiles, finish

    files = ResultFiles.of(options)
    if not is_table(source, options["target"]):
        refuse_table_options(context, source, (*_SHARED, *_WRITTEN, "source"))
        shared = {name: options[name] for name in _SHARED}
        _compare_formula(source, shared, files, as_json, quiet)
        return
    files.check("study")
    for name in ("features", "exclude"):
        options[name] = listed(options[name])
    table = open_source(source, options, files.outputs)
    finish(_study(table, options, quiet), files, as_json, quiet)


def _study(table: Any, options: dict[str, Any], quiet: bool) -> "Study":
    from steepest.api.study import study

    starts = [start_of(text) for text in options.pop("start")]
    options["lr"] = rates_of(options["lr"]) or "auto"
    options["optimizer"] = list(options["optimizer"]) or "sgd"
    options["batch_size"] = _batches(sizes_of(options["batch_size"]), options.pop("shuffle"))
    options |= {"loss": loss_of(options), "stopping": stopping_of(options)}
    with ProgressBar(quiet) as progress:
        return study(table, starts=starts or None, progress=progress, **options)


def _batches(sizes: "list[int | None] | None", shuffle: bool) -> Any:
    from steepest.models.mini_batches import MiniBatches

    if sizes is None:
        return MiniBatches(shuffle=shuffle)
    return [None if size is None else MiniBatches(size, shuffle) for size in sizes]


def _compare_formula(
    formula: str, options: dict[str, Any], files: "ResultFiles", as_json: bool, quiet: bool
) -> None:
    """As `steepest minimize` does, which has more options for formulas."""
    from steepest.cli.formula_runs import Asked
    from steepest.cli.result_files import finish

    asked = Asked.of(formula, {**options, "bounds": ()})
    asked.check(files)
    with ProgressBar(quiet) as progress:
        result = asked.descend(progress.epochs)
    finish(result, files, as_json, quiet)


def sizes_of(texts: Sequence[str]) -> list[int | None] | None:
    """Batch sizes between commas; None in the list for all rows, None for no list."""
    if not texts:
        return None
    parts = [part.strip().lower() for text in texts for part in text.split(",") if part.strip()]
    with suppress(ValueError):
        sizes = [None if part in _FULL else int(part) for part in parts]
        if sizes and all(size is None or size > 0 for size in sizes):
            return sizes
    raise InputError(
        "--batch-size is {texts!r}; give whole numbers above 0 and full, as in 1,10,100,full",
        texts=",".join(texts),
    )
