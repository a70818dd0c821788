"""A register of our temporary files and folders, so that all can be removed when a process ends.

Who makes one removes it after use; a handler of signals calls `remove_all`. Files of a process that
was killed are removed by the next process that makes a file of that kind in the folder: names hold
the number of the process.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Path -> the process that made it: one that was forked off has its parent's paths too.
_KNOWN: dict[str, int] = {}
# A folder that is still written to may have to be emptied again.
_TRIES = 5


def temporary_file(folder: str | Path, start: str, end: str = "", rights: int = 0o600) -> Path:
    """A new, empty file in the folder; its name begins and ends as given."""
    path = temporary_name(folder, start, end)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        os.close(os.open(path, flags, rights))
    except BaseException:
        remove(path)
        raise
    return path


@contextmanager
def temporary_folder(start: str) -> Iterator[Path]:
    """A new folder among the temporary files, removed at the end with all that is in it."""
    from tempfile import gettempdir

    path = temporary_name(gettempdir(), start)
    try:
        path.mkdir(mode=0o700)
        yield path
    finally:
        remove(path)


def temporary_name(folder: str | Path, start: str, end: str = "") -> Path:
    """A new name, which is registered for `remove_all`; nothing is made."""
    start += f"{_machine()}-"
    _remove_stale(Path(folder), start)
    path = Path(folder) / f"{start}{os.getpid()}-{os.urandom(4).hex()}{end}"
    _KNOWN[str(path)] = os.getpid()
    return path


def forget(path: str | Path) -> None:
    """Take the path off the register: it is not temporary any more, or gone."""
    _KNOWN.pop(str(path), None)


def remove(path: str | Path) -> None:
    """Remove the file or folder, if it is there."""
    for _ in range(_TRIES):
        with suppress(OSError):
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)
        if not os.path.lexists(path):
            break
    forget(path)


def remove_all() -> None:
    """Remove every temporary file and folder of this process."""
    for path, process in list(_KNOWN.items()):
        if process == os.getpid():
            remove(path)


def _machine() -> str:
    """A few letters for this machine: process numbers are its own."""
    import hashlib

    name = os.uname().nodename if hasattr(os, "uname") else ""
    return hashlib.sha256(name.encode()).hexdigest()[:6]


def _remove_stale(folder: Path, start: str) -> None:
    """Remove files of that kind whose process has ended."""
    if os.name == "nt":  # there is no harmless way to ask for a process
        return
    ours = re.compile(re.escape(start) + r"(\d{1,9})-[0-9a-f]{8}(\W.*)?", re.DOTALL)
    with suppress(OSError):
        for name in os.listdir(folder):
            match = ours.fullmatch(name)
            if match is not None and not _is_alive(int(match[1])):
                remove(folder / name)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is someone else's
        return True
    return True
