"""Where the rows of an engine are: at hand, or in partitions that work is sent to."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from steepest.tables.frames.part_table import Answer, PartTask


class Done(NamedTuple):
    """How many partitions are done by then, and an answer; None while it is still to come."""

    partitions: int
    answer: Answer[Any] | None


class Partitions(ABC):
    """The rows of one lazy frame.

    - `spread`: in how many partitions they are elsewhere; 0 where they are in this process
    """

    spread: int

    @abstractmethod
    def __init__(self, native: Any) -> None:
        """The rows of a frame of the engine's own kind."""

    def of(self, native: Any) -> "Partitions":
        """The rows of another frame of this engine: its workers are not asked again."""
        return type(self)(native)

    def frames(self, names: Sequence[str]) -> Iterator[Any]:
        """The rows, of an engine in this process, as frames of the columns `names`."""
        raise NotImplementedError

    @abstractmethod
    def over(self, names: Sequence[str], task: PartTask[Any]) -> Iterator[Done]:
        """The answers of all partitions, or of groups of them, in order: whichever worker is first,
        they are the same. No more of them wait than workers are busy with.
        """
