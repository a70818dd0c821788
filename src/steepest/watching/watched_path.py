"""The path of a loop that was watched."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, final

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError, printable
from steepest.number_checks import step_number
from steepest.path.objective_curve import ObjectiveCurve
from steepest.path.path import DescentPath
from steepest.path.step import Step
from steepest.problems.problem import Problem
from steepest.watching.measure.recorded_quadratic import RecordedQuadratic
from steepest.watching.measure.sharpness import MeasuredCurvature
from steepest.watching.record.step_record import Layout, Record, total_norm

if TYPE_CHECKING:
    from steepest.path.step_table import StepTable


@final
class RecordedProblem(Problem):
    """An objective that is known only at the recorded steps of a loop."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def objectives(self, parameters: Floats) -> Floats:
        raise _unknown()

    def gradient(self, parameters: Floats) -> Floats:
        raise _unknown()


def _unknown() -> InputError:
    return InputError(
        "the objective of a loop is known at its recorded steps only; steepest.landscape "
        'computes it around them, and plot("objective"), plot("parameters") and '
        'plot("gradient") draw them.'
    )


@final
@dataclass(frozen=True, eq=False, repr=False)
class WatchedPath(DescentPath):
    """The recorded steps of a watched loop: step k is the point before the update of call k.

    The last step is the point after the last update: its gradient is nan, and so is its objective,
    unless a loss came in after the update or the model is one linear module. Parameters are
    named like "0.weight[0,1]"; of a model with more than 10 000 of them "projection[0]" and so on:
    a random projection, always the same, that keeps distances in the mean.

    - `records`: what was recorded of each step;   `layout`: which number belongs to which tensor
    - `histories`: of each optimizer the loss of every step, also of those that were not recorded
    - `curvatures`: what `watch(…, curvature_every=n)` measured
    - `edits`: recorded steps before which something other than the optimizer changed parameters
    - `every_step`: whether no step was left out

    >>> import torch, steepest
    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> _ = torch.nn.init.constant_(model.weight, 1.0)
    >>> x, y = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[2.0], [4.0], [6.0]])
    >>> optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.01), torch.nn.MSELoss()
    >>> with steepest.watch(model, optimizer, loss_fn, every=1) as run:
    ...     for _ in range(3):
    ...         optimizer.zero_grad()
    ...         loss_fn(model(x), y).backward()
    ...         optimizer.step()
    >>> [round(step["weight[0,0]"], 6) for step in run.path]
    [1.0, 1.093333, 1.177956, 1.25468]
    """

    records: tuple[Record, ...]
    layout: Layout
    histories: tuple[ObjectiveCurve, ...]
    curvatures: tuple[MeasuredCurvature, ...] = ()

    @property
    def epochs(self) -> int:
        return self.records[-1].index

    @property
    def unit(self) -> str:
        return "step"

    @cached_property
    def minimum(self) -> float | None:
        """The least objective, where it is known; None where rounding hides whether it is 0."""
        place, problem = self.minimizer, self.problem
        if isinstance(problem, RecordedQuadratic) and place is not None:
            return problem.objective(place) if problem.tells(place) else None
        return super().minimum

    def knows_objective(self, k: int) -> bool:
        record = self.record(k)
        return record.losses > 0 or (record.last and self.problem.is_quadratic)

    @cached_property
    def objectives(self) -> tuple[ObjectiveCurve, ...]:
        """Of each optimizer the losses of every step, and the objective at the last point where it
        is known.
        """
        curves, last = list(self.histories), self.records[-1]
        if self.knows_objective(last.index):
            ended = curves[last.optimizer].with_last(last.index, self.last.objective)
            curves[last.optimizer] = ended
        return tuple(curves)

    @property
    def objective_curves(self) -> tuple[ObjectiveCurve, ...]:
        return tuple(curve for curve in self.objectives if len(curve.steps))

    @cached_property
    def losses(self) -> "StepTable":
        """The objective of every step at which it is known, as a table: "index", "objective",
        "rows" of the batch (nan where that is not known), and of several optimizers "optimizer".
        """
        from steepest.path.step_table import StepTable

        curves = self.objectives
        index, objective, rows = (
            np.concatenate([getattr(curve, name) for curve in curves])
            for name in ("steps", "values", "rows")
        )
        owner = np.repeat(np.arange(len(curves)), [len(curve.steps) for curve in curves])
        order = np.argsort(index, kind="stable")
        columns = {"index": index, "objective": objective, "rows": np.where(rows, rows, np.nan)}
        if len(curves) > 1:
            columns["optimizer"] = owner
        return StepTable({name: column[order] for name, column in columns.items()})

    def gradient_norm(self, step: Step) -> float:
        if self._is_computed(step.index):
            return super().gradient_norm(step)
        # Tensors without a gradient count nothing, unless numbers have been lost.
        record = self.record(step.index)
        norms, lost = record.gradient_norms, not np.isfinite(record.parameter_norms).all()
        if len(self.histories) > 1:  # what a pass has left in another's tensors is not its own
            norms = np.where(record.held, norms, np.nan)
        if lost or (record.losses and not np.isfinite(record.objective)) or np.isnan(norms).all():
            return float(np.linalg.norm(norms))
        return total_norm(norms)

    def optimizer_of(self, k: int) -> str:
        return self.histories[self.record(k).optimizer].name

    def knows_gradient(self, k: int) -> bool:
        return self._is_computed(k) or not self.record(k).last

    def _is_computed(self, k: int) -> bool:
        """Whether it is the last point of a linear module, whose objective can be computed."""
        return self.record(k).last and self.problem.is_quadratic

    @cached_property
    def recorded(self) -> tuple[int, ...]:
        """Indices of the steps that were recorded and kept."""
        return tuple(record.index for record in self.records)

    @property
    def edits(self) -> tuple[int, ...]:
        """Steps before which something other than the optimizer changed the parameters."""
        return tuple(record.index for record in self.records if record.edited and record.index)

    @property
    def every_step(self) -> bool:
        """Whether all steps are here."""
        return len(self.records) == self.epochs + 1

    def record(self, k: int) -> Record:
        """What was recorded of step k. Raises InputError for one that was not, or not kept."""
        k = step_number(k)
        place = int(np.searchsorted(self.recorded, k))
        if place < len(self.records) and self.recorded[place] == k:
            return self.records[place]
        if not 0 <= k <= self.epochs:
            raise InputError(
                "there is no step {k}: the loop has steps 0 to {epochs}.", k=k, epochs=self.epochs
            )
        raise InputError(
            "step {k} was not kept; the nearest are {recorded} and {recorded_2}. watch(…, "
            "every=1, keep={epochs}) keeps every step.",
            k=k,
            recorded=self.recorded[place - 1],
            recorded_2=self.recorded[place],
            epochs=self.epochs + 1,
        )

    def rate(self, k: int) -> float:
        return self.record(k).learning_rates[0]

    def descent_parameters(self, k: int) -> Floats:
        return self.at(k).parameters

    def at(self, k: int) -> Step:
        record = self.record(k)
        step = step_of(record, self.names)
        if record.last and self.problem.is_quadratic:
            objective = self.problem.objective(step.parameters)
            gradient = self.problem.gradient(step.parameters)
            return replace(step, objective=objective, gradient=gradient)
        return step

    def __repr__(self) -> str:
        curves = self.objective_curves
        parts = (
            f"; objective {curve.name + ': ' if curve.name else ''}{curve.values[0]:.6g} → "
            f"{curve.values[-1]:.6g}"
            for curve in curves
        )
        tensors = printable(", ".join(self.layout.tensors))
        ends = printable("".join(parts))
        return f"WatchedPath({tensors}; steps 0 to {self.epochs}, {self.verdict.kind}{ends})"


def step_of(record: Record, names: tuple[str, ...]) -> Step:
    """A record as a step of a path; the gradient is nan where none is known."""
    whole = record.parameters is not None
    place = record.parameters if whole else record.projection
    slope = record.gradient if whole else record.gradient_projection
    assert place is not None
    gradient = np.full(len(names), np.nan) if slope is None or record.last else slope
    rate = record.learning_rates[0]
    return Step(record.index, names, place, record.objective, gradient, rate)


def coordinate_names(layout: Layout, first: Record) -> tuple[str, ...]:
    """The names of a step's numbers."""
    if first.projection is None:
        return layout.names
    return tuple(f"projection[{i}]" for i in range(len(first.projection)))
