"""Runs side by side, and what is kept of their steps."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.descent.one_step import Position, Update
from steepest.descent.update_rules import State


class Group(NamedTuple):
    """Runs with one optimizer: which they are, and where they stand."""

    runs: NDArray[np.int64]
    update: Update
    position: Position

    def only(self, mask: NDArray[np.bool_]) -> "Group":
        """The group with only the runs of the mask (b,)."""
        k, parameters, objective, gradient, state = self.position
        position = Position(
            k, parameters[mask], objective[mask], gradient[mask], _taken(state, mask)
        )
        schedules = tuple(s for s, going in zip(self.update.schedules, mask, strict=True) if going)
        return Group(self.runs[mask], replace(self.update, schedules=schedules), position)


class KeptStep(NamedTuple):
    """The groups at a step that is kept, and each one's rates (b,) of the updates that leave it."""

    groups: list[Group]
    rates: list[Floats]


@dataclass(frozen=True, eq=False)
class StackedSteps:
    """Kept steps of a group over which no run left it: arrays (m, b, …)."""

    runs: NDArray[np.int64]
    indices: NDArray[np.int64]
    parameters: Floats
    objective: Floats
    gradient: Floats
    rates: Floats
    states: list[State]

    @staticmethod
    def of(steps: list[tuple[Group, Floats]]) -> "StackedSteps":
        """A group at one step after the other, with the rates of the updates; stacked."""
        positions = [group.position for group, _ in steps]
        return StackedSteps(
            steps[0][0].runs,
            np.array([position.k for position in positions], dtype=np.int64),
            np.array([position.parameters for position in positions]),
            np.array([position.objective for position in positions]),
            np.array([position.gradient for position in positions]),
            # Where a line search failed no update was made.
            np.nan_to_num(np.array([rates for _, rates in steps])),
            [position.state for position in positions],
        )

    def alone(self, place: int) -> "StackedSteps":
        """A copy of one run's part."""
        one = slice(place, place + 1)
        return StackedSteps(
            self.runs[one].copy(),
            self.indices,
            self.parameters[:, one].copy(),
            self.objective[:, one].copy(),
            self.gradient[:, one].copy(),
            self.rates[:, one].copy(),
            [_taken(state, [place]) for state in self.states],
        )


def stacked_steps(kept: list[KeptStep]) -> list[StackedSteps]:
    """The kept steps of every group, cut where a run left it; in the order of the steps."""
    parts: dict[int, list[tuple[Group, Floats]]] = {}
    for groups, rates in kept:
        for group, of_group in zip(groups, rates, strict=True):
            parts.setdefault(id(group.runs), []).append((group, of_group))
    return [StackedSteps.of(part) for part in parts.values()]


def pieces(run: int, cut: list[StackedSteps]) -> list[tuple[StackedSteps, int]]:
    """The stretches that a run is in, and its place in each."""
    return [(part, int(np.argmax(part.runs == run))) for part in cut if run in part.runs]


def state_at(steps: list[tuple[StackedSteps, int]], i: int) -> State:
    """The optimizer's state of one run at its i-th kept step."""
    for part, place in steps:
        if i < len(part.indices):
            return _taken(part.states[i], place)
        i -= len(part.indices)
    raise IndexError(i)


def _taken(state: State, which: int | list[int] | NDArray[np.bool_]) -> State:
    return tuple(part[which] if isinstance(part, np.ndarray) else part for part in state)
