"""Copies of text files that DuckDB cannot read as they are: unpacked, or written in UTF-8."""

import gzip
import io
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, final

from steepest.errors import InputError
from steepest.storage.temporary_files import remove, temporary_file
from steepest.tables.files.line_numbers import open_bytes
from steepest.tables.files.text_encoding import decode, incremental_decoder
from steepest.tables.files.text_limits import Room, TextLines

_CHUNK = 1 << 20


@final
class Copies:
    """Temporary files, removed with the object that holds this one, or when Python ends."""

    def __init__(self) -> None:
        self._paths: list[Path] = []
        self.remove = weakref.finalize(self, _remove, self._paths)

    def new(self, path: Path) -> Path:
        """An empty temporary file for a copy of the file."""
        end = "-" + path.name.removesuffix(".gz")[-40:]
        copy = temporary_file(tempfile.gettempdir(), "steepest-copy-", end)
        self._paths.append(copy)
        return copy


def unpacked(path: Path, shown: str, copies: Copies) -> Path:
    """A temporary copy of a gzip file's content, its checksum compared; other files as they are.

    Either way all of it has been looked through: it is text whose lines end.
    """
    lines = TextLines(shown)
    with open_bytes(path) as source:
        if not isinstance(source, gzip.GzipFile):
            while chunk := source.read(_CHUNK):
                lines.look(chunk)
            return path
        with _written(path, copies, f"{shown} could not be unpacked to") as copy:
            room = Room(path, shown, copy.parent)
            with copy.open("wb") as target:
                while chunk := source.read(_CHUNK):
                    lines.look(chunk)
                    target.write(chunk)
                    room.look(source, target.tell())
    return copy


def transcode(path: Path, encoding: str, shown: str, copies: Copies) -> Path:
    """A temporary copy of the file in UTF-8, written chunk by chunk, with one kind of line end."""
    with _written(path, copies, f"{shown}: no UTF-8 copy could be written in") as copy:
        room, lines = Room(path, shown, copy.parent), TextLines(shown)
        with open_bytes(path) as source, copy.open("wb") as target:
            for text in _decoded(source, encoding, shown):
                encoded = text.encode()
                lines.look(encoded)
                target.write(encoded)
                room.look(source, target.tell())
    return copy


def _decoded(source: BinaryIO, encoding: str, shown: str) -> Iterator[str]:
    decoder = incremental_decoder(encoding)
    ends = io.IncrementalNewlineDecoder(None, translate=True)
    done = 0
    while chunk := source.read(_CHUNK):
        yield ends.decode(decode(decoder, chunk, shown, encoding, done))
        done += len(chunk)
    yield ends.decode(decode(decoder, b"", shown, encoding, done, final=True), final=True)


@contextmanager
def _written(path: Path, copies: Copies, failed: str) -> Iterator[Path]:
    """A new copy, which is removed again where it does not come to an end."""
    copy = copies.new(path)
    try:
        yield copy
    except gzip.BadGzipFile:
        copies.remove()
        raise
    except OSError as problem:
        copies.remove()
        reason = problem.strerror or str(problem)
        raise InputError(f"{failed} {copy.parent}: {reason}") from problem
    except BaseException:
        copies.remove()
        raise


def _remove(paths: list[Path]) -> None:
    for path in paths:
        remove(path)
    paths.clear()
