"""A column that cannot be a feature."""

from typing import final

from steepest.errors import InputError
from steepest.wording.fact import Fact


@final
class UnusableColumn(InputError):
    """A column that cannot be a feature; `left_out` is the note where nobody asked for it."""

    def __init__(self, message: str, left_out: Fact) -> None:
        super().__init__(message)
        self.left_out = left_out
