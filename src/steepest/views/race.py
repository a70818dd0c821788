"""How fast the runs of a study came down."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.path.path import DescentPath
from steepest.views.subject import Subject
from steepest.wording.numbers import number

SHARE = 1e-3


@final
@dataclass(frozen=True)
class RaceView:
    """When each run's excess over the least objective first was a thousandth of the start's.

    - `arrivals`: the epoch of each run; None where it never was
    - `first`: the places of the runs that arrived first; where none did, of the lowest at the end
    - `least`: the least objective, and `known`: it is, not only the lowest of all recorded steps

    >>> import steepest
    >>> study = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 0.5, 1.1], epochs=30)
    >>> race = RaceView.of(study.paths)
    >>> race.arrivals, race.first
    ((16, 1, None), (1,))
    """

    arrivals: tuple[int | None, ...]
    first: tuple[int, ...]
    least: float
    known: bool

    @staticmethod
    def of(paths: Sequence[DescentPath]) -> "RaceView":
        """Compare paths of one problem."""
        known = Subject.of(paths[0]).minimum
        least = min(map(_lowest, paths)) if known is None else known
        arrivals = tuple(_arrival(path, least) for path in paths)
        return RaceView(arrivals, _first(paths, arrivals), least, known is not None)

    @property
    def note(self) -> str:
        """What was compared, in words."""
        which = "the least there is" if self.known else "the lowest of all runs"
        return (
            "To a thousandth: the epoch at which the objective's excess over "
            f"{number(self.least)}, {which}, first was a thousandth of the start's. Marked: who "
            "came there first."
        ).replace("-", "−")


def _lowest(path: DescentPath) -> float:
    values = np.array([step.objective for step in path])
    return float(values[np.isfinite(values)].min(initial=np.inf))


def _first(paths: Sequence[DescentPath], arrivals: Sequence[int | None]) -> tuple[int, ...]:
    ends = [path.last.objective for path in paths]
    ranks = [end if np.isfinite(end) else np.inf for end in ends]
    if any(epoch is not None for epoch in arrivals):
        ranks = [np.inf if epoch is None else float(epoch) for epoch in arrivals]
    return tuple(place for place, rank in enumerate(ranks) if rank == min(ranks))


def _arrival(path: DescentPath, least: float) -> int | None:
    """The first epoch near enough; between recorded ones the steps are made again."""
    enough = least + SHARE * (path.at(0).objective - least)
    before = -1
    for step in path:
        if step.objective <= enough:
            between = path.steps(range(before + 1, step.index))
            return next((s.index for s in between if s.objective <= enough), step.index)
        before = step.index
    return None
