"""How a text file is laid out: what is detected, what is refused, and with which words."""

import codecs
from pathlib import Path

import pytest

from steepest.errors import InputError
from steepest.tables.files.csv_dialect import Dialect, TextOptions, find_dialect
from steepest.tables.files.temporary_copies import Copies, readable
from steepest.tables.files.text_encoding import find_encoding
from steepest.tables.open_table import open_table
from steepest.tables.table import RawBlock, Table


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def find(text: str, **options: object) -> Dialect:
    return find_dialect(text, True, "a.csv", TextOptions(**options))  # type: ignore[arg-type]  # of several types


def message(text: str, **options: object) -> str:
    with pytest.raises(InputError) as caught:
        find(text, **options)
    return str(caught.value)


def only(table: Table | object) -> RawBlock:
    assert isinstance(table, Table)
    (block,) = table.blocks([column.name for column in table.columns], 1000)
    return block


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x,y\n1,2\n", "delimiter ',', header"),
        ("1,2\n3,4\n", "delimiter ',', no header"),
        ("x\ty\n1\t2\n", "delimiter tab, header"),
        ("x;y\n1,5;2\n", "delimiter ';', header, decimal comma"),
        ("1,5;2,5\n3,5;4,5\n", "delimiter ';', no header, decimal comma"),
        ("x|y\n1|2\n", "delimiter '|', header"),
        ("1 2\n3 4\n", "delimiter space, no header"),
        ("when,x\n2020-01-01 10:00,1\n2020-01-02 10:00,2\n", "delimiter ',', header"),
        ("x\n1\n2\n", "delimiter ',', header"),
        ("name,city\nann,rome\n", "delimiter ',', header"),
        ("nan,1\n2,3\n", "delimiter ',', no header"),
        ("NA,b\n1,c\n", "delimiter ',', no header"),
        ("year,inf,NA\n1948,8.1,2\n", "delimiter ',', header"),
        ("inf,abc\n1,def\n", "delimiter ',', no header"),
        (",x\n0,1\n1,2\n", "delimiter ',', header"),
        ('x,"a;b;c"\n1,"d;e;f"\n', "delimiter ',', header"),
    ],
)
def test_the_layout_is_detected_and_said(text: str, shown: str) -> None:
    assert find(text).in_words == shown


def test_what_is_given_is_taken() -> None:
    assert find("2019,2020\n1,2\n", header=True).names == ("2019", "2020")
    assert find("a,b\nc,d\n", header=False).names == ("column1", "column2")
    assert find("1,2\n", names=["x", "y"]) == Dialect(",", False, ("x", "y"))
    assert find("a,b\n1,2\n", names=["x", "y"]) == Dialect(",", True, ("x", "y"))
    assert find("a,b;c\n1,2;3\n", delimiter=";").names == ("a,b", "c")
    assert find(" a , b \n1,2\n").names == ("a", "b")
    assert find(",b\n1,2\n").names == ("column1", "b")


def test_what_cannot_be_read_is_one_line() -> None:
    tail = "; correct or remove that line (no line is skipped)"
    assert message("a,b\n1,2\n3\n") == ("a.csv, line 3: 1 field found where 2 are expected" + tail)
    assert message("a,b\n1,2\n3,4,5\n6,7\n") == (
        "a.csv, line 3: 3 fields found where 2 are expected" + tail
    )
    assert message("made by hand\na,b\n1,2\n3,4\n") == (
        "a.csv, line 1: 1 field found where 2 are expected; if the table begins in line 2, set "
        "skip to 1; else correct the lines above"
    )
    assert message("a,b\n1,2\n3,4\n", skip=3) == (
        "a.csv has no rows below the 3 lines that skip leaves out"
    )
    assert message('a,b\n"x\ny",2\n3\n') == (
        "a.csv, line 4: 1 field found where 2 are expected" + tail
    )
    assert message("") == "a.csv is empty: 0 rows found, at least 1 is needed"
    assert message(" \n\n") == "a.csv is empty: 0 rows found, at least 1 is needed"
    assert message("a,b\n") == "a.csv has a header and no rows: at least 1 row is needed"
    assert message("a,b,a\n1,2,3\n") == (
        "a.csv: two columns are called 'a'; give every column its own name"
    )
    assert message("1,2\n", names=["x"]) == (
        "a.csv: 1 name given, but 2 columns found; give one name for each column"
    )
    assert message("1,2\n", delimiter=";;") == (
        "delimiter ';;' must be one ASCII character, such as ',' or ';'"
    )


def test_a_cut_record_at_the_end_of_a_sample_is_left_out() -> None:
    assert find_dialect("a,b\n1,2\n3", False, "a.csv").names == ("a", "b")
    with pytest.raises(InputError, match=r"^a\.csv: the row that begins at line 1 is longer than"):
        find_dialect("a" * 16_000_000, False, "a.csv")
    with pytest.raises(InputError) as caught:
        find_dialect('"a\nb\n', False, "a.csv")
    assert (
        str(caught.value)
        == "a.csv, line 1: a row goes on for 5 bytes and 2 lines; is a quote left open?"
    )


