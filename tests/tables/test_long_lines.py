"""CSV files with long fields, long lines and many columns: read, or refused for what they are."""

from pathlib import Path

import numpy as np
import pytest

from steepest.errors import InputError
from steepest.tables.open_table import open_table
from steepest.tables.table import Table

LONG = "a" * 2_000_000
LINES = "a line\n" * 300_000  # together longer than what is looked at first
PLAIN = "1,a,2\n" * 5
TOO_LONG = (
    "is longer than 16,000,000 bytes; write every row on a line of its own, and leave out long "
    "texts"
)
TOO_WIDE = (
    "and text files are read up to 25,000; take fewer, or load it with NumPy and hand over the "
    "array"
)
NO_NUMBER = (
    "which is not a number; correct it, leave the field empty if it is missing, or fit without the "
    "column: exclude=['x']; read with na_values=['{}'] it is missing"
)
RAGGED = "2 fields found where 3 are expected; correct or remove that line (no line is skipped)"
QUOTE = "a quote is left open or misplaced; correct that line (the file may be cut off)"


def read(path: Path, text: str) -> list[float]:
    """The column x of a file that holds this text."""
    path.write_text(text, newline="")
    table = open_table(path)
    assert isinstance(table, Table)
    names = [column.name for column in table.columns]
    blocks = [block.columns["x"] for block in table.blocks(names, 1000)]
    return np.concatenate(blocks).tolist()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"x,c,y\n1,{LONG},2\n3,b,5\n", id="a long field at first"),
        pytest.param(f'x,c,y\n1,"{LONG}",2\n3,b,5\n', id="between quotes"),
        pytest.param(f"x,c,y\n1,a,2\n3,{LONG},5\n", id="later"),
        pytest.param(f'x,c,y\n1,a,2\n3,"{LINES}",5\n', id="with lines in it"),
        pytest.param(f"x,{LONG},y\n1,a,2\n3,b,5\n", id="a long name"),
    ],
)
def test_long_fields_are_read(tmp_path: Path, text: str) -> None:
    assert read(tmp_path / "a.csv", text) == [1.0, 3.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"x,c,y\n{PLAIN}1,{9 * LONG},2\n3,b,5\n", f": the row that begins at line 7 {TOO_LONG}"),
        (f"x,c,y\n{PLAIN}1,{20 * LONG},2\n3,b,5\n", f": the row that begins at line 7 {TOO_LONG}"),
        (9 * LONG, f": the row that begins at line 1 {TOO_LONG}"),
        (",".join(map(str, range(160_000))) + "\n", f" has 160,000 columns, {TOO_WIDE}"),
        (",".join(map("n{}".format, range(160_000))) + f"\n{'1,' * 159_999}1\n",
         f" has 160,000 columns, {TOO_WIDE}"),
        (f'x,c,y\n{PLAIN}1,"{LINES}",2\n3,b\n', f", line 300008: {RAGGED}"),
        (f'x,c,y\n{PLAIN}1,"{LINES}",2\n3z,b,1\n', ", row 7 (line 300008): column 'x' is '3z', "
         + NO_NUMBER.format("3z")),
        (f"x,c,y\n{PLAIN * 6000}unicode,Could not convert,2\n", ", row 30001 (line 30002): column "
         "'x' is 'unicode', " + NO_NUMBER.format("unicode")),
        (f"x,c,y\n{PLAIN * 6000}1,unicode quote: Could not convert\n", f", line 30002: {RAGGED}"),
        (f'x,c,y\n{PLAIN * 6000}1,"Maximum line size"b,2\n', f", line 30002: {QUOTE}"),
    ],
    ids=["18 MB", "40 MB", "one line of 18 MB", "one line of numbers", "wide", "ragged", "number",
         "a value that reads like an error", "a line that does", "a quoted one that does"],
)  # fmt: skip
def test_what_cannot_be_read_is_called_what_it_is(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(InputError) as caught:
        read(path, text)
    assert str(caught.value) == f"{path}{said}"
