"""Delta tables: the Parquet files of the version that stands now, read as others are."""

import os
from collections.abc import Sequence
from typing import Any

from steepest.errors import InputError, listed
from steepest.tables.files.remote_names import failure, scheme_of, without_secrets

# Of a table with these, files alone do not tell rows, or names of columns.
_UNREAD = {"deletionVectors", "columnMapping"}


def is_delta(path: str) -> bool:
    """Whether a folder here is a Delta table."""
    return os.path.isdir(os.path.join(path, "_delta_log"))


def delta_files(source: str) -> Sequence[str]:
    """The files of a Delta table as it stands now, by name, in order. Raises InputError where it
    cannot be read, or files alone do not tell its rows.
    """
    label = without_secrets(source)
    try:
        from deltalake import DeltaTable
    except ModuleNotFoundError:
        raise InputError(
            "{label} is a Delta table, and deltalake is not installed; run "
            "pip install 'steepest[delta]'",
            label=label,
        ) from None
    try:
        table = DeltaTable(source, storage_options=_store_options())
        described = table.metadata()
        needed = {*(table.protocol().reader_features or ())} & _UNREAD
        if described.configuration.get("delta.columnMapping.mode", "none") != "none":
            needed.add("columnMapping")
        partitions, files = list(described.partition_columns), sorted(table.file_uris())
    except Exception as problem:
        raise _unreadable(label, problem) from None
    if needed or partitions:
        raise InputError(
            "{label} is a Delta table whose files do not tell all ({what}); read it by an engine, "
            "such as polars",
            label=label,
            what=listed([*(f"partitionColumns: {name}" for name in partitions), *sorted(needed)]),
        )
    if not files:
        raise InputError("{label} has columns and no rows: at least 1 row is needed", label=label)
    return files


def _store_options() -> dict[str, str]:
    """What the environment says of a store of one's own, as Arrow reads it."""
    own = os.environ.get("AWS_ENDPOINT_URL", "")
    return {"allow_http": "true"} if own.startswith("http://") else {}


def _unreadable(label: str, problem: Any) -> InputError:
    if scheme_of(label) is not None:
        return failure(label, problem)
    said = " ".join(str(problem).split())
    return InputError(
        "{label} is no Delta table that can be read: {said}", label=label, said=said[:200]
    )
