"""Several descents of one problem, side by side: labels, paths, and the numbers of each."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from steepest.arrays import Floats
from steepest.errors import printable
from steepest.path.minibatch_path import MinibatchPath
from steepest.path.path import DescentPath
from steepest.problems.function import FunctionProblem
from steepest.translation import translated
from steepest.wording.fact import Fact, fact
from steepest.wording.numbers import count, number, place, rate, rounded
from steepest.wording.text_table import terminal_width

# Parameters of an end that stand in a table.
_COLUMNS = 3
_WIDTH = 80  # letters of a line
_WORDS = ("run", "end", "verdict", "how it went")  # columns of words
# What lies less below the known minimum is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class RunRow:
    """The numbers of one run in a table of several; None where one does not apply.

    - `learning_rate`: of the first update;   `batch_size`: rows to an update
    - `updates`, `epochs`, `rows_seen`: made, and seen
    - `initial_objective`, `objective`, `lowest`: at the start, at the end, and the lowest recorded
    - `excess`: of the objective over the study's `minimum`
    - `noise_floor`: the excess where noise of mini-batches would hold it, where that is known
    - `ended`, `manner`: kind and manner of its verdict
    """

    label: str
    learning_rate: float
    batch_size: int | None
    updates: int
    epochs: int
    rows_seen: int | None
    initial_objective: float
    objective: float
    lowest: float
    excess: float
    noise_floor: float | None
    ended: str
    manner: str

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False, repr=False)
class SeveralPaths:
    """Paths of one problem that differ in learning rate, optimizer, batch size or start.

    - `paths`, and `labels`: what each was given that others were not
    - `settings`: of each run `optimizer` and `lr`, as plain data
    - `description`: what is minimised, or where the rows are from;   `notes`: on the rows
    - `rows`: how many rows an epoch has; None for a function and for a model
    - `batch_sizes`: rows to an update, None for all; empty for a function and for a model
    - `measured`: of a model the objectives over all batches, (epochs + 1,) for each run: at the
      start and after each epoch; empty where each step has the objective itself
    """

    paths: tuple[DescentPath, ...]
    labels: tuple[str, ...]
    settings: tuple[dict[str, object], ...] = ()
    description: str = ""
    notes: tuple[str, ...] = ()
    rows: int | None = None
    batch_sizes: tuple[int | None, ...] = ()
    measured: tuple[Floats, ...] = ()

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def is_of_function(self) -> bool:
        """Whether a formula or a function is minimised, not a loss over rows."""
        return isinstance(self.paths[0].problem, FunctionProblem)

    @property
    def is_of_model(self) -> bool:
        """Whether the runs are those of a model."""
        return bool(self.measured)

    @cached_property
    def curves(self) -> tuple[tuple[Floats, Floats], ...]:
        """Of each run the epochs (m,) at which its objective is known, and the objectives (m,).

        Within an epoch of mini-batches, an epoch is the share of the rows that was seen.
        """
        if self.measured:
            return tuple((np.arange(float(len(each))), each) for each in self.measured)
        return tuple(
            (self._epochs(path, size), np.array([step.objective for step in path]))
            for path, size in zip(self.paths, self._sizes, strict=True)
        )

    @property
    def objectives(self) -> tuple[Floats, ...]:
        """The objectives of each run, (m,): of a model those after each epoch."""
        return tuple(values for _, values in self.curves)

    @cached_property
    def minimum(self) -> float:
        """The least objective where it is known, else the lowest of all runs; nan if none is."""
        known, lowest = self._known_minimum, self._lowest
        return known if known is not None else lowest if math.isfinite(lowest) else math.nan

    @property
    def minimum_is_known(self) -> bool:
        """Whether `minimum` is the least there is, not only the lowest of all runs."""
        return self._known_minimum is not None

    @cached_property
    def runs(self) -> tuple[RunRow, ...]:
        """The numbers of each run."""
        return tuple(map(self._run, range(len(self))))

    @property
    def best_place(self) -> int:
        """The run with the lowest last objective; of equal ones the one with the fewest epochs."""
        ends = [(values[-1], epochs[-1]) for epochs, values in self.curves]
        ranks = [(end if np.isfinite(end) else np.inf, epochs) for end, epochs in ends]
        return ranks.index(min(ranks))

    def table(self) -> list[list[str]]:
        """Heads, and a line of cells for each run; what applies to no run has no column."""
        heads, columns = zip(*self._columns(), strict=True)
        return [list(heads), *map(list, zip(*columns, strict=True))]

    def summary(self) -> str:
        """The table, without the ends where it would be too wide, and what its heads mean."""
        columns = [(head, list(map(printable, cells))) for head, cells in self._columns()]
        if sum(max(map(len, [head, *cells])) + 2 for head, cells in columns) > _WIDTH + 2:
            columns = [column for column in columns if column[0] != "end"]
        made = [_aligned(*column) for column in columns]
        lines = ["  ".join(cells).rstrip() for cells in zip(*made, strict=True)]
        notes = list(map(str, self.notes_on_table))
        return "\n".join([*lines, *(["", *notes] if notes else [])])

    @property
    def notes_on_table(self) -> list[Fact]:
        """What the numbers of the table are, where their heads do not say it."""
        facts = [] if self.rows is None else [self._rows_seen(self.rows)]
        if self.measured:
            facts.append(fact("objective of model"))
        if self.minimum_is_known:
            facts.append(fact("excess over minimum", minimum=self.minimum))
        if any(run.noise_floor is not None for run in self.runs):
            facts.append(fact("floor of noise"))
        return facts

    def to_dict(self) -> dict[str, object]:
        """Plain data, under the keys of docs/json.md."""
        return {
            "objective": self.description if self.is_of_function else None,
            "names": None if self.measured else list(self.paths[0].names),
            "source": None if self.is_of_function else self.description,
            "rows": self.rows,
            "notes": list(self.notes),
            "minimum": self.minimum,
            "minimum_is_known": self.minimum_is_known,
            "runs": [self._data(place) for place in range(len(self))],
            "best": self.best_place,
        }

    def _data(self, place: int) -> dict[str, object]:
        path, data = self.paths[place], self.runs[place].to_dict()
        data |= self.settings[place] if self.settings else {}
        if self.measured:
            data["objectives"] = self.measured[place].tolist()
        else:  # a model has too many parameters, and its curvature is not computed unasked
            data |= {"start": path.at(0).to_dict(), "end": path.last.to_dict()}
            data["forecast"] = path.forecast.to_dict()
        return data | {"verdict": path.verdict.to_dict()}

    def _run(self, place: int) -> RunRow:
        path, size = self.paths[place], self._sizes[place]
        epochs, values = self.curves[place]
        finite = values[np.isfinite(values)]
        return RunRow(
            label=self.labels[place],
            learning_rate=path.rate(0),
            batch_size=self.rows if size is None else size,
            updates=path.epochs,
            epochs=int(epochs[-1]),
            rows_seen=None if self.rows is None else round(float(epochs[-1]) * self.rows),
            initial_objective=float(values[0]),
            objective=float(values[-1]),
            lowest=float(finite.min()) if len(finite) else math.nan,
            excess=float(np.maximum(values[-1] - self.minimum, 0.0)),
            noise_floor=_noise_floor(path),
            ended=path.verdict.kind,
            manner=path.verdict.manner,
        )

    @property
    def _sizes(self) -> tuple[int | None, ...]:
        return self.batch_sizes or (None,) * len(self)

    def _epochs(self, path: DescentPath, size: int | None) -> Floats:
        """How often all rows had been seen by each recorded step."""
        if not isinstance(path, MinibatchPath) or size is None or self.rows is None:
            return np.array(path.recorded, dtype=np.float64)
        updates = -(-self.rows // size)
        parts = [min(step.updates % updates * size / self.rows, 1.0) for step in path.kept]
        return np.array([step.epoch + part for step, part in zip(path.kept, parts, strict=True)])

    @cached_property
    def _lowest(self) -> float:
        values = np.concatenate(self.objectives)
        return float(values[np.isfinite(values)].min(initial=math.inf))

    @cached_property
    def _known_minimum(self) -> float | None:
        """The least objective; None where no path knows it, or a run came below."""
        known = min((m for m in map(_minimum, self.paths) if m is not None), default=None)
        below = known is not None and known > self._lowest + _ROUNDING * abs(known)
        return None if below else known

    def _rows_seen(self, rows: int) -> Fact:
        """How often the rows were seen: alike by all runs, unless one ended before the others."""
        if len({run.rows_seen for run in self.runs}) > 1:
            return fact("rows seen unalike", rows=rows)
        return fact("rows seen alike", rows=rows, epochs=self.runs[0].epochs)

    def _columns(self) -> list[tuple[str, list[str]]]:
        runs = self.runs
        columns = [("run", list(self.labels))]
        if len({run.learning_rate for run in runs}) > 1 and not all("lr" in n for n in self.labels):
            columns.append(("rate", [rate(run.learning_rate) for run in runs]))
        columns.append(("epochs", [count(run.epochs) for run in runs]))
        if any(run.updates != run.epochs for run in runs):
            columns.append(("updates", [count(run.updates) for run in runs]))
        if len({run.rows_seen for run in runs}) > 1:
            columns.append(("rows seen", [count(run.rows_seen or 0) for run in runs]))
        columns.append(("objective", [rounded(run.objective, 6) for run in runs]))
        if self.minimum_is_known:
            columns.append(("excess", [_or_dash(run.excess) for run in runs]))
        if any(run.noise_floor is not None for run in runs):
            columns.append(("floor", [_or_dash(run.noise_floor) for run in runs]))
        if self.is_of_function and len(self.paths[0].names) <= _COLUMNS:
            columns.append(("end", [place(p.names, p.last.parameters) for p in self.paths]))
        columns.append(("verdict", [run.ended for run in runs]))
        if any(run.manner for run in runs):
            columns.append(("how it went", [run.manner for run in runs]))
        return columns


def _aligned(head: str, cells: list[str]) -> list[str]:
    """A column of words at its left, a column of numbers at its right, in the language spoken."""
    if head in ("verdict", "how it went"):
        cells = list(map(translated, cells))
    made = [translated(head), *cells]
    width = max(map(terminal_width, made))
    spaces = [" " * (width - terminal_width(cell)) for cell in made]
    if head in _WORDS:
        return [cell + space for cell, space in zip(made, spaces, strict=True)]
    return [space + cell for cell, space in zip(made, spaces, strict=True)]


def _or_dash(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else number(value)


def _minimum(path: DescentPath) -> float | None:
    """The least objective as a path's problem or the forecast of its mini-batches knows it."""
    return path.forecast.minimum if isinstance(path, MinibatchPath) else path.minimum


def _noise_floor(path: DescentPath) -> float | None:
    floor = path.forecast.noise_floor if isinstance(path, MinibatchPath) else None
    return floor if floor is not None and math.isfinite(floor) else None
