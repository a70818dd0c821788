"""Which files an address names, on a web server or in a store of objects; DuckDB's way to them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from fsspec import AbstractFileSystem

from steepest.errors import InputError
from steepest.tables.files.remote_file import RemoteBytes, RemoteFile
from steepest.tables.files.remote_names import (
    SCHEMES,
    STORES,
    WEB,
    failure,
    lacking,
    scheme_of,
    unsigned,
    without_secrets,
)
from steepest.tables.files.temporary_copies import Copies
from steepest.tables.files.text_limits import Room

_MAGIC = frozenset("*[")
_SECONDS = 60.0  # until a server that sends nothing is given up


class RemoteSource:
    """An address: one file, the files of a folder, or those of a glob in a store."""

    def __init__(self, url: str) -> None:
        scheme = scheme_of(url)
        self.label = without_secrets(url)
        if scheme not in SCHEMES:
            raise InputError(
                "{label}: {scheme}:// is not read; files of https://, s3://, gs:// and abfs:// are",
                label=self.label,
                scheme=scheme,
            )
        self._filesystem, self._key = _web(url) if scheme in WEB else _store(url, scheme)
        self._web = scheme in WEB
        # What stands before a file's key in its label.
        self._prefix = "" if self._web else unsigned(self.label).removesuffix(self._key)

    @cached_property
    def is_pattern(self) -> bool:
        """Whether further files can come to it."""
        return not self._web and (bool(_MAGIC & {*self._key}) or self._is_folder())

    @property
    def is_delta(self) -> bool:
        """Whether it is a folder that is a Delta table."""
        log = f"{self._key.rstrip('/')}/_delta_log"
        return self.is_pattern and not _MAGIC & {*self._key} and self._filesystem.exists(log)

    def named(self, urls: Sequence[str]) -> list[RemoteFile]:
        """Files of this store, by their addresses."""
        return [RemoteFile(url, url.removeprefix(self._prefix), self._filesystem) for url in urls]

    def files(self) -> list[RemoteFile]:
        """The files that it names now, in order. Raises InputError where there are none."""
        if not self.is_pattern:
            return [RemoteFile(self.label, self._key, self._filesystem)]
        try:
            found = self._listed()
        except InputError:
            raise
        except Exception as problem:
            raise failure(self.label, problem) from None
        if not found:
            raise InputError("no file matches {label}; check the address", label=self.label)
        return [RemoteFile(self._prefix + key, key, self._filesystem) for key in found]

    def _is_folder(self) -> bool:
        try:
            return bool(self._filesystem.info(self._key.rstrip("/"))["type"] == "directory")
        except Exception as problem:
            raise self._no_bucket() or failure(self.label, problem) from None

    def _no_bucket(self) -> InputError | None:
        """The error where not even the bucket is there; None where it is, or that is not told."""
        bucket = self._key.partition("/")[0]
        try:
            self._filesystem.info(bucket)
        except FileNotFoundError:
            return InputError(
                "{label}: there is no bucket {bucket!r}; check its name and its region",
                label=self.label,
                bucket=bucket,
            )
        except Exception:
            return None
        return None

    def _listed(self) -> list[str]:
        if _MAGIC & {*self._key}:
            keys: Iterable[str] = self._filesystem.glob(self._key)
            return sorted(key for key in keys if self._filesystem.isfile(key))
        folder = self._key.rstrip("/")
        keys = [key for key in self._filesystem.find(folder) if _is_shown(key, folder)]
        for key in keys:
            self._refuse_partition(key.removeprefix(folder + "/"))
        return sorted(keys)

    def _refuse_partition(self, inner: str) -> None:
        """What a folder's name says of its rows is in none of its files."""
        parts = [part for part in PurePosixPath(inner).parts[:-1] if "=" in part]
        if parts:
            raise InputError(
                "{label} is partitioned: names of folders such as {folder} hold a column that its "
                "files lack; read it by an engine, such as duckdb, or name the files by a glob to "
                "leave the column out",
                label=self.label,
                folder=parts[0],
            )


def _is_shown(key: str, folder: str) -> bool:
    """Names that begin with _ or . are marks of the programs that write tables."""
    inner = PurePosixPath(key.removeprefix(folder + "/"))
    return not any(part.startswith(("_", ".")) for part in inner.parts)


def _web(url: str) -> tuple[AbstractFileSystem, str]:
    try:
        import aiohttp
        from fsspec.implementations.http import HTTPFileSystem
    except ModuleNotFoundError as problem:
        raise lacking(without_secrets(url), str(problem.name)) from None
    limit = aiohttp.ClientTimeout(total=None, sock_connect=_SECONDS, sock_read=_SECONDS)
    # `trust_env`: proxies of the environment, and passwords of ~/.netrc.
    options = {"trust_env": True, "timeout": limit}
    plain = {"Accept-Encoding": "identity"}
    return HTTPFileSystem(client_kwargs=options, headers=plain, skip_instance_cache=True), url


_PATIENCE = 20  # seconds


def _store(url: str, scheme: str) -> tuple[AbstractFileSystem, str]:
    label = without_secrets(url)
    try:
        from fsspec.implementations.arrow import ArrowFSWrapper
        from pyarrow.fs import FileSystem
    except ModuleNotFoundError as problem:
        raise lacking(label, str(problem.name)) from None
    machine, slash, path = unsigned(url).partition("://")[2].partition("/")
    parameters = url.partition("?")[1:]
    if scheme == "gs" and "retry_limit_seconds" not in url:  # its own is 15 minutes
        limit = f"retry_limit_seconds={_PATIENCE}"
        parameters = ("?", f"{parameters[1]}&{limit}" if parameters[1] else limit)
    if not machine:
        raise InputError(
            "{label}: the name of the bucket is missing; write {scheme}://bucket/…",
            label=label,
            scheme=scheme,
        )
    try:
        # The key as it is written, not unquoted; Arrow would take a glob for a damaged address.
        inner, base = FileSystem.from_uri(
            f"{STORES[scheme]}://{machine}{slash}{''.join(parameters)}"
        )
    except Exception as problem:
        raise failure(label, problem) from None
    return ArrowFSWrapper(inner), "/".join(part for part in (base.strip("/"), path) if part)


class RemoteFiles(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """The remote files that one DuckDB may read, by their labels; it sees no address and no key."""

    protocol = SCHEMES
    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, RemoteFile] = {}

    def open(self, path: str, mode: str = "rb", **_: Any) -> RemoteBytes:
        return RemoteBytes(self.known[path])

    def glob(self, path: str, **_: Any) -> list[str]:
        return [path] if path in self.known else []

    def exists(self, path: str, **_: Any) -> bool:
        return path in self.known

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        return {"name": path, "type": "file", "size": self.known[path].size}

    def modified(self, path: str) -> datetime:
        return datetime.fromtimestamp(0, UTC)  # whoever reads looks at the files themselves


def ready(files: Sequence[RemoteFile], copies: Copies) -> None:
    """Copy the files whose server gives no parts of them. Raises InputError for one that cannot be
    read.
    """
    for file in files:
        if file.identity() is None:
            raise failure(file.label, FileNotFoundError())
        if not file.gives_pieces():
            copy = copies.new(file)
            file.fetch_whole(copy, Room(file, file.label, copy.parent).look)
