"""Writing files that are whole or absent: to a temporary name beside the target, then renamed."""

import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from steepest.errors import InputError, OutputError, SteepestError

StrPath: TypeAlias = str | os.PathLike[str]

NOT_REGULAR = "it is not a regular file"


def check_writable(path: StrPath) -> None:
    """Raise InputError where a file could not be written to `path`; to be called before long work.

    An existing file is left as it is. A new name is tried out beside the target and removed again.
    """
    try:
        if os.fspath(path) == "-":
            raise ValueError("results are not written to standard output by that name")
        target = _target(path)
        _check_target(target)
        _remove(_create_beside(target))
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot write {shown(path)}: {cause(error)}. Choose another place."
        ) from None


def write_text(path: StrPath, text: str) -> None:
    """Write `text` as UTF-8; the file is afterwards the new one whole or the old one untouched.

    Raises OutputError.
    """
    write_bytes(path, [text.encode("utf-8", errors="backslashreplace")])


def write_bytes(path: StrPath, chunks: Iterable[bytes]) -> None:
    """Write to a new name in the same folder, bring it to the disk, then rename it.

    Raises OutputError; what the chunks themselves raise goes through.
    """
    try:
        target = _target(path)
        _check_target(target)
        temporary = _create_beside(target)
        try:
            _fill(temporary, chunks)
            os.replace(temporary, target)
        except BaseException:  # Ctrl-C too must leave nothing behind
            _remove(temporary)
            raise
        _sync_folder(target.parent)
    except SteepestError:
        raise
    except (OSError, ValueError) as error:
        raise OutputError(
            f"cannot write {shown(path)}: {cause(error)}. "
            "What was there before is untouched; free some space or choose another place."
        ) from None


def _target(path: StrPath) -> Path:
    """Where the bytes will lie: renaming onto a link would replace the link, not the file."""
    if not os.fspath(path):
        raise ValueError("the name is empty")
    if os.fspath(path).endswith(("/", os.sep)):
        raise IsADirectoryError(errno.EISDIR, "the name is that of a folder")
    return Path(os.path.realpath(path))


def _check_target(target: Path) -> None:
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {shown(target.parent)}")
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
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
    start = f".{target.name[:40]}.{_machine()}-"
    _remove_stale(target.parent, start)
    temporary = target.parent / f"{start}{os.getpid()}-{secrets.token_hex(4)}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    os.close(os.open(temporary, flags, 0o666))
    with suppress(OSError):
        os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
    return temporary


def _machine() -> str:
    """A few letters for this machine: only here a process number says who is writing."""
    name = os.uname().nodename if hasattr(os, "uname") else ""
    return hashlib.sha256(name.encode()).hexdigest()[:6]


def _remove_stale(folder: Path, start: str) -> None:
    """Remove what a process that was killed while it wrote the same name has left."""
    if os.name == "nt":  # there is no harmless way to ask for a process
        return
    ours = re.compile(re.escape(start) + r"(\d{1,9})-[0-9a-f]{8}\.part")
    with suppress(OSError):
        for name in os.listdir(folder):
            found = ours.fullmatch(name)
            if found is not None and not _is_alive(int(found[1])):
                _remove(folder / name)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is someone else's
        return True
    return True


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


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def cause(error: Exception) -> str:
    """Why the system refused, as part of a sentence."""
    words = error.strerror if isinstance(error, OSError) else None
    text = words or str(error) or type(error).__name__
    return text[0].lower() + text[1:]


def shown(path: object) -> str:
    """A name on one line, whatever characters it holds."""
    text = str(path)
    return text if text.isprintable() and text else ascii(text)
