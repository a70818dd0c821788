"""A path: what happened, step by step."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final, overload

import numpy as np

from steepest.arrays import Floats
from steepest.descent.closed_form import ClosedForm
from steepest.descent.error_envelope import LAST
from steepest.descent.stopping import Stop
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.verdict import Verdict
from steepest.errors import InputError, printable
from steepest.number_checks import step_number
from steepest.path.step import Step
from steepest.problems.problem import Problem
from steepest.problems.slice import Slice
from steepest.translation import say

if TYPE_CHECKING:
    from steepest.descent.trajectory import Point, Trajectory
    from steepest.path.objective_curve import ObjectiveCurve
    from steepest.path.step_table import StepTable

KEPT_ALL = 1000
KEPT = 400
_NAMED = 4  # parameters of a watched loop that a notebook shows

Curve = Callable[[int], float]


@dataclass(frozen=True, eq=False, repr=False)
class DescentPath(ABC):
    """The steps of a descent. `path.at(k)` is step k; iteration gives the recorded steps.

    - `names` (d,): the parameters; of a table features first, then "intercept"
    - `epochs`: index of the last step;   `recorded`: indices of the steps that iteration gives
    - `forecast`, `verdict`: what curvature said before, and says after; computed by `forecaster`
      and `judge` when they are first asked for
    - `stop`: the rule that ended it

    >>> import steepest
    >>> path = steepest.fit([1, 2, 3], [2, 4, 6], intercept=False, standardize=False, lr=0.01,
    ...                     start=[1.0], epochs=100).path
    >>> len(path), path.at(0).objective, round(path.at(100)["x"], 6)
    (101, 4.666666666666666, 1.999944)
    """

    problem: Problem
    forecaster: Callable[[], Forecast]
    judge: Callable[[], Verdict]
    validation: Curve | None
    stop: Stop

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.problem.names

    @cached_property
    def forecast(self) -> Forecast:
        """What curvature says before the run."""
        return self.forecaster()

    @cached_property
    def verdict(self) -> Verdict:
        """How the run ended, why, and what would have helped."""
        return self.judge()

    @property
    @abstractmethod
    def epochs(self) -> int:
        """Index of the last step: the number of updates made."""

    @abstractmethod
    def rate(self, k: int) -> float:
        """The learning rate of the update that leaves step k."""

    @abstractmethod
    def descent_parameters(self, k: int) -> Floats:
        """Parameters of step k in the descent's own coordinates, shape (d,)."""

    @abstractmethod
    def at(self, k: int) -> Step:
        """Step k, in the user's units. Raises InputError for a step that is not there."""

    @property
    def descent_end(self) -> Floats:
        """Where the descent ended (d,), in its own coordinates: at the last step, or at the mean of
        the later steps where they are averaged.
        """
        return self.descent_parameters(self.epochs)

    @property
    def looks(self) -> int:
        """How often the descent looked at all rows."""
        return self.epochs

    def epoch_of(self, k: int) -> int:
        """How often the rows had been looked at by step k."""
        return k

    @property
    def walk(self) -> "Trajectory | None":
        """The trajectory, where it was walked step by step; else None."""
        return None

    @cached_property
    def minimizer(self) -> Floats | None:
        """Where the objective is least, in the descent's coordinates, where that is known.

        A quadratic that does not say has it where its gradient vanishes, if it curves upwards.
        """
        problem = self.problem
        if problem.minimizer is not None or not problem.is_quadratic:
            return problem.minimizer
        start = self.descent_parameters(0)
        return Slice.over(problem, tuple(range(len(start))), start).local_minimum(start)

    @cached_property
    def minimum(self) -> float | None:
        """The least objective, where it is known."""
        return None if self.minimizer is None else self.problem.objective(self.minimizer)

    @property
    def unit(self) -> str:
        """What its steps are counted by."""
        return "epoch"

    def knows_objective(self, k: int) -> bool:
        """Whether the objective of step k is known, be it a finite number or not."""
        return True

    @property
    def objective_curves(self) -> "tuple[ObjectiveCurve, ...]":
        """The objective over more steps than are recorded, of each optimizer a curve; () where it
        is known at the recorded steps.
        """
        return ()

    def gradient_norm(self, step: Step) -> float:
        """‖∇J‖ at a step, by the user's parameters; infinite where it is too large."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(np.linalg.norm(step.gradient))

    def optimizer_of(self, k: int) -> str:
        """The name of the optimizer that made step k, where there are several; else ""."""
        return ""

    def knows_gradient(self, k: int) -> bool:
        """Whether the gradient at step k is known, be it finite or not."""
        return True

    @cached_property
    def recorded(self) -> tuple[int, ...]:
        """Every step of a short run; of a long one the first hundred, then ever wider apart."""
        if self.epochs <= KEPT_ALL:
            return tuple(range(self.epochs + 1))
        wide = np.geomspace(100.0, float(self.epochs), KEPT - 100)
        return tuple(sorted({*range(100), *(min(int(k), self.epochs) for k in wide), self.epochs}))

    @property
    def last(self) -> Step:
        """The last step."""
        return self.at(self.epochs)

    def steps(self, indices: Iterable[int]) -> Iterator[Step]:
        """The steps of these indices, in their order."""
        return map(self.at, indices)

    def _step(
        self,
        k: int,
        parameters: Floats,
        objective: float,
        gradient: Floats,
        rate: float,
        state: Mapping[str, Floats] = MappingProxyType({}),
    ) -> Step:
        """Step k in the user's units, from the descent's coordinates."""
        with np.errstate(over="ignore", invalid="ignore"):
            user = self.problem.to_user(parameters)
            slope = self.problem.gradient_to_user(gradient)
        held_out = None if self.validation is None else self.validation(k)
        return Step(k, self.names, user, objective, slope, rate, held_out, state)

    def table(self, steps: Iterable[int] | None = None) -> "StepTable":
        """Steps as a table, a row each: those of these indices, by default the recorded ones."""
        from steepest.path.step_table import StepTable, step_indices

        indices = step_indices(self.recorded if steps is None else steps)
        validated = self.validation is not None
        return StepTable.of(self.names, list(self.steps(indices)), validated=validated)

    def to_arrow(self, steps: Iterable[int] | None = None) -> Any:
        """The table of steps as a `pyarrow.Table`."""
        return self.table(steps).to_arrow()

    def to_pandas(self, steps: Iterable[int] | None = None) -> Any:
        """The table of steps as a `pandas.DataFrame`."""
        return self.table(steps).to_pandas()

    def to_polars(self, steps: Iterable[int] | None = None) -> Any:
        """The table of steps as a `polars.DataFrame`."""
        return self.table(steps).to_polars()

    def to_csv(self, file: str | Path, steps: Iterable[int] | None = None) -> None:
        """Write the table of steps as CSV."""
        self.table(steps).to_csv(file)

    def to_json(self, file: str | Path, steps: Iterable[int] | None = None) -> None:
        """Write the table of steps as JSON, under the keys documented in docs/json.md."""
        self.table(steps).to_json(file)

    def __iter__(self) -> Iterator[Step]:
        return self.steps(self.recorded)

    def __len__(self) -> int:
        return len(self.recorded)

    @overload
    def __getitem__(self, place: int) -> Step: ...
    @overload
    def __getitem__(self, place: slice) -> list[Step]: ...
    def __getitem__(self, place: int | slice) -> Step | list[Step]:
        """The recorded steps by their place, as iteration gives them: `run[-1]` is the last.

        Raises IndexError where there are not so many; `at` counts all steps.
        """
        try:
            indices = self.recorded[place]
        except (IndexError, TypeError) as error:
            raise type(error)(
                say(
                    "a path has its {count} recorded steps by their places, not {place!r}; "
                    "at(k) is step k, and table() has a column for each parameter",
                    count=len(self),
                    place=place,
                )
            ) from None
        return self.at(indices) if isinstance(indices, int) else [*self.steps(indices)]

    def __repr__(self) -> str:
        return printable(
            f"DescentPath({', '.join(self.names)}; epochs 0 to {self.epochs}, "
            f"{self.verdict.kind}; objective {self.at(0).objective:.6g} → "
            f"{self.last.objective:.6g})"
        )

    def _repr_html_(self) -> str:
        """A few steps, without what the optimizer remembers, and the verdict below them."""
        from steepest.path.step_excerpt import as_html, chosen_steps, paragraph

        table = self.table(chosen_steps(self.epochs))
        # Of a model with many parameters a few of them say nothing.
        names = () if self.unit == "step" and len(self.names) > _NAMED else self.names
        known = {"index", *names, "objective", "learning_rate", "validation"}
        slopes = {f"gradient_{name}" for name in names}
        columns = {name: table[name] for name in table if name in known | slopes}
        return f"{as_html(columns)}{paragraph(str(self.verdict))}"


@final
@dataclass(frozen=True, eq=False, repr=False)
class ClosedFormPath(DescentPath):
    """A path whose every step is computed when asked for, also beyond the last one."""

    closed: ClosedForm
    end: int

    @property
    def epochs(self) -> int:
        return self.end

    def rate(self, k: int) -> float:
        return self.closed.lr

    def descent_parameters(self, k: int) -> Floats:
        return self.closed.parameters(k)

    def at(self, k: int) -> Step:
        k = step_number(k)
        if k < 0:
            raise InputError("there is no step {k}: steps are counted from 0.", k=k)
        if k > LAST:
            raise InputError("there is no float64 for steps beyond 10^306.")
        parameters = self.closed.parameters(k)
        with np.errstate(over="ignore", invalid="ignore"):
            objective, gradient = self.problem.objectives_and_gradient(parameters)
        return self._step(k, parameters, float(objective), gradient, self.rate(k))


@final
@dataclass(frozen=True, eq=False, repr=False)
class StepwisePath(DescentPath):
    """A path that was walked; steps that were not kept are walked again from the nearest kept."""

    trajectory: "Trajectory"

    @property
    def walk(self) -> "Trajectory":
        return self.trajectory

    @property
    def epochs(self) -> int:
        return self.trajectory.epochs

    def rate(self, k: int) -> float:
        return self.trajectory.rate(k)

    def descent_parameters(self, k: int) -> Floats:
        return self.trajectory.at(k).parameters

    def at(self, k: int) -> Step:
        return self._of(self.trajectory.at(k))

    def steps(self, indices: Iterable[int]) -> Iterator[Step]:
        return map(self._of, self.trajectory.points(indices))

    def _of(self, point: "Point") -> Step:
        numbers = point.parameters, point.objective, point.gradient, point.learning_rate
        return self._step(point.index, *numbers, point.state)


def mean_of(curves: Sequence[Curve]) -> Curve | None:
    """The mean of several curves, epoch by epoch."""
    if not curves:
        return None
    return lambda k: float(np.mean([curve(k) for curve in curves]))
