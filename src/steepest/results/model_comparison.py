"""Descents of one model by several optimizers, side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Any, final

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError, nearest
from steepest.watching.watched_path import WatchedPath
from steepest.wording.numbers import number, rate
from steepest.wording.text_table import text_table


@final
@dataclass(frozen=True)
class ComparedOptimizer:
    """One line of a comparison.

    - `learning_rate`: of the first step;   `steps`, `epochs`: how many were made
    - `start`, `objective`: over all batches, before the first step and at the end; `lowest`: at the
      start or the end of any epoch
    - `ended`: the kind of its verdict
    """

    label: str
    learning_rate: float
    steps: int
    epochs: int
    start: float
    objective: float
    lowest: float
    ended: str

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return dict(vars(self))


@final
@dataclass(frozen=True, eq=False, repr=False)
class ModelComparison:
    """Watched runs of one model, from one start, over the same batches, by several optimizers.

    - `paths`, `labels`: each run, and what moved it
    - `comparison["SGD lr=0.1"]` or `comparison[0]`: one path
    - `objectives`: of each run (epochs + 1,): the mean over all batches in eval mode, at the start
      and after each epoch; nan after an epoch in which it diverged
    """

    paths: tuple[WatchedPath, ...]
    labels: tuple[str, ...]
    objectives: tuple[Floats, ...]

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[WatchedPath]:
        return iter(self.paths)

    def items(self) -> Iterator[tuple[str, WatchedPath]]:
        """Labels and paths."""
        return zip(self.labels, self.paths, strict=True)

    def __getitem__(self, which: int | str) -> WatchedPath:
        """A path by its place or its label."""
        if isinstance(which, str):
            if which not in self.labels:
                raise InputError(
                    f"this comparison has no run {which!r}; it has {', '.join(self.labels)}."
                    f"{nearest(which, self.labels)}"
                )
            return self.paths[self.labels.index(which)]
        return self.paths[which]

    @property
    def best(self) -> str:
        """The label of the run with the lowest objective at its end."""
        ends = [values[-1] if np.isfinite(values[-1]) else np.inf for values in self.objectives]
        return self.labels[int(np.argmin(ends))]

    @property
    def runs(self) -> tuple[ComparedOptimizer, ...]:
        """A line for each run."""
        return tuple(self._run(place) for place in range(len(self)))

    def _run(self, place: int) -> ComparedOptimizer:
        path, values = self.paths[place], self.objectives[place]
        return ComparedOptimizer(
            label=self.labels[place],
            learning_rate=path.rate(0),
            steps=path.epochs,
            epochs=len(values) - 1,
            start=float(values[0]),
            objective=float(values[-1]),
            lowest=float(np.nanmin(values)),
            ended=path.verdict.kind,
        )

    def table(self) -> list[list[str]]:
        """Heads, and a line of cells for each run."""
        heads = ["optimizer", "rate", "steps", "start", "objective", "lowest", "ended"]
        return [heads, *(_cells(run) for run in self.runs)]

    def summary(self) -> str:
        """The table and a note, for a terminal."""
        return "\n".join([*text_table(self.table(), left=1), "", self.note])

    @property
    def note(self) -> str:
        """What the objective is."""
        return "objective: the mean over all batches, in eval mode, after the last epoch."

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "runs": [
                {**run.to_dict(), "objectives": values.tolist(), "verdict": path.verdict.to_dict()}
                for run, values, path in zip(self.runs, self.objectives, self.paths, strict=True)
            ]
        }

    def __repr__(self) -> str:
        return f"Comparison of {len(self)} optimizer{'s' * (len(self) != 1)}\n{self.summary()}"

    def plot(self, ax: Any = None) -> Any:
        """Draw the objectives over the epochs; returns the matplotlib axes."""
        from steepest.plots.several import plot
        from steepest.views.several import ObjectivesView

        return plot(ObjectivesView.of_epochs(self.objectives, self.labels), ax)

    def report(self, file: "str | PathLike[str]") -> None:
        """Write the comparison as one HTML file that needs no network."""
        from steepest.web.optimizers_report import write_optimizers_report

        write_optimizers_report(self, file)


def _cells(run: ComparedOptimizer) -> list[str]:
    return [
        run.label,
        rate(run.learning_rate),
        str(run.steps),
        number(run.start),
        f"{run.objective:.6g}",
        number(run.lowest),
        run.ended,
    ]
