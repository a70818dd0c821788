"""The command line: translates arguments, calls the API, prints what comes back."""

import glob
import json
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from steepest import __version__
from steepest.errors import InputError, SteepestError

if TYPE_CHECKING:
    from tqdm import tqdm

    from steepest.model.fit import Fit

INTERRUPTED = 130
UNWRITABLE = 74
_OTHER_FORMATS = (".parquet", ".json", ".jsonl", ".xlsx", ".gz")


def main() -> None:
    """Run the command line; every outcome has its exit code.

    0: done; 2: something handed in cannot be used; 1: a fault of steepest; 74: the result could not
    be written; 130: Ctrl-C.
    """
    debug = "--debug" in sys.argv
    try:
        code = steepest.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        code = _say("interrupted", INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx is not None else "", err=True)
        code = 2
    except click.ClickException as error:
        code = _say(error.format_message(), 2)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second one ends it at once
        code = _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except OSError as error:
        if debug:
            raise
        code = _say(f"the output could not be written: {error.strerror or error}", UNWRITABLE)
    except SteepestError as error:
        if debug:
            raise
        code = _say(str(error), error.exit_code)
    except MemoryError:
        code = _say("there is not enough memory for this; use fewer columns or a smaller table", 1)
    except Exception as error:
        if debug:
            raise
        code = _say(
            f"steepest itself failed ({type(error).__name__}: {error}); run again with --debug for "
            "the details",
            1,
        )
    sys.exit(code if isinstance(code, int) else 0)


def _say(message: str, code: int) -> int:
    line = " ".join(str(message).split())
    print(f"steepest: {line}", file=sys.stderr)
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="steepest")
def steepest() -> None:
    """Gradient descent on a table of any size, and why it went the way it did."""


def _reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """How to read a text file, where detection is not wanted."""
    for option in (
        click.option("--encoding", help="Encoding of a text file, e.g. utf-8, gbk, latin-1."),
        click.option("--delimiter", help="Character between fields, e.g. ';' or '\\t'."),
        click.option("--names", help="Column names, separated by commas."),
        click.option("--header/--no-header", default=None, help="Whether line 1 holds names."),
    ):
        command = option(command)
    return command


def _output_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
        click.option("--quiet", is_flag=True, help="Print nothing but what --json asks for."),
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
        click.option("--contour", help="Two parameters, separated by a comma, for its contour."),
        click.option("--report", type=click.Path(), help="Write an HTML report to this file."),
    ):
        command = option(command)
    return command


@steepest.command()
@click.argument("source")
@click.option("--target", "-t", required=True, help="Name of the column to predict.")
@click.option("--features", help="Columns to use, separated by commas; default: all others.")
@click.option("--exclude", help="Columns not to use, separated by commas.")
@click.option("--weights", help="Name of a column of row weights.")
@click.option("--intercept/--no-intercept", default=True, help="Fit an intercept (default).")
@click.option(
    "--standardize/--no-standardize", default=True, help="Descend on standardised features."
)
@click.option(
    "--ridge", type=float, default=0.0, help="Penalty on the squares of the descent's coefficients."
)
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
@_reading_options
@click.option("--save", type=click.Path(), help="Write the model to this .steepest file.")
@_output_options
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
    """Fit a linear model to SOURCE: a file, a glob, or a SELECT query over files."""
    from steepest.api import fit as fit_rows

    _check_outputs([save, report], [source])
    options["lr"] = _number_or_text(options["lr"])
    options["start"] = _start(options["start"])
    for name in ("features", "exclude", "names"):
        options[name] = _listed(options[name])
    with _Progress(quiet) as progress:
        result = fit_rows(source, **options, progress=progress.rows, step_progress=progress.steps)
    if save is not None:
        result.save(save)
    _finish(result, report, contour, as_json, quiet, [save])


@steepest.command()
@click.argument("model", type=click.Path())
@click.argument("source")
@click.option("--out", type=click.Path(), help="Write to this file; default: standard output.")
@_reading_options
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def predict(model: str, source: str, out: str | None, debug: bool, **options: Any) -> None:
    """Predict the rows of SOURCE with MODEL; writes them with a column `prediction` as CSV."""
    from steepest.model.export import prediction_lines
    from steepest.model.file import load
    from steepest.rows.source import open_table
    from steepest.rows.table import Table
    from steepest.storage import write_bytes

    _check_table_name(out)
    _check_outputs([out], [model, source])
    options["names"] = _listed(options["names"])
    loaded, table = load(model), open_table(source, **options)
    if not isinstance(table, Table):
        raise InputError(f"{source}: its rows are not at hand; predict in Python instead")
    delimiter = "\t" if out is not None and out.endswith(".tsv") else ","
    lines = prediction_lines(loaded, table, delimiter)
    if out is None:
        for line in lines:
            click.echo(line, nl=False)
    else:
        write_bytes(out, (line.encode() for line in lines))
        click.echo(f"{out} written", err=True)


