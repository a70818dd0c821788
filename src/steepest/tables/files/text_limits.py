"""What is checked while a text file is read through: zero bytes, lines without an end, and packed
files that would fill the disk."""

import gzip
import shutil
from pathlib import Path
from typing import BinaryIO, cast, final

import numpy as np

from steepest.errors import InputError
from steepest.tables.files.remote_file import FilePath, size_of
from steepest.translation import say

# DuckDB reads no longer line of CSV (2 MB), and no longer one of JSON.
LONGEST_LINE = 16_000_000
# Columns of one table: DuckDB holds 2,048 fields of every one at once.
MOST_COLUMNS = 25_000
# Text of much repetition is packed to a fiftieth or a hundredth; zeros to a thousandth.
MOST_RATIO = 200
# Bytes that are unpacked before the size of all is estimated, and before its ratio is judged.
_ESTIMATED, _JUDGED = 16 << 20, 256 << 20
# What is left free in the temporary folder: bytes, or the share of a small disk.
_SPARE, _SPARE_SHARE = 256 << 20, 0.05


@final
class TextLines:
    """The lines of a text that comes in chunks: zero bytes and lines without an end are refused."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._lines = self._open = 0  # lines that have ended; bytes of the one that has not
        self._end = b""  # what ends lines: known when the first one ends

    def look(self, chunk: bytes) -> None:
        """Look through the next chunk."""
        if not self._end:
            self._end = b"\n" if b"\n" in chunk else b"\r" if b"\r" in chunk else b""
        zero = chunk.find(b"\0")
        if zero >= 0:
            line = self._lines + self._ends(chunk[:zero]) + 1
            raise InputError(
                "{label}, line {line}: a zero byte stands there, and none belongs in a text "
                "file; the file is damaged, or it is UTF-16 and must be saved as UTF-8",
                label=self._label,
                line=line,
            )
        ends = self._ends(chunk)
        self._lines += ends
        self._open = len(chunk) - chunk.rfind(self._end) - 1 if ends else self._open + len(chunk)
        if self._open > LONGEST_LINE:
            raise too_long(self._label, self._lines + 1)

    def _ends(self, chunk: bytes) -> int:
        # `bytes.count` stops at each, which takes four times as long.
        if not self._end:
            return 0
        return int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == self._end[0]))


def too_long(label: str, line: int | None) -> InputError:
    """The error for a row that is longer than any that is read; `line` is where it begins."""
    where = "a row" if line is None else say("the row that begins at line {line}", line=line)
    return InputError(
        "{label}: {where} is longer than {LONGEST_LINE:,} bytes; write every row on a line "
        "of its own, and leave out long texts",
        label=label,
        where=where,
        LONGEST_LINE=LONGEST_LINE,
    )


def check_width(label: str, columns: int) -> None:
    """Refuse a table of text with more columns than are read."""
    if columns > MOST_COLUMNS:
        raise InputError(
            "{label} has {columns:,} columns, and text files are read up to "
            "{MOST_COLUMNS:,}; take fewer, or load it with NumPy and hand over the array",
            label=label,
            columns=columns,
            MOST_COLUMNS=MOST_COLUMNS,
        )


@final
class Room:
    """The room that a copy takes: estimated while it is written, and refused where it lacks."""

    def __init__(self, path: FilePath, label: str, folder: Path) -> None:
        self._label, self._folder = label, folder
        self._size = size_of(path)

    def look(self, source: BinaryIO, written: int) -> None:
        """Judge by what has been read of the source, and how many bytes were written for it."""
        if written < _ESTIMATED:
            return
        raw = cast(BinaryIO, source.fileobj) if isinstance(source, gzip.GzipFile) else source
        read = max(raw.tell(), 1)
        whole = written * max(self._size / read, 1.0)
        if raw is not source and written >= _JUDGED and written > MOST_RATIO * read:
            raise InputError(
                "{label} holds {size} that would unpack to about {whole}, over {MOST_RATIO} "
                "times as much; if it is meant so, unpack it first (gunzip) and name the "
                "unpacked file",
                label=self._label,
                size=_amount(self._size),
                whole=_amount(whole),
                MOST_RATIO=MOST_RATIO,
            )
        self._check_free(whole, written)

    def _check_free(self, whole: float, written: int) -> None:
        disk = shutil.disk_usage(self._folder)
        spare = min(_SPARE, int(_SPARE_SHARE * disk.total))
        if whole - written > disk.free - spare:
            raise InputError(
                "{label}: its copy would take about {whole}, and {folder} has {free}; free "
                "some space, or set TMPDIR to a larger folder",
                label=self._label,
                whole=_amount(whole),
                folder=self._folder,
                free=_amount(disk.free + written),
            )


def _amount(size: float) -> str:
    """Bytes in words.

    >>> _amount(40_000), _amount(13_000_000), _amount(3.1e9)
    ('40 KB', '13 MB', '3.1 GB')
    """
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} KB"
