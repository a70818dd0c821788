"""A run's numbers: facts, parameters, steps, settings."""

from dataclasses import asdict, is_dataclass

import numpy as np

from steepest.descent.trajectory import Trajectory
from steepest.path.path import DescentPath
from steepest.penalties.bounds import Bounds
from steepest.pictures.subject import Subject
from steepest.problems.function import FunctionProblem
from steepest.reports.boxes import fact_list
from steepest.reports.cells import number
from steepest.reports.html import Html, row, table, tag
from steepest.reports.steps import StepsView
from steepest.wording.numbers import count

_COLUMNS = 6  # of parameters and of derivatives in the table of steps
_ROWS = 40  # of parameters in their own table


def facts(path: DescentPath) -> Html:
    """The few numbers one looks for first."""
    first, last = path.at(0), path.last
    said = [
        ("objective at the start", number(first.objective, 5)),
        ("objective at the end", number(last.objective, 5)),
        ("gradient's norm there", number(norm(last.gradient), 4)),
        ("epochs", count(float(path.epochs))),
        ("learning rate", number(path.rate(0), 5)),
        ("how it went", path.verdict.manner or path.verdict.kind),
    ]
    if len(path.names) > 1:
        condition = path.forecast.condition_number
        said.insert(5, ("condition number at the start", number(condition, 4)))
    return fact_list(said)


def norm(gradient: np.ndarray) -> float:
    """‖∇J‖, infinite where it is too large."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.linalg.norm(gradient))


def parameter_table(path: DescentPath) -> Html:
    """Where each parameter began and ended."""
    first, last = path.at(0), path.last
    least = path.problem.minimizer
    head = ["", "start", "end", "moved", "derivative at the end"]
    head += ["where the objective is least"] if least is not None else []
    rows = []
    with np.errstate(over="ignore", invalid="ignore"):
        moved = last.parameters - first.parameters
    for i, name in enumerate(path.names[:_ROWS]):
        cells = [first.parameters[i], last.parameters[i], moved[i], last.gradient[i]]
        cells += [least[i]] if least is not None else []
        rows.append(row(name, [number(value, 7) for value in cells]))
    more = len(path.names) - _ROWS
    note = [tag("p", f"{more} more parameters are left out.", class_="note")] if more > 0 else []
    return tag("section", tag("h2", "Parameters"), table(head, rows), note, class_="long")


def steps_table(path: DescentPath) -> Html:
    """The first ten steps, then ever wider apart, and the last."""
    view = StepsView.of(Subject.of(path))
    names = view.names[:_COLUMNS]
    parts = len(view.names) <= _COLUMNS // 2
    varies = len({step.learning_rate for step in view.steps}) > 1
    head = [path.unit, *names, "objective"]
    head += [] if view.minimum is None else ["above the least"]
    head += [f"∂/∂{name}" for name in names] if parts else ["gradient's norm"]
    head += ["learning rate"] if varies else []
    body = []
    for step in view.steps:
        cells = [number(step[name]) for name in names] + [number(step.objective, 8)]
        cells += [] if view.minimum is None else [number(step.objective - view.minimum, 4)]
        slopes = step.gradient if parts else [norm(step.gradient)]
        cells += [number(float(slope), 5) for slope in slopes]
        cells += [number(step.learning_rate)] if varies else []
        body.append(row(count(float(step.index)), cells))
    said = [] if varies else [f"The learning rate is {number(path.rate(0))} at every step."]
    said += [f"{view.omitted:,} steps are left out."] if view.omitted else []
    if len(view.names) > len(names):
        said.append(f"The first {len(names)} of {len(view.names)} parameters are shown.")
    note = tag("p", " ".join(said), class_="note")
    return tag("section", tag("h2", "Steps"), table(head, body), note, class_="long")


def settings(problem: FunctionProblem, trajectory: Trajectory) -> dict[str, object]:
    """What the run was asked for, and what ended it."""
    what = "formula" if problem.formula else "function"
    shapes = {name: shape for name, shape in problem.shapes.items() if shape}
    told = [f"{name}, {' × '.join(map(str, shape))}" for name, shape in shapes.items()]
    optimizer = trajectory.optimizer
    options = asdict(optimizer) if is_dataclass(optimizer) else {}
    return {
        what: problem.text,
        **({"arguments with a shape": "; ".join(told)} if told else {}),
        "optimizer": optimizer.name,
        **{f"– {key}": value for key, value in options.items() if key != "called"},
        "learning rate": str(trajectory.schedule),
        **({} if trajectory.bounds is None else {"bounds": _bounds(trajectory.bounds)}),
        "ended by": f"{trajectory.stop.rule}: {trajectory.stop.reason}",
    }


def _bounds(bounds: Bounds) -> str:
    sides = zip(bounds.names, bounds.lower.tolist(), bounds.upper.tolist(), strict=True)
    told = [
        f"{name} from {number(low)} to {number(high)}"
        for name, low, high in sides
        if np.isfinite(low) or np.isfinite(high)
    ]
    return ", ".join(told)
