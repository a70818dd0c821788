"""After how many epochs the runs of a study came near the least objective."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.path.several import SeveralPaths
from steepest.wording.fact import Fact, fact

_SHARE = 1e-3


@final
@dataclass(frozen=True)
class EpochsToTarget:
    """When each run's excess over the least objective first was a thousandth of the start's.

    - `epochs`: the epoch of each run; None where it never was
    - `fastest`: the places of the runs with the fewest; without any, of the lowest at the end
    - `least`: the least objective, and `known`: it is, not only the lowest of all recorded steps

    >>> import steepest
    >>> study = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 0.5, 1.1], epochs=30)
    >>> target = EpochsToTarget.of(study)
    >>> target.epochs, target.fastest
    ((16.0, 1.0, None), (1,))
    """

    epochs: tuple[float | None, ...]
    fastest: tuple[int, ...]
    least: float
    known: bool

    @staticmethod
    def of(study: SeveralPaths) -> "EpochsToTarget":
        """Compare the runs of a study."""
        least = study.minimum
        epochs = tuple(_epochs(study, place, least) for place in range(len(study)))
        return EpochsToTarget(epochs, _fastest(study, epochs), least, study.minimum_is_known)

    @property
    def note(self) -> Fact:
        """What was compared."""
        return fact("first to a thousandth", least=self.least, known=self.known)


def _fastest(study: SeveralPaths, epochs: tuple[float | None, ...]) -> tuple[int, ...]:
    ends = [values[-1] for values in study.objectives]
    ranks = [float(end) if np.isfinite(end) else np.inf for end in ends]
    if any(epoch is not None for epoch in epochs):
        ranks = [np.inf if epoch is None else epoch for epoch in epochs]
    return tuple(place for place, rank in enumerate(ranks) if rank == min(ranks))


def _epochs(study: SeveralPaths, place: int, least: float) -> float | None:
    """The first epoch near enough; between recorded steps of a function they are made again."""
    epochs, values = study.curves[place]
    enough = least + _SHARE * (values[0] - least)
    near = np.flatnonzero(values <= enough)
    if not len(near):
        return None
    at = int(near[0])
    if not study.is_of_function or not at:
        return float(epochs[at])
    path = study.paths[place]
    between = path.steps(range(path.recorded[at - 1] + 1, path.recorded[at]))
    return next((float(s.index) for s in between if s.objective <= enough), float(epochs[at]))
