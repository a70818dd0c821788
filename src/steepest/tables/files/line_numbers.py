"""On which line of a text file a record starts: only looked for when there is an error to place."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast, final

import numpy as np

from steepest.tables.files.remote_file import FilePath, RemoteFile

_CHUNK = 1 << 22
_QUOTE, _NEWLINE, _RETURN = 34, 10, 13


@final
@dataclass(frozen=True)
class Place:
    """The line (1-based) of the record looked for, or None, and how many records were seen."""

    line: int | None
    seen: int


def open_bytes(path: FilePath) -> BinaryIO:
    """The file's bytes, unpacked where it is gzip."""
    file = path.open("rb")
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if packed and isinstance(path, RemoteFile):
        return cast(BinaryIO, gzip.open(file))
    if packed:
        file.close()
        return cast(BinaryIO, gzip.open(path))
    return file


def place_of(
    path: FilePath, record: int, *, blanks: bool, quotes: bool = True, skip: int = 0
) -> Place:
    """Where the record of that index (0-based, a header counts) starts, below `skip` lines.

    A record ends at a line end outside double quotes. `blanks`: do empty lines count as records?
    """
    seen, newlines = 0, skip
    for lengths, lines in _records(path, quotes, skip):
        counted = np.flatnonzero(lengths > 0) if not blanks else np.arange(len(lengths))
        if seen + len(counted) > record:
            index = int(counted[record - seen])
            return Place(newlines + int(lines[:index].sum()) + 1, record + 1)
        seen += len(counted)
        newlines += int(lines.sum())
    return Place(None, seen)


def _end_of_line(start: bytes, lines: int) -> int:
    """Where so many lines end."""
    newline = b"\n" if b"\n" in start or b"\r" not in start else b"\r"
    place = 0
    for _ in range(lines):
        place = start.find(newline, place) + 1
    return place


def _records(path: FilePath, quotes: bool, skip: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Chunk by chunk, for the records that end there: length without line end; line ends in it."""
    inside = 0
    held = broken = 0  # bytes, and line ends within quotes, of the record that is not over yet
    newline: int | None = None
    last = 0  # the byte before this chunk
    with open_bytes(path) as file:
        if skip:
            file.seek(_end_of_line(file.read(_CHUNK), skip))
        while chunk := file.read(_CHUNK):
            if newline is None:
                newline = _NEWLINE if b"\n" in chunk or b"\r" not in chunk else _RETURN
            data = np.frombuffer(chunk, np.uint8)
            ends = np.flatnonzero(data == newline)
            total = len(ends)
            if quotes:
                marks = data == _QUOTE
                within = (np.cumsum(marks) + inside) & 1
                inside = (inside + int(np.count_nonzero(marks))) & 1
                outside = np.flatnonzero(within[ends] == 0)
            else:
                outside = np.arange(total)
            places = ends[outside]
            if not len(places):
                held, broken, last = held + len(data), broken + total, chunk[-1]
                continue
            lengths = np.diff(places, prepend=-1) - 1
            lengths[0] += held
            if newline == _NEWLINE:
                before = np.where(places > 0, data[places - 1], last)
                lengths -= before == _RETURN
            lines = np.diff(outside, prepend=-1)
            lines[0] += broken
            held, broken = len(data) - int(places[-1]) - 1, total - int(outside[-1]) - 1
            last = chunk[-1]
            yield lengths, lines
    if held:
        yield np.array([held]), np.array([broken + 1])
