"""Tables on their way to the page, and the descents on them that the page asks for."""

import csv
import io
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from steepest.errors import InputError
from steepest.tables.files.remote_names import without_secrets
from steepest.translation import Language
from steepest.wording.fact import phrase

if TYPE_CHECKING:
    from steepest.diagnosis.verdict import Verdict
    from steepest.results.fit import Fit

# What a page can hold and draw.
MOST_ROWS = 100_000
MOST_COLUMNS = 2_000
MOST_LETTERS = 2_000_000
NOTE = "#: "  # begins a line above the table that says how it was read
_MOST_FEATURES = 20
_MOST_EPOCHS = 10**9

_Numbers = Annotated[list[float], Meta(min_length=2, max_length=MOST_ROWS)]
_Share = Annotated[float, Meta(ge=0, lt=1)]


class FitRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="fit"
):
    """A descent on squared loss over rows.

    - `features`: column by column;   `target`: of the same rows
    - `names`: of the features, then of the target
    - `start`: intercept and slopes, in the units of the columns
    - `batch`: rows to an update of the mini-batches beside; 0 for none
    - `language`: that of the page; without it the server's
    """

    id: Annotated[int, Meta(ge=0, le=2**53)]
    features: Annotated[list[_Numbers], Meta(min_length=1, max_length=_MOST_FEATURES)]
    names: Annotated[list[str], Meta(max_length=_MOST_FEATURES + 1)]
    target: _Numbers
    standardize: bool
    start: Annotated[list[float], Meta(max_length=_MOST_FEATURES + 1)]
    learning_rate: Annotated[float, Meta(gt=0)] = msgspec.field(name="learningRate")
    momentum: _Share
    epochs: Annotated[int, Meta(ge=1, le=_MOST_EPOCHS)]
    batch: Annotated[int, Meta(ge=0, le=MOST_ROWS)]
    batch_epochs: Annotated[int, Meta(ge=0, le=10_000)] = msgspec.field(name="batchEpochs")
    holdout: _Share
    seed: Annotated[int, Meta(ge=0, lt=2**32)]
    language: Language | None = None


def verdicts_of(request: FitRequest) -> "tuple[Verdict, str, str]":
    """Verdict and forecast of all rows at a time, and the verdict of mini-batches: "" for none.

    Raises InputError.
    """
    whole = _fit(request, epochs=request.epochs)
    batches = ""
    if request.batch and request.batch_epochs:
        beside = _fit(request, epochs=request.batch_epochs, batch_size=request.batch)
        batches = str(beside.verdict)
    return whole.verdict, str(whole.forecast), batches


def _fit(request: FitRequest, **options: Any) -> "Fit":
    import numpy as np

    from steepest.api.fit import fit
    from steepest.api.read import read

    if len({len(request.target), *map(len, request.features)}) > 1:
        raise InputError("the columns have different numbers of rows")
    table = read(np.column_stack([*request.features, request.target]), names=request.names)
    return fit(
        table,
        request.names[-1],
        standardize=request.standardize,
        start=[*request.start[1:], *request.start[:1]],
        lr=request.learning_rate,
        momentum=request.momentum or None,
        validation=request.holdout or None,
        seed=request.seed,
        **options,
    )


def table_text(source: str, shown: str | None = None) -> str:
    """A table as the page reads it: CSV, and above it, in lines that begin with NOTE, how it was
    read. `shown` is named in place of the source.

    Raises InputError for a table that cannot be read, or is too large for a page.
    """
    from steepest.api.read import read

    name = shown or (Path(source).name if Path(source).exists() else without_secrets(source))
    try:
        table = read(source)
        if (width := len(table.columns)) > MOST_COLUMNS:
            why = phrase("too many columns for a page", name=name, columns=width, most=MOST_COLUMNS)
            raise InputError(why)
        rows = table.head(MOST_ROWS + 1)
    except InputError as error:
        raise InputError(str(error).replace(fspath(source), name)) from error
    if len(rows) > MOST_ROWS:
        raise InputError(phrase("too many rows for a page", name=name, most=MOST_ROWS))
    written = io.StringIO()
    for note in table.notes:
        written.write(f"{NOTE}{note.replace(source, name)}\n".replace("\r", " "))
    rest = csv.writer(written, lineterminator="\n")
    rest.writerow(table.columns)
    rest.writerows([_cell(value) for value in row.values()] for row in rows)
    text = written.getvalue()
    if len(text) > MOST_LETTERS:
        raise InputError(phrase("too much text for a page", name=name, most=MOST_LETTERS))
    return text


def _cell(value: object) -> object:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else value
