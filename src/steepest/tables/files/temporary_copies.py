"""Copies of text files that DuckDB cannot read as they are: unpacked, or written in UTF-8."""

import gzip
import io
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

from steepest.errors import InputError, cause
from steepest.storage.temporary_files import remove, temporary_file
from steepest.tables.files.line_numbers import open_bytes
from steepest.tables.files.remote_file import FilePath
from steepest.tables.files.text_encoding import Decoder
from steepest.tables.files.text_limits import Room, TextLines

_CHUNK = 1 << 20


@final
class Copies:
    """Temporary files, removed with the object that holds this one, or when Python ends."""

    def __init__(self) -> None:
        self._paths: list[Path] = []
        self.remove = weakref.finalize(self, _remove, self._paths)

    def new(self, path: FilePath) -> Path:
        """An empty temporary file for a copy of the file."""
        end = "-" + path.name.removesuffix(".gz")[-40:]
        copy = temporary_file(tempfile.gettempdir(), "steepest-copy-", end)
        self._paths.append(copy)
        return copy


def readable(
    path: FilePath,
    encoding: str | None,
    label: str,
    copies: Copies,
    rewrite: Callable[[Iterator[str]], Iterator[str]] | None = None,
) -> FilePath:
    """The file, or a temporary copy: unpacked, its checksum compared, and decoded from `encoding`.

    None is UTF-8 that can be read as it is. A decoded copy is UTF-8 with one kind of line end, its
    lines as `rewrite` makes them.
    Either way all of it has been looked through: it is text whose lines end.
    """
    lines = TextLines(label)
    with open_bytes(path) as source:
        chunks = iter(lambda: source.read(_CHUNK), b"")
        if encoding is not None:
            chunks = _decoded(chunks, Decoder(encoding, label))
            if rewrite is not None:
                chunks = (text.encode() for text in rewrite(_lines(chunks)))
        elif not isinstance(source, gzip.GzipFile):
            for chunk in chunks:
                lines.look(chunk)
            return path
        with _written(path, copies, label) as copy, copy.open("wb") as target:
            room = Room(path, label, copy.parent)
            for chunk in chunks:
                lines.look(chunk)
                target.write(chunk)
                room.look(source, target.tell())
    return copy


def _decoded(chunks: Iterator[bytes], decoder: Decoder) -> Iterator[bytes]:
    ends = io.IncrementalNewlineDecoder(None, translate=True)
    for chunk in chunks:
        yield ends.decode(decoder.decode(chunk)).encode()
    yield ends.decode(decoder.decode(b"", final=True), final=True).encode()


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """The lines of UTF-8 in chunks, each with its end."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (f"{line.decode()}\n" for line in lines)
    if rest:
        yield rest.decode()


@contextmanager
def _written(path: FilePath, copies: Copies, label: str) -> Iterator[Path]:
    """A new copy, which is removed again where it does not come to an end."""
    copy = copies.new(path)
    try:
        yield copy
    except gzip.BadGzipFile:
        copies.remove()
        raise
    except OSError as problem:
        copies.remove()
        raise InputError(
            "{label}: no copy can be written in {parent}: {reason}",
            label=label,
            parent=copy.parent,
            reason=cause(problem),
        ) from problem
    except BaseException:
        copies.remove()
        raise


def _remove(paths: list[Path]) -> None:
    for path in paths:
        remove(path)
    paths.clear()