@pytest.mark.parametrize(
    ("codec", "mark", "said"),
    [
        ("utf-8", b"", ""),
        ("utf-8", codecs.BOM_UTF8, ", read as UTF-8 with BOM"),
        ("utf-16", b"", ", read as UTF-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, ", read as UTF-16"),
        ("gbk", b"", ", read as GB18030 (GBK)"),
        ("gb18030", b"", ", read as GB18030 (GBK)"),
    ],
)
def test_encodings_are_detected(tmp_path: Path, codec: str, mark: bytes, said: str) -> None:
    text = "城市,价格\n北京,1.5\n上海,2\n"
    path = write(tmp_path / "a.csv", mark + text.encode(codec))
    table = open_table(path)
    assert isinstance(table, Table)
    assert table.description == f"{path}: CSV, delimiter ',', header{said}"
    block = only(table)
    assert block.columns["城市"].tolist() == ["北京", "上海"]
    assert block.columns["价格"].tolist() == [1.5, 2.0]
    assert table.where(1) == f"{path}, row 2 (line 3)"


def test_a_mark_without_header_is_no_part_of_the_first_number(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "\ufeff1,2\n3,4\n")
    assert only(open_table(path)).columns["column1"].tolist() == [1.0, 3.0]


def test_other_encodings_are_read_when_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "nom,b\ncafé,1\nélan,2\n".encode("latin-1"))
    with pytest.raises(InputError) as caught:
        open_table(path)
    assert str(caught.value) == (
        f"{path}: byte 9 (0xE9) is not UTF-8 text; save it as UTF-8, or say its encoding, "
        "for instance cp1252, latin-1 or cp1251"
    )
    table = open_table(path, encoding="latin-1")
    assert only(table).columns["nom"].tolist() == ["café", "élan"]
    with pytest.raises(InputError, match=r"^encoding 'latn-1' is not known\. Did you mean"):
        open_table(path, encoding="latn-1")
    with pytest.raises(InputError, match=r"a\.csv: byte 9 \(0xE9\) is not UTF-8 text; "):
        open_table(path, encoding="utf-8")


def test_a_bad_byte_far_down_is_found(tmp_path: Path) -> None:
    head = "a,b\n" + "".join(f"{row},text{row % 3}\n" for row in range(120_000))
    path = write(tmp_path / "a.csv", head.encode() + b"1,\xb1\xb1\xbe\xa9\n")
    table = open_table(path)
    assert isinstance(table, Table)
    said = rf"a\.csv: byte {len(head) + 2} \(0xB1\) is not UTF-8 text"
    with pytest.raises(InputError, match=said):
        table.levels("b", 50)
    with pytest.raises(InputError, match=said):
        list(table.blocks(["b"], 1000))
    wide = head.encode("utf-16") + "1".encode("utf-16-le") + b"\x00\xd8\x41\x00"
    path = write(tmp_path / "wide.csv", wide)
    at = len(wide) - 4
    with pytest.raises(InputError, match=rf"wide\.csv: byte {at} .*cannot be read as UTF-16"):
        open_table(path)
    path = write(
        tmp_path / "gb.csv", "城市,价格\n".encode("gbk") + head[4:].encode() + b"1,\xff\xff\n"
    )
    with pytest.raises(InputError, match=r"gb\.csv: byte \d{7} \(0xFF\) cannot be read as GB18030"):
        open_table(path)


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"1,2\n\x00\x01\n")
    with pytest.raises(InputError, match=r"a\.csv, line 2: a zero byte stands there, and none"):
        open_table(path)
    path = write(tmp_path / "b.csv", b"PK\x03\x04rest")
    with pytest.raises(InputError, match=r"b\.csv is an Excel workbook or zip archive; export"):
        open_table(path)
    for content, kind in (
        (b"\x89PNG\r\n\x1a\n\0\0", "a picture, not a table"),
        (b"%PDF-1.7\n", "a PDF document, not a table"),
        (b"<html><body></body></html>\n", "a web page, such as a report, not a table"),
        (b'{"cells": []}', "a notebook, not a table"),
    ):
        path = write(tmp_path / "c.csv", content)
        with pytest.raises(InputError, match=rf"c\.csv is {kind} of rows$"):
            open_table(path)
    path = write(tmp_path / "d.csv", b"PK,GIF\n1,2\n3,5\n")
    assert only(open_table(path)).columns["GIF"].tolist() == [2.0, 5.0]
    path = write(tmp_path / "e.bin", b"\x81\x8d\x8f\n")
    with pytest.raises(InputError, match="for instance latin-1"):
        open_table(path)


def test_copies_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source = write(tmp_path / "source.csv", "x,y\r\n1,2\r\n".encode("utf-16"))
    table = open_table(source)
    assert len(list(tmp_path.iterdir())) == 2
    assert only(table).columns["y"].tolist() == [2.0]
    del table
    assert list(tmp_path.iterdir()) == [source]
    copies = Copies()
    with pytest.raises(InputError):
        readable(source, "utf-8", "source.csv", copies)
    assert list(tmp_path.iterdir()) == [source]


