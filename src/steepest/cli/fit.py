"""The command `fit`: a linear model of a table."""

from typing import Any

import click

from steepest.cli.command import HeadedCommand, headed
from steepest.cli.options import (
    coding_options,
    engine_options,
    listed,
    loss_of,
    loss_options,
    number_or_text,
    output_options_of_fit,
    reading_options,
    row_options,
    start_of,
    stopping_of,
    stopping_options,
)
from steepest.cli.outputs import open_source
from steepest.cli.progress import ProgressBar
from steepest.errors import InputError

_loss, _descent = headed("Loss and penalty"), headed("Descent")
_batches, _held_out = headed("Mini-batches"), headed("Held-out rows")
_stopping, _exactness, _output = headed("Stopping"), headed("Exactness"), headed("Output")


@click.command(cls=HeadedCommand)
@click.argument("source")
@row_options
@coding_options
@engine_options
@reading_options
@loss_options
@_loss("--reduction", default="mean", help="mean (default) or sum of the rows' losses.")
@_descent(
    "--optimizer",
    default="auto",
    help="sgd, adagrad, rmsprop, adam, adamw, newton or interior-point; default auto: where "
    "nothing of the way is given newton, interior-point for losses with kinks; else sgd.",
)
@_descent("--momentum", type=float, help="Momentum of sgd.")
@_descent("--nesterov", is_flag=True, default=None, help="Nesterov's momentum.")
@_descent(
    "--lr",
    default="auto",
    help="Learning rate: auto, a number, or a schedule such as step:0.1,step_size=9, "
    "exponential:0.1,gamma=0.99, cosine:0.1,epochs=100 or inverse:0.1,decay=0.01.",
)
@_descent("--start", help="random, numbers, or name=number, separated by commas.")
@_descent("--seed", type=int, default=0, help="Seed of splits, orders and random starts.")
@_batches("--batch-size", type=int, help="Rows to an update; default: all.")
@_batches("--shuffle/--no-shuffle", default=True, help="Take rows in random order (default).")
@_batches("--average", is_flag=True, help="End at the mean of the steps.")
@_batches("--checkpoint", type=click.Path(), help="Write to this file, and go on from it.")
@_stopping("--epochs", type=int, help="Stop after so many epochs.")
@stopping_options
@_held_out("--validation", type=float, help="Hold out this fraction; stop where it is best.")
@_held_out(
    "--folds",
    type=int,
    help="Hold out each of so many folds; stop where they are best, or with a penalty along a path "
    "choose its strength by them (5 where nothing is said).",
)
@_exactness("--accuracy", default="auto", help="fast, auto, or high (reads the rows twice).")
@_exactness(
    "--dependent",
    help="Where the rows do not determine the answer: drop columns that others explain (default), "
    "error, or minimum_norm.",
)
@_exactness("--minimum-norm", is_flag=True, help="As --dependent minimum_norm.")
@_exactness(
    "--errors",
    default="classical",
    help="Standard errors: classical, robust, HC0, HC1, HC2 or HC3.",
)
@_output("--save", type=click.Path(), help="Write the model to this .steepest file.")
@output_options_of_fit
def fit(
    source: str,
    as_json: bool,
    quiet: bool,
    debug: bool,
    **options: Any,
) -> None:
    """Fit a linear model to SOURCE: a file, a glob, a SELECT query over files, or a sample table
    such as sample:noisy-line,sigma=0.5,seed=3 (sample: alone names them all).
    """
    from steepest.api.fit import fit as fit_rows
    from steepest.cli.result_files import ResultFiles, finish
    from steepest.models.mini_batches import MiniBatches
    from steepest.tables import samples

    if source.strip() == samples.PREFIX and not as_json:
        print(samples.listing())
        return
    files = ResultFiles.of(options)
    files.check("fit")
    options["lr"] = number_or_text(options["lr"])
    options["start"] = start_of(options["start"])
    for name in ("features", "exclude"):
        options[name] = listed(options[name])
    table = open_source(source, options, [*files.outputs, options["checkpoint"]])
    loss, stopping = loss_of(options), stopping_of(options)
    batches = MiniBatches(
        options.pop("batch_size"),
        **{name: options.pop(name) for name in ("shuffle", "average", "checkpoint")},
    )
    options["dependent"] = _dependent(options["dependent"], options.pop("minimum_norm"))
    # Epochs of mini-batches take a while each.
    with ProgressBar(quiet, every=256 if batches.size is None else 1) as progress:
        result = fit_rows(
            table,
            loss=loss,
            batch_size=batches,
            stopping=stopping,
            progress=progress,
            **options,
        )
    finish(result, files, as_json, quiet)


def _dependent(given: str | None, minimum_norm: bool) -> str:
    if minimum_norm and given not in (None, "minimum_norm"):
        raise InputError(
            "dependent is {given!r}, which minimum_norm is not; give one of them", given=given
        )
    return "minimum_norm" if minimum_norm else given or "drop"
