"""Options that several commands share, and how their texts are read."""

import csv
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from steepest.cli.command import headed
from steepest.errors import InputError
from steepest.number_checks import number_of_text, plain_signs
from steepest.translation import gathered

if TYPE_CHECKING:
    from steepest.descent.stopping import Stopping
    from steepest.losses import Loss

LOSSES = gathered(
    "squared, absolute, huber, quantile, log-cosh; for classes logistic, multinomial, hinge, "
    "squared-hinge; poisson, gamma, tweedie."
)
_rows, _text, _loss = headed("Rows"), headed("Reading text files"), headed("Loss and penalty")
_stopping, _output = headed("Stopping"), headed("Output")
Command = Callable[..., None]


def together(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Options as one decorator, in the order in which they are given."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _strength(_: click.Context, __: click.Parameter, text: str) -> float | str:
    return number_or_text(text)


reading_options = together(
    _text("--header/--no-header", default=None, help="Whether line 1 holds names."),
    _text("--names", help="Column names, separated by commas."),
    _text("--delimiter", help="Character between fields, e.g. ';' or '\\t'."),
    _text("--skip", type=int, help="Lines above the header; those with # are skipped unasked."),
    _text("--thousands", help="Mark between thousands, e.g. ','; then $5 and (5) are numbers too."),
    _text("--decimal", help="Decimal mark, '.' or ','; then $5 and (5) are numbers too."),
    _text("--percent", is_flag=True, default=None, help="10% is a number, 10."),
    _text("--na-values", help="Texts that mean missing, besides NA, N/A and null, e.g. -,-999."),
    _text("--encoding", help="Encoding of a text file, e.g. utf-8, gbk, latin-1."),
)
row_options = together(
    _rows("--target", "-t", help="Name of the column to predict; a sample has its own."),
    _rows("--features", help="Columns to use, separated by commas; default: all others."),
    _rows("--exclude", help="Columns not to use, separated by commas."),
    _rows("--weights", help="Name of a column of row weights."),
    _rows("--missing", default="error", help="Missing values: error (default), drop or mean."),
    _rows("--standardize/--no-standardize", default=True,
          help="Descend on standardised features (default)."),
    _rows("--intercept/--no-intercept", default=True, help="Fit an intercept (default)."),
)  # fmt: skip
engine_options = together(
    _rows("--engine", help="Who reads SOURCE: polars, duckdb, dask, ray or spark; rows stay "
          "there."),
    _rows("--address", help="Where it works, e.g. spark://host:7077, sc://host, tcp://host:8786; "
          "of duckdb a database file."),
)  # fmt: skip
coding_options = together(
    _rows(
        "--dates",
        help="Features of dates: year, month, day, weekday, hour, elapsed (days); of times "
        "of day hour and elapsed, of durations elapsed.",
    ),
    _rows("--levels", type=int, help="Levels of text with a feature each; rarer ones share one."),
)
loss_options = together(
    _loss("--loss", default="squared", help=LOSSES),
    _loss("--delta", type=float, help="Where the huber loss turns straight."),
    _loss("--quantile", type=float, help="Which quantile, of the quantile loss."),
    _loss("--power", type=float, help="Power of the tweedie loss."),
    _loss("--ridge", default="0", callback=_strength,
          help="Penalty on the coefficients' squares; of fit also path."),
    _loss("--l1", default="0", callback=_strength,
          help="Penalty on the coefficients' sizes: makes some exactly 0. A number; of fit also "
          "path (the strength that held-out rows prefer) or path:1se (the largest within one "
          "standard error of it)."),
    _loss("--nonnegative", "--positive", "positive", is_flag=True,
          help="Coefficients of 0 or more."),
    _loss("--positive-class", help="Which of two classes counts as 1; default: the last."),
)  # fmt: skip
stopping_options = together(
    _stopping("--tolerance", type=float, help="Stop at this relative change of the objective."),
    _stopping("--gradient-tolerance", type=float, help="Stop at this norm of the gradient."),
    _stopping("--patience", type=int, help="Stop after so many epochs without a new lowest "
              "objective."),
    _stopping("--time-limit", type=float, help="Stop after so many seconds."),
)  # fmt: skip
debug_option = _output("--debug", is_flag=True, help="Show the traceback of an error.")
printing_options = together(
    _output("--json", "as_json", is_flag=True, help="Print the result as JSON."),
    _output("--quiet", is_flag=True, help="Print nothing but what --json asks for."),
    debug_option,
)


def output_options(help: str) -> Callable[[Command], Command]:
    """Report, pictures and what is printed; `help`: which pictures there are."""
    return together(
        _output("--report", type=click.Path(), help="Write an HTML report to this file."),
        _output("--plot", type=click.Path(), help="Draw to this .png, .svg or .pdf file."),
        _output("--animate", type=click.Path(), help="Write the descent as a film: .gif or .mp4."),
        _output("--view", help=help),
        _output("--parameters", "--contour", "parameters",
                help="Two parameters, separated by a comma, that the contour of --report, and "
                "--plot and --animate are drawn over; one for a curve."),
        printing_options,
    )  # fmt: skip


output_options_of_fit = output_options(
    help="Which picture --plot and --animate draw: objective (default), parameters, gradient, "
    "contour, surface, plane or curve; --plot also coefficients, intervals, regularization, "
    "predicted, residuals, line, noise, calibration, roc or confusion."
)
output_options_of_runs = output_options(
    help="Which picture --plot and --animate draw: curve, contour, plane, surface, objective, "
    "parameters or gradient; of several runs objective, curve or contour, --plot also page."
)


def refuse_table_options(context: click.Context, source: str, others: Collection[str]) -> None:
    """Raise InputError for an option of tables, which are all but these `others`."""
    for name in context.params:
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and name not in others:
            raise InputError(
                "--{replace} is for tables, and {source!r} is taken for a formula; leave it "
                "out, or give --target for a table",
                replace=name.replace("_", "-"),
                source=source,
            )


def listed(text: str | None) -> list[str] | None:
    """Names between commas; a name that holds a comma goes between double quotes."""
    return None if text is None else next(csv.reader([text], skipinitialspace=True))


def loss_of(options: dict[str, Any]) -> "Loss":
    """The loss; what the options say of it is taken out of them."""
    from steepest.losses import make_loss, parse_loss

    name = options.pop("loss")
    numbers = {option: options.pop(option) for option in ("delta", "quantile", "power")}
    given = {option: value for option, value in numbers.items() if value is not None}
    return make_loss(name, **given) if given else parse_loss(name)


def stopping_of(options: dict[str, Any]) -> "Stopping":
    """When to stop beside epochs and tolerance; taken out of the options."""
    from steepest.descent.stopping import Stopping

    return Stopping(
        **{name: options.pop(name) for name in ("gradient_tolerance", "patience", "time_limit")}
    )


def rates_of(texts: Sequence[str]) -> list[float | str]:
    """Learning rates, one a text: numbers, or the texts of schedules."""
    for text in texts:
        if "," in text and ":" not in text:
            raise InputError(
                "--lr is {text!r}; give one rate, with a point in it (0.1), and for several "
                "--lr again (--lr 0.1 --lr 0.3)",
                text=text,
            )
    return [number_or_text(text) for text in texts]


def number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def values_of(texts: Sequence[str]) -> dict[str, float]:
    """Values by name, as `--at a=5,b=3` and `--at c=2` give them.

    >>> values_of(["a=5,b=3", "c=2"])
    {'a': 5.0, 'b': 3.0, 'c': 2.0}
    """
    values: dict[str, float] = {}
    for part in ",".join(texts).split(",") if texts else []:
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not (name and equals):
            raise InputError(
                "--at has {part!r} where name=number is needed, as in a=5,b=3", part=part.strip()
            )
        if name in values:
            raise InputError("--at gives {name} twice; give it once", name=name)
        values[name] = number_of_text(number, f"--at: {name}")
    return values


def start_of(text: str | None) -> Any:
    if text is None or text == "random":
        return text
    parts = [part.rpartition("=") for part in listed(text) or []]
    try:
        if all(name for name, _, _ in parts):
            return {name.strip(): float(plain_signs(value)) for name, _, value in parts}
        return [float(plain_signs(value)) for _, _, value in parts]
    except ValueError:
        raise InputError(
            "--start is {text!r}; give numbers (1,2), names and numbers (x=1,y=2), or random",
            text=text,
        ) from None
