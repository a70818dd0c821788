"""Descents on the same rows in batches of several sizes, side by side at equal rows seen."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, final

import numpy as np

from steepest.diagnosis.minibatch_forecast import BatchedForecast
from steepest.errors import InputError, nearest
from steepest.path.minibatch_path import MinibatchPath
from steepest.path.path import DescentPath
from steepest.wording.numbers import number, rate
from steepest.wording.text_table import text_table


@final
@dataclass(frozen=True)
class ComparedRun:
    """One line of a comparison.

    - `batch_size`: rows to an update;   `learning_rate`: of the first one
    - `updates`, `rows_seen`: made and seen;   `objective`: at the end, and `excess` of it over the
      least that is known
    - `noise_floor`: the excess where noise would hold it; None where that is not known
    - `ended`: the kind of its verdict
    """

    label: str
    batch_size: int
    learning_rate: float
    updates: int
    rows_seen: int
    objective: float
    excess: float
    noise_floor: float | None
    ended: str

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return dict(vars(self))


@final
@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Paths of one problem of `rows` rows that differ in their batch size.

    - `paths`, and `batch_sizes`: rows to an update of each, None for all
    - `comparison["10"]`, `comparison["full"]` or `comparison[0]`: one path
    - `minimum`: the least objective of all rows, or where that is not known of all runs

    >>> import steepest
    >>> rows = [[float(i % 7), float(i % 5)] for i in range(35)]
    >>> runs = steepest.compare(rows, [a + b for a, b in rows], batch_size=[5, None], epochs=20)
    >>> [(run.label, run.updates, run.rows_seen) for run in runs.runs]
    [('5', 140, 700), ('full', 20, 700)]
    """

    paths: tuple[DescentPath, ...]
    batch_sizes: tuple[int | None, ...]
    rows: int
    description: str
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The batch sizes in words: "full" for all rows."""
        return tuple("full" if size is None else str(size) for size in self.batch_sizes)

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[DescentPath]:
        return iter(self.paths)

    def __getitem__(self, which: int | str) -> DescentPath:
        """A path by its place or its label."""
        if isinstance(which, str):
            if which not in self.labels:
                raise InputError(
                    f"this comparison has no batch size {which!r}; it has "
                    f"{', '.join(self.labels)}.{nearest(which, self.labels)}"
                )
            return self.paths[self.labels.index(which)]
        return self.paths[which]

    @cached_property
    def minimum(self) -> float:
        """The least objective: of all rows if a forecast knows it, else of all recorded steps."""
        known = [forecast.minimum for forecast in self._forecasts if forecast is not None]
        ends = [step.objective for path in self.paths for step in path]
        finite = [value for value in [*known, *ends] if math.isfinite(value)]
        return min(finite, default=math.nan)

    @property
    def minimum_is_known(self) -> bool:
        """Whether `minimum` is the least there is, not only the lowest of all runs."""
        return any(each is not None and math.isfinite(each.minimum) for each in self._forecasts)

    @property
    def _forecasts(self) -> list[BatchedForecast | None]:
        found = [path.forecast for path in self.paths]
        return [each if isinstance(each, BatchedForecast) else None for each in found]

    def epochs_of(self, place: int) -> np.ndarray:
        """How often all rows were seen by each recorded step of a run, (m,)."""
        path, size = self.paths[place], self.batch_sizes[place]
        if not isinstance(path, MinibatchPath) or size is None:
            return np.array(path.recorded, dtype=np.float64)
        each = -(-self.rows // size)
        epochs = [divmod(updates, each) for updates in path.recorded]
        return np.array([whole + rest * size / self.rows for whole, rest in epochs])

    @cached_property
    def runs(self) -> tuple[ComparedRun, ...]:
        """A line for each run."""
        return tuple(self._run(place) for place in range(len(self)))

    def _run(self, place: int) -> ComparedRun:
        path, forecast = self.paths[place], self._forecasts[place]
        floor = math.nan if forecast is None else forecast.noise_floor
        last = path.last.objective
        size = self.batch_sizes[place]
        return ComparedRun(
            self.labels[place],
            self.rows if size is None else size,
            path.rate(0),
            path.epochs,
            round(float(self.epochs_of(place)[-1]) * self.rows),
            last,
            last - self.minimum,
            floor if math.isfinite(floor) else None,
            path.verdict.kind,
        )

    def table(self) -> list[list[str]]:
        """Heads, and a line of cells for each run."""
        heads = ["batch", "rate", "updates", "rows seen", "objective", "excess", "floor", "ended"]
        return [heads, *(_cells(run) for run in self.runs)]

    def summary(self) -> str:
        """The table, and what was compared, for a terminal."""
        return "\n".join([*text_table(self.table()), "", self.note])

    @property
    def note(self) -> str:
        """What excess and floor are."""
        which = "the least of all rows" if self.minimum_is_known else "the lowest of all runs"
        return (
            f"excess: the objective less {number(self.minimum)}, {which}; floor: where noise holds "
            "it at the ends of epochs."
        )

    def to_dict(self) -> dict[str, object]:
        """Plain data, under the keys of docs/json.md."""
        return {
            "source": self.description,
            "rows": self.rows,
            "minimum": self.minimum,
            "minimum_is_known": self.minimum_is_known,
            "notes": list(self.notes),
            "runs": [
                {
                    **run.to_dict(),
                    "forecast": path.forecast.to_dict(),
                    "verdict": path.verdict.to_dict(),
                    "end": path.last.to_dict(),
                }
                for run, path in zip(self.runs, self.paths, strict=True)
            ],
        }

    def __repr__(self) -> str:
        return f"Comparison of {len(self)} batch sizes\n{self.summary()}"

    def plot(self, ax: Any = None) -> Any:
        """Draw the objectives against looks at the rows; returns the matplotlib axes."""
        from steepest.plots.compare import draw_comparison

        return draw_comparison(self, ax)

    def report(self, file: str | Path) -> None:
        """Write the comparison as one HTML file that needs no network."""
        from steepest.web.compare_report import write_compare_report

        write_compare_report(self, file)


def _cells(run: ComparedRun) -> list[str]:
    floor = "–" if run.noise_floor is None else number(run.noise_floor)
    return [
        run.label,
        rate(run.learning_rate),
        str(run.updates),
        str(run.rows_seen),
        f"{run.objective:.6g}",
        number(run.excess),
        floor,
        run.ended,
    ]


def check_sizes(sizes: Sequence[int | None], rows: int) -> None:
    """Raise InputError for batch sizes that cannot be compared on so many rows."""
    if not sizes:
        raise InputError("batch_size is an empty list; give at least one, such as [1, 10, None]")
    for size in sizes:
        if size is not None and size > rows:
            raise InputError(f"a batch of {size} rows is larger than the data, {rows} rows")
    if len(set(sizes)) < len(sizes):
        raise InputError("a batch size is given twice; give each once")
