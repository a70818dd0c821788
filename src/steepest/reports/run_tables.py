"""A run's numbers: key figures, parameters, steps, settings."""

from dataclasses import asdict, is_dataclass

import numpy as np

from steepest.descent.trajectory import Trajectory
from steepest.path.path import DescentPath
from steepest.penalties.bounds import Bounds
from steepest.pictures.subject import Subject
from steepest.problems.function import FunctionProblem
from steepest.reports.boxes import key_figures
from steepest.reports.cells import number
from steepest.reports.html import Html, note, row, section, table
from steepest.reports.steps_table import (
    listed_steps,
    parameters_left_out,
    steps_left_out,
    steps_section,
)
from steepest.translation import translated
from steepest.wording.fact import fact, phrase, phrases
from steepest.wording.numbers import count

_COLUMNS = 6  # of parameters and of derivatives in the table of steps
_ROWS = 40  # of parameters in their own table


def figures(path: DescentPath) -> Html:
    """The few numbers one looks for first."""
    first, last = path.at(0), path.last
    pairs = [
        (phrase("objective at the start"), number(first.objective, 5)),
        (phrase("objective at the end"), number(last.objective, 5)),
        (phrase("gradient's norm there"), number(path.gradient_norm(last), 4)),
        (phrase("epochs"), count(float(path.epochs))),
        (phrase("learning rate"), number(path.rate(0), 5)),
        (phrase("how it went"), translated(path.verdict.manner or path.verdict.kind)),
    ]
    if len(path.names) > 1:
        condition = path.forecast.condition_number
        pairs.insert(5, (phrase("condition number at the start"), number(condition, 4)))
    return key_figures(pairs)


def parameter_table(path: DescentPath) -> Html:
    """Where each parameter began and ended."""
    first, last = path.at(0), path.last
    least = path.problem.minimizer
    head = ["", *phrases("start", "end", "moved", "derivative at the end")]
    head += phrases("where the objective is least") if least is not None else []
    rows = []
    with np.errstate(over="ignore", invalid="ignore"):
        motion = last.parameters - first.parameters
    for i, name in enumerate(path.names[:_ROWS]):
        cells = [first.parameters[i], last.parameters[i], motion[i], last.gradient[i]]
        cells += [least[i]] if least is not None else []
        rows.append(row(name, [number(value, 7) for value in cells]))
    more = len(path.names) - _ROWS
    sentence = phrase("more left out", count=more, what="parameters") if more > 0 else ""
    return section(phrase("Parameters"), table(head, rows), note(sentence))


def steps_table(path: DescentPath) -> Html:
    """The first ten steps, then ever wider apart, and the last."""
    steps, least = listed_steps(Subject.of(path)), path.minimum
    names = path.names[:_COLUMNS]
    parts = len(path.names) <= _COLUMNS // 2
    varies = len({step.learning_rate for step in steps}) > 1
    head = [phrase("unit of steps", unit=path.unit), *names, phrase("objective")]
    head += [] if least is None else phrases("above the least")
    head += [f"∂/∂{name}" for name in names] if parts else phrases("gradient's norm")
    head += phrases("learning rate") if varies else []
    body = []
    for step in steps:
        cells = [number(step[name]) for name in names] + [number(step.objective, 8)]
        cells += [] if least is None else [number(step.objective - least, 4)]
        slopes = step.gradient if parts else [path.gradient_norm(step)]
        cells += [number(float(slope), 5) for slope in slopes]
        cells += [number(step.learning_rate)] if varies else []
        body.append(row(count(float(step.index)), cells))
    notes = [] if varies else [fact("same rate at every step", rate=number(path.rate(0)))]
    notes += steps_left_out(path.epochs + 1 - len(steps))
    notes += parameters_left_out(len(names), len(path.names))
    return steps_section(head, body, notes)


def settings(problem: FunctionProblem, trajectory: Trajectory) -> dict[str, object]:
    """What the run was asked for, and what ended it."""
    what = phrase("formula" if problem.formula else "function")
    shapes = {name: shape for name, shape in problem.shapes.items() if shape}
    shaped = [f"{name}, {' × '.join(map(str, shape))}" for name, shape in shapes.items()]
    optimizer = trajectory.optimizer
    options = asdict(optimizer) if is_dataclass(optimizer) else {}
    return {
        what: problem.text,
        **({phrase("arguments with a shape"): "; ".join(shaped)} if shaped else {}),
        "optimizer": optimizer.name,
        **{f"– {key}": value for key, value in options.items() if key != "called"},
        phrase("learning rate"): str(trajectory.schedule),
        **({} if trajectory.bounds is None else {"bounds": _bounds(trajectory.bounds)}),
        phrase("ended by"): phrase(
            "rule that ended", rule=trajectory.stop.rule, reason=trajectory.stop.reason
        ),
    }


def _bounds(bounds: Bounds) -> str:
    sides = zip(bounds.names, bounds.lower.tolist(), bounds.upper.tolist(), strict=True)
    return ", ".join(
        phrase("bound from to", name=name, low=number(low), high=number(high))
        for name, low, high in sides
        if np.isfinite(low) or np.isfinite(high)
    )
