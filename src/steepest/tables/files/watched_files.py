"""Files that an engine reads must not change while they are open: rows are read in several passes,
and each must see the same ones."""

import fnmatch
import glob
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias, final

from steepest.errors import ChangedError
from steepest.tables.files.remote_file import FilePath, RemoteFile
from steepest.translation import gathered, say, translated

Identity: TypeAlias = tuple[object, object, int, object]
_ADVICE = gathered("rows are read in several passes: leave the files alone, and run again")


def matching(pattern: str) -> list[Path]:
    """The files that a glob stands for, in order."""
    paths = map(Path, sorted(glob.glob(pattern, recursive=True)))
    return [path for path in paths if not path.is_dir()]


@final
class WatchedFiles:
    """Files by name, and patterns by what they stood for."""

    def __init__(self) -> None:
        self._files: dict[FilePath, Identity] = {}
        self._patterns: dict[str, tuple[Sequence[FilePath], Callable[[], Sequence[FilePath]]]] = {}

    def watch(self, path: FilePath) -> None:
        """Remember the file as it is now; to be called before anything of it is read."""
        identity = _identity(path)
        if identity is not None:
            self._files.setdefault(path, identity)

    def watch_pattern(
        self, pattern: str, find: Callable[[], Sequence[FilePath]]
    ) -> Sequence[FilePath]:
        """Remember which files `find` gives now for a pattern, and each of them."""
        paths = find()
        self._patterns.setdefault(pattern, (paths, find))
        for path in paths:
            self.watch(path)
        return paths

    def pattern_of(self, path: str) -> str | None:
        """The pattern for which a file of that name would stand too, were it there."""
        folder, name = os.path.split(os.path.realpath(path))
        for pattern in map(os.path.expanduser, self._patterns):
            above, last = os.path.split(pattern)
            if last == "**":
                above, last = pattern, "*"
            hidden = name.startswith(".") and not last.startswith(".")
            if not hidden and fnmatch.fnmatch(name, last) and _leads_to(above, folder):
                return pattern
        return None

    def check(self) -> None:
        """Raise ChangedError for a file that is another now, or was written to, or is gone; of
        those on other machines only those that are being read are asked for.
        """
        self._check(
            path for path in self._files if not isinstance(path, RemoteFile) or path.reading
        )

    def _check(self, paths: Iterable[FilePath]) -> None:
        for path in paths:
            old, new = self._files[path], _identity(path)
            if new != old:
                raise ChangedError(
                    "{path} {old} since it was opened; {ADVICE}",
                    path=path,
                    old=_change(old, new),
                    ADVICE=translated(_ADVICE),
                )

    def check_reachable(self) -> None:
        """Raise the InputError of a file on another machine that could not be read."""
        for path in self._files:
            if isinstance(path, RemoteFile) and path.fault is not None:
                raise path.fault from None

    def check_all(self) -> None:
        """The same of all files, and for a pattern that stands for other files now."""
        self._check(self._files)
        for pattern, (old, find) in self._patterns.items():
            for path in find():
                if path not in old:
                    raise ChangedError(
                        "{path} has come to {pattern} since it was opened; {ADVICE}",
                        path=path,
                        pattern=pattern,
                        ADVICE=translated(_ADVICE),
                    )


def _leads_to(pattern: str, folder: str) -> bool:
    """Is the folder among those of a pattern?"""
    folders = glob.iglob(pattern or os.curdir, recursive=True)
    return any(os.path.isdir(each) and os.path.samefile(each, folder) for each in folders)


def _identity(path: FilePath) -> Identity | None:
    """Device, number on it, size and time of the last writing; None where there is no file."""
    if isinstance(path, RemoteFile):
        return path.identity()
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _change(old: Identity, new: Identity | None) -> str:
    if new is None:
        return say("is gone")
    if new[:2] != old[:2]:
        return say("was replaced by another file")
    if new[2] != old[2]:
        return say("was written to ({new} bytes, not {old})", new=new[2], old=old[2])
    return say("was written to")