def test_a_character_that_the_sample_cuts_is_no_fault() -> None:
    assert find_encoding("é".encode()[:1], "a.csv", None) == "utf-8"


SLOPE_2 = [(1.0, 2.0), (2.0, 4.2), (3.0, 6.0)]


@pytest.mark.parametrize(
    ("text", "skip", "shown"),
    [
        ("# made by logger 3\n# unit: mm\nx,y\n{}", None, "delimiter ',', header, 2 lines"),
        ("# a, b\n\n# c\n\nx,y\n{}", None, "delimiter ',', header, 4 lines"),
        ('# "quoted\nx,y\n{}', None, "delimiter ',', header, 1 line"),
        ("sep=,\nx,y\n{}", None, "delimiter ',', header, 1 line"),
        ('"sep=,"\r\nx,y\r\n{}', None, "delimiter ',', header, 1 line"),
        ("sep=,\n# unit: mm\nx,y\n{}", None, "delimiter ',', header, 2 lines"),
        ("Quarterly report\n\nx,y\n{}", 2, "delimiter ',', header, 2 lines"),
        ("Quarterly report\n\nx,y\n{}", 1, "delimiter ',', header, 2 lines"),
        ("UTF-8\nx,y\n{}", 1, "delimiter ',', header, 1 line"),
        ("x,y\n{}", 0, "delimiter ',', header"),
    ],
)
def test_lines_above_the_table(tmp_path: Path, text: str, skip: int | None, shown: str) -> None:
    path = write(tmp_path / "a.csv", text.format("1,2\n2,4.2\n3,6\n"))
    table = open_table(path, skip=skip)
    skipped = " above skipped" if "line" in shown else ""
    assert table.description == f"{path}: CSV, {shown}{skipped}"
    block = only(table)
    assert [*zip(block.columns["x"], block.columns["y"], strict=True)] == SLOPE_2


def test_a_line_with_a_hash_that_names_the_columns_is_the_header() -> None:
    assert find("#x,y\n1,2\n").names == ("x", "y")
    assert find("# a comment\n#x\ty\n1\t2\n").names == ("x", "y")
    assert find("# x y\n1.0 2.0\n").names == ("x", "y")
    assert find("# x, y\n1.0,2.0\n").names == ("x", "y")
    assert find('#id,name,x\n1,"Smith, J",3\n').names == ("id", "name", "x")
    assert find("#city,sex\nRome,m\nOslo,f\n").names == ("city", "sex")
    assert find("#x,y\n1,2\n", names=["a", "b"]).names == ("a", "b")


def test_a_comment_is_no_header_and_a_row_is_no_comment() -> None:
    assert find("# logger 3, site A\nx1,x2\n1,2\n").names == ("x1", "x2")
    assert find("# measured 2020-01-01, in Rome\n1,2\n3,4\n").names == ("column1", "column2")
    assert find("#ff0000,1\nred,2\n").skip == 0
    assert find("sep=\t\nx\ty\n1\t2\n").names == ("x", "y")
    assert find("10%;20%\n30%;40%\n", percent=True).header is False


def test_lines_are_counted_from_the_top_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "# one\n# two\nx,y\n1,2\n2,odd\n3,4\n4,5\n")
    table = open_table(path)
    assert isinstance(table, Table)
    assert table.where(1) == f"{path}, row 2 (line 5)"
    with pytest.raises(InputError, match=r"row 2 \(line 5\): column 'y' is 'odd'"):
        only(table)
    with pytest.raises(InputError, match=r"a.csv, line 5: 1 field found where 2 are expected"):
        open_table(write(path, "# one\n# two\nx,y\n1,2\n3\n4,5\n"))
    with pytest.raises(InputError, match="skip is -1; give how many lines stand above the header"):
        open_table(path, skip=-1)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("x   y\n1   2\n2  4.2\n3   6\n", "space"),
        ("  x    y\n  1    2  \n  2  4.2  \n  3    6\n", "space"),
        ("# unit: mm\nx   y\n1   2\n2  4.2\n3   6\n", "space"),
        ('"x", "y"\n1, "2"\n2, "4.2"\n3, "6"\n', "','"),
        ('"x"; "y"\r\n1; "2"\r\n2; "4.2"\r\n3; "6"\r\n', "';'"),
    ],
)
def test_spaces_after_a_delimiter_are_padding(tmp_path: Path, text: str, delimiter: str) -> None:
    path = write(tmp_path / "a.csv", text)
    table = open_table(path)
    assert f"delimiter {delimiter}, padded by spaces, header" in table.description
    block = only(table)
    assert [*zip(block.columns["x"], block.columns["y"], strict=True)] == SLOPE_2
    assert isinstance(table, Table)
    assert table.where(1) == f"{path}, row 2 (line {3 + text.count('#')})"
