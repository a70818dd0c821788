"""A picture that has been drawn, and what must be said with it."""

from dataclasses import dataclass
from typing import final

from matplotlib.axes import Axes


@final
@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture, the sentences below it, and what it shows, for those who cannot see it.

    `tight`: its margins are cut off, as of one in three dimensions, which has wide ones.
    """

    axes: Axes
    note: str = ""
    told: str = ""
    tight: bool = False
