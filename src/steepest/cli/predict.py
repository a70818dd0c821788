"""The command `predict`: predictions of a fitted model for new rows."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from steepest.cli.command import HeadedCommand, headed
from steepest.cli.options import debug_option, engine_options, reading_options
from steepest.cli.outputs import check_outputs, open_source, say_written
from steepest.cli.terminal import pass_on
from steepest.errors import InputError

if TYPE_CHECKING:
    from steepest.tables.encoding_parts import Unseen

_OTHER_FORMATS = (".parquet", ".json", ".jsonl", ".xlsx", ".gz")
_rows, _output = headed("Rows"), headed("Output")


@click.command(cls=HeadedCommand)
@click.argument("model", type=click.Path())
@click.argument("source")
@_rows(
    "--unseen",
    default="error",
    help="Levels of text that the model has not seen: error (default), missing (no prediction), or "
    "base (as the level that the others are measured from).",
)
@reading_options
@engine_options
@_output("--out", type=click.Path(), help="Write to this file; default: standard output.")
@debug_option
def predict(
    model: str, source: str, unseen: "Unseen", out: str | None, debug: bool, **options: Any
) -> None:
    """Predict the rows of SOURCE with MODEL; writes them with a column `prediction` as CSV."""
    from steepest.models.model_file_reader import load_fit
    from steepest.models.predict import check_unseen
    from steepest.models.prediction_table import prediction_lines
    from steepest.storage.atomic_write import write_bytes
    from steepest.tables.column_encoding import Tally
    from steepest.tables.table import Table

    _check_table_name(out)
    check_unseen(unseen)
    check_outputs([out], [model])
    loaded, table = load_fit(model), open_source(source, options, [out]).opened
    if not isinstance(table, Table):
        raise InputError(
            "{source}: its rows are not at hand; predict in Python instead", source=source
        )
    delimiter = "\t" if out is not None and out.endswith(".tsv") else ","
    tally = Tally()
    lines = prediction_lines(loaded, table, delimiter, unseen=unseen, tally=tally)
    if out is None:
        pass_on(lines)
    else:
        write_bytes(out, (line.encode("utf-8", errors="backslashreplace") for line in lines))
        say_written([out], quiet=False)
    for note in tally.notes_on_unseen(unseen):
        print(note, file=sys.stderr)


def _check_table_name(out: str | None) -> None:
    """Predictions are text: another format's name would lie."""
    if out is not None and Path(out).suffix.lower() in _OTHER_FORMATS:
        raise InputError(
            "{out}: predictions are written as CSV; give a name in .csv or .tsv", out=out
        )
