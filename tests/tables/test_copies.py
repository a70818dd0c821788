"""Packed files: unpacked while there is room, else refused with what they would take."""

import gzip
import io
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from steepest.errors import InputError
from steepest.tables.files import text_limits as looking
from steepest.tables.open_table import open_table
from steepest.tables.table import Table

TOO_LONG = (
    "is longer than 16,000,000 bytes; write every row on a line of its own, and leave out long "
    "texts"
)


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        open_table(path, **options)
    return str(caught.value)


def packed(path: Path, head: bytes, piece: bytes, megabytes: int) -> Path:
    """A gzip file of a head and the piece repeated, made without holding it in memory."""
    block = piece * ((1 << 20) // len(piece))
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(head)
        for _ in range(megabytes):
            file.write(block)
    return path


@pytest.mark.parametrize(
    ("piece", "encoding"),
    [(b"\n", None), (b"\n", "latin-1"), (b"0,0\n", "latin-1"), (b",\n", None)],
)
def test_a_bomb_is_refused_early(
    tmp_path: Path,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    piece: bytes,
    encoding: str | None,
) -> None:
    monkeypatch.setattr(looking, "_JUDGED", 20 << 20)  # the rule is of 256 MB, which take seconds
    path = packed(tmp_path / "bomb.csv.gz", b"x,y\n1,2\n3,4\n", piece, 40)
    options = {} if encoding is None else {"encoding": encoding}
    said = refused(path, **options)
    start = re.escape(f"{path} holds {path.stat().st_size / 1e3:.0f} KB that would unpack to about")
    assert re.fullmatch(
        start + r" [345]\d MB, over 200 times as much; if it is meant so, unpack it first "
        r"\(gunzip\) and name the unpacked file",
        said,
    )
    assert list(temporary.iterdir()) == []


def test_empty_lines_are_no_rows(tmp_path: Path, temporary: Path) -> None:
    path = packed(tmp_path / "bomb.csv.gz", b"x,y\n", b"\n", 40)
    assert refused(path) == (
        f"{path}: nothing but empty lines follows its first row for 1,048,576 bytes; "
        "this is no table of rows"
    )
    assert list(temporary.iterdir()) == []


def test_zeros_are_refused_at_the_first(tmp_path: Path, temporary: Path) -> None:
    path = packed(tmp_path / "zeros.csv.gz", b"x,y\n1,2\n", b"\0", 40)
    assert refused(path).startswith(f"{path}, line 3: a zero byte stands there")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.gz"])
def test_a_line_without_an_end_is_refused(tmp_path: Path, temporary: Path, name: str) -> None:
    head = b'{"x": 1}\n{"x": "' if "json" in name else b"x,y\n1,2\n3,"
    line = 2 if "json" in name else 3
    path = packed(tmp_path / name, head, b"a", 40)
    assert refused(path) == (f"{path}: the row that begins at line {line} {TOO_LONG}")
    plain = tmp_path / name.removesuffix(".gz")
    with gzip.open(path) as source, plain.open("wb") as target:
        shutil.copyfileobj(source, target)
    assert refused(plain) == (f"{plain}: the row that begins at line {line} {TOO_LONG}")
    assert list(temporary.iterdir()) == []


def test_a_first_line_without_an_end_is_refused(tmp_path: Path, temporary: Path) -> None:
    path = packed(tmp_path / "a.jsonl.gz", b'{"x": "', b"a", 40)
    assert refused(path) == f"{path}: the row that begins at line 1 {TOO_LONG}"
    assert list(temporary.iterdir()) == []


def test_a_full_disk_is_foreseen(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = b"".join(b"%d,%d\n" % (at, at * 7919 % 10007) for at in range(3_000_000))
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"x,y\n" + rows, 1))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Disk(10**9, 0, 10**7))
    said = refused(path)
    assert said.startswith(f"{path}: its copy would take about 3")
    assert said.endswith(
        f"{temporary} has 27 MB; free some space, or set TMPDIR to a larger folder"
    )
    assert list(temporary.iterdir()) == []
    monkeypatch.undo()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    table = open_table(path)
    assert isinstance(table, Table)
    assert sum(len(block.columns["x"]) for block in table.blocks(["x"], 10**5)) == 3_000_000
    assert len(list(temporary.iterdir())) == 1
    del table
    assert list(temporary.iterdir()) == []


def test_much_repetition_is_no_bomb(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real table of much repetition is packed to a fiftieth; it is judged by the same rule."""
    monkeypatch.setattr(looking, "_JUDGED", 1 << 20)
    rows = b"".join(
        b"2024-01-%02d,station-%d,ok,0,0,0,%d\n" % (at // 9000 + 1, at % 3, at % 10)
        for at in range(200_000)
    )
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"d,s,t,a,b,c,x\n" + rows, 9))
    assert len(rows) > 40 * path.stat().st_size
    table = open_table(path)
    assert isinstance(table, Table)
    assert sum(len(block.columns["x"]) for block in table.blocks(["x"], 10**5)) == 200_000


def test_lines_are_counted_whatever_ends_them() -> None:
    for content in (b"x\n1\n2\0\n", b"x\r1\r2\0\r", b"x\r\n1\r\n2\0\r\n"):
        lines = looking.TextLines("a.csv")
        source = io.BytesIO(content)
        with pytest.raises(InputError, match=r"a\.csv, line 3: a zero byte"):
            while chunk := source.read(2):
                lines.look(chunk)
