"""How fast the runs of a study came down."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.path.path import DescentPath
from steepest.path.several import SeveralPaths
from steepest.wording.fact import fact

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
    >>> race = RaceView.of(study)
    >>> race.arrivals, race.first
    ((16.0, 1.0, None), (1,))
    """

    arrivals: tuple[float | None, ...]
    first: tuple[int, ...]
    least: float
    known: bool

    @staticmethod
    def of(study: SeveralPaths) -> "RaceView":
        """Compare the runs of a study."""
        least = study.minimum
        arrivals = tuple(_arrival(study, place, least) for place in range(len(study)))
        return RaceView(arrivals, _first(study, arrivals), least, study.minimum_is_known)

    @property
    def note(self) -> str:
        """What was compared, in words."""
        return str(fact("first to a thousandth", least=self.least, known=self.known))


def _first(study: SeveralPaths, arrivals: tuple[float | None, ...]) -> tuple[int, ...]:
    ends = [values[-1] for values in study.objectives]
    ranks = [float(end) if np.isfinite(end) else np.inf for end in ends]
    if any(epoch is not None for epoch in arrivals):
        ranks = [np.inf if epoch is None else epoch for epoch in arrivals]
    return tuple(place for place, rank in enumerate(ranks) if rank == min(ranks))


def _arrival(study: SeveralPaths, place: int, least: float) -> float | None:
    """The first epoch near enough; between recorded steps of a function they are made again."""
    epochs, values = study.curves[place]
    near = np.flatnonzero(values <= least + SHARE * (values[0] - least))
    if not len(near):
        return None
    at = int(near[0])
    if not study.is_of_function or not at:
        return float(epochs[at])
    path, enough = study.paths[place], least + SHARE * (values[0] - least)
    return _between(path, range(path.recorded[at - 1] + 1, path.recorded[at]), enough, epochs[at])


def _between(path: DescentPath, steps: range, enough: float, else_: float) -> float:
    return next((float(s.index) for s in path.steps(steps) if s.objective <= enough), float(else_))
