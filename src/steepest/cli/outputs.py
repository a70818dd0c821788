"""Where results go: files checked before the long work, text printed after it."""

import glob
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from steepest.cli.options import READING, listed, pair
from steepest.errors import InputError, printable

if TYPE_CHECKING:
    from steepest.results.fit import Fit
    from steepest.results.linear_fit import LinearFit
    from steepest.results.table import Table

INTERRUPTED = 130
UNWRITABLE = 74


def finish(
    result: "Fit | LinearFit",
    report: str | None,
    contour: str | None,
    as_json: bool,
    quiet: bool,
    written: list[str | None],
) -> None:
    """Write the report, print the result, and leave with the code of an interrupted run."""
    if report is not None:
        result.report(report, pair(contour))
    if as_json:
        print_json(result.to_dict())
    elif not quiet:
        click.echo(result.summary())
    say_written([*written, report], quiet)
    if result.verdict.kind == "interrupted":
        sys.exit(INTERRUPTED)


def print_json(data: object) -> None:
    """Print plain data; what is no finite number is null."""
    from steepest.models.summary import finite

    click.echo(json.dumps(finite(data), indent=2, ensure_ascii=False, allow_nan=False))


def say_written(files: list[str | None], quiet: bool) -> None:
    """Name the files on standard error, where that is not unwelcome."""
    for file in files:
        if file is not None and not quiet:
            click.echo(f"{printable(file)} written", err=True)


def check_outputs(outputs: list[str | None], inputs: list[str]) -> None:
    """Say before the long work that an output cannot be written, or would overwrite an input."""
    from steepest.storage.atomic_write import check_writable

    given = [Path(path) for path in outputs if path is not None]
    for path in given:
        for source in _files(inputs):
            if path.exists() and path.samefile(source):
                raise InputError(f"{path} is read by this command; give the output another name")
        check_writable(path)
    if len({path.absolute() for path in given}) < len(given):
        raise InputError(f"{given[0]}: two outputs have this name; give each its own")


def open_source(source: str, options: dict[str, Any], outputs: list[str | None]) -> "Table":
    """The table of SOURCE; what `options` say of reading is taken out of them."""
    from steepest.api.read import read

    check_outputs(outputs, [source])
    options["names"] = listed(options["names"])
    return read(source, **{name: options.pop(name) for name in READING})


def _files(sources: list[str]) -> list[Path]:
    """The files that exist among what sources name: paths, globs, and texts within a query."""
    names = [name for source in sources for name in [source, *re.findall(r"'([^']+)'", source)]]
    return [Path(found) for name in names if "\0" not in name for found in [name, *glob.glob(name)]
            if Path(found).is_file()]  # fmt: skip
