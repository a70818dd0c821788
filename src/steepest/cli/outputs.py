"""Where results go: files checked before the long work, text printed after it."""

import os
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steepest.cli import terminal
from steepest.cli.options import listed
from steepest.errors import InputError, printable
from steepest.keywords import CODING, ENGINE, TEXT
from steepest.translation import joined, say
from steepest.wording.fact import phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from steepest.results.table import Table
    from steepest.storage.atomic_write import StrPath
    from steepest.tables.files.file_table import FileTable

INTERRUPTED = 130
UNWRITABLE = 74
PICTURES = (".png", ".svg", ".pdf")
_DOTS = 150  # an inch


def print_json(data: object) -> None:
    """Print plain data; what is no finite number is null."""
    from steepest.wording.numbers import finite

    terminal.print_json(finite(data))


def say_written(files: list[str | None], quiet: bool) -> None:
    """Name the files on standard error, where that is not unwelcome."""
    for file in files:
        if file is not None and not quiet:
            print(phrase("file written", file=printable(file)), file=sys.stderr)


def fail(message: str, code: int) -> int:
    """Print the line of an error on standard error; its exit code."""
    print(f"steepest: {' '.join(message.split())}", file=sys.stderr)
    return code


def check_outputs(outputs: Sequence[str | None], inputs: "Sequence[StrPath]") -> None:
    """Say before the long work that an output cannot be written, or would overwrite an input or
    another output. Files are told by what they are, whatever names lead to them.
    """
    from steepest.storage.atomic_write import check_writable, identity

    read = {identity(path) for path in inputs if os.path.exists(path)}
    written: dict[object, str] = {}
    for path in outputs:
        if path is None:
            continue
        check_writable(path)
        file = identity(path)
        if file in read:
            raise InputError(
                "{path} is read by this command; give the output another name", path=path
            )
        if file in written:
            raise InputError(
                "{path}: two outputs would be written to this file, by this name and as "
                "{written}; give each its own",
                path=path,
                written=written[file],
            )
        written[file] = path


def open_source(source: str, options: dict[str, Any], outputs: Sequence[str | None]) -> "Table":
    """The table of SOURCE, none of whose files is an output.

    The table is asked for the files that it opened: the text of a query or a glob does not tell.
    What `options` say of reading is taken out of them.
    """
    from steepest.api.read import read
    from steepest.tables.files.file_table import FileTable
    from steepest.tables.table import Table as Rows

    for name in ("names", "na_values"):
        options[name] = listed(options[name])
    check_outputs(outputs, [])
    if "dates" in options:
        options["dates"] = listed(options["dates"])
    said = {name: options.pop(name) for name in (*TEXT, *CODING, *ENGINE) if name in options}
    table = read(source, **said)
    rows = table.opened
    check_outputs(outputs, rows.files if isinstance(rows, Rows) else [])
    if isinstance(rows, FileTable):
        _check_patterns(outputs, rows)
    return table


def _check_patterns(outputs: Sequence[str | None], table: "FileTable") -> None:
    """Refuse an output that would be read as one of the rows' files, by this run or the next."""
    for path in outputs:
        pattern = None if path is None else table.pattern_of(path)
        if pattern is not None:
            raise InputError(
                "{path} would be among the files of {pattern}, which this command reads; "
                "give the output another name or folder",
                path=path,
                pattern=pattern,
            )


def check_ending(option: str, file: str | None, endings: Sequence[str]) -> None:
    """Raise InputError where the name of a file says that it would be of another format."""
    from steepest.storage.atomic_write import printable_name

    if file is not None and Path(file).suffix.lower() not in endings:
        *others, last = endings
        known = say("{others} or {last}", others=joined(others), last=last) if others else last
        raise InputError(
            "{option} writes a file that ends in {known}; {file} does not.",
            option=option,
            known=known,
            file=printable_name(file),
        )


def save_picture(axes: "Axes", file: str) -> None:
    """Write the figure of these axes, in the format of the name's ending, whole or not at all."""
    from matplotlib.figure import Figure

    from steepest.pictures.fonts import choose_fonts
    from steepest.storage.atomic_write import write_bytes

    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    for told in choose_fonts(figure):
        print(told, file=sys.stderr)
    kind = Path(file).suffix.lower().removeprefix(".")
    # A date in it would make every file a new one.
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    written = BytesIO()
    figure.savefig(written, format=kind, dpi=_DOTS, metadata=undated)
    write_bytes(file, [written.getvalue()])