@steepest.command()
@click.argument("model", type=click.Path())
@_output_options
def show(
    model: str, report: str | None, contour: str | None, as_json: bool, quiet: bool, debug: bool
) -> None:
    """Show what a .steepest file holds."""
    from steepest.model.file import load

    _check_outputs([report], [model])
    _finish(load(model), report, contour, as_json, quiet, [])


def _finish(
    result: "Fit",
    report: str | None,
    contour: str | None,
    as_json: bool,
    quiet: bool,
    written: list[str | None],
) -> None:
    """Write the report, print the result, and leave with the code of an interrupted run."""
    if report is not None:
        result.report(report, _pair(contour))
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=2, ensure_ascii=False, allow_nan=False))
    elif not quiet:
        click.echo(result.summary())
    if not quiet:
        for path in [*written, report]:
            if path is not None:
                click.echo(f"{path} written", err=True)
    if result.verdict.kind == "interrupted":
        sys.exit(INTERRUPTED)


def _check_outputs(outputs: list[str | None], inputs: list[str]) -> None:
    """Say before the long work that an output cannot be written, or would overwrite an input."""
    from steepest.storage import check_writable

    given = [Path(path) for path in outputs if path is not None]
    for path in given:
        for source in _files(inputs):
            if path.exists() and path.samefile(source):
                raise InputError(f"{path} is read by this command; give the output another name")
        check_writable(path)
    if len({path.absolute() for path in given}) < len(given):
        raise InputError(f"{given[0]}: two outputs have this name; give each its own")


def _files(sources: list[str]) -> list[Path]:
    """The files that exist among what sources name: paths, globs, and texts within a query."""
    names = [name for source in sources for name in [source, *re.findall(r"'([^']+)'", source)]]
    return [Path(found) for name in names if "\0" not in name for found in [name, *glob.glob(name)]
            if Path(found).is_file()]  # fmt: skip


def _check_table_name(out: str | None) -> None:
    """Predictions are text: another format's name would lie."""
    if out is not None and Path(out).suffix.lower() in _OTHER_FORMATS:
        raise InputError(f"{out}: predictions are written as CSV; give a name in .csv or .tsv")


def _listed(text: str | None) -> list[str] | None:
    """Names between commas; a name that holds a comma goes between double quotes."""
    import csv

    return None if text is None else next(csv.reader([text], skipinitialspace=True))


def _pair(text: str | None) -> tuple[str, str] | None:
    names = _listed(text)
    if names is None:
        return None
    if len(names) != 2:
        raise InputError(f"--contour is {text!r}; give two parameters, for example x,intercept")
    return names[0], names[1]


def _number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _start(text: str | None) -> Any:
    if text is None or text == "random":
        return text
    parts = [part.rpartition("=") for part in _listed(text) or []]
    try:
        if all(name for name, _, _ in parts):
            return {name.strip(): float(value) for name, _, value in parts}
        return [float(value) for _, _, value in parts]
    except ValueError:
        raise InputError(
            f"--start is {text!r}; give numbers (1,2), names and numbers (x=1,y=2), or random"
        ) from None


class _Progress:
    """Bars on standard error: rows while they are read, epochs while they are walked."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.bar: tqdm[Any] | None = None
        self.unit = ""

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def rows(self, done: int, total: int | None) -> None:
        """So many rows have been read."""
        self._show(done, total, " rows")

    def steps(self, done: int, objective: float) -> None:
        """So many epochs have been walked."""
        if done % 256 == 0:
            self._show(done, None, " epochs", objective)

    def _show(
        self, done: int, total: int | None, unit: str, objective: float | None = None
    ) -> None:
        if self.quiet:
            return
        if self.bar is None or self.unit != unit:
            from tqdm import tqdm

            if self.bar is not None:
                self.bar.close()
            self.unit = unit
            self.bar = tqdm(
                total=total,
                unit=unit,
                unit_scale=True,
                leave=False,
                delay=0.5,
                file=sys.stderr,
                disable=None,  # None: where standard error is no terminal
            )
        self.bar.update(done - self.bar.n)
        if objective is not None:
            self.bar.set_postfix(objective=f"{objective:.6g}")
