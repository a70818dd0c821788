"""Checkpoints: the file from which a streamed descent goes on, bit for bit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from steepest.storage import StrPath


@final
@dataclass(frozen=True)
class Checkpoint:
    """Where and how often a streamed descent is written down.

    - `path`: the file, written whole or not at all, under a temporary name that is then renamed
    - `fingerprint`: what tells these rows from others, by name: source, size, time, columns,
      options. Numbers, texts, booleans, None, and lists and mappings of such.
    - `every_seconds`: of running, between two writings; the end of the run is written too
    - `every_blocks`: None, or write after so many blocks whatever the time

    A descent that finds the file goes on from there. It raises InputError where the file is of
    other rows or other settings, and names what differs; StorageError where it is damaged, or
    something else. The number of epochs and other rules for the end may differ.
    """

    path: StrPath
    fingerprint: Mapping[str, object] = field(default_factory=dict)
    every_seconds: float = 30.0
    every_blocks: int | None = None
