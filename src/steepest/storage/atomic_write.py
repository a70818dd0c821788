"""Writing files that are whole or absent: to a temporary name beside the target, then renamed."""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from reprlib import repr as shortened
from typing import TypeAlias

from steepest.errors import InputError, OutputError, SteepestError, cause
from steepest.storage.temporary_files import forget, remove, temporary_file
from steepest.translation import say

StrPath: TypeAlias = str | os.PathLike[str]

NOT_REGULAR = "it is not a regular file"


def check_file_name(path: object) -> None:
    """Raise InputError for what names no file: a number would be one of the process's open files.

    >>> check_file_name(3)
    Traceback (most recent call last):
    steepest.errors.InputError: a file is named by text or a Path, not by 3.
    """
    named = isinstance(path, str | os.PathLike) and isinstance(os.fspath(path), str)
    if not named:
        raise InputError("a file is named by text or a Path, not by {path}.", path=shortened(path))


def check_writable(path: StrPath) -> None:
    """Raise InputError where a file could not be written to `path`; to be called before long work.

    An existing file is left as it is. A new name is tried out beside the target and removed again.
    """
    check_file_name(path)
    try:
        if os.fspath(path) == "-":
            raise ValueError("results are not written to standard output by that name")
        target = _target(path)
        _check_target(target)
        remove(_create_beside(target))
    except (OSError, ValueError) as error:
        raise InputError(
            "cannot write {path}: {error}. Choose another place.",
            path=printable_name(path),
            error=cause(error),
        ) from None


def identity(path: StrPath) -> tuple[object, ...]:
    """What all names of one file share, whether they lead through links, `..` or other spellings.

    A file that is not there yet is identified by its folder and its name in it. Raises OSError and
    ValueError.
    """
    with suppress(FileNotFoundError):
        status = os.stat(path)
        return status.st_dev, status.st_ino
    target = _target(path)
    folder = os.stat(target.parent)
    return folder.st_dev, folder.st_ino, target.name


def write_text(path: StrPath, text: str) -> None:
    """Write `text` as UTF-8; the file is afterwards the new one whole or the old one untouched.

    Raises OutputError.
    """
    write_bytes(path, [text.encode("utf-8", errors="backslashreplace")])


def write_bytes(path: StrPath, chunks: Iterable[bytes]) -> None:
    """Write to a new name in the same folder, bring it to the disk, then rename it.

    Raises OutputError; what the chunks themselves raise goes through.
    """
    check_file_name(path)
    try:
        target = _target(path)
        _check_target(target)
        temporary = _create_beside(target)
        try:
            _fill(temporary, chunks)
            os.replace(temporary, target)
            forget(temporary)
        except BaseException:  # Ctrl-C too must leave nothing behind
            remove(temporary)
            raise
        _sync_folder(target.parent)
    except SteepestError:
        raise
    except (OSError, ValueError) as error:
        raise OutputError(
            "cannot write {path}: {error}. What was there before is untouched; free some "
            "space or choose another place.",
            path=printable_name(path),
            error=cause(error),
        ) from None


def _target(path: StrPath) -> Path:
    """Where the bytes will lie: renaming onto a link would replace the link, not the file."""
    if not os.fspath(path):
        raise ValueError("the name is empty")
    if os.fspath(path).endswith(("/", os.sep)):
        raise IsADirectoryError(errno.EISDIR, say("the name is that of a folder"))
    return Path(os.path.realpath(path))


def _check_target(target: Path) -> None:
    if not target.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, say("there is no folder {parent}", parent=printable_name(target.parent))
        )
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, say("it is a folder"))
    # Renaming onto /dev/null would put a file in its place.
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, NOT_REGULAR)
    # Renaming needs no right to the old file, but whoever locked it did not mean it replaced.
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _create_beside(target: Path) -> Path:
    """A new, empty file in the target's folder, with the rights the target has or would get."""
    os.lstat(target.parent)
    with suppress(FileNotFoundError):
        os.lstat(target)  # says now that a name is too long
    temporary = temporary_file(target.parent, f".{target.name[:40]}.", ".part", 0o666)
    with suppress(OSError):
        os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
    return temporary


def _fill(temporary: Path, chunks: Iterable[bytes]) -> None:
    with open(temporary, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system can do so."""
    # The new file is whole and in place; a system that cannot sync a folder is no reason to fail.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def printable_name(path: object) -> str:
    """A name on one line, whatever characters it holds."""
    text = str(path)
    return text if text.isprintable() and text else ascii(text)
