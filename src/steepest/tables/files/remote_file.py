"""A file on another machine: looked at, and read piece by piece where it stands."""

import io
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, TypeVar, final

from steepest.errors import InputError
from steepest.tables.files.remote_names import failure, unsigned

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

Result = TypeVar("Result")
# Bytes that are asked for at once where few are wanted, and where all of a file is copied.
_LEAST, PIECE = 256 << 10, 8 << 20
_ATTEMPTS, _PAUSE = 3, 0.2  # seconds before the second attempt; twice as many before each further


@final
class RemoteFile:
    """One file of a filesystem of fsspec's kind, by a label that holds no secret.

    Two are equal where their labels are. `copy` is where its bytes stand here, if its server gives
    whole files only.
    """

    def __init__(self, label: str, key: str, filesystem: "AbstractFileSystem") -> None:
        self.label, self._key, self._filesystem = label, key, filesystem
        self.copy: Path | None = None
        self.fault: InputError | None = None
        self.reading = 0  # how many readers are open
        self._identity: tuple[object, object, int, object] | None = None
        self._read_at: Callable[[int, int], bytes] | None = None
        self._lock = threading.Lock()

    def __str__(self) -> str:
        return self.label

    __repr__ = __fspath__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteFile) and other.label == self.label

    def __hash__(self) -> int:
        return hash(self.label)

    @property
    def name(self) -> str:
        """The last part of its name."""
        return PurePosixPath(unsigned(self.label)).name

    @property
    def suffixes(self) -> list[str]:
        """The endings of its name."""
        return PurePosixPath(self.name).suffixes

    @property
    def size(self) -> int:
        """How many bytes it has; 0 where its server does not say."""
        identity = self._identity or self.identity()
        return 0 if identity is None else identity[2]

    def identity(self) -> tuple[object, object, int, object] | None:
        """What tells it from another file of its name, asked for anew; None where it is gone."""
        if self.copy is not None:
            return self._identity
        try:
            found = self._tried(lambda: self._filesystem.info(self._key))
        except FileNotFoundError:
            return None
        tag = found.get("ETag")
        written = None if tag else found.get("mtime", found.get("Last-Modified"))
        self._identity = tag, None, int(found.get("size") or 0), str(written)
        return self._identity

    def open(self, mode: str = "rb") -> io.BufferedReader:
        """Its bytes, from their beginning to their end."""
        return io.BufferedReader(RemoteBytes(self), _LEAST)

    def read_at(self, count: int, start: int) -> bytes:
        """So many bytes from a place on; several threads may ask at once. Raises InputError."""
        if self.copy is not None:
            with self.copy.open("rb") as file:
                file.seek(start)
                return file.read(count)
        count = min(count, self.size - start)
        if count <= 0:
            return b""
        try:
            return self._tried(lambda: self._exactly(count, start))
        except FileNotFoundError as problem:
            self.fault = failure(self.label, problem)
            raise self.fault from None

    def fetch_whole(self, copy: Path, look: Callable[[BinaryIO, int], None]) -> None:
        """Copy all of it to a file here, which is read from now on; `look` is told of each piece
        how many bytes stand there.
        """
        try:
            with self._filesystem.open(self._key, block_size=0) as source, copy.open("wb") as file:
                while piece := source.read(PIECE):
                    file.write(piece)
                    look(source, file.tell())
        except InputError:
            raise
        except Exception as problem:
            raise failure(self.label, problem) from None
        self._identity = None, None, os.path.getsize(copy), "copied"
        self.copy = copy

    def gives_pieces(self) -> bool:
        """Whether its server gives a part of it that is asked for."""
        if not self.size:
            return False
        try:
            if hasattr(self._filesystem, "fs"):  # a store of objects does
                return True
            with self._filesystem.open(self._key, block_size=1, cache_type="none") as file:
                if not file.seekable():
                    return False
                file.seek(self.size - 1)
                return len(file.read(1)) == 1
        except ValueError:  # all of it would come
            return False
        except Exception as problem:
            raise failure(self.label, problem) from None

    def _exactly(self, count: int, start: int) -> bytes:
        found = bytes(self._reader()(count, start))
        if len(found) != count:
            raise ConnectionError(f"{len(found)} bytes for {count}")
        return found

    def _reader(self) -> Callable[[int, int], bytes]:
        with self._lock:
            if self._read_at is None:
                inner: Any = getattr(self._filesystem, "fs", None)
                self._read_at = (
                    self._piece if inner is None else inner.open_input_file(self._key).read_at
                )
            return self._read_at

    def _piece(self, count: int, start: int) -> bytes:
        return bytes(self._filesystem.cat_file(self._key, start=start, end=start + count))

    def _tried(self, work: Callable[[], Result]) -> Result:
        """What the work gives; where the connection fails it is tried again."""
        for attempt in range(_ATTEMPTS):
            try:
                return work()
            except Exception as problem:
                # fsspec says of every failure of a server's that there is no such file.
                cause = problem.__cause__ or problem
                fault = failure(self.label, cause)
                if isinstance(problem, FileNotFoundError) and fault.absent:
                    raise FileNotFoundError from None
                if attempt == _ATTEMPTS - 1 or not fault.passing:
                    self.fault = fault
                    raise fault from None
                time.sleep(_PAUSE * 2**attempt)
        raise AssertionError


FilePath: TypeAlias = Path | RemoteFile


def size_of(path: FilePath) -> int:
    """How many bytes the file has."""
    return path.size if isinstance(path, RemoteFile) else path.stat().st_size


@final
class RemoteBytes(io.RawIOBase):
    """A remote file as Python reads one. Each thread has a place of its own in it: DuckDB's seek
    one after the other and then read at once.
    """

    def __init__(self, file: RemoteFile) -> None:
        self._file, self._place = file, threading.local()
        file.reading += 1

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(getattr(self._place, "at", 0))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET:
            offset += self.tell() if whence == io.SEEK_CUR else self._file.size
        self._place.at = offset
        return offset

    def read(self, size: int = -1, /) -> bytes:
        start = self.tell()
        found = self._file.read_at(self._file.size - start if size < 0 else size, start)
        self._place.at = start + len(found)
        return found

    def readinto(self, buffer: Any, /) -> int:
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        if not self.closed:
            self._file.reading -= 1
        super().close()
