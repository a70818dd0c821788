"""JSON lines as they come: marks, encodings, blank lines; and what is said of those that are not.

A message names the line that is at fault as an editor counts it.
"""

import codecs
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from steepest.errors import InputError
from steepest.tables.open_table import open_table
from steepest.tables.table import Table

ROWS = [{"x": 1, "y": 3}, {"x": 2, "y": 5.5}, {"x": 4, "y": 7}]
TEXT = "".join(f"{json.dumps(row)}\n" for row in ROWS)
FORM = 'every line must be one JSON object, such as {"x": 1, "y": 2}'
NO_OBJECT = "this is no JSON object on one line"


def opened(path: Path) -> Table:
    table = open_table(path)
    assert isinstance(table, Table)
    return table


def read(path: Path) -> list[list[float]]:
    table = opened(path)
    names = [column.name for column in table.columns]
    blocks = [np.stack([block.columns[name] for name in names]) for block in table.blocks(names, 9)]
    return np.concatenate(blocks, axis=1).T.tolist()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TEXT.encode(), id="plain"),
        pytest.param(TEXT.rstrip().encode(), id="no line end at the end"),
        pytest.param(TEXT.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(TEXT.replace("\n", "\n\n \n").encode(), id="blank lines"),
        pytest.param(codecs.BOM_UTF8 + TEXT.encode(), id="BOM"),
        pytest.param(codecs.BOM_UTF8 + b"\n" + TEXT.encode(), id="BOM and a blank line"),
        pytest.param(TEXT.encode("utf-16"), id="UTF-16"),
        pytest.param(TEXT.encode("utf-32"), id="UTF-32"),
        pytest.param(gzip.compress(TEXT.encode()), id="gzip"),
        pytest.param(gzip.compress(codecs.BOM_UTF8 + TEXT.encode()), id="gzip with BOM"),
    ],
)
def test_the_same_rows_however_they_are_written(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    assert read(path) == [[1.0, 3.0], [2.0, 5.5], [4.0, 7.0]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("[" + TEXT, f" is a JSON array; {FORM}, without the brackets around them"),
        (f"\n{json.dumps(ROWS, indent=1)}", f" is a JSON array; {FORM}, without the brackets "
         "around them"),
        (json.dumps(ROWS[0], indent=1), f", line 1: {NO_OBJECT} (Expecting property name enclosed "
         "in double quotes); correct or remove that line"),
        (TEXT.replace("\n", ",\n"), f", line 1: {NO_OBJECT} (Extra data); correct or remove that "
         "line"),
        (TEXT + '{"x": 1, "y"', f", line 4: {NO_OBJECT} (Expecting ':' delimiter); correct or "
         "remove that line"),
        (TEXT.replace("\n", "\r\n\r\n") + "nope", f", line 7: {NO_OBJECT} (Expecting value); "
         "correct or remove that line"),
        (TEXT + "5", f", line 4: {FORM}"),
        ("1\n2\n", f", line 1: {FORM}"),
        ("{}\n{}\n", f": no line names a value; {FORM}"),
        (TEXT + "\ufeff" + TEXT, f", line 4: {NO_OBJECT} (Unexpected UTF-8 BOM (decode using "
         "utf-8-sig)); correct or remove that line"),
        (TEXT.encode("utf-16-le"), ", line 1: a zero byte stands there, and none "
         "belongs in a text file; the file is damaged, or it is UTF-16 and must be saved as UTF-8"),
        (TEXT.encode() + b'{"x": 1, "n": "Gr\xf6\xdfe"}', ", line 4: byte 17 of the line is not "
         "UTF-8 text; save the file as UTF-8"),
        ('{"": 1, "y": 2}\n', ", line 1: a key is empty; give every column a name"),
        (TEXT + '{"": 1}\n', ", line 4: a key is empty; give every column a name"),
        (TEXT + '{"x": 1, "x": 2}\n', ", line 4: the key 'x' stands there twice; correct or "
         "remove that line"),
        (TEXT + '{"X": 1}\n', ": columns 'X' and 'x' differ in upper and lower case only; give "
         "every column its own name"),
        ('{"x": 1, "X": 1}\n', ": columns 'x' and 'X' differ in upper and lower case only; give "
         "every column its own name"),
        (TEXT + '{"x": "\\ud800"}\n', r", line 4: half of a surrogate pair (\ud800 to \udfff) is "
         "no character; correct that line"),
        ('{"\\ud800": 1}\n', r", line 1: half of a surrogate pair (\ud800 to \udfff) is no "
         "character; correct that line"),
        (TEXT + '{"x": true}\n', ", line 4: column 'x' is true, which is not a number"),
        ("\n \n", " is empty: 0 rows found, at least 1 is needed"),
    ],
)  # fmt: skip
def test_what_is_said_of_lines_that_cannot_be_read(
    tmp_path: Path, data: str | bytes, said: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value) == f"{path}{said}"


def test_an_object_of_thousands_of_keys_has_as_many_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(2 * (json.dumps({f"k{at}": at for at in range(3000)}) + "\n"))
    assert [column.name for column in opened(path).columns] == [f"k{at}" for at in range(3000)]


def test_names_that_end_in_a_number_are_names_as_others(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"x": 1, "x_1": 2}\n{"x": 3, "x_1": 4}\n')
    assert read(path) == [[1.0, 2.0], [3.0, 4.0]]


def test_a_column_of_several_kinds_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"x": 1}\n{"x": true}\n{"x": "a"}\n')
    (column,) = opened(path).columns
    assert (column.kind, column.type) == ("other", "JSON, values of several kinds")
