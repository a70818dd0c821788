"""What is called while a fit is at work."""

from typing import TYPE_CHECKING

from steepest.errors import InputError

if TYPE_CHECKING:
    from steepest.problems.row_stream import StreamPace


class FitProgress:
    """Extend it by the methods that are wanted, and hand an object of it to `fit(progress=…)`.

    An exception that one raises ends the fit; KeyboardInterrupt ends the descent as Ctrl-C does.
    """

    def rows(self, done: int, total: int | None) -> object:
        """So many rows have been read, of `total` where that is known."""

    def partitions(self, done: int, total: int) -> object:
        """So many partitions of a frame have been looked at, of all, in a pass over them."""

    def epochs(self, done: int, objective: float) -> object:
        """So many epochs have been made."""

    def pace(self, pace: "StreamPace") -> object:
        """How far a pass over rows that are read anew in every epoch has come."""


def check_progress(progress: object) -> None:
    """Raise InputError for what cannot be told how far a fit is."""
    if progress is not None and not isinstance(progress, FitProgress):
        raise InputError(
            "progress is {progress!r}; give an object of a class that extends "
            "steepest.models.fit_progress.FitProgress",
            progress=progress,
        )
